"""Reads an order of Orders API v2026-01-01 (searchOrders and getOrder give the same form)."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from .errors import MalformedAnswer
from .fields import get_count, get_dict, get_id, get_list, get_text, get_time
from .snapshot import UNKNOWN_ITEM, ItemSnapshot, OrderSnapshot

REQUESTER_BUYER = "BUYER"
# Who else Amazon names; a word that is not known may be the buyer by another name.
OTHER_REQUESTERS = ("MERCHANT", "AMAZON")
CANCELLATION = "CANCELLATION"
FULFILLMENT = "FULFILLMENT"
DATA_SETS = (CANCELLATION, FULFILLMENT)
# Whose words cannot be read asks neither surely nor surely not: as somebody does whom nobody knows.
_ILLEGIBLE: dict[str, str | None] = {"requester": "ILLEGIBLE"}


def parse_order(
    data: dict[str, Any], source: str, shown_at: datetime | None = None, data_sets: Collection[str] = DATA_SETS
) -> OrderSnapshot:
    """Return the snapshot of one order.

    Every optional field may be missing, null or empty. An order without items tells nothing about its items. Of one
    with a field of another kind than documented nothing counts but a request, and that there may be one: it is given as
    an order of which only a part is shown, so that it holds the goods, or is read again, and proves nothing.

    :param data: the ``Order`` object of Amazon's answer.
    :param source: ``search`` or ``get``.
    :param shown_at: Amazon's clock at the answer, aware UTC.
    :param data_sets: those that were asked for; an order says no to a request only with ``CANCELLATION``.
    :raises MalformedAnswer: no order id, or a field of another kind than documented and no request; carries the order
        id if known.
    """
    if not isinstance(data, dict):
        raise MalformedAnswer("An order in Amazon's answer is not an object.")
    try:
        order_id = get_id(data, "orderId")
    except ValueError as error:
        raise MalformedAnswer(f"An order in Amazon's answer has no id: {error}.") from None
    try:
        return _parse(data, order_id, source, shown_at, CANCELLATION in data_sets)
    except ValueError as error:
        snapshot = _parse_requests(data, order_id, source, shown_at)
        if not snapshot.items:
            message = f"Order {order_id} in Amazon's answer cannot be read: {error}."
            raise MalformedAnswer(message, order_id=order_id) from None
    return snapshot


def _parse(
    data: dict[str, Any], order_id: str, source: str, shown_at: datetime | None, tells_requests: bool
) -> OrderSnapshot:
    fulfillment = get_dict(data, "fulfillment")
    ship_window = get_dict(fulfillment, "shipByWindow")
    items: dict[str, ItemSnapshot] = {}
    for item in (_parse_item(entry, tells_requests) for entry in get_list(data, "orderItems")):
        doubled = items.get(item.item_id)
        items[item.item_id] = doubled if doubled and doubled.cancel_requested else item
    return OrderSnapshot(
        order_id=order_id,
        source=source,
        last_updated=get_time(data, "lastUpdatedTime"),
        shown_at=shown_at,
        marketplace_id=get_text(get_dict(data, "salesChannel"), "marketplaceId"),
        status=normalise_status(get_text(fulfillment, "fulfillmentStatus")),
        fulfilled_by=_upper(get_text(fulfillment, "fulfilledBy")),
        created=get_time(data, "createdTime"),
        ship_by=get_time(ship_window, "latestDateTime"),
        earliest_ship=get_time(ship_window, "earliestDateTime"),
        items=tuple(items.values()),
        items_complete=bool(items),
    )


def _parse_item(data: Any, tells_requests: bool) -> ItemSnapshot:
    if not isinstance(data, dict):
        raise ValueError("an item is not an object")
    product = get_dict(data, "product")
    fulfillment = get_dict(data, "fulfillment")
    cancellation = get_dict(data, "cancellation")
    request = get_dict(cancellation, "cancellationRequest")
    execution = get_dict(cancellation, "cancellationExecution")
    requester, reason = _upper(get_text(request, "requester")), get_text(request, "cancelReason")
    requested: bool | None = requester == REQUESTER_BUYER or (requester is None and reason is not None)
    if not requested and (not tells_requests or (requester and requester not in OTHER_REQUESTERS)):
        requested = None
    return ItemSnapshot(
        item_id=get_id(data, "orderItemId"),
        sku=get_text(product, "sellerSku"),
        title=get_text(product, "title"),
        quantity=get_count(data, "quantityOrdered"),
        cancel_requested=requested,
        cancel_reason=reason if requested else None,
        cancelled_by=_upper(get_text(execution, "cancelledBy")),
        executed_reason=get_text(execution, "cancelReason"),
        quantity_shipped=get_count(fulfillment, "quantityFulfilled"),
        quantity_unshipped=get_count(fulfillment, "quantityUnfulfilled"),
    )


def _parse_requests(data: dict[str, Any], order_id: str, source: str, shown_at: datetime | None) -> OrderSnapshot:
    """Return what can be read of the items of which the buyer asks or may ask, whatever else cannot be."""
    fulfillment = _try(get_dict, data, "fulfillment") or {}
    items = [_parse_request(entry) for entry in _try(get_list, data, "orderItems") or () if isinstance(entry, dict)]
    return OrderSnapshot(
        order_id=order_id,
        source=source,
        last_updated=_try(get_time, data, "lastUpdatedTime"),
        shown_at=shown_at,
        marketplace_id=_try(get_text, _try(get_dict, data, "salesChannel") or {}, "marketplaceId"),
        status=normalise_status(_try(get_text, fulfillment, "fulfillmentStatus")),
        fulfilled_by=_upper(_try(get_text, fulfillment, "fulfilledBy")),
        items=tuple(item for item in items if item.cancel_requested is not False),
    )


def _parse_request(data: dict[str, Any]) -> ItemSnapshot:
    """Return the item, or only its request where that is all that can be read."""
    data = {**data, "orderItemId": _read_item_id(data)}
    with suppress(ValueError):
        return _parse_item(data, tells_requests=True)
    cancellation = _try(get_dict, data, "cancellation")
    told = {} if cancellation is None else cancellation
    execution = _try(get_dict, told, "cancellationExecution") or {}
    parts = {
        "cancellationRequest": _ILLEGIBLE if cancellation is None else _read_request(told.get("cancellationRequest")),
        "cancellationExecution": {name: _try(get_text, execution, name) for name in ("cancelledBy", "cancelReason")},
    }
    return _parse_item({"orderItemId": data["orderItemId"], "cancellation": parts}, tells_requests=True)


def _read_item_id(data: dict[str, Any]) -> str:
    """Return the item's id. A number is its digits, though it may have lost zeros at its beginning."""
    value = data.get("orderItemId")
    if isinstance(value, int) and not isinstance(value, bool):
        data = {"orderItemId": str(value)}
    return _try(get_id, data, "orderItemId") or UNKNOWN_ITEM


def _read_request(value: Any) -> dict[str, str | None]:
    """Return a request of whatever kind as far as it can be read; a flag is what Amazon's other interfaces give."""
    if value is True or (isinstance(value, str) and value.strip().lower() == "true"):
        return {"requester": REQUESTER_BUYER}
    if value is None:
        return {}
    if not isinstance(value, dict):
        return _ILLEGIBLE
    texts = {name: _try(get_text, value, name) for name in ("requester", "cancelReason")}
    return texts if any(texts.values()) or not any(value.get(name) for name in texts) else _ILLEGIBLE


def _try(read: Callable[[dict[str, Any], str], Any], data: dict[str, Any], name: str) -> Any:
    try:
        return read(data, name)
    except ValueError:
        return None


def normalise_status(status: str | None) -> str | None:
    """Return Amazon's status in lower case (``PARTIALLY_SHIPPED`` → ``partially_shipped``), unknown ones too."""
    return status.lower() if status else None


def _upper(text: str | None) -> str | None:
    return text.upper() if text else None
