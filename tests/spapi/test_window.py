"""A search's question stays the same until its last page."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from spapi.client import SearchWindow

AFTER = datetime(2026, 11, 20, 1, 2, 3, 999999, UTC)
BEFORE = AFTER + timedelta(hours=1)


def test_whole_seconds_and_json():
    window = SearchWindow(AFTER, BEFORE, ["A1PA6795UKMFR9"], statuses=["unshipped"])
    assert window.last_updated_after == datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
    assert window.marketplace_ids == ("A1PA6795UKMFR9",)
    again = SearchWindow.from_dict(json.loads(json.dumps(window.to_dict())))
    assert again == window
    assert again.to_parameters() == window.to_parameters()


def test_the_question_has_an_end():
    """Without it, what changes while the pages are read would move from one page to the next."""
    parameters = SearchWindow(AFTER, BEFORE, ["A1PA6795UKMFR9"]).to_parameters()
    assert parameters["lastUpdatedAfter"] == "2026-11-20T01:02:03Z"
    assert parameters["lastUpdatedBefore"] == "2026-11-20T02:02:03Z"


@pytest.mark.parametrize(
    "values",
    [
        {"last_updated_before": AFTER - timedelta(seconds=5)},
        {"last_updated_after": AFTER.replace(tzinfo=None)},
        {"marketplace_ids": ()},
        {"marketplace_ids": ("",)},
        {"marketplace_ids": tuple(map(str, range(51)))},
        {"page_size": 0},
        {"page_size": 101},
    ],
)
def test_what_amazon_would_refuse(values):
    question = {"last_updated_after": AFTER, "last_updated_before": BEFORE, "marketplace_ids": ("A1PA6795UKMFR9",)}
    with pytest.raises(ValueError, match=r"window|zone|marketplaces|page"):
        SearchWindow(**(question | values))


@pytest.mark.parametrize(
    "values",
    [
        {"page_size": 1},
        {"page_size": 100},
        {"marketplace_ids": tuple(map(str, range(50)))},
        {"last_updated_before": AFTER},
    ],
)
def test_what_amazon_takes(values):
    question = {"last_updated_after": AFTER, "last_updated_before": BEFORE, "marketplace_ids": ("A1PA6795UKMFR9",)}
    parameters = SearchWindow(**(question | values)).to_parameters()
    assert parameters["maxResultsPerPage"] == values.get("page_size", 100)
    assert len(parameters["marketplaceIds"]) == len(values.get("marketplace_ids", "1"))
