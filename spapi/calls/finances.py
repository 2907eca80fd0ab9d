"""Finances API 2024-06-19: what Amazon booked for an order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import MalformedAnswer
from ..fields import get_dict, get_text, get_time, require_list
from .connection import Connection, reading
from .orders import check_order_id

# One order has a handful of transactions; Amazon may answer empty pages in between.
_PAGES_LIMIT = 20


@dataclass(frozen=True)
class Transaction:
    """One booking of an order.

    :ivar transaction_type: e.g. ``Shipment`` or ``Refund``.
    :ivar status: ``DEFERRED``, ``RELEASED`` or ``DEFERRED_RELEASED``.
    :ivar posted: aware UTC.
    :ivar amount: to the seller's favour if positive, in ``currency`` (ISO 4217); both None if not told.
    """

    transaction_id: str | None
    transaction_type: str | None
    status: str | None
    description: str | None
    posted: datetime | None
    amount: Decimal | None
    currency: str | None


class FinanceCalls(Connection):
    """What an order has moved at Amazon."""

    def list_transactions(self, order_id: str) -> list[Transaction]:
        """Return the order's transactions; those of the last 48 hours may be missing yet.

        :raises InvalidRequest: not of the form of an order id; nothing was called.
        :raises SpApiError: as the class says; an outage never gives an empty list.
        """
        check_order_id(order_id, "listTransactions")
        # No marketplace: with one, Amazon leaves out the US store's orders that the merchant ships.
        parameters = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_id}
        transactions: list[Transaction] = []
        for _page in range(_PAGES_LIMIT):
            page, next_token = self._list_transactions(parameters)
            transactions += page
            if next_token is None:
                return transactions
            parameters = parameters | {"nextToken": next_token}
        raise MalformedAnswer("listTransactions: the pages do not end.", operation="listTransactions")

    def _list_transactions(self, parameters: dict[str, str]) -> tuple[list[Transaction], str | None]:
        operation = "listTransactions"
        answer = self._call(operation, lambda api: api.list_transactions(**parameters))
        with reading(operation):
            payload = get_dict(answer, "payload")
            page = [_parse(entry) for entry in require_list(payload, "transactions")]
            return page, get_text(payload, "nextToken")


def _parse(data: Any) -> Transaction:
    if not isinstance(data, dict):
        raise ValueError("a transaction is not an object")
    total = get_dict(data, "totalAmount")
    return Transaction(
        transaction_id=get_text(data, "transactionId"),
        transaction_type=get_text(data, "transactionType"),
        status=get_text(data, "transactionStatus"),
        description=get_text(data, "description"),
        posted=get_time(data, "postedDate"),
        amount=_read_amount(total),
        currency=get_text(total, "currencyCode"),
    )


def _read_amount(total: dict[str, Any]) -> Decimal | None:
    # JSON's number as it was written: its shortest text, not the float's exact value.
    text = get_text(total, "currencyAmount")
    try:
        amount = Decimal(text) if text is not None else None
    except InvalidOperation:
        raise ValueError("currencyAmount is not a number") from None
    if amount is not None and not amount.is_finite():
        raise ValueError("currencyAmount is not a number")
    return amount
