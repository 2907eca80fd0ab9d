"""Finances API 2024-06-19: listTransactions. What was shipped is paid, what was cancelled unshipped never shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .clock import to_text
from .context import Answer, Context
from .errors import invalid
from .listing import opened
from .marketplaces import MARKETPLACES
from .query import Query
from .records import Order
from .signing import pack

PAGE = 100
# Events of the last 48 hours may be missing, so they are.
DELAY = timedelta(hours=48)
SETTLING = timedelta(minutes=2)
LONGEST = timedelta(days=180)
RELEASED = "RELEASED"
_NOTHING = Decimal()
_STATUSES = frozenset({"DEFERRED", RELEASED, "DEFERRED_RELEASED"})
_NAMES = (
    "postedAfter",
    "postedBefore",
    "marketplaceId",
    "transactionStatus",
    "relatedIdentifierName",
    "relatedIdentifierValue",
)


def list_transactions(context: Context) -> Answer:
    """The seller's transactions of a time window or of one order, oldest first."""
    shop = context.shop
    query = Query(context.request, *_NAMES, "nextToken")
    given = {name: query.text(name) for name in _NAMES}
    start, end, order_id = _window(query, shop.now())
    if given["marketplaceId"]:
        context.require_marketplaces([given["marketplaceId"]])
    query.list("transactionStatus", most=1, among=_STATUSES)
    found = [
        (posted, transaction)
        for order in shop.orders.values()
        if order.seller_id == context.seller.seller_id
        and order_id in (None, order.order_id)
        and given["marketplaceId"] in (None, order.marketplace_id)
        for posted, transaction in _transactions(order)
        if start <= posted < end
        and posted + DELAY <= shop.now()
        and given["transactionStatus"] in (None, transaction["transactionStatus"])
    ]
    found.sort(key=lambda pair: (pair[0], pair[1]["transactionId"]))
    first = 0
    if token := query.text("nextToken"):
        page = opened(context, token, "listTransactions")
        if page["given"] != given:
            raise invalid("The nextToken belongs to a request with other parameters.")
        first = page["start"]
    payload: dict[str, Any] = {"transactions": [transaction for _posted, transaction in found[first : first + PAGE]]}
    if len(found) > first + PAGE:
        following = {
            "of": "listTransactions",
            "seller": context.seller.seller_id,
            "given": given,
            "start": first + PAGE,
        }
        payload["nextToken"] = pack(shop.state.secret, following)
    return Answer({"payload": payload})


def _window(query: Query, now: datetime) -> tuple[datetime, datetime, str | None]:
    name, value = query.text("relatedIdentifierName"), query.text("relatedIdentifierValue")
    if (name is None) != (value is None):
        raise invalid("relatedIdentifierName and relatedIdentifierValue go together.")
    if name not in (None, "ORDER_ID"):
        raise invalid(f"Transactions cannot be filtered by {name}.")
    start, end = query.moment("postedAfter"), query.moment("postedBefore")
    if start is None and value is None:
        raise invalid("Start date cannot be null")
    latest = now - SETTLING
    if (start is not None and start >= latest) or (end is not None and end >= latest):
        raise invalid("Dates must be more than two minutes in the past.")
    end = end or latest
    start = start or datetime.fromtimestamp(0, now.tzinfo)
    if end <= start:
        raise invalid("postedBefore must be later than postedAfter.")
    if value is None and end - start > LONGEST:
        end = start
    return start, end, value


def _transactions(order: Order) -> list[tuple[datetime, dict[str, Any]]]:
    prices = {item.item_id: Decimal(item.unit_price) for item in order.items}
    made = []
    for package in order.packages:
        amount = sum((prices[item_id] * units for item_id, units in package.quantities.items()), Decimal())
        transaction = _transaction(order, "Shipment", package.package_id, package.created, amount)
        if order.deferred:
            held = _transaction(order, "Shipment", f"{package.package_id}D", package.created, amount)
            made.append((package.created, held | {"transactionStatus": "DEFERRED_RELEASED"}))
            related = {"DEFERRED_TRANSACTION_ID": held["transactionId"]}
            transaction["relatedIdentifiers"] += _related(related)
        made.append((package.created, transaction))
    if order.refunded:
        amount = -sum((prices[item.item_id] * item.quantity for item in order.items), Decimal())
        refund = _transaction(order, "Refund", "R1", order.refunded, amount, -Decimal(order.kept_fee))
        made.append((order.refunded, refund))
    return made


def _transaction(
    order: Order, kind: str, number: str, posted: datetime, sales: Decimal, fees: Decimal = _NOTHING
) -> dict[str, Any]:
    marketplace = MARKETPLACES[order.marketplace_id]
    breakdowns = [_breakdown("Sales", sales, marketplace.currency)]
    if fees:
        commission = _breakdown("Commission", fees, marketplace.currency)
        breakdowns.append(_breakdown("Expenses", fees, marketplace.currency) | {"breakdowns": [commission]})
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": order.seller_id,
            "accountType": "Standard Orders",
            "marketplaceId": order.marketplace_id,
        },
        "relatedIdentifiers": _related({"ORDER_ID": order.order_id}),
        "transactionType": kind,
        "transactionId": f"{order.order_id}-{number}",
        "transactionStatus": RELEASED,
        "postedDate": to_text(posted),
        "totalAmount": _money(sales + fees, marketplace.currency),
        "marketplaceDetails": {"marketplaceId": order.marketplace_id, "marketplaceName": marketplace.name},
        "breakdowns": breakdowns,
    }


def _related(identifiers: dict[str, str]) -> list[dict[str, str]]:
    return [{"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in identifiers.items()]


def _breakdown(kind: str, amount: Decimal, currency: str) -> dict[str, Any]:
    return {"breakdownType": kind, "breakdownAmount": _money(amount, currency), "breakdowns": []}


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"currencyAmount": float(amount), "currencyCode": currency}
