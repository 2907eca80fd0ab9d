"""Reads an ORDER_CHANGE notification as it comes from the queue.

Source: Amazon's schema OrderChangeNotification.json, payload version 1.0.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .errors import MalformedAnswer
from .fields import get_count, get_dict, get_id, get_text, get_time, require_list
from .snapshot import ItemSnapshot, OrderSnapshot

ORDER_CHANGE = "ORDER_CHANGE"
BUYER_REQUEST, STATUS_CHANGE = "BuyerRequestedChange", "OrderStatusChange"

# Notifications use the words of the older Orders API; the rest differs in case only.
_STATUSES = {
    "pendingavailability": "pending_availability",
    "partiallyshipped": "partially_shipped",
    "canceled": "cancelled",
    "invoiceunconfirmed": "invoice_unconfirmed",
}
_FULFILLERS = {"MFN": "MERCHANT", "AFN": "AMAZON"}
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class OrderChange:
    """One ORDER_CHANGE notification.

    :ivar notification_id: the same when Amazon or the queue delivers it again.
    :ivar seller_id: whose order it is; a queue may serve several sellers.
    :ivar change_type: e.g. ``BuyerRequestedChange`` or ``OrderStatusChange``.
    :ivar change_reason: Amazon's words, not the buyer's.
    """

    notification_id: str
    seller_id: str
    change_type: str
    change_reason: str | None
    snapshot: OrderSnapshot


def parse_order_change(body: str) -> OrderChange | None:
    """Return the notification of a queue message, None for a notification of another type.

    The snapshot has the request's time but no reason: only the Orders API tells that.

    :param body: the message's body.
    :raises MalformedAnswer: no notification of Amazon's; carries the order id if known.
    """
    try:
        data = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        raise MalformedAnswer("A message in the queue is not JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("NotificationType"), str):
        raise MalformedAnswer("A message in the queue is no notification of Amazon's.")
    if data["NotificationType"] != ORDER_CHANGE:
        return None
    order_id = None
    try:
        change = get_dict(get_dict(data, "Payload"), "OrderChangeNotification")
        order_id = get_id(change, "AmazonOrderId")
        return _parse(data, change, order_id)
    except ValueError as error:
        message = f"A notification{f' of order {order_id}' if order_id else ''} cannot be read: {error}."
        raise MalformedAnswer(message, order_id=order_id) from None


def _parse(data: dict[str, Any], change: dict[str, Any], order_id: str) -> OrderChange:
    metadata, trigger = get_dict(data, "NotificationMetadata"), get_dict(change, "OrderChangeTrigger")
    # When it was published bounds the change from above; it is not the time of the change.
    changed_at = get_time(trigger, "TimeOfOrderChange")
    published = get_time(metadata, "PublishTime") or get_time(data, "EventTime")
    change_type = get_id(change, "OrderChangeType")
    whole = get_text(change, "NotificationLevel") == "OrderLevel"
    snapshot = _parse_summary(get_dict(change, "Summary"), order_id, changed_at, whole)
    snapshot = replace(snapshot, shown_at=published)
    if change_type == BUYER_REQUEST and snapshot.cancel_requested:
        snapshot = replace(snapshot, requested_at=changed_at or published)
    return OrderChange(
        notification_id=get_id(metadata, "NotificationId"),
        seller_id=get_id(change, "SellerId"),
        change_type=change_type,
        change_reason=get_text(trigger, "ChangeReason"),
        snapshot=snapshot,
    )


def _parse_summary(summary: dict[str, Any], order_id: str, changed_at: datetime | None, whole: bool) -> OrderSnapshot:
    status = (get_text(summary, "OrderStatus") or "").lower()
    fulfiller = (get_text(summary, "FulfillmentType") or "").upper()
    items = tuple(_parse_item(item) for item in require_list(summary, "OrderItems"))
    return OrderSnapshot(
        order_id=order_id,
        source="notification",
        last_updated=changed_at,
        marketplace_id=get_text(summary, "MarketplaceId"),
        status=_STATUSES.get(status, status) or None,
        fulfilled_by=_FULFILLERS.get(fulfiller, fulfiller) or None,
        created=get_time(summary, "PurchaseDate"),
        ship_by=get_time(summary, "LatestShipDate"),
        earliest_ship=get_time(summary, "EarliestShipDate"),
        items=items,
        items_complete=whole and bool(items),
    )


def _parse_item(data: Any) -> ItemSnapshot:
    if not isinstance(data, dict):
        raise ValueError("an item is not an object")
    quantity, shipped = get_count(data, "Quantity"), get_count(data, "QuantityShipped")
    return ItemSnapshot(
        item_id=get_id(data, "OrderItemId"),
        sku=get_text(data, "SellerSKU"),
        quantity=quantity,
        cancel_requested=_read_flag(data.get("IsBuyerRequestedCancel")),
        quantity_shipped=shipped,
        quantity_unshipped=quantity - shipped if quantity is not None and shipped is not None else None,
    )


def _read_flag(value: Any) -> bool | None:
    # A boolean here; the older Orders API gives the same flag as text.
    if isinstance(value, str):
        value = _FLAGS.get(value.strip().lower(), value)
    if value is not None and not isinstance(value, bool):
        raise ValueError("IsBuyerRequestedCancel is neither true nor false")
    return value
