"""ORDER_CHANGE notifications become snapshots; the example is Amazon's own."""

import json
from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi.errors import MalformedAnswer
from spapi.notification import parse_order_change

EXAMPLE = {
    "NotificationVersion": "1.0",
    "NotificationType": "ORDER_CHANGE",
    "PayloadVersion": "1.0",
    "EventTime": "2026-11-21T10:00:05.109Z",
    "Payload": {
        "OrderChangeNotification": {
            "NotificationLevel": "OrderLevel",
            "SellerId": "A3TH9S8BH6GOGM",
            "AmazonOrderId": "903-8868176-2219830",
            "OrderChangeType": "BuyerRequestedChange",
            "OrderChangeTrigger": {
                "TimeOfOrderChange": "2026-11-21T10:00:00.284Z",
                "ChangeReason": "Buyer Requested Cancel",
            },
            "Summary": {
                "MarketplaceId": "ATVPDKIKX0DER",
                "OrderStatus": "Unshipped",
                "PurchaseDate": "2026-11-20T10:00:00Z",
                "DestinationPostalCode": "48110",
                "FulfillmentType": "MFN",
                "OrderType": "StandardOrder",
                "NumberOfItemsShipped": 0,
                "NumberOfItemsUnshipped": 10,
                "EarliestShipDate": "2026-11-22T00:00:00Z",
                "LatestShipDate": "2026-11-24T00:00:00Z",
                "OrderItems": [
                    {
                        "OrderItemId": "00034853450",
                        "SellerSKU": "SKU1",
                        "SupplySourceId": None,
                        "Quantity": 10,
                        "QuantityShipped": 0,
                        "IsBuyerRequestedCancel": True,
                    }
                ],
            },
        }
    },
    "NotificationMetadata": {
        "ApplicationId": "app",
        "SubscriptionId": "subscription",
        "PublishTime": "2026-11-21T10:00:06Z",
        "NotificationId": "d0e9e693-c3ad-4373-979f-ed4ec98dd746",
    },
}
CHANGE = ("Payload", "OrderChangeNotification")


def changed(*path_and_value):
    """The example with one value replaced; ... takes it away."""
    *path, name, value = path_and_value
    data = deepcopy(EXAMPLE)
    place = data
    for step in path:
        place = place[step]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return json.dumps(data)


def test_a_request():
    change = parse_order_change(json.dumps(EXAMPLE))
    assert change.notification_id == "d0e9e693-c3ad-4373-979f-ed4ec98dd746"
    assert (change.seller_id, change.change_type) == ("A3TH9S8BH6GOGM", "BuyerRequestedChange")
    assert change.change_reason == "Buyer Requested Cancel"
    order = change.snapshot
    moment = datetime(2026, 11, 21, 10, 0, 0, 284000, UTC)
    assert (order.order_id, order.source) == ("903-8868176-2219830", "notification")
    assert (order.last_updated, order.requested_at) == (moment, moment)
    assert (order.marketplace_id, order.status, order.fulfilled_by) == ("ATVPDKIKX0DER", "unshipped", "MERCHANT")
    assert (order.created, order.earliest_ship, order.ship_by) == tuple(
        datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((20, 10), (22, 0), (24, 0))
    )
    assert (order.cancel_requested, order.cancel_reason, order.items_complete) == (True, None, True)
    (item,) = order.items
    assert (item.item_id, item.sku, item.quantity) == ("00034853450", "SKU1", 10)
    assert (item.quantity_shipped, item.quantity_unshipped) == (0, 10)


@pytest.mark.parametrize("value", [None, ...])
def test_the_time_of_publication_is_not_that_of_the_change(value):
    order = parse_order_change(changed(*CHANGE, "OrderChangeTrigger", "TimeOfOrderChange", value)).snapshot
    assert order.last_updated is None
    assert order.shown_at == order.requested_at >= datetime(2026, 11, 21, 10, 0, 5, 109000, UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Pending", "pending"),
        ("PendingAvailability", "pending_availability"),
        ("PartiallyShipped", "partially_shipped"),
        ("Shipped", "shipped"),
        ("Canceled", "cancelled"),
        ("Unfulfillable", "unfulfillable"),
        ("InvoiceUnconfirmed", "invoice_unconfirmed"),
        ("OnTheMoon", "onthemoon"),
        ("", None),
    ],
)
def test_statuses(status, expected):
    assert parse_order_change(changed(*CHANGE, "Summary", "OrderStatus", status)).snapshot.status == expected


@pytest.mark.parametrize(
    ("flag", "expected"), [(True, True), (False, False), ("true", True), ("False", False), (None, None), (..., None)]
)
def test_flags(flag, expected):
    change = parse_order_change(changed(*CHANGE, "Summary", "OrderItems", 0, "IsBuyerRequestedCancel", flag))
    assert change.snapshot.cancel_requested is expected
    assert (change.snapshot.requested_at is not None) == (expected is True)


def test_another_change_of_a_requested_order_is_not_the_requests_time():
    change = parse_order_change(changed(*CHANGE, "OrderChangeType", "OrderStatusChange"))
    assert change.snapshot.cancel_requested is True
    assert change.snapshot.requested_at is None


def test_an_item_level_notification_is_not_the_whole_order():
    text = changed(*CHANGE, "NotificationLevel", "OrderItemLevel")
    assert not parse_order_change(text).snapshot.items_complete
    text = text.replace('"IsBuyerRequestedCancel": true', '"IsBuyerRequestedCancel": false')
    assert parse_order_change(text).snapshot.cancel_requested is None


def test_fba():
    assert parse_order_change(changed(*CHANGE, "Summary", "FulfillmentType", "AFN")).snapshot.fulfilled_by == "AMAZON"


def test_other_notifications_are_none_of_ours():
    assert parse_order_change(changed("NotificationType", "ANY_OFFER_CHANGED")) is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "hello",
        "[]",
        "{}",
        "[" * 100_000,
        changed("NotificationType", 5),
        changed("Payload", None),
        changed("NotificationMetadata", ...),
        changed("NotificationMetadata", "NotificationId", ...),
        changed(*CHANGE, "AmazonOrderId", 903),
    ],
)
def test_poison(body):
    with pytest.raises(MalformedAnswer):
        parse_order_change(body)


@pytest.mark.parametrize(
    "body",
    [
        changed(*CHANGE, "SellerId", None),
        changed(*CHANGE, "OrderChangeType", ...),
        changed(*CHANGE, "Summary", ...),
        changed(*CHANGE, "Summary", "OrderItems", None),
        changed(*CHANGE, "Summary", "OrderItems", ["x"]),
        changed(*CHANGE, "Summary", "OrderItems", 0, "IsBuyerRequestedCancel", "perhaps"),
        changed(*CHANGE, "Summary", "OrderItems", 0, "IsBuyerRequestedCancel", 1),
        changed(*CHANGE, "Summary", "LatestShipDate", "soon"),
    ],
)
def test_poison_that_names_its_order(body):
    with pytest.raises(MalformedAnswer) as caught:
        parse_order_change(body)
    assert caught.value.order_id == "903-8868176-2219830"


@given(st.text(max_size=60) | st.recursive(st.none() | st.booleans() | st.text(max_size=5), st.lists).map(json.dumps))
def test_any_text_is_read_or_refused(body):
    try:
        parse_order_change(body)
    except MalformedAnswer:
        return
