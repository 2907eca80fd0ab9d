"""Finances API 2024-06-19: what Amazon booked for an order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import MalformedAnswer
from ..fields import get_dict, get_list, get_text, get_time, require_list
from .connection import Connection, reading
from .orders import check_order_id

# One order has a handful of transactions; Amazon may answer empty pages in between.
_PAGES_LIMIT = 20

# What Amazon keeps for its service, wherever it stands: `Commission` lies below `Expenses` or `AmazonFees`,
# `RefundCommission` in a refund, and some fees are transactions of their own (`ServiceFee`).
_FEES = frozenset({"Expenses", "Commission", "RefundCommission"})
_FEE_ENDINGS = ("Fee", "Fees")
_DEFERRED_RELEASED = "DEFERRED_RELEASED"
_DEFERRED_TRANSACTION = "DEFERRED_TRANSACTION_ID"


@dataclass(frozen=True)
class Transaction:
    """One booking of an order.

    :ivar transaction_type: e.g. ``Shipment`` or ``Refund``.
    :ivar status: ``DEFERRED``, ``RELEASED`` or ``DEFERRED_RELEASED``.
    :ivar posted: aware UTC.
    :ivar amount: to the seller's favour if positive, in ``currency`` (ISO 4217); both None if not told.
    :ivar fees: the part of the amount that is between the seller and Amazon alone, mostly negative.
    :ivar deferred_id: the deferred transaction that this one releases.
    """

    transaction_id: str | None
    transaction_type: str | None
    status: str | None
    description: str | None
    posted: datetime | None
    amount: Decimal | None
    currency: str | None
    fees: Decimal = Decimal()
    deferred_id: str | None = None


class FinanceCalls(Connection):
    """What an order has moved at Amazon."""

    def list_transactions(self, order_id: str) -> list[Transaction]:
        """Return the order's transactions, each movement once; those of the last 48 hours may be missing yet.

        Money that Amazon held back is listed twice once it is paid: as deferred and as released. The second counts.

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
                return _drop_released_again(transactions)
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
    transaction_type = get_text(data, "transactionType")
    amount = _read_amount(total)
    return Transaction(
        transaction_id=get_text(data, "transactionId"),
        transaction_type=transaction_type,
        status=get_text(data, "transactionStatus"),
        description=get_text(data, "description"),
        posted=get_time(data, "postedDate"),
        amount=amount,
        currency=get_text(total, "currencyCode"),
        fees=(amount or Decimal()) if _is_fee(transaction_type) else _sum_fees(data),
        deferred_id=_read_deferred_id(data),
    )


def _drop_released_again(transactions: list[Transaction]) -> list[Transaction]:
    released = {transaction.deferred_id for transaction in transactions if transaction.deferred_id}
    return [
        transaction
        for transaction in transactions
        if not (transaction.status == _DEFERRED_RELEASED and transaction.transaction_id in released)
    ]


def _is_fee(name: str | None) -> bool:
    return name is not None and (name in _FEES or name.endswith(_FEE_ENDINGS))


def _sum_fees(data: dict[str, Any]) -> Decimal:
    """The fees among the parts of an amount; a part that is a fee counts as a whole."""
    fees = Decimal()
    for part in get_list(data, "breakdowns"):
        if not isinstance(part, dict):
            raise ValueError("a breakdown is not an object")
        if _is_fee(get_text(part, "breakdownType")):
            fees += _read_amount(get_dict(part, "breakdownAmount")) or Decimal()
        else:
            fees += _sum_fees(part)
    return fees


def _read_deferred_id(data: dict[str, Any]) -> str | None:
    for related in get_list(data, "relatedIdentifiers"):
        if isinstance(related, dict) and get_text(related, "relatedIdentifierName") == _DEFERRED_TRANSACTION:
            return get_text(related, "relatedIdentifierValue")
    return None


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
