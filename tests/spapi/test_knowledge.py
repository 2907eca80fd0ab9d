"""Whatever the order, repetition or grouping of what the sources tell, the same is known in the end."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from spapi.knowledge import OrderKnowledge
from spapi.snapshot import ItemSnapshot, OrderSnapshot

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDER = "902-1234567-1234567"
REASONS = ("Changed mind", "Found cheaper", "")


def at(minutes):
    return START + timedelta(minutes=minutes)


def snapshot(minutes, asked=(), source="search", status="unshipped", items=2, **values):
    """One order; ``asked``: the reason by item number of the items that the buyer wants cancelled."""
    asked = dict(asked)
    return OrderSnapshot(
        ORDER,
        source,
        last_updated=at(minutes),
        status=None if source in ("report", "upload") else status,
        items=tuple(
            ItemSnapshot(
                f"00{number}",
                sku=f"SKU-{number}",
                cancel_requested=number in asked,
                cancel_reason=(asked.get(number) or None) if source != "notification" else None,
            )
            for number in range(items)
        ),
        items_complete=True,
        **values,
    )


def know(*snapshots):
    knowledge = OrderKnowledge(ORDER)
    for entry in snapshots:
        knowledge = knowledge.merge(OrderKnowledge.from_snapshot(entry))
    return knowledge


requests = st.dictionaries(st.sampled_from([0, 1]), st.sampled_from(REASONS), max_size=2)
statuses = st.sampled_from(["unshipped", "unshipped", "unshipped", "partially_shipped", "shipped", "cancelled"])


@st.composite
def histories(draw):
    """What all sources tell of one order's history; each state of the order lasts ten minutes."""
    told = []
    for number, (asked, status) in enumerate(draw(st.lists(st.tuples(requests, statuses), min_size=1, max_size=6))):
        for source, late in (("search", 0), ("get", 0), ("notification", 1), ("report", 5)):
            told.append(snapshot(10 * number + late, asked, source, status))
    return told


@settings(max_examples=400, deadline=None, derandomize=True)
@given(histories(), st.data())
def test_any_order_any_number_of_times(told, data):
    in_order = know(*told)
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=8))))
    known = know(*shuffled)
    assert known.to_dict() == in_order.to_dict()
    assert known.to_snapshot() == in_order.to_snapshot()
    assert (known.request, known.asked_since, known.reasons) == (
        in_order.request,
        in_order.asked_since,
        in_order.reasons,
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories(), st.data())
def test_any_grouping_and_a_stop_in_between(told, data):
    cut = data.draw(st.integers(0, len(told)))
    first, second = know(*told[:cut]), know(*told[cut:])
    stored = OrderKnowledge.from_dict(json.loads(json.dumps(first.to_dict())))
    assert stored == first
    assert stored.merge(second) == know(*told)
    assert second.merge(stored).to_dict() == know(*told).to_dict()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories(), st.data())
def test_what_was_lost_is_repaired_by_the_last_reading(told, data):
    kept = data.draw(st.lists(st.sampled_from(told), max_size=len(told)))
    last = replace(told[-4], last_updated=told[-1].last_updated + timedelta(minutes=1))
    known, whole = know(*kept, last), know(*told, last)
    assert known.asked == whole.asked
    assert known.is_closed == whole.is_closed
    assert (known.request == "requested") == (whole.request == "requested")
    assert set(known.fingerprint) == set(whole.fingerprint)


def test_a_notification_shows_the_request_and_the_search_its_reason():
    """Amazon may date the notification a little later than the change that the search shows."""
    known = know(snapshot(0), snapshot(6, {0: ""}, "notification"), snapshot(5, {0: "Changed mind"}))
    assert known.request == "requested"
    assert known.reasons == {"000": "Changed mind"}
    assert known.asked_since == at(5)


def test_an_old_reason_is_not_shown_for_a_new_request():
    known = know(snapshot(0, {0: "Changed mind"}), snapshot(5), snapshot(10, {0: ""}, "notification"))
    assert known.request == "requested"
    assert known.reasons == {}
    assert known.fingerprint == {"000": ""}


def test_a_withdrawal_that_comes_late_is_still_known():
    known = know(snapshot(0, {0: "a"}), snapshot(10, {0: "a"}), snapshot(5))
    assert (known.request, known.asked_since, known.last_clear) == ("requested", at(10), at(5))


def test_a_request_that_comes_after_its_withdrawal():
    assert know(snapshot(5), snapshot(0, {0: "a"})).request == "withdrawn"


def test_closed_before_it_was_decided_or_after_it_was_withdrawn():
    assert know(snapshot(0, {0: "a"}), snapshot(5, status="shipped")).request == "overtaken"
    assert know(snapshot(0, {0: "a"}), snapshot(3), snapshot(5, status="shipped")).request == "withdrawn"
    assert know(snapshot(0), snapshot(5, status="cancelled")).request is None


def test_a_report_after_the_shipment_does_not_turn_it_into_a_withdrawal():
    known = know(snapshot(0, {0: "a"}), snapshot(5, status="shipped"), snapshot(9, source="report"))
    assert known.request == "overtaken"


def test_a_report_without_the_columns_changes_no_request():
    silent = OrderSnapshot(
        ORDER, "report", at(9), items=(ItemSnapshot("000"), ItemSnapshot("001")), items_complete=True
    )
    assert know(snapshot(0, {0: "a"}), silent).request == "requested"
    assert know(silent).asked is None


def test_reports_do_not_say_when_the_order_changed():
    assert know(snapshot(9, source="report")).last_updated is None
    assert know(snapshot(9, source="report"), snapshot(3)).last_updated == at(3)
    assert know(snapshot(9, source="report"), snapshot(3)).to_snapshot().status == "unshipped"


def test_what_has_no_time_only_fills_gaps():
    timeless = replace(snapshot(0, {0: "a"}, status="shipped"), last_updated=None, fulfilled_by="MERCHANT")
    known = know(snapshot(1), timeless)
    assert known.to_snapshot().status == "unshipped"
    assert known.to_snapshot().fulfilled_by == "MERCHANT"
    assert not known.asked


def test_within_one_second_the_latest_reading_counts():
    assert know(snapshot(0), snapshot(0, {0: "a"})).asked
    assert not know(snapshot(0, {0: "a"}), snapshot(0)).asked


def test_many_sightings_are_thinned_out():
    known = know(*(snapshot(number, {0: "a"}, "report") for number in range(1000)), snapshot(2000))
    assert len(known.sightings) < 110
    assert known.asked_since == at(0)
    assert known.request == "withdrawn"


def test_items_keep_amazons_order():
    reversed_items = replace(snapshot(0), items=snapshot(0).items[::-1])
    assert [item.item_id for item in know(reversed_items).to_snapshot().items] == ["001", "000"]
