"""The control API: the same as the shop's methods, over HTTP."""

from __future__ import annotations

import pytest

from dev.amazon.records import Destination, Subscription


@pytest.fixture
def control(amazon, http):
    def send(method, path, body=None):
        answer = http.request(method, f"{amazon.url}/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send


@pytest.fixture
def order_id(control):
    return control("POST", "orders", {"items": [{"sku": "A"}, {"sku": "B"}], "ship_by": "2030-01-01T00:00:00Z"})[
        "order_id"
    ]


def test_an_order_is_made(amazon, order_id):
    assert amazon.shop.order(order_id).ship_by.year == 2030


def test_a_buyer_is_played(amazon, control, order_id):
    item_id = amazon.shop.order(order_id).items[1].item_id
    control("POST", f"orders/{order_id}/request", {"reason": "No", "items": [item_id]})
    assert [item.request_reason for item in amazon.shop.order(order_id).items] == [None, "No"]
    control("POST", f"orders/{order_id}/withdraw")
    assert not amazon.shop.order(order_id).has_request
    control("POST", f"orders/{order_id}/buyer-cancel", {"reason": "Mistake"})
    assert amazon.shop.order(order_id).items[0].cancelled_by == "BUYER"


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("ship", {}, "SHIPPED"),
        ("ship", {"partial": True}, "PARTIALLY_SHIPPED"),
        ("amazon-cancel", {}, "CANCELLED"),
        ("seller-cancel", {}, "CANCELLED"),
    ],
)
def test_amazon_and_the_seller_are_played(amazon, control, order_id, action, body, status):
    control("POST", f"orders/{order_id}/{action}", body)
    assert amazon.shop.order(order_id).status == status


def test_a_sellers_reason_is_kept(amazon, control, order_id):
    control("POST", f"orders/{order_id}/seller-cancel", {"reason": "PricingError"})
    assert amazon.shop.order(order_id).items[0].cancel_reason == "PricingError"


def test_reasons_that_are_not_given(amazon, control):
    reasons = []
    for action in ("seller-cancel", "amazon-cancel", "buyer-cancel"):
        order = control("POST", f"orders/{amazon.shop.add_order().order_id}/{action}")
        reasons.append(order["items"][0]["cancel_reason"])
    assert reasons == ["NoInventory", "Not shipped in time", "Buyer cancelled"]


def test_the_clock(amazon, control):
    control("POST", "clock", {"advance": 3600})
    control("POST", "clock", {"advance": 0})
    assert round(amazon.shop.clock.offset) == 3600
    assert control("POST", "clock", {"set": "2030-05-01T00:00:00Z"})["now"].startswith("2030-05-01T00:00")
    assert control("GET", "clock")["now"].startswith("2030-05-01T00:00")


def test_faults(control, caller):
    control("POST", "faults", {"operation": "searchOrders", "kind": "http", "times": 2, "status": 500})
    assert caller.call("GET", "/orders/2026-01-01/orders", judged=False).status_code == 500
    assert control("GET", "faults")[0]["times"] == 1
    control("DELETE", "faults")
    assert caller.search().status_code == 200


def test_feed_plans_and_switches(amazon, control):
    control("POST", "feed-plans", {"outcome": "FATAL", "carry_out": 0})
    assert amazon.shop.state.feed_plans[0].outcome == "FATAL"
    assert control("POST", "switches", {"rates": True})["rates"]
    assert amazon.shop.switches.rates
    assert control("GET", "switches")["rest_cancellation"] == 403


def test_feeds_can_be_finished(control, amazon, caller):
    from messages import envelope, failure

    feed_id = caller.submit(envelope(failure(amazon.shop.add_order())))
    control("POST", "feeds/finish")
    assert amazon.shop.state.feeds[feed_id].status == "DONE"


def test_sellers(amazon, control, caller):
    made = control("POST", "sellers", {"seller_id": "A2NEW", "region": "na"})
    assert made["refresh_token"] == "Atzr|local-A2NEW"
    assert caller.login("A2NEW").status_code == 200
    control("POST", "sellers/A2NEW", {"authorisation_revoked": True})
    assert caller.login("A2NEW").status_code == 400


def test_calls_and_state(amazon, control, caller, order_id):
    caller.search()
    shown = control("GET", "calls")
    assert [call["operation"] for call in shown] == ["login", "searchOrders"]
    assert shown[1]["params"] == {"lastUpdatedAfter": "2020-01-01T00:00:00Z"}
    state = control("GET", "state")
    assert list(state["orders"]) == [order_id]
    assert not {"tokens", "secret"} & state.keys()
    control("DELETE", "calls")
    assert len(amazon.calls) == 0


def test_sent_notifications(amazon, control, order_id):
    amazon.shop.state.destinations["d"] = Destination("d", "orders", "arn:aws:sqs:eu-west-1:1:orders")
    amazon.shop.state.subscriptions["s"] = Subscription("s", "A1LOCALEU", "ORDER_CHANGE", "1.0", "d")
    control("POST", f"orders/{order_id}/request", {"reason": "No"})
    (body,) = control("GET", "notifications")
    assert body["Payload"]["OrderChangeNotification"]["AmazonOrderId"] == order_id


def test_the_demo_shop_and_a_reset(amazon, control):
    made = control("POST", "demo")["orders"]
    assert len(made) == 30
    orders = [amazon.shop.order(order_id) for order_id in made]
    assert len({order.marketplace_id for order in orders}) >= 4
    statuses = [(order.status, order.fulfilled_by) for order in orders]
    assert statuses.count(("SHIPPED", "MERCHANT")) == 3
    assert statuses.count(("PARTIALLY_SHIPPED", "MERCHANT")) == 3
    assert statuses.count(("PENDING", "MERCHANT")) == 3
    assert statuses.count(("UNSHIPPED", "AMAZON")) == 3
    control("POST", "reset")
    assert not amazon.shop.orders


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("orders/1/request", {}, 400),
        ("orders/1/fly", {}, 400),
        ("faults", {"kind": "gremlin"}, 400),
        ("switches", {"other": 1}, 400),
        ("clock", {"advance": -1}, 400),
        ("orders", {"colour": "red"}, 400),
        ("other", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(amazon, http, path, body, status):
    answer = http.post(f"{amazon.url}/_control/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
