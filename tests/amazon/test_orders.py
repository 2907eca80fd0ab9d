"""getOrder, PUT cancellation, and what happens to orders."""

from __future__ import annotations

import re

import pytest

PATH = "/orders/2026-01-01/orders"


def cancel(caller, order_id, reason="NO_INVENTORY"):
    return caller.call("PUT", f"{PATH}/{order_id}/cancellation", json={"cancelReasonCode": reason})


def test_an_order_is_shown_at_once(amazon, caller):
    order = amazon.shop.add_order(items=[{"sku": "A", "quantity": 2}, {"sku": "B"}])
    amazon.shop.ask_to_cancel(order.order_id, "Changed mind", [order.items[1].item_id])
    first, second = caller.order(order.order_id).json()["order"]["orderItems"]
    assert "cancellation" not in first
    assert second["cancellation"]["cancellationRequest"]["cancelReason"] == "Changed mind"
    assert first["orderItemId"].startswith("00")


@pytest.mark.parametrize(
    ("order_id", "status"), [("303-1234567-1234567", 404), ("12345", 400), ("303-1234567-123456é", 400)]
)
def test_unknown_and_odd_ids(caller, order_id, status):
    assert caller.order(order_id).status_code == status


def test_another_sellers_order_is_not_found(amazon, caller):
    order = amazon.shop.add_order("A1LOCALNA")
    assert caller.order(order.order_id).status_code == 404


def test_unknown_data_sets_are_refused(amazon, caller):
    order = amazon.shop.add_order()
    assert caller.order(order.order_id, "CANCELLATIONS").status_code == 400


def test_times_have_whole_seconds_as_in_amazons_samples(amazon, caller):
    order = amazon.shop.add_order()
    amazon.shop.ask_to_cancel(order.order_id)
    shown = caller.order(order.order_id).json()["order"]
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}Z", shown[name]) for name in ("createdTime", "lastUpdatedTime"))
    assert order.last_updated.microsecond == 0


def test_an_order_id_is_given_once(amazon):
    order = amazon.shop.add_order()
    with pytest.raises(ValueError, match=order.order_id):
        amazon.shop.add_order(order_id=order.order_id)


def test_order_ids_may_have_letters(amazon, caller):
    order = amazon.shop.add_order(order_id="S01-A234567-B234567")
    assert caller.order(order.order_id).status_code == 200


def test_a_withdrawn_request_vanishes(amazon, caller):
    order = amazon.shop.add_order()
    amazon.shop.ask_to_cancel(order.order_id, "No")
    amazon.shop.withdraw_request(order.order_id)
    assert "cancellation" not in caller.order(order.order_id).json()["order"]["orderItems"][0]


@pytest.mark.parametrize(
    ("act", "who"), [("buyer_cancel", "BUYER"), ("amazon_cancel", "AMAZON"), ("seller_cancel", "MERCHANT")]
)
def test_a_cancelled_order_says_who_and_why(amazon, caller, act, who):
    order = amazon.shop.add_order()
    getattr(amazon.shop, act)(order.order_id, "Because")
    shown = caller.order(order.order_id).json()["order"]
    assert shown["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    execution = shown["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution == {"cancelledBy": who, "cancelReason": "Because"}


def test_an_item_is_cancelled_alone(amazon, caller):
    order = amazon.shop.add_order(items=[{"sku": "A", "quantity": 2}, {"sku": "B"}])
    amazon.shop.cancel_items(order.order_id, [order.items[0].item_id])
    shown = caller.order(order.order_id).json()["order"]
    first, second = shown["orderItems"]
    assert shown["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert (first["quantityOrdered"], second["quantityOrdered"]) == (0, 1)
    assert first["cancellation"]["cancellationExecution"]["cancelledBy"] == "BUYER"
    assert "cancellation" not in second
    with pytest.raises(ValueError, match="Nothing would be left"):
        amazon.shop.cancel_items(order.order_id, [order.items[1].item_id])


def test_a_part_and_then_all_is_shipped(amazon, caller):
    order = amazon.shop.add_order(quantity=3)
    amazon.shop.ship(order.order_id, partial=True)
    assert caller.status(order.order_id) == "PARTIALLY_SHIPPED"
    amazon.shop.ship(order.order_id)
    shown = caller.order(order.order_id, "FULFILLMENT,PACKAGES").json()["order"]
    assert shown["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert shown["orderItems"][0]["fulfillment"] == {"quantityFulfilled": 3, "quantityUnfulfilled": 0}
    assert [package["packageItems"][0]["quantity"] for package in shown["packages"]] == [1, 2]


def test_the_cancellation_rate_counts_own_orders_of_the_last_days(amazon):
    shop = amazon.shop
    shop.seller_cancel(shop.add_order().order_id)
    shop.amazon_cancel(shop.add_order().order_id)
    shop.buyer_cancel(shop.add_order().order_id)
    shop.seller_cancel(shop.add_order("A1LOCALNA").order_id)
    shop.add_order(fulfilled_by="AMAZON")
    assert shop.cancellation_rate("A1LOCALEU") == (2, 3)
    shop.advance(8 * 86400)
    assert shop.cancellation_rate("A1LOCALEU") == (0, 0)
    assert shop.cancellation_rate("A1LOCALEU", days=30) == (2, 3)


def test_parts_are_whole_items_where_there_are_several(amazon):
    order = amazon.shop.add_order(items=[{"sku": "A", "quantity": 2}, {"sku": "B"}, {"sku": "C"}])
    amazon.shop.ship(order.order_id, partial=True)
    amazon.shop.ship(order.order_id, partial=True)
    assert [item.shipped for item in order.items] == [2, 1, 0]
    with pytest.raises(ValueError, match="one unit"):
        amazon.shop.ship(order.order_id, partial=True)


@pytest.mark.parametrize("act", ["ask_to_cancel", "buyer_cancel", "ship", "amazon_cancel"])
def test_a_shipped_order_is_closed(amazon, act):
    order = amazon.shop.add_order(status="SHIPPED")
    with pytest.raises(ValueError, match="SHIPPED"):
        getattr(amazon.shop, act)(order.order_id)


def test_put_cancellation_cancels_the_whole_order(amazon, caller):
    amazon.shop.switches.rest_cancellation = 202
    order = amazon.shop.add_order()
    amazon.shop.ask_to_cancel(order.order_id)
    answer = cancel(caller, order.order_id, "BUYER_CANCELLED")
    assert (answer.status_code, answer.content) == (202, b"")
    assert caller.status(order.order_id) == "CANCELLED"
    assert amazon.shop.cancellation_rate("A1LOCALEU") == (0, 1)
    assert not amazon.shop.harms


@pytest.mark.parametrize(("status", "code"), [(403, "Unauthorized"), (404, "NotFound"), (405, "MethodNotAllowed")])
def test_put_cancellation_may_not_be_available(amazon, caller, status, code):
    amazon.shop.switches.rest_cancellation = status
    order = amazon.shop.add_order()
    answer = cancel(caller, order.order_id)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert caller.status(order.order_id) == "UNSHIPPED"


@pytest.mark.parametrize(
    "body", [{}, {"cancelReasonCode": "NoInventory"}, {"cancelReasonCode": 1}, {"reason": "x"}, []]
)
def test_put_cancellation_refuses_other_bodies(amazon, caller, body):
    amazon.shop.switches.rest_cancellation = 202
    order = amazon.shop.add_order()
    answer = caller.call("PUT", f"{PATH}/{order.order_id}/cancellation", json=body)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "options", [{"status": "SHIPPED"}, {"fulfilled_by": "AMAZON"}, {"status": "CANCELLED"}, {"status": "PENDING"}]
)
def test_put_cancellation_refuses_closed_and_fba_orders(amazon, caller, options):
    amazon.shop.switches.rest_cancellation = 202
    order = amazon.shop.add_order(**options)
    assert cancel(caller, order.order_id).status_code == 400
    assert caller.status(order.order_id) == options.get("status", "UNSHIPPED")


def test_buyer_cancelled_without_a_request_counts_against_the_seller(amazon, caller):
    amazon.shop.switches.rest_cancellation = 202
    order = amazon.shop.add_order()
    assert cancel(caller, order.order_id, "BUYER_CANCELLED").status_code == 202
    assert [harm.kind for harm in amazon.shop.harms] == ["unfounded_buyer_cancelled"]
    assert amazon.shop.cancellation_rate("A1LOCALEU") == (1, 1)
