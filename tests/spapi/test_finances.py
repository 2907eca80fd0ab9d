"""What Amazon booked for an order, to the cent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from spapi import errors

PATH = "/finances/2024-06-19/transactions"
ORDER_ID = "902-3159896-1390916"
TRANSACTION = {
    "transactionId": "t-1",
    "transactionType": "Shipment",
    "transactionStatus": "RELEASED",
    "description": "Order Payment",
    "postedDate": "2026-11-21T10:00:00.214Z",
    "totalAmount": {"currencyAmount": 10.1, "currencyCode": "EUR"},
}


def test_all_pages_with_the_same_question(fake, client):
    fake.answer(PATH, {"payload": {"transactions": [TRANSACTION], "nextToken": "n"}})
    fake.answer(PATH, {"payload": {"transactions": [], "nextToken": "m"}})
    fake.answer(PATH, {"payload": {"transactions": [TRANSACTION | {"totalAmount": None}]}})
    first, second = client.list_transactions(ORDER_ID)
    assert (first.transaction_id, first.transaction_type, first.status) == ("t-1", "Shipment", "RELEASED")
    assert (first.amount, first.currency) == (Decimal("10.1"), "EUR")
    assert first.posted == datetime(2026, 11, 21, 10, 0, 0, 214000, UTC)
    assert (second.amount, second.currency) == (None, None)
    question = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": ORDER_ID}
    asked = [request.args.to_dict() for request in fake.requests(PATH)]
    assert asked == [question, question | {"nextToken": "n"}, question | {"nextToken": "m"}]


@pytest.mark.parametrize("amount", [-0.07, 0, 1234567.89, "12.30"])
def test_amounts(fake, client, amount):
    fake.answer(PATH, {"payload": {"transactions": [TRANSACTION | {"totalAmount": {"currencyAmount": amount}}]}})
    assert client.list_transactions(ORDER_ID)[0].amount == Decimal(str(amount))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": None},
        {"payload": {}},
        {"payload": {"transactions": None}},
        {"payload": {"transactions": [5]}},
        {"payload": {"transactions": [TRANSACTION | {"breakdowns": [5]}]}},
        {"payload": {"transactions": [TRANSACTION | {"totalAmount": {"currencyAmount": "much"}}]}},
        {"payload": {"transactions": [TRANSACTION | {"totalAmount": {"currencyAmount": float("nan")}}]}},
    ],
)
def test_no_failure_is_an_empty_list(fake, client, body):
    fake.answer(PATH, body)
    with pytest.raises(errors.MalformedAnswer):
        client.list_transactions(ORDER_ID)


def test_endless_pages_and_odd_ids(fake, client):
    fake.answer(PATH, {"payload": {"transactions": [], "nextToken": "n"}}, always=True)
    with pytest.raises(errors.MalformedAnswer):
        client.list_transactions(ORDER_ID)
    with pytest.raises(errors.InvalidRequest):
        client.list_transactions("1")


def part(kind, amount, *parts):
    return {"breakdownType": kind, "breakdownAmount": {"currencyAmount": amount}, "breakdowns": list(parts)}


@pytest.mark.parametrize(
    ("kind", "parts", "fees"),
    [
        ("Shipment", [part("Sales", 10.1, part("ProductCharges", 10.1))], "0"),
        ("Shipment", [part("Sales", 12.1), part("Expenses", -2, part("AmazonFees", -2))], "-2"),
        ("Refund", [part("ProductCharges", -10), part("Adjustments", -1, part("RefundCommission", -1))], "-1"),
        ("ServiceFee", [], "10.1"),
        (None, None, "0"),
    ],
)
def test_fees_are_told_apart(fake, client, kind, parts, fees):
    fake.answer(PATH, {"payload": {"transactions": [TRANSACTION | {"transactionType": kind, "breakdowns": parts}]}})
    assert client.list_transactions(ORDER_ID)[0].fees == Decimal(fees)


def test_money_held_back_and_paid_counts_once(fake, client):
    held = TRANSACTION | {"transactionStatus": "DEFERRED_RELEASED"}
    related = [{"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": "t-1"}]
    paid = TRANSACTION | {"transactionId": "t-2", "relatedIdentifiers": related}
    fake.answer(PATH, {"payload": {"transactions": [held], "nextToken": "n"}})
    fake.answer(PATH, {"payload": {"transactions": [paid]}})
    assert [entry.transaction_id for entry in client.list_transactions(ORDER_ID)] == ["t-2"]

    fake.answer(PATH, {"payload": {"transactions": [held]}})
    assert len(client.list_transactions(ORDER_ID)) == 1, "without its counterpart it is the only trace"
