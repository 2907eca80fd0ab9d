"""searchOrders: its window, filters, paging and data sets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import DE, FR, LONG_AGO

from dev.amazon.clock import to_text


@pytest.fixture
def shop(amazon):
    return amazon.shop


def place(shop, count, **options):
    """Orders, then enough time for a search to show them; a fresh token lives on."""
    made = [shop.add_order(**options).order_id for _number in range(count)]
    shop.advance(180)
    return made


def test_a_change_shows_after_two_minutes(shop, caller):
    order = shop.add_order()
    assert caller.found() == []
    shop.advance(115)
    assert caller.found() == []
    shop.advance(10)
    assert caller.found() == [order.order_id]


def test_a_request_brings_the_order_back(shop, caller):
    (order_id,) = place(shop, 1)
    since = to_text(shop.now())
    shop.advance(60)
    shop.ask_to_cancel(order_id, "Found cheaper somewhere else.")
    shop.advance(180)
    assert caller.found(lastUpdatedAfter=since) == [order_id]
    assert caller.found(createdAfter=since) == []


@pytest.mark.parametrize(
    "query",
    [
        {"createdAfter": None, "lastUpdatedAfter": None},
        {"createdAfter": LONG_AGO, "lastUpdatedAfter": LONG_AGO},
        {"createdAfter": LONG_AGO, "lastUpdatedBefore": "2020-01-02T00:00:00Z"},
        {"lastUpdatedAfter": LONG_AGO, "createdBefore": "2020-01-02T00:00:00Z"},
        {"lastUpdatedAfter": LONG_AGO, "lastUpdatedBefore": "2019-01-01T00:00:00Z"},
        {"lastUpdatedAfter": "yesterday"},
        {"lastUpdatedAfter": "2020-01-01"},
        {"lastUpdatedAfter": "2020-01-01T00:00:00"},
        {"maxResultsPerPage": "0"},
        {"maxResultsPerPage": "101"},
        {"maxResultsPerPage": "ten"},
        {"fulfilledBy": "SELLER"},
        {"fulfillmentStatuses": "CANCELED"},
        {"fulfillmentStatuses": "UNSHIPPED,"},
        {"includedData": "CANCELATION"},
        {"marketplaceIds": ",".join([DE] * 51)},
        {"paginationToken": "made-up"},
        {"MarketplaceId": DE},
        {"orderIds": "303-1234567-1234567"},
        {"marketplaceIds": [DE, FR]},
    ],
)
def test_what_amazon_refuses(caller, query):
    if "createdAfter" in query and query["createdAfter"] is None:
        answer = caller.call("GET", "/orders/2026-01-01/orders")
    else:
        answer = caller.search(**query)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


def test_the_window_has_both_its_ends(shop, caller):
    (order_id,) = place(shop, 1)
    moment = shop.order(order_id).last_updated
    for name in ("lastUpdated", "created"):
        exact = {f"{name}After": to_text(moment), f"{name}Before": to_text(moment)}
        assert caller.found(**exact) == [order_id]
        second = timedelta(seconds=1)
        assert caller.found(**{f"{name}After": to_text(moment + second)}) == []
        assert caller.found(**{f"{name}After": LONG_AGO, f"{name}Before": to_text(moment - second)}) == []


@pytest.mark.parametrize(("seconds", "status"), [(120, 200), (119, 400)])
def test_the_end_must_be_two_minutes_in_amazons_past(shop, caller, monkeypatch, seconds, status):
    shop.advance(5000)
    caller.as_seller()
    now = shop.clock.now()
    monkeypatch.setattr(shop.clock, "now", lambda: now)
    end = to_text(shop.now() - timedelta(seconds=seconds))
    assert caller.search(lastUpdatedBefore=end).status_code == status
    assert caller.search(createdAfter=LONG_AGO, createdBefore=end).status_code == status


def test_a_page_may_have_one_to_a_hundred_orders(caller):
    assert {caller.search(maxResultsPerPage=size).status_code for size in (1, 100)} == {200}


def test_fifty_marketplaces_are_allowed(caller):
    assert caller.search(marketplaceIds=",".join([DE] * 50)).status_code == 200


def test_a_marketplace_of_another_region_is_denied(caller):
    answer = caller.search(marketplaceIds=f"{DE},ATVPDKIKX0DER")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_the_filters(shop, caller):
    unshipped = shop.add_order(marketplace_id=DE).order_id
    shipped = shop.add_order(marketplace_id=FR, status="SHIPPED").order_id
    fba = shop.add_order(marketplace_id=FR, fulfilled_by="AMAZON").order_id
    shop.add_order("A1LOCALNA")
    shop.advance(180)
    assert set(caller.found()) == {unshipped, shipped, fba}
    assert set(caller.found(marketplaceIds=FR)) == {shipped, fba}
    assert set(caller.found(fulfilledBy="MERCHANT")) == {unshipped, shipped}
    assert caller.found(fulfilledBy="MERCHANT", fulfillmentStatuses="SHIPPED,CANCELLED") == [shipped]


def test_pages_end_without_pagination_and_show_each_order_once(shop, caller):
    placed = place(shop, 5)
    seen, token = [], None
    for size in (2, 2, 1):
        answer = caller.search(maxResultsPerPage=2, paginationToken=token).json()
        assert len(answer["orders"]) == size
        seen += [order["orderId"] for order in answer["orders"]]
        token = answer.get("pagination", {}).get("nextToken")
    assert "pagination" not in answer
    assert sorted(seen) == sorted(placed)


def test_a_full_last_page_has_no_pagination(shop, caller):
    place(shop, 4)
    first = caller.search(maxResultsPerPage=2).json()
    second = caller.search(maxResultsPerPage=2, paginationToken=first["pagination"]["nextToken"]).json()
    assert len(second["orders"]) == 2
    assert "pagination" not in second


def test_a_page_has_a_hundred_orders_unless_told(shop, caller):
    with shop.change():
        place(shop, 101)
    answer = caller.search().json()
    assert len(answer["orders"]) == 100
    assert answer["pagination"]["nextToken"]


def test_an_order_that_changes_between_pages_leaves_the_window_and_comes_in_the_next(shop, caller):
    place(shop, 3)
    end = to_text(shop.now() - timedelta(seconds=125))
    first = caller.search(maxResultsPerPage=1, lastUpdatedBefore=end).json()
    shown = first["orders"][0]["orderId"]
    changed = next(order_id for order_id in reversed(shop.orders) if order_id != shown)
    shop.ask_to_cancel(changed)
    shop.advance(180)
    rest, token = [], first["pagination"]["nextToken"]
    while token:
        page = caller.search(maxResultsPerPage=1, lastUpdatedBefore=end, paginationToken=token).json()
        rest += [order["orderId"] for order in page["orders"]]
        token = page.get("pagination", {}).get("nextToken")
    assert changed not in rest
    assert changed in caller.found(lastUpdatedAfter=end)


@pytest.mark.parametrize(
    ("change", "frozen", "status"),
    [
        ({"maxResultsPerPage": 3}, True, 400),
        ({"maxResultsPerPage": 3}, False, 200),
        ({"includedData": "CANCELLATION"}, True, 400),
        ({"includedData": "CANCELLATION"}, False, 200),
        ({"marketplaceIds": DE}, False, 400),
        ({"fulfilledBy": "MERCHANT"}, False, 400),
        ({"fulfillmentStatuses": "UNSHIPPED"}, False, 400),
        ({"lastUpdatedAfter": "2020-01-02T00:00:00Z"}, False, 400),
        ({"lastUpdatedBefore": "2020-02-02T00:00:00Z"}, False, 400),
        ({}, True, 200),
    ],
)
def test_a_next_page_keeps_the_parameters(shop, caller, change, frozen, status):
    shop.switches.freeze_all = frozen
    place(shop, 3)
    token = caller.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    query = {"maxResultsPerPage": 1, "paginationToken": token, **change}
    assert caller.search(**query).status_code == status


def test_a_token_lives_a_day(shop, caller):
    place(shop, 2)
    token = caller.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    shop.advance(86_390)
    assert caller.as_seller().search(maxResultsPerPage=1, paginationToken=token).status_code == 200
    shop.advance(20)
    assert caller.search(maxResultsPerPage=1, paginationToken=token).status_code == 400


def test_a_token_is_one_sellers(shop, caller):
    place(shop, 2)
    shop.add_seller("A2OTHER", "eu")
    token = caller.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    assert caller.as_seller("A2OTHER").search(maxResultsPerPage=1, paginationToken=token).status_code == 400


def test_a_token_of_another_operation_is_refused(shop, caller):
    place(shop, 2)
    token = caller.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    assert caller.call("GET", "/feeds/2021-06-30/feeds", params={"nextToken": token}).status_code == 400


def test_the_answer_names_the_end_of_its_window(shop, caller):
    end = to_text(shop.now() - timedelta(days=1))
    updated = caller.search(lastUpdatedBefore=end).json()
    created = caller.search(createdAfter=LONG_AGO, createdBefore=end).json()
    assert (updated["lastUpdatedBefore"], created["createdBefore"]) == (end, end)
    assert "createdBefore" not in updated


def test_only_the_asked_for_data_sets_come(shop, caller):
    (order_id,) = place(shop, 1)
    shop.ask_to_cancel(order_id, "Zu spät")
    shop.advance(180)
    (bare,) = caller.search().json()["orders"]
    assert not {"fulfillment", "buyer", "recipient", "proceeds", "packages"} & bare.keys()
    assert not {"cancellation", "fulfillment", "proceeds"} & bare["orderItems"][0].keys()
    (full,) = caller.search(includedData="CANCELLATION,FULFILLMENT").json()["orders"]
    assert full["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert full["orderItems"][0]["cancellation"] == {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": "Zu spät"}
    }
    assert full["orderItems"][0]["fulfillment"] == {"quantityFulfilled": 0, "quantityUnfulfilled": 1}
    (rest,) = caller.search(includedData="BUYER,RECIPIENT,PROCEEDS,PACKAGES,TAX").json()["orders"]
    assert {"buyer", "recipient", "proceeds", "packages"} <= rest.keys()


@pytest.mark.parametrize("empty", [True, False])
def test_an_item_without_a_request_omits_cancellation_or_has_it_empty(shop, caller, empty):
    shop.switches.empty_cancellation = empty
    place(shop, 1)
    item = caller.search(includedData="CANCELLATION").json()["orders"][0]["orderItems"][0]
    assert item.get("cancellation") == ({} if empty else None)


def test_one_call_reads_a_hundred_orders(amazon, caller):
    with amazon.shop.change():
        place(amazon.shop, 100)
    assert len(caller.found()) == 100
    assert amazon.calls.count("searchOrders") == 1
