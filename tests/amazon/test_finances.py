"""listTransactions: money moves only for what was shipped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dev.amazon.clock import to_text
from dev.amazon.finances import PAGE

PATH = "/finances/2024-06-19/transactions"
TWO_DAYS = 48 * 3600


def listed(caller, **query):
    return caller.call("GET", PATH, params=query)


def of_order(caller, order):
    answer = listed(caller, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order.order_id)
    assert answer.status_code == 200, answer.text
    return [(entry["transactionType"], entry["totalAmount"]) for entry in answer.json()["payload"]["transactions"]]


def wait(amazon, caller, seconds=TWO_DAYS + 60):
    amazon.shop.advance(seconds)
    caller.as_seller()


def test_a_cancelled_unshipped_order_has_none(amazon, caller):
    order = amazon.shop.add_order()
    amazon.shop.seller_cancel(order.order_id)
    wait(amazon, caller)
    assert of_order(caller, order) == []


def test_each_shipment_is_credited_after_48_hours(amazon, caller):
    order = amazon.shop.add_order(items=[{"sku": "A", "quantity": 3, "unit_price": "10.50"}])
    amazon.shop.ship(order.order_id, partial=True)
    wait(amazon, caller, TWO_DAYS - 60)
    assert of_order(caller, order) == []
    amazon.shop.advance(120)
    assert of_order(caller, order) == [("Shipment", {"currencyAmount": 10.5, "currencyCode": "EUR"})]
    amazon.shop.ship(order.order_id)
    wait(amazon, caller)
    assert [money["currencyAmount"] for _kind, money in of_order(caller, order)] == [10.5, 21.0]


def test_a_failure_for_a_partly_shipped_order_refunds_all_of_it(amazon, caller):
    from messages import envelope, failure

    order = amazon.shop.add_order(quantity=2, unit_price="10.00")
    amazon.shop.ship(order.order_id, partial=True)
    caller.finished(caller.submit(envelope(failure(order))))
    wait(amazon, caller)
    assert [(kind, money["currencyAmount"]) for kind, money in of_order(caller, order)] == [
        ("Shipment", 10.0),
        ("Refund", -20.0),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"postedBefore": "2022-03-07T00:00:00Z"},
        {"postedAfter": "2022-03-07"},
        {"postedAfter": "2022-03-07T00:00:00Z", "postedBefore": "2022-03-07T00:00:00Z"},
        {"relatedIdentifierName": "ORDER_ID", "postedAfter": "2022-03-07T00:00:00Z"},
        {"relatedIdentifierValue": "303-1234567-1234567", "postedAfter": "2022-03-07T00:00:00Z"},
        {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": ""},
        {"relatedIdentifierName": "SHIPMENT_ID", "relatedIdentifierValue": "1"},
        {"postedAfter": "2999-01-01T00:00:00Z"},
        {"postedAfter": "2022-03-07T00:00:00Z", "transactionStatus": "PAID"},
        {"postedAfter": "2022-03-07T00:00:00Z", "nextToken": "made-up"},
        {"postedAfter": "2022-03-07T00:00:00Z", "orderId": "1"},
    ],
)
def test_what_amazon_refuses(caller, query):
    assert listed(caller, **query).status_code == 400


@pytest.mark.parametrize(("seconds", "status"), [(120, 400), (121, 200)])
def test_dates_lie_more_than_two_minutes_back(amazon, caller, monkeypatch, seconds, status):
    now = amazon.shop.clock.now()
    monkeypatch.setattr(amazon.shop.clock, "now", lambda: now)
    moment = to_text(now - timedelta(seconds=seconds))
    assert listed(caller, postedAfter=moment).status_code == status
    assert listed(caller, postedAfter="2026-01-01T00:00:00Z", postedBefore=moment).status_code == status


def test_the_filters_and_a_window_of_180_days(amazon, caller):
    order = amazon.shop.add_order()
    amazon.shop.ship(order.order_id)
    amazon.shop.add_order("A1LOCALNA", status="SHIPPED")
    wait(amazon, caller)

    def count(days, **query):
        since = to_text(amazon.shop.now() - timedelta(days=days))
        return len(listed(caller, postedAfter=since, **query).json()["payload"]["transactions"])

    assert count(3) == 1
    assert count(1) == 0
    assert count(200) == 0
    assert count(3, transactionStatus="DEFERRED") == 0
    assert count(3, marketplaceId=order.marketplace_id) == 1
    assert count(3, marketplaceId="A1F83G8C2ARO7P") == 0
    assert listed(caller, postedAfter="2022-03-07T00:00:00Z", marketplaceId="ATVPDKIKX0DER").status_code == 403


def test_a_full_page_is_the_last(amazon, caller):
    with amazon.shop.change():
        for _number in range(PAGE):
            amazon.shop.add_order(status="SHIPPED")
    wait(amazon, caller)
    payload = listed(caller, postedAfter=to_text(amazon.shop.now() - timedelta(days=3))).json()["payload"]
    assert len(payload["transactions"]) == PAGE
    assert "nextToken" not in payload


def test_pages(amazon, caller):
    with amazon.shop.change():
        for _number in range(PAGE + 1):
            amazon.shop.add_order(status="SHIPPED")
    wait(amazon, caller)
    query = {"postedAfter": to_text(amazon.shop.now() - timedelta(days=3))}
    first = listed(caller, **query).json()["payload"]
    second = listed(caller, **query, nextToken=first["nextToken"]).json()["payload"]
    ids = {entry["transactionId"] for entry in first["transactions"] + second["transactions"]}
    assert len(ids) == PAGE + 1
    assert "nextToken" not in second
    changed = listed(caller, **query, nextToken=first["nextToken"], transactionStatus="RELEASED")
    assert changed.status_code == 400


def test_what_was_held_back_shows_twice(amazon, caller):
    order = amazon.shop.add_order(unit_price="10.00")
    order.deferred = True
    amazon.shop.ship(order.order_id)
    wait(amazon, caller)
    answer = listed(caller, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order.order_id)
    held, paid = answer.json()["payload"]["transactions"]
    assert {held["transactionStatus"], paid["transactionStatus"]} == {"DEFERRED_RELEASED", "RELEASED"}


def test_a_refund_keeps_a_fee(amazon, caller):
    order = amazon.shop.add_order(unit_price="10.00")
    order.kept_fee = "0.60"
    amazon.shop.ship(order.order_id).refunded = amazon.shop.now()
    wait(amazon, caller)
    assert [money["currencyAmount"] for _kind, money in of_order(caller, order)] == [10.0, -10.6]
