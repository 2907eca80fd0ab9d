"""Rates and faults."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from conftest import DE, FR
from messages import envelope, failure

from dev.amazon.faults import KINDS
from dev.amazon.rates import RATES, Rates

ORDERS = "/orders/2026-01-01/orders"


@pytest.fixture
def order(amazon):
    order = amazon.shop.add_order(items=[{"sku": "A"}, {"sku": "B"}])
    amazon.shop.advance(180)
    return order


def search(caller, **query):
    """searchOrders, not held against the model, which knows no faults."""
    query = {"lastUpdatedAfter": "2020-01-01T00:00:00Z", **query}
    return caller.call("GET", ORDERS, params=query, judged=False)


def test_without_the_switch_there_is_no_limit(caller, order):
    assert {caller.order(order.order_id).status_code for _turn in range(40)} == {200}


def test_the_burst_then_429_then_one_call_as_time_passes(amazon, caller, order):
    amazon.shop.switches.rates = True
    assert {caller.search().status_code for _turn in range(20)} == {200}
    answer = caller.search()
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "QuotaExceeded")
    assert caller.order(order.order_id).status_code == 200
    amazon.shop.advance(1 / 0.0056 + 1)
    assert caller.search().status_code == 200
    assert caller.search().status_code == 429


def test_a_bucket_at_one_moment_holds_just_the_burst():
    rates, now = Rates(), datetime(2026, 1, 1, tzinfo=UTC)
    assert [rates.take("A1", "searchOrders", now) for _turn in range(21)] == [True] * 20 + [False]
    assert not rates.take("A1", "searchOrders", now + timedelta(seconds=178))
    assert rates.take("A1", "searchOrders", now + timedelta(seconds=179))
    full = now + timedelta(days=1)
    assert [rates.take("A1", "searchOrders", full) for _turn in range(21)].count(True) == 20


def test_each_seller_has_a_budget(amazon, caller):
    amazon.shop.switches.rates = True
    assert [caller.search().status_code for _turn in range(21)][-1] == 429
    assert caller.as_seller("A1LOCALNA").search().status_code == 200


def test_the_rates_are_those_of_the_models(models):
    published = models.rates()
    assert set(RATES) - set(published) <= {"cancelOrder", "createRestrictedDataToken"}
    for name in set(RATES) & set(published) - {"cancelOrder"}:
        assert RATES[name] == published[name], name


@pytest.mark.parametrize(
    ("kind", "options", "status", "content"),
    [
        ("http", {}, 503, b"InternalFailure"),
        ("http", {"status": 500}, 500, b"InternalFailure"),
        ("http", {"status": 422, "body": {"errors": []}}, 422, b'{"errors": []}'),
        ("not_json", {}, 503, b"<html>"),
        ("message", {}, 403, b'{"message": "Forbidden"}'),
        ("errors_object", {}, 400, b'{"errors": {"code"'),
        ("throttled", {}, 429, b"QuotaExceeded"),
        ("empty", {}, 200, b""),
        ("odd_json", {}, 200, b'["unexpected"]'),
        ("bad_utf8", {}, 200, b"\xff"),
    ],
)
def test_a_fault_is_answered_once_in_place_of_the_truth(amazon, caller, order, kind, options, status, content):
    amazon.faults.add("searchOrders", kind, **options)
    answer = search(caller)
    assert answer.status_code == status
    assert content in answer.content
    assert amazon.calls.of("searchOrders")[-1].fault == kind
    assert caller.found() == [order.order_id]


def test_every_kind_is_known_and_no_other(amazon):
    for kind in KINDS:
        amazon.faults.add(None, kind)
    with pytest.raises(ValueError, match="No fault"):
        amazon.faults.add(None, "gremlin")


def test_a_fault_fits_an_operation_a_marketplace_and_a_seller(amazon, caller, order):
    amazon.faults.add("searchOrders", "http", marketplace_id=FR, times=2)
    amazon.faults.add("searchOrders", "http", seller_id="A1LOCALNA")
    assert caller.order(order.order_id).status_code == 200
    assert search(caller, marketplaceIds=DE).status_code == 200
    assert [search(caller, marketplaceIds=f"{DE},{FR}").status_code for _turn in range(3)] == [503, 503, 200]
    assert search(caller.as_seller("A1LOCALNA")).status_code == 503


def test_a_fault_may_be_for_one_order(amazon, caller, order):
    other = amazon.shop.add_order()
    amazon.faults.add("getOrder", "http", order_id=order.order_id)
    assert caller.order(other.order_id).status_code == 200
    answer = caller.call("GET", f"{ORDERS}/{order.order_id}", judged=False)
    assert answer.status_code == 503


def test_an_expired_token_stays_expired(amazon, caller, order):
    amazon.faults.add("searchOrders", "token_expired")
    assert caller.search().status_code == 403
    assert caller.search().status_code == 403
    assert caller.as_seller().search().status_code == 200


def test_one_order_of_a_page_may_be_malformed(amazon, caller, order):
    other = amazon.shop.add_order()
    amazon.shop.advance(180)
    amazon.faults.add("searchOrders", "malformed_order", order_id=other.order_id)
    shown = {one["orderId"]: one["orderItems"] for one in search(caller).json()["orders"]}
    assert shown[other.order_id] == "unavailable"
    assert isinstance(shown[order.order_id], list)


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1), ("timeout", 1)])
def test_a_broken_connection_before_or_after_the_effect(amazon, caller, order, kind, made):
    body = {
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "marketplaceIds": [DE],
        "inputFeedDocumentId": caller.upload(envelope(failure(order))),
    }
    amazon.faults.add("createFeed", kind, delay=0.0)
    with pytest.raises(httpx.RemoteProtocolError):
        caller.call("POST", "/feeds/2021-06-30/feeds", json=body)
    assert len(amazon.shop.state.feeds) == made
    assert amazon.calls.of("createFeed")[-1].status is None


def test_a_slow_answer_is_true_and_holds_nobody_else_up(amazon, caller, order):
    amazon.faults.add("getOrder", "slow", delay=3600.0)
    answers = []
    slow = threading.Thread(target=lambda: answers.append(caller.order(order.order_id)))
    slow.start()
    while not amazon.calls.of("getOrder"):
        assert caller.found() == [order.order_id]
    assert caller.found() == [order.order_id]
    assert not answers
    amazon.app.stopping.set()
    slow.join()
    assert answers[0].status_code == 200


def test_login_and_documents_may_fail_too(amazon, caller):
    amazon.faults.add("login", "not_json")
    assert caller.login().status_code == 503
    amazon.faults.add("uploadDocument", "http")
    made = caller.call("POST", "/feeds/2021-06-30/documents", json={"contentType": "text/xml"}).json()
    assert httpx.put(made["url"], content=b"", headers={"Content-Type": "text/xml"}).status_code == 503
    amazon.faults.add("uploadDocument", "http")
    amazon.faults.clear()
    assert httpx.put(made["url"], content=b"", headers={"Content-Type": "text/xml"}).status_code == 200


def test_the_call_log_has_no_secrets(amazon, caller, order):
    caller.finished(caller.submit(envelope(failure(order))))
    text = repr(list(amazon.calls))
    for secret in ("Atza|", "Atzr|", "local-secret", "X-Amz-Signature", "Signature="):
        assert secret not in text
