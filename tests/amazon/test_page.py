"""The page for people."""

from __future__ import annotations

import pytest
from lxml import html

from dev.amazon.seeds import fill_demo_shop


@pytest.fixture
def page(amazon, http):
    def get():
        answer = http.get(f"{amazon.url}/")
        assert answer.status_code == 200
        return html.fromstring(answer.content)

    return get


def press(amazon, http, path, **form):
    answer = http.post(f"{amazon.url}/page/{path}", data=form, follow_redirects=True)
    assert answer.status_code == 200
    return html.fromstring(answer.content).findtext(".//p[@role='status']")


def test_it_lists_the_orders(amazon, page):
    orders = fill_demo_shop(amazon.shop)
    shown = page()
    assert {row.get("id") for row in shown.iterfind(".//table[@id='orders']/tbody/tr")} == {
        order.order_id for order in orders
    }
    assert "Amazon.fr" in shown.text_content()


def test_a_buyer_is_played_with_a_reason(amazon, http, page):
    order = amazon.shop.add_order(quantity=2)
    said = press(amazon, http, f"orders/{order.order_id}", action="request", reason="<b>Zu spät</b>")
    assert order.order_id in said
    row = page().get_element_by_id(order.order_id)
    assert row.get("class") == "asked"
    assert "<b>Zu spät</b>" in row.text_content()
    press(amazon, http, f"orders/{order.order_id}", action="withdraw")
    assert not order.has_request
    assert "it is PARTIALLY_SHIPPED" in press(amazon, http, f"orders/{order.order_id}", action="ship-part")
    assert "it is SHIPPED" in press(amazon, http, f"orders/{order.order_id}", action="ship")
    assert not page().get_element_by_id(order.order_id).findall(".//form")


def test_what_cannot_be_done_is_said(amazon, http):
    order = amazon.shop.add_order(status="SHIPPED")
    assert "SHIPPED" in press(amazon, http, f"orders/{order.order_id}", action="buyer-cancel")


def test_the_clock_moves(amazon, http):
    press(amazon, http, "clock", minutes="3")
    assert round(amazon.shop.clock.offset) == 180


def test_faults_are_added_and_cleared(amazon, http, page):
    press(amazon, http, "faults", operation="searchOrders", kind="http", times="2")
    assert "searchOrders: http, 2 more" in page().text_content()
    press(amazon, http, "faults", operation="", kind="http", times="1", clear="1")
    assert not amazon.faults.waiting


def test_feeds_calls_rates_and_harms_are_shown(amazon, http, caller, page):
    from messages import envelope, failure

    order = amazon.shop.add_order()
    feed_id = caller.submit(envelope(failure(order, "BuyerCanceled")))
    press(amazon, http, "feeds")
    text = page().text_content()
    for part in (feed_id, "createFeed", "1 of 1 orders", "unfounded_buyer_cancelled"):
        assert part in text
    assert "Atza|" not in text


def test_other_pages_are_not_there(amazon, http):
    assert http.get(f"{amazon.url}/page/other").status_code == 404
