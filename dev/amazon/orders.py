"""Orders API v2026-01-01: searchOrders, getOrder, cancelOrder."""

from __future__ import annotations

import heapq
import re
from datetime import datetime, timedelta
from typing import Any

from .cancelling import accept, note_read, settle_due
from .clock import from_text, to_text
from .context import Answer, Context
from .errors import ApiError, invalid, not_found
from .listing import opened
from .order_json import DATA_SETS, order_json
from .query import Query
from .records import Order
from .signing import pack

STATUSES = frozenset(
    {
        "PENDING_AVAILABILITY",
        "PENDING",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
    }
)
FULFILLERS = frozenset({"MERCHANT", "AMAZON"})
REST_REASONS = frozenset(
    {
        "NO_INVENTORY",
        "BUYER_CANCELLED",
        "SHIPPING_ADDRESS_UNDELIVERABLE",
        "CUSTOMER_EXCHANGE",
        "PRICING_ERROR",
    }
)
# Amazon's XSD form of an order id: not digits only.
ORDER_ID = re.compile(r"\w{3}-\w{7}-\w{7}", re.ASCII)
SETTLING = timedelta(minutes=2)
TOKEN_LIFE = timedelta(hours=24)

# How PUT cancellation is refused where an account does not have it.
_UNAVAILABLE = {
    403: ("Unauthorized", "Access to requested resource is denied."),
    404: ("NotFound", "Resource not found."),
    405: ("MethodNotAllowed", "The method is not allowed for this resource."),
}
_TIMES = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
_FILTERS = ("marketplaceIds", "fulfilledBy", "fulfillmentStatuses")
_CHANGEABLE = ("maxResultsPerPage", "includedData")


def search_orders(context: Context) -> Answer:
    """Orders of a time window, page by page."""
    query = Query(context.request, *_TIMES, *_FILTERS, *_CHANGEABLE, "paginationToken")
    by_update, start, end = _window(query, context.shop.now())
    marketplace_ids = query.list("marketplaceIds", most=50)
    context.require_marketplaces(marketplace_ids)
    statuses = query.list("fulfillmentStatuses", among=STATUSES)
    fulfillers = query.list("fulfilledBy", among=FULFILLERS)
    data_sets = query.list("includedData", among=DATA_SETS)
    size = query.number("maxResultsPerPage", 1, 100, 100)

    after: tuple[datetime, str] | None = None
    token = query.text("paginationToken")
    if token is not None:
        page = _page(context, query, token)
        after = (from_text(page["time"]), page["id"])
        end = from_text(page["end"])

    def key(order: Order) -> tuple[datetime, str]:
        return (order.last_updated if by_update else order.created), order.order_id

    settle_due(context.shop)
    fitting = (
        order
        for order in context.shop.orders.values()
        if order.seller_id == context.seller.seller_id
        and (not marketplace_ids or order.marketplace_id in marketplace_ids)
        and (not statuses or order.status in statuses)
        and (not fulfillers or order.fulfilled_by in fulfillers)
        and start <= key(order)[0] <= end
        and (after is None or key(order) > after)
    )
    # One more than the page tells whether there is a next one.
    found = heapq.nsmallest(size + 1, fitting, key)
    shown = found[:size]
    empty = context.shop.switches.empty_cancellation
    body: dict[str, Any] = {
        "orders": [order_json(order, data_sets, empty_cancellation=empty) for order in shown],
        "lastUpdatedBefore" if by_update else "createdBefore": to_text(end),
    }
    if len(found) > size:
        moment, order_id = key(shown[-1])
        body["pagination"] = {"nextToken": _token(context, query, end, moment, order_id)}
    return Answer(body)


def _window(query: Query, now: datetime) -> tuple[bool, datetime, datetime]:
    created_after, created_before, updated_after, updated_before = (query.moment(name) for name in _TIMES)
    if (created_after is None) == (updated_after is None):
        raise invalid("Exactly one of createdAfter and lastUpdatedAfter must be provided.")
    by_update = updated_after is not None
    if (created_before if by_update else updated_before) is not None:
        raise invalid("createdAfter goes with createdBefore, lastUpdatedAfter with lastUpdatedBefore.")
    start, end = (updated_after, updated_before) if by_update else (created_after, created_before)
    assert start is not None
    latest = now - SETTLING
    if end is None:
        return by_update, start, latest
    if end > latest:
        raise invalid("The end of the window must be at least two minutes in the past.")
    if end < start:
        raise invalid("The end of the window is before its start.")
    return by_update, start, end


def _parameters(query: Query, *, freeze_all: bool) -> dict[str, str | None]:
    names = (*_TIMES, *_FILTERS, *(_CHANGEABLE if freeze_all else ()))
    return {name: query.text(name) for name in names}


def _token(context: Context, query: Query, end: datetime, moment: datetime, order_id: str) -> str:
    shop = context.shop
    return pack(
        shop.state.secret,
        {
            "of": "searchOrders",
            "seller": context.seller.seller_id,
            "expires": to_text(shop.now() + TOKEN_LIFE),
            "parameters": _parameters(query, freeze_all=True),
            "end": to_text(end),
            "time": to_text(moment),
            "id": order_id,
        },
    )


def _page(context: Context, query: Query, token: str) -> dict[str, Any]:
    shop = context.shop
    page = opened(context, token, "searchOrders")
    if from_text(page["expires"]) <= shop.now():
        raise invalid("The paginationToken has expired.")
    given = _parameters(query, freeze_all=shop.switches.freeze_all)
    if changed := [name for name, value in given.items() if page["parameters"][name] != value]:
        raise invalid(f"The paginationToken belongs to a request with other {', '.join(changed)}.")
    return page


def _own_order(context: Context) -> Order:
    order_id = context.ids["order_id"]
    if not ORDER_ID.fullmatch(order_id):
        raise invalid(f"{order_id} is not an order id.")
    order = context.shop.orders.get(order_id)
    if order is None or order.seller_id != context.seller.seller_id:
        raise not_found(f"There is no order {order_id}.")
    return order


def get_order(context: Context) -> Answer:
    """One order, at once as it is."""
    query = Query(context.request, "includedData")
    data_sets = query.list("includedData", among=DATA_SETS)
    order = _own_order(context)
    settle_due(context.shop, [order])
    shown = order_json(order, data_sets, empty_cancellation=context.shop.switches.empty_cancellation)
    note_read(context.shop, order)
    return Answer({"order": shown})


def cancel_order(context: Context) -> Answer:
    """PUT cancellation, documented but withdrawn from the public model: 202 only where the switch says so."""
    Query(context.request)
    status = context.shop.switches.rest_cancellation
    if status != 202:
        raise ApiError(status, *_UNAVAILABLE[status])
    order = _own_order(context)
    reason = context.json_body({"cancelReasonCode": str})["cancelReasonCode"]
    if reason not in REST_REASONS:
        raise invalid(f"cancelReasonCode does not know {reason}.")
    if order.fulfilled_by != "MERCHANT" or order.status != "UNSHIPPED":
        raise invalid(f"Order {order.order_id} cannot be cancelled.")
    accept(context.shop, order, reason)
    return Answer(status=202)
