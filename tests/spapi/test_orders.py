"""Orders of Amazon's answers become snapshots, however odd they are."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi.errors import MalformedAnswer, SpApiError
from spapi.orders import parse_order
from spapi.snapshot import ItemSnapshot, OrderSnapshot

AT = datetime(2026, 11, 21, 11, tzinfo=UTC)


def item(item_id="00012345678901", **values):
    return {
        "orderItemId": item_id,
        "quantityOrdered": 2,
        "product": {"sellerSku": "SKU-1", "title": "Löffel"},
        **values,
    }


def order(**values):
    data = {
        "orderId": "902-3159896-1390916",
        "createdTime": "2026-11-20T10:00:00Z",
        "lastUpdatedTime": "2026-11-21T10:00:00.123Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "shipByWindow": {
                "earliestDateTime": "2026-11-22T00:00:00Z",
                "latestDateTime": "2026-11-24T23:59:59+01:00",
            },
        },
        "orderItems": [item()],
    }
    return data | values


def requested(reason="Changed mind"):
    return {"cancellationRequest": {"requester": "BUYER", "cancelReason": reason}}


ASKED = item(cancellation=requested())


def test_a_full_order():
    snapshot = parse_order(
        order(
            orderItems=[
                item(
                    cancellation=requested("気が変わった"),
                    fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 2},
                )
            ]
        ),
        "search",
    )
    assert snapshot == OrderSnapshot(
        order_id="902-3159896-1390916",
        source="search",
        last_updated=datetime(2026, 11, 21, 10, 0, 0, 123000, UTC),
        marketplace_id="A1PA6795UKMFR9",
        status="unshipped",
        fulfilled_by="MERCHANT",
        created=datetime(2026, 11, 20, 10, tzinfo=UTC),
        ship_by=datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC),
        earliest_ship=datetime(2026, 11, 22, tzinfo=UTC),
        items=(
            ItemSnapshot(
                item_id="00012345678901",
                sku="SKU-1",
                title="Löffel",
                quantity=2,
                cancel_requested=True,
                cancel_reason="気が変わった",
                quantity_shipped=0,
                quantity_unshipped=2,
            ),
        ),
        items_complete=True,
    )
    assert snapshot.cancel_requested is True
    assert snapshot.cancel_reason == "気が変わった"
    assert snapshot.cancelled_by is None
    assert not snapshot.anything_shipped


@pytest.mark.parametrize(
    "cancellation",
    [
        {},
        None,
        {"cancellationRequest": None},
        {"cancellationRequest": {}},
        {"cancellationRequest": {"requester": None, "cancelReason": ""}},
        {"cancellationExecution": None},
        {"cancellationRequest": {"requester": "MERCHANT", "cancelReason": "sold out"}},
    ],
)
def test_an_empty_cancellation_is_no_request(cancellation):
    snapshot = parse_order(order(orderItems=[item(cancellation=cancellation)]), "get")
    assert snapshot.cancel_requested is False
    assert snapshot.cancel_reason is None


@pytest.mark.parametrize("requester", ["CUSTOMER", "UNKNOWN"])
def test_an_unknown_requester_tells_neither_yes_nor_no(requester):
    cancellation = {"cancellationRequest": {"requester": requester, "cancelReason": "Changed mind"}}
    snapshot = parse_order(order(orderItems=[item(cancellation=cancellation)]), "get", AT)
    assert snapshot.cancel_requested is None
    assert not snapshot.is_whole


def test_without_its_data_set_an_order_says_no_no_but_may_say_yes():
    silent, asking = (
        parse_order(order(orderItems=[item(cancellation=cancellation)]), "get", AT, data_sets=["FULFILLMENT"])
        for cancellation in (None, requested("Too big"))
    )
    assert (silent.cancel_requested, asking.cancel_requested) == (None, True)


def test_what_is_whole():
    whole = parse_order(order(), "get", AT)
    assert whole.is_whole
    for lacking in (
        order(fulfillment=None),
        order(fulfillment={"fulfillmentStatus": "ON_THE_MOON"}),
        order(orderItems=None),
        order(lastUpdatedTime=None),
    ):
        assert not parse_order(lacking, "get", AT).is_whole
    assert not parse_order(order(), "get").is_whole, "nobody knows when it was shown"


def test_an_item_told_twice_is_asked_for_if_one_of_them_is():
    snapshot = parse_order(order(orderItems=[item(), item(cancellation=requested("Too big")), item()]), "get", AT)
    assert [line.cancel_requested for line in snapshot.items] == [True]


@pytest.mark.parametrize(
    "values",
    [
        {"quantityOrdered": 0},
        {"cancellation": {**requested("a"), "cancellationExecution": {"cancelledBy": "AMAZON"}}},
        {"fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 0}},
    ],
)
def test_an_item_with_nothing_left_asks_for_nothing(values):
    snapshot = parse_order(order(orderItems=[item(**{"cancellation": requested("a"), **values})]), "get", AT)
    assert snapshot.items[0].cancel_requested
    assert not snapshot.items[0].asks


def test_a_reason_without_requester_or_a_requester_without_reason_is_a_request():
    for request in ({"cancelReason": "Wrong size"}, {"requester": "buyer"}):
        snapshot = parse_order(order(orderItems=[item(cancellation={"cancellationRequest": request})]), "get")
        assert snapshot.cancel_requested is True


def test_what_a_database_cannot_hold_is_left_out():
    reason = json.loads('"Zu\\u0000 sp\\u00e4t \\ud83d"')
    snapshot = parse_order(order(orderItems=[item(cancellation=requested(reason))]), "get")
    assert snapshot.cancel_reason == "Zu spät ?"


def test_partial_requests_and_distinct_reasons():
    items = [
        item("01", cancellation=requested("A")),
        item("02"),
        item("03", cancellation=requested("B")),
        item("04", cancellation=requested("A")),
    ]
    snapshot = parse_order(order(orderItems=items), "search")
    assert [line.cancel_requested for line in snapshot.items] == [True, False, True, True]
    assert snapshot.cancel_reason == "A; B"


def test_an_executed_cancellation():
    execution = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "Buyer requested cancellation"}}
    data = order(orderItems=[item(cancellation=execution)], fulfillment={"fulfillmentStatus": "CANCELLED"})
    snapshot = parse_order(data, "get")
    assert (snapshot.status, snapshot.cancelled_by) == ("cancelled", "BUYER")
    assert snapshot.items[0].executed_reason == "Buyer requested cancellation"


@pytest.mark.parametrize("items", [None, []])
def test_an_order_without_items_concludes_nothing(items):
    snapshot = parse_order(order(orderItems=items), "search")
    assert snapshot.items == ()
    assert not snapshot.items_complete
    assert snapshot.cancel_requested is None


def test_a_bare_order_is_enough():
    snapshot = parse_order({"orderId": "902-3159896-1390916"}, "search")
    assert snapshot == OrderSnapshot("902-3159896-1390916", "search")


def test_an_unknown_status_is_kept():
    assert parse_order(order(fulfillment={"fulfillmentStatus": "ON_THE_MOON"}), "get").status == "on_the_moon"


@pytest.mark.parametrize(
    ("fulfillment", "line", "shipped"),
    [
        ({"fulfillmentStatus": "SHIPPED"}, {}, True),
        ({"fulfillmentStatus": "PARTIALLY_SHIPPED"}, {}, True),
        ({"fulfillmentStatus": "UNSHIPPED"}, {"quantityFulfilled": 1}, True),
        ({"fulfillmentStatus": "UNSHIPPED"}, {"quantityFulfilled": 0}, False),
        ({}, {}, False),
    ],
)
def test_anything_shipped(fulfillment, line, shipped):
    snapshot = parse_order(order(fulfillment=fulfillment, orderItems=[item(fulfillment=line)]), "get")
    assert snapshot.anything_shipped is shipped


def test_numbers_where_text_is_documented():
    snapshot = parse_order(order(orderItems=[item(product={"sellerSku": 4711}, quantityOrdered="3")]), "get")
    assert (snapshot.items[0].sku, snapshot.items[0].quantity) == ("4711", 3)


@pytest.mark.parametrize(
    "values",
    [
        {"orderItems": [item(item_id=12345)]},
        {"orderItems": "none"},
        {"orderItems": [None]},
        {"orderItems": [item(quantityOrdered=True)]},
        {"orderItems": [item(quantityOrdered="two")]},
        {"orderItems": [item(quantityOrdered=-1)]},
        {"orderItems": [item(quantityOrdered=2**31)]},
        {"orderItems": [item(quantityOrdered="9" * 5000)]},
        {"orderItems": [item(item_id="1\x00")]},
        {"orderItems": [item(product={"title": ["x"]})]},
        {"salesChannel": "AMAZON"},
        {"fulfillment": []},
        {"lastUpdatedTime": "yesterday"},
        {"lastUpdatedTime": 1700000000},
        {"createdTime": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_fields_of_another_kind_name_the_order(values):
    with pytest.raises(MalformedAnswer) as caught:
        parse_order(order(**values), "search")
    assert caught.value.order_id == "902-3159896-1390916"
    _order, _said, cause = str(caught.value).partition(" in Amazon's answer cannot be read: ")
    assert "902-3159896-1390916" in _order
    assert cause not in ("", "None."), "it says what is odd about it"


@pytest.mark.parametrize(
    "values",
    [
        {"createdTime": "yesterday"},
        {"lastUpdatedTime": 1700000000},
        {"salesChannel": "AMAZON"},
        {"fulfillment": []},
        {"fulfillment": {"fulfillmentStatus": ["UNSHIPPED"]}},
        {"fulfillment": {"fulfillmentStatus": "UNSHIPPED", "shipByWindow": {"latestDateTime": "soon"}}},
        {"orderItems": [ASKED, None]},
        {"orderItems": [{**ASKED, "quantityOrdered": "one"}]},
        {"orderItems": [{**ASKED, "product": "book"}]},
        {"orderItems": [{**ASKED, "fulfillment": "none"}]},
        {"orderItems": [{**ASKED, "cancellation": {**ASKED["cancellation"], "cancellationExecution": []}}]},
        {
            "orderItems": [
                {**ASKED, "cancellation": {"cancellationRequest": {"requester": "BUYER", "cancelReason": [1]}}}
            ]
        },
    ],
)
def test_a_request_counts_whatever_else_cannot_be_read(values):
    snapshot = parse_order({**order(orderItems=[ASKED]), **values}, "get", AT)
    assert [(item.item_id, item.asks) for item in snapshot.items] == [("00012345678901", True)]
    assert not snapshot.is_whole
    assert snapshot.source == "get"


def test_amazons_own_order_is_known_as_such_whatever_else_cannot_be_read():
    """A request of it holds nothing here: Amazon decides it."""
    data = order(orderItems=[ASKED], createdTime="yesterday", fulfillment={"fulfilledBy": "AMAZON"})
    assert parse_order(data, "get", AT).is_fba


@pytest.mark.parametrize("flag", [True, "true", "TRUE "])
def test_a_request_that_is_only_a_flag_is_one_without_words(flag):
    snapshot = parse_order(order(orderItems=[item(cancellation={"cancellationRequest": flag})]), "get", AT)
    assert [(line.asks, line.cancel_reason) for line in snapshot.items] == [(True, None)]
    assert not snapshot.is_whole, "of another kind than documented it proves nothing"


@pytest.mark.parametrize(
    "cancellation",
    [
        [],
        "no",
        {"cancellationRequest": False},
        {"cancellationRequest": "Changed mind"},
        {"cancellationRequest": 1},
        {"cancellationRequest": [{"requester": "BUYER"}]},
        {"cancellationRequest": {"requester": {}, "cancelReason": ["Changed mind"]}},
        {"cancellationRequest": {"cancelReason": ["Changed mind"]}},
    ],
)
def test_a_request_that_cannot_be_read_is_neither_yes_nor_no(cancellation):
    silent, asking = item("02"), item("03", cancellation=requested())
    snapshot = parse_order(order(orderItems=[item("01", cancellation=cancellation), silent]), "get", AT)
    assert [(line.item_id, line.cancel_requested) for line in snapshot.items] == [("01", None)]
    assert (snapshot.cancel_requested, snapshot.is_whole) == (None, False)
    snapshot = parse_order(order(orderItems=[item("01", cancellation=cancellation), asking]), "get", AT)
    assert [(line.item_id, line.cancel_requested) for line in snapshot.items] == [("01", None), ("03", True)]


@pytest.mark.parametrize(
    ("item_id", "told"), [(12345678901, "12345678901"), (None, "?"), (True, "?"), (1.5, "?"), ("", "?"), (["1"], "?")]
)
def test_a_request_counts_whatever_the_items_id_is(item_id, told):
    snapshot = parse_order(order(orderItems=[{**ASKED, "orderItemId": item_id}, item()]), "get", AT)
    assert [(line.item_id, line.asks, line.cancel_reason) for line in snapshot.items] == [(told, True, "Changed mind")]
    assert not snapshot.is_whole, "an id that is a number may have lost zeros, and is told to nobody"


def test_an_item_that_is_cancelled_asks_no_more_whatever_else_cannot_be_read():
    cancellation = {**ASKED["cancellation"], "cancellationExecution": {"cancelledBy": "AMAZON"}}
    odd = {**ASKED, "quantityOrdered": "one", "cancellation": cancellation}
    assert [item.asks for item in parse_order(order(orderItems=[odd]), "get").items] == [False]


@pytest.mark.parametrize(
    "data", [None, [], "902-3159896-1390916", {}, {"orderId": None}, {"orderId": 9}, {"orderId": " "}]
)
def test_an_order_without_an_id(data):
    with pytest.raises(MalformedAnswer, match=r"has no id|is not an object") as caught:
        parse_order(data, "search")
    assert caught.value.order_id is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"orderId": st.just("902-3159896-1390916")},
        optional={
            "lastUpdatedTime": json_values,
            "salesChannel": json_values,
            "fulfillment": json_values
            | st.fixed_dictionaries({}, optional={"fulfillmentStatus": json_values, "shipByWindow": json_values}),
            "orderItems": json_values
            | st.lists(
                st.fixed_dictionaries(
                    {"orderItemId": st.text(max_size=5)},
                    optional={"cancellation": json_values, "product": json_values, "quantityOrdered": json_values},
                ),
                max_size=3,
            ),
        },
    )
)
def test_any_json_is_read_or_refused(data):
    try:
        snapshot = parse_order(data, "search")
    except SpApiError as error:
        assert error.order_id == "902-3159896-1390916"
    else:
        assert OrderSnapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot
        assert "\0" not in repr(snapshot)
        json.dumps(snapshot.to_dict(), ensure_ascii=False).encode()


@given(
    st.builds(
        OrderSnapshot,
        order_id=st.text(min_size=1),
        source=st.sampled_from(["search", "get"]),
        last_updated=st.none() | st.datetimes(timezones=st.just(UTC)),
        requested_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        items=st.lists(
            st.builds(ItemSnapshot, item_id=st.text(), cancel_requested=st.none() | st.booleans(), title=st.text())
        ).map(tuple),
        items_complete=st.booleans(),
    )
)
def test_snapshots_survive_json(snapshot):
    assert OrderSnapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot
