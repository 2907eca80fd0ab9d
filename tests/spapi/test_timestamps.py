"""Amazon's date-times in and out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from spapi.timestamps import format_time, parse_time


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00+09:00", datetime(2026, 11, 21, 1, tzinfo=UTC)),
        ("2026-11-21T10:00:00.5Z", datetime(2026, 11, 21, 10, 0, 0, 500000, UTC)),
        ("2026-11-21T10:00:00.123456789Z", datetime(2026, 11, 21, 10, 0, 0, 123456, UTC)),
        ("2026-11-21T10:00:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        (" 2026-11-21T10:00:00Z ", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("20261121T100000Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
    ],
)
def test_parse(text, value):
    assert parse_time(text) == value
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", None, 5, "9999-12-31T23:59:59-14:00"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match=r"date-time|format|month"):
        parse_time(text)


def test_format():
    value = datetime(2026, 11, 21, 10, 0, 0, 999999, timezone(timedelta(hours=9)))
    assert format_time(value) == "2026-11-21T01:00:00Z"
    with pytest.raises(ValueError, match="zone"):
        format_time(value.replace(tzinfo=None))
