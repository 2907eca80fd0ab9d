"""What was asked stays asked: only the order itself, read whole and later, ends a request."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi.knowledge import EVIDENCE_KEPT, Evidence, OrderKnowledge, Request
from spapi.snapshot import UNKNOWN_ITEM, ItemSnapshot, OrderSnapshot

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDER = "902-1234567-1234567"
WORDS = ("Changed mind", "Found cheaper", "")
# A longer run: HISTORIES=200000 make test-plain ARGS="-k free_to_ship"
HISTORIES = int(os.environ.get("HISTORIES", "5000"))


def at(minutes):
    return START + timedelta(minutes=minutes)


def shown(minutes, asked=(), source="search", status="unshipped", *, changed=None, items=(0, 1), done=(), **values):
    """What a source shows at a time.

    :param asked: the buyer's words by item number of the items that are asked for; numbers alone stand for no words
    :param changed: when the order last changed; when it is shown, unless told
    :param items: the numbers of the items that are shown
    :param done: numbers of the items that are cancelled already
    """
    asked = asked if isinstance(asked, dict) else dict.fromkeys(asked, "")
    report = source in ("report", "upload")
    return OrderSnapshot(
        ORDER,
        source,
        last_updated=None if report else at(minutes if changed is None else changed),
        shown_at=None if minutes is None else at(minutes),
        status=None if report else status,
        items=tuple(
            ItemSnapshot(
                f"00{number}",
                sku=f"SKU-{number}",
                quantity=1,
                cancel_requested=number in asked,
                cancel_reason=(asked.get(number) or None) if source != "notification" else None,
                cancelled_by="AMAZON" if number in done else None,
            )
            for number in items
        ),
        items_complete=True,
        **values,
    )


def get(minutes, *arguments, **values):
    return shown(minutes, *arguments, source="get", **values)


def know(*snapshots, heard=1000):
    return OrderKnowledge(ORDER).learn_all(snapshots, at(heard))


def without_cancellation(snapshot):
    """As the order is shown without the data set of cancellations."""
    items = tuple(replace(item, cancel_requested=None, cancel_reason=None) for item in snapshot.items)
    return replace(snapshot, items=items)


# === THE RULE ===


@pytest.mark.parametrize(
    "silent",
    [
        shown(20, source="report"),
        shown(-20, source="report"),
        shown(20, source="upload"),
        replace(shown(20, source="upload"), shown_at=None),
        shown(20, source="notification"),
        replace(shown(20, source="notification"), last_updated=None),
        shown(20, source="notification", items=(1,)),
        shown(20, changed=20),
        shown(20, changed=0),
        shown(20, items=(1,)),
        get(20, items=(1,)),
        without_cancellation(shown(20)),
        without_cancellation(get(20)),
        replace(get(20), status=None),
        replace(get(20), status="perhaps_shipped"),
        replace(get(20), items=()),
        replace(get(20), last_updated=None),
        get(20, changed=-5),
        get(20, changed=0),
        get(0, changed=20),
        get(-1, changed=20),
    ],
)
def test_what_does_not_show_a_request_does_not_end_it(silent):
    known = know(shown(0, {0: "Changed mind"}), silent)
    assert known.request_state == "requested"
    assert known.asked == {"000": "Changed mind"}
    again = know(silent, shown(0, {0: "Changed mind"}))
    assert again.asked == {"000": "Changed mind"}, "whatever came first"


def test_only_the_order_itself_ends_a_request_and_says_when_and_who():
    known = know(shown(0, {0: "Changed mind"}), get(20))
    assert (known.request_state, known.request.ended, known.request.ended_by) == ("withdrawn", at(20), "get")
    assert known.request.items == {"000": "Changed mind"}, "what was seen stays"
    assert not known.doubtful
    assert known.evidence == (
        Evidence(at(1000), "search", at(0), "proved", "unshipped", ("000",)),
        Evidence(at(1000), "get", at(20), "proved", "unshipped", ()),
        Evidence(at(1000), "get", at(20), "ended", "unshipped", ()),
    )


@pytest.mark.parametrize("late", [get(12, changed=5), get(9, changed=20)])
def test_an_answer_of_before_takes_nothing_back(late):
    """Amazon's servers are not all of the same minute: what was shown earlier, or of an older state, proves nothing."""
    closed = know(get(10, status="cancelled"))
    assert closed.learn(late, at(1001)).proof == closed.proof


def test_a_search_that_shows_no_request_asks_for_one_reading():
    known = know(get(0, {0: ""}), shown(20))
    assert known.asked and known.doubtful
    assert not know(get(0, {0: ""}), shown(20), get(21, changed=20)).asked


@pytest.mark.parametrize("source", ["search", "get", "notification", "report", "upload"])
def test_any_source_may_say_that_the_buyer_asks(source):
    known = know(get(0), shown(5, {0: ""}, source=source))
    assert known.request_state == "requested"
    assert known.asked == {"000": ""}


@pytest.mark.parametrize("source", ["notification", "report", "upload"])
def test_a_claim_wants_a_reading_which_answers_it_either_way(source):
    claimed = know(get(0), shown(5, {0: ""}, source=source))
    assert claimed.doubtful
    confirmed = claimed.learn(get(6, {0: "Too big"}, changed=5), at(1001))
    assert (confirmed.asked, confirmed.doubtful, confirmed.claims) == ({"000": "Too big"}, False, ())
    denied = claimed.learn(get(6, changed=0), at(1001))
    assert (denied.request_state, denied.doubtful, denied.claims) == ("withdrawn", False, ())


def test_what_one_source_claims_later_stands_for_what_it_claimed_before():
    claimed = know(get(0), shown(5, {0: "Changed mind"}, source="report"), shown(8, {0: ""}, source="report"))
    assert claimed.asked == {"000": "Changed mind"}, "a file without the words does not take them back"
    at_once = know(get(0), shown(5, {0: ""}, source="report"), shown(5, {0: "", 1: ""}, source="report"))
    assert [set(claim.items) for claim in at_once.claims] == [{"000", "001"}]


def test_a_search_does_not_answer_a_claim():
    claimed = know(get(0), shown(5, {0: ""}, source="report"), shown(6, changed=6))
    assert claimed.asked and claimed.doubtful


def test_a_search_that_proves_does_not_end_a_doubt():
    open_request = know(get(0, {0: "a"}), shown(20))
    assert open_request.doubtful
    assert open_request.learn(shown(30, {0: "a"}, changed=25, ship_by=at(99)), at(1001)).doubtful, "it is asked for"
    told_otherwise = know(get(0), shown(5, source="notification", status="cancelled"))
    assert told_otherwise.doubtful
    assert told_otherwise.learn(shown(9, changed=0), at(1001)).doubtful, "it shows what it showed before"
    assert not told_otherwise.learn(shown(9, changed=6, status="cancelled"), at(1001)).doubtful, (
        "it shows what was told"
    )


def test_what_is_told_of_what_the_order_shows_is_no_doubt():
    assert not know(get(0, {0: "a"}), shown(5, {0: "a"}, source="report")).doubtful


def test_of_several_that_claim_the_same_each_is_evidence():
    claimed = know(get(0), shown(5, {0: ""}, source="report"), shown(6, {0: ""}, source="notification"))
    effects = [(entry.source, entry.effect) for entry in claimed.evidence[1:]]
    assert effects == [("report", "claimed"), ("notification", "claimed")]
    assert claimed.request.source == "report", "who told it first"


def test_a_notification_tells_for_the_time_of_the_change():
    assert know(get(0), shown(9, {0: ""}, source="notification", changed=5)).claims[0].told == at(5)


@pytest.mark.parametrize("source", ["search", "get"])
def test_a_change_told_for_the_future_does_not_outlast_the_true_ones(source):
    knowledge = OrderKnowledge(ORDER).learn(shown(0, source=source, changed=40_000_000), at(0))
    knowledge = knowledge.learn(shown(10, [0], source=source), at(10))
    assert knowledge.is_open and not knowledge.claims_more_than_proof
    assert knowledge.learn(shown(20, source="get", status="cancelled"), at(20)).is_closed


def test_when_an_order_changed_is_as_the_order_itself_told():
    assert know(shown(10, changed=5)).last_updated == at(5)
    assert know(shown(10, changed=25)).last_updated == at(25), "Amazon's clocks are so far apart"
    assert know(shown(10, changed=26)).last_updated == at(10)
    assert know(shown(10, changed=5, items=())).last_updated == at(5), "it needs not be whole for that"
    assert know(shown(10, changed=5, source="notification")).last_updated is None


def test_a_reading_of_before_does_not_answer_a_claim():
    claimed = know(get(0), shown(5, {0: ""}, source="report"))
    for earlier in (get(4), get(5)):
        still = claimed.learn(earlier, at(1001))
        assert still.asked, "at the same time yes wins"
        assert still.doubtful, "the order is to be read again"
    assert know(get(4), shown(5, {0: ""}, source="report")).asked


def test_an_old_claim_is_answered_already():
    known = know(get(0, {0: ""}), get(20), shown(10, {0: ""}, source="report"))
    assert known.request_state == "withdrawn"
    assert known.evidence[-1].effect == "answered"


def test_a_file_without_a_time_begins_what_only_a_later_reading_ends():
    timeless = replace(shown(0, {0: ""}, source="upload"), shown_at=None)
    known = know(get(0), timeless, heard=30)
    assert known.asked
    assert known.learn(get(29), at(31)).asked
    assert not known.learn(get(31), at(31)).asked


def test_a_reading_without_an_item_that_is_asked_for_answers_nothing():
    known = know(get(0, items=(0,)), shown(5, {1: ""}, source="report"), get(6, items=(0,)))
    assert known.asked == {"001": ""}


@pytest.mark.parametrize("item_id", [UNKNOWN_ITEM, "1"])
def test_a_reading_answers_a_request_for_an_item_whose_id_was_not_told_as_text(item_id):
    odd = replace(shown(5, items=()), items=(ItemSnapshot(item_id, cancel_requested=True),), items_complete=False)
    known = know(get(0), odd)
    assert (known.asked, known.doubtful) == ({item_id: ""}, True)
    assert known.learn(get(6, changed=5), at(6)).asked, "the order has not changed since"
    known = known.learn(get(7), at(7))
    assert (known.request_state, known.doubtful) == ("withdrawn", False)


def test_one_source_after_the_other_ends_only_what_it_can():
    """The report of ten past is true, whatever an earlier reading shows that comes later."""
    known = know(shown(0, {0: ""}), shown(10, {0: ""}, source="report"), get(5, changed=5))
    assert known.asked == {"000": ""}


# === ITEMS ===


def test_an_item_that_is_cancelled_or_down_to_zero_asks_for_nothing():
    known = know(shown(0, {0: ""}), shown(5, {0: ""}, done=(0,)))
    assert (known.request_state, known.asked) == ("overtaken", {})
    snapshot = shown(5, {0: ""})
    zero = replace(snapshot, items=(replace(snapshot.items[0], quantity=0), snapshot.items[1]))
    assert know(shown(0, {0: ""}), zero).request_state == "overtaken"
    assert know(zero).asked == {}
    claimed = know(shown(0, {0: ""}), zero, shown(6, {0: ""}, source="report"))
    assert (claimed.asked, claimed.claims) == ({}, ())


def test_a_report_does_not_tell_that_an_item_is_done():
    snapshot = shown(5, {0: ""}, source="report")
    zero = replace(snapshot, items=(replace(snapshot.items[0], quantity=0), snapshot.items[1]))
    assert know(shown(4, {0: ""}, source="report"), zero).asked


def test_of_a_request_for_two_items_one_may_be_done():
    assert know(shown(0, {0: "", 1: "Too big"}, done=(0,))).asked == {"001": "Too big"}


# === STATUS ===


@pytest.mark.parametrize("status", ["cancelled", "shipped"])
def test_closed_before_it_was_decided(status):
    known = know(shown(0, {0: "a"}), shown(5, status=status))
    assert (known.request_state, known.request.ended_by) == ("overtaken", "search")
    assert know(shown(0, {0: "a"}), get(3), shown(5, status=status)).request_state == "withdrawn"
    late = know(shown(5, {0: "a"}, status=status, changed=4))
    ended = {"outcome": "overtaken", "ended": at(5), "ended_by": "search"}
    assert late.request == Request(1, {"000": "a"}, at(4), "search", at(5), **ended)
    assert [entry.effect for entry in late.evidence] == ["proved"], "it was never open here"
    assert know(shown(5, status=status)).request_state is None


@pytest.mark.parametrize("status", ["cancelled", "shipped"])
def test_only_getorder_takes_back_that_an_order_is_closed(status):
    closed = know(shown(0, {0: "a"}), shown(5, status=status))
    for told in (shown(9), shown(9, {0: "a"}), shown(9, {0: "a"}, source="notification"), shown(9, source="report")):
        known = closed.learn(told, at(1001))
        assert known.status == status
        assert known.request_state == "overtaken"
        assert known.doubtful == (told.status is not None)
    taken_back = closed.learn(get(9, {0: "a"}), at(1001))
    assert (taken_back.status, taken_back.request_state) == ("unshipped", "requested")
    assert taken_back.request.number == 1, "it is the same request"


@pytest.mark.parametrize("source", ["notification", "report"])
def test_what_is_only_told_changes_no_status(source):
    told = replace(shown(9, source=source), status="cancelled")
    known = know(get(0, {0: "a"}), told)
    assert (known.status, known.request_state, known.doubtful) == ("unshipped", "requested", True)


def test_what_others_tell_fills_gaps_until_the_order_is_read():
    told = replace(shown(9, source="notification"), status="invoice_unconfirmed", fulfilled_by="MERCHANT")
    assert know(told).to_snapshot().status == "invoice_unconfirmed"
    known = know(told, shown(3))
    assert (known.status, known.to_snapshot().fulfilled_by) == ("unshipped", "MERCHANT")


def test_what_two_sources_tell_together_is_of_all_items_where_one_of_them_shows_all():
    part = replace(shown(9, source="notification", items=(0,)), status=None, items_complete=False)
    whole = without_cancellation(shown(3, source="notification", items=(0, 1)))
    for told in ((part, whole), (whole, part)):
        snapshot = know(*told).to_snapshot()
        assert snapshot.items_complete
        assert {item.item_id for item in snapshot.items} == {"000", "001"}
        assert snapshot.status == "unshipped", "what only the earlier one told"


def test_of_an_item_the_later_told_counts_and_the_earlier_fills_gaps():
    earlier, later = (shown(minutes, source="notification", items=(0,)) for minutes in (3, 9))
    earlier = replace(earlier, items=(replace(earlier.items[0], quantity=2, title="Mug"),))
    for told in ((earlier, later), (later, earlier)):
        (item,) = know(*told).to_snapshot().items
        assert (item.quantity, item.title) == (1, "Mug")


def test_a_part_told_by_one_source_is_not_of_all_items():
    part = replace(shown(9, source="notification", items=(0,)), status=None, items_complete=False)
    assert not know(part).to_snapshot().items_complete


@pytest.mark.parametrize("source", ["search", "notification"])
def test_one_source_is_enough_to_tell_that_amazon_fulfils_it(source):
    assert know(shown(0, source=source, fulfilled_by="AMAZON")).is_fba
    assert not know(shown(0, source=source, fulfilled_by="MERCHANT")).is_fba
    assert know(shown(0, source="notification", fulfilled_by="AMAZON"), shown(1)).is_fba, "told before it was read"


@pytest.mark.parametrize("status", ["shipped", "partially_shipped", "cancelled"])
@pytest.mark.parametrize("source", ["notification", "report", "upload"])
def test_nobody_else_ends_an_order_that_was_never_read(source, status):
    told = replace(shown(9, source=source), status=status)
    known = know(told)
    assert (known.status, known.to_snapshot().status, known.doubtful) == (None, None, True)
    assert know(told, get(10)).doubtful is False
    earlier = replace(shown(8, source=source), status="unshipped")
    assert know(earlier, told).status == "unshipped"


# === ONE REQUEST AFTER THE OTHER ===


def test_only_a_proven_withdrawal_makes_room_for_a_new_request():
    asked = know(shown(0, {0: "a"}))
    assert asked.request.number == 1
    assert asked.learn_all([shown(5), shown(6, {0: "b"})], at(1001)).request.number == 1
    assert asked.learn_all([get(5), shown(6, {0: "a"})], at(1001)).request.number == 2


def test_since_when_it_is_asked():
    known = know(shown(6, {0: ""}, changed=5), shown(4, {0: ""}, source="notification"))
    assert known.request.since == at(4)
    assert know(shown(0, {0: ""}), get(5), shown(9, {0: ""})).request.since == at(9)
    assert know(get(0, {0: ""}), get(9, {0: ""}, changed=5)).request.shown == at(9), "and until when it was shown"


def test_a_notification_shows_the_request_and_the_search_its_words():
    known = know(shown(0), shown(5, {0: ""}, source="notification"), shown(6, {0: "Changed mind"}, changed=5))
    assert known.asked == {"000": "Changed mind"}
    assert known.request.items == {"000": "Changed mind"}


def test_words_that_are_no_longer_shown_stay_with_the_request():
    known = know(get(0, {0: "Changed mind", 1: ""}), get(5, {0: "", 1: ""}))
    assert known.request.items == {"000": "Changed mind", "001": ""}


def test_old_words_are_not_shown_for_a_new_request():
    known = know(shown(0, {0: "Changed mind"}), get(5), shown(10, {0: ""}, source="notification"))
    assert known.asked == {"000": ""}


# === PEOPLE ===


def test_who_puts_a_request_back_is_heard_until_somebody_decides():
    known = know(shown(0, {0: "a"}), get(20)).restore(at(1000))
    assert known.request_state == "requested"
    assert (known.request.ended, known.request.ended_by, known.request.shown) == (None, None, at(1000))
    assert known.evidence[-1] == Evidence(at(1000), "person", at(1000), "restored", asked=("000",))
    known = known.learn(get(2000), at(2000))
    assert known.request_state == "requested"
    decided = known.decide(at(2001))
    assert (decided.request_state, decided.request.ended) == ("withdrawn", at(2001))


def test_a_decision_on_what_the_order_shows_changes_nothing_that_is_known():
    for known in (know(get(0, {0: "a"})), know(get(0), shown(5, {0: "a"}, source="report")), know(get(0))):
        assert known.decide(at(2001)) is known


def test_nothing_can_be_put_back_that_is_open_closed_or_never_was():
    for known in (know(shown(0)), know(shown(0, {0: "a"})), know(shown(0, {0: "a"}), shown(5, status="shipped"))):
        with pytest.raises(ValueError):
            known.restore(at(1000))


def test_a_person_ends_what_files_claim():
    known = know(replace(shown(0, {0: "a"}, source="upload"), shown_at=None)).end_claims(at(1001))
    assert (known.request_state, known.request.ended_by) == ("withdrawn", "person")
    assert not known.doubtful, "nobody asks Amazon what a person has answered"
    assert known.evidence[-1] == Evidence(at(1001), "person", at(1001), "ended", asked=())
    assert know(shown(0, {0: "a"})).end_claims(at(1001)).request_state == "requested", "not what the order shows"


# === FORMS ===


def test_of_an_order_that_nobody_told_of_nothing_is_known():
    nothing = OrderKnowledge(ORDER)
    assert (nothing.status, nothing.last_updated, nothing.asked) == (None, None, {})
    assert nothing.to_snapshot() == OrderSnapshot(ORDER, "known")


def test_the_order_as_it_is_known():
    known = know(shown(0, {0: "a"}), get(5, items=(0, 1), changed=5, ship_by=at(99)))
    snapshot = known.to_snapshot()
    assert [item.cancel_requested for item in snapshot.items] == [False, False]
    assert (snapshot.status, snapshot.ship_by, snapshot.items_complete) == ("unshipped", at(99), True)
    assert snapshot.requested_at == at(0)
    claimed = know(shown(5, {1: "b"}, source="report")).to_snapshot()
    assert [(item.cancel_requested, item.cancel_reason) for item in claimed.items] == [(False, None), (True, "b")]


def test_an_item_that_only_a_claim_names_is_shown_and_the_items_are_no_longer_all():
    snapshot = know(get(0, items=(0,)), shown(5, {1: "b"}, source="report", items=(1,))).to_snapshot()
    asked = [(item.item_id, item.cancel_requested, item.cancel_reason) for item in snapshot.items]
    assert asked == [("000", False, None), ("001", True, "b")]
    assert not snapshot.items_complete


def test_a_reading_without_news_changes_nothing():
    known = know(shown(0, {0: "a"}, changed=0))
    assert known.learn(shown(50, {0: "a"}, changed=0), at(1001)) is known


def test_the_same_content_of_another_source_and_time_is_no_evidence():
    known = know(shown(0, {0: "a"}), get(9, {0: "a"}, changed=5))
    assert known.proof.source == "get"
    assert [entry.source for entry in known.evidence] == ["search"]


def test_evidence_is_kept_within_bounds_and_told_once():
    known = know(get(0, {0: "a"}))
    for minute in range(500):
        known = known.learn(shown(minute + 1, source="report"), at(2000 + minute))
    assert len(known.evidence) <= EVIDENCE_KEPT
    assert (
        sum(entry.effect == "contradicted" for entry in known.evidence)
        + sum(entry.effect == "not_whole" for entry in known.evidence)
        == 1
    )


# === EVERY ORDER OF ARRIVAL ===

requests = st.dictionaries(st.sampled_from([0, 1]), st.sampled_from(WORDS), max_size=2)
states = st.tuples(requests, st.sampled_from(["unshipped"] * 6 + ["partially_shipped", "shipped", "cancelled"]))
faults = st.sampled_from(["", "", "", "no requests", "no fulfilment", "one item", "no items", "stale", "no time"])


@st.composite
def histories(draw):
    """What all sources tell of one order's life: each state lasts ten minutes; answers are late, doubled and poor."""
    life = draw(st.lists(states, min_size=1, max_size=6))
    told = []
    for number, (asked, status) in enumerate(life):
        for source in draw(
            st.lists(st.sampled_from(["search", "get", "notification", "report", "upload"]), max_size=5)
        ):
            fault = draw(faults)
            then, changed = (asked, status), 10 * number
            if fault == "stale" and number:
                then, changed = life[number - 1], 10 * (number - 1)
            snapshot = shown(
                10 * number + draw(st.integers(0, 9)), then[0], source=source, status=then[1], changed=changed
            )
            if fault == "no requests":
                snapshot = without_cancellation(snapshot)
            elif fault == "no fulfilment":
                snapshot = replace(snapshot, status=None)
            elif fault == "one item":
                snapshot = replace(snapshot, items=snapshot.items[draw(st.integers(0, 1)) :][:1])
            elif fault == "no items":
                snapshot = replace(snapshot, items=(), items_complete=False)
            elif fault == "no time":
                snapshot = replace(snapshot, shown_at=None, last_updated=None)
            told.append(snapshot)
    told += draw(st.lists(st.sampled_from(told), max_size=4)) if told else []
    return draw(st.permutations(told))


def shows_open_request(snapshot):
    return snapshot.is_whole and not snapshot.is_closed and any(item.asks for item in snapshot.items)


def may_end(snapshot, asked):
    """Whether a whole reading may end the request of an earlier one: closed, or changed since, as getOrder shows."""
    if not snapshot.is_whole or snapshot.shown_at < asked.shown_at:
        return False
    changed = snapshot.last_updated > asked.last_updated and snapshot.shown_at > asked.shown_at
    return snapshot.is_closed or (snapshot.source == "get" and changed and not shows_open_request(snapshot))


def is_free_to_ship(known):
    return not known.is_closed and known.request_state != "requested"


@settings(max_examples=HISTORIES, deadline=None, derandomize=True)
@given(histories())
def test_never_free_to_ship_while_the_last_proving_reading_shows_a_request(told):
    known = OrderKnowledge(ORDER)
    heard = []
    for number, snapshot in enumerate(told):
        known = known.learn(snapshot, at(2000 + number))
        heard.append(snapshot)
        asking = [one for one in heard if shows_open_request(one)]
        for asked in asking:
            if not any(may_end(one, asked) for one in heard):
                assert not is_free_to_ship(known), "nothing that was heard may end this request"
        whole = [one for one in heard if one.is_whole]
        latest = max(whole, key=lambda one: (one.shown_at, shows_open_request(one)), default=None)
        if latest and shows_open_request(latest):
            assert not is_free_to_ship(known), "the last proving reading shows a request"
    assert OrderKnowledge.from_dict(json.loads(json.dumps(known.to_dict()))) == known
    assert known.learn_all(told, at(5000)).request_state == known.request_state or known.doubtful


@settings(max_examples=500, deadline=None, derandomize=True)
@given(histories(), states)
def test_whatever_was_lost_the_order_itself_repairs(told, last):
    """After two readings of the order by getOrder that show it changed, nothing is left of what was wrong."""
    asked, status = last
    known = OrderKnowledge(ORDER).learn_all(told, at(2000))
    known = known.learn(get(3000, asked, status=status, changed=2999), at(3000))
    assert known.status == status
    assert set(known.asked) == (
        {f"00{number}" for number in asked} if status not in ("shipped", "cancelled") else set()
    )
    assert not known.doubtful
    assert not known.claims or known.is_closed
