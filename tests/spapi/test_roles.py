"""Every operation that the addon uses, with each role, in each region: done, or refused for the reason that is true."""

import io
from datetime import timedelta

import pytest
from conftest import make_credentials

from dev.amazon.auth import CLIENT_ID, CLIENT_SECRET
from dev.amazon.role_names import FINANCE, INSIGHTS, INVENTORY, LISTING, ROLES, SHIPPING, TAX
from dev.amazon.server import LocalAmazon
from spapi.client import CreationWindow, SellerClient
from spapi.const import (
    FEED_ACKNOWLEDGEMENT,
    FEED_CONTENT_TYPE,
    REPORT_ACTIONABLE,
    REPORT_INVOICING,
    REPORT_ORDERS,
)
from spapi.errors import SpApiError
from spapi.order_report import OrderReport
from spapi.refusal import Refusal, get_refusal
from spapi.region import find_other_region

SELLERS = {
    "na": ("A1LOCALNA", "ATVPDKIKX0DER"),
    "eu": ("A1LOCALEU", "A1PA6795UKMFR9"),
    "fe": ("A1LOCALFE", "A1VC38T7YXB528"),
}


@pytest.fixture(scope="module")
def running_amazon():
    with LocalAmazon() as amazon:
        yield amazon


@pytest.fixture
def amazon(running_amazon, monkeypatch):
    running_amazon.reset()
    running_amazon.shop.switches.rest_cancellation = 202
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", running_amazon.api_url)
    monkeypatch.setenv("AMAZON_LWA_ENDPOINT_URL", running_amazon.url)
    return running_amazon


def credentials(home, **values):
    """Of the seller whose home it is."""
    seller_id, _marketplace = SELLERS[home]
    own = {
        "region": home,
        "seller_id": seller_id,
        "lwa_client_id": CLIENT_ID,
        "lwa_client_secret": CLIENT_SECRET,
        "lwa_refresh_token": f"Atzr|local-{seller_id}",
    }
    return make_credentials(**(own | values))


def send_feed(client, order, marketplace):
    document = client.create_feed_document(FEED_CONTENT_TYPE)
    client.upload_document(document.url, b"<AmazonEnvelope/>", FEED_CONTENT_TYPE)
    feed_id = client.create_feed(FEED_ACKNOWLEDGEMENT, document.document_id, [marketplace])
    client.get_feed(feed_id)
    client.list_feeds(FEED_ACKNOWLEDGEMENT, client.now() - timedelta(hours=1))


def subscribe(client, order, marketplace):
    destination = client.create_destination("odoo", "arn:aws:sqs:eu-west-1:111122223333:orders")
    try:
        subscription = client.create_subscription(destination.destination_id)
        client.get_subscription()
        client.delete_subscription(subscription.subscription_id)
    finally:
        client.delete_destination(destination.destination_id)


def read_report(report_type):
    def read(client, order, marketplace):
        report_id = client.request_report(report_type, [marketplace])
        for _turn in range(3):
            report = client.get_report(report_id)
        file = io.BytesIO()
        client.download_report(report.document_id, file)
        OrderReport(file)

    return read


# What the addon does, and the roles of which one is enough.
WORK = {
    "search": (lambda client, order, marketplace: client.try_search([marketplace]), {INVENTORY}),
    "read": (lambda client, order, marketplace: client.get_order(order.order_id), {INVENTORY}),
    "cancel": (lambda client, order, marketplace: client.cancel_order(order.order_id, "NO_INVENTORY"), {INVENTORY}),
    "feed": (send_feed, {INVENTORY}),
    "push": (subscribe, {INVENTORY}),
    "participations": (
        lambda client, order, marketplace: client.get_marketplace_participations(),
        {LISTING, INSIGHTS, SHIPPING, TAX},
    ),
    "unshipped": (read_report(REPORT_ACTIONABLE), {SHIPPING}),
    "orders": (read_report(REPORT_ORDERS), {SHIPPING}),
    "invoicing": (read_report(REPORT_INVOICING), {TAX}),
    "finances": (lambda client, order, marketplace: client.list_transactions(order.order_id), {FINANCE}),
}


@pytest.mark.parametrize("refused_at", ["createReport", "createRestrictedDataToken"])
@pytest.mark.parametrize("region", SELLERS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_in_each_region(amazon, role, region, refused_at):
    seller_id, marketplace = SELLERS[region]
    amazon.shop.set_roles(role)
    amazon.shop.switches.report_role_at = refused_at
    order = amazon.shop.add_order(seller_id, marketplace_id=marketplace)
    with SellerClient(credentials(region)) as client:
        for name, (work, opened_by) in WORK.items():
            if role in opened_by or (name == "participations" and (region, role) == ("fe", INVENTORY)):
                work(client, order, marketplace)
                continue
            with pytest.raises(SpApiError) as caught:
                work(client, order, marketplace)
            assert get_refusal(caught.value) is Refusal.ACCESS, name


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("region", SELLERS)
def test_the_region_of_a_token_is_found(amazon, monkeypatch, region, shared):
    if shared:
        monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", amazon.url)
    for wrong in set(SELLERS) - {region}:
        pasted = credentials(region, region=wrong)
        with SellerClient(pasted) as client, pytest.raises(SpApiError) as caught:
            client.try_search([SELLERS[wrong][1]])
        assert get_refusal(caught.value) is Refusal.ACCESS
        assert find_other_region(pasted) == region
    assert find_other_region(credentials(region)) is None


def test_without_the_role_no_region_is_found(amazon):
    amazon.shop.set_roles(SHIPPING)
    assert find_other_region(credentials("eu", region="na")) is None


@pytest.mark.parametrize(
    ("damage", "refusal"),
    [
        (lambda shop: shop.application().__setattr__("client_secret", "renewed"), Refusal.CLIENT),
        (lambda shop: shop.seller("A1LOCALEU").__setattr__("authorisation_revoked", True), Refusal.GRANT),
        (lambda shop: shop.seller("A1LOCALEU").__setattr__("client_id", "amzn1.other"), Refusal.APPLICATION),
        (lambda shop: shop.take_role(INVENTORY), Refusal.ACCESS),
        (lambda shop: shop.seller("A1LOCALEU").marketplace_ids.remove("A1PA6795UKMFR9"), Refusal.MARKETPLACE),
        (lambda shop: shop.faults.add("searchOrders", "http", status=503), Refusal.DISTURBED),
        (lambda shop: shop.faults.add("searchOrders", "throttled"), Refusal.THROTTLED),
        (lambda shop: shop.faults.add("searchOrders", "drop_before"), Refusal.UNREACHABLE),
        (lambda shop: shop.faults.add("searchOrders", "odd_json"), Refusal.UNREADABLE),
    ],
)
def test_what_stands_in_the_way_is_told_apart(amazon, damage, refusal):
    damage(amazon.shop)
    with SellerClient(credentials("eu")) as client, pytest.raises(SpApiError) as caught:
        client.try_search(["A1PA6795UKMFR9"])
    assert get_refusal(caught.value) is refusal


def test_open_orders_by_their_creation(amazon):
    """However long ago an order changed, its creation shows it."""
    orders = [amazon.shop.add_order("A1LOCALEU") for _number in range(3)]
    closed = amazon.shop.add_order("A1LOCALEU")
    amazon.shop.ship(closed.order_id)
    amazon.shop.advance(3 * 86400)
    with SellerClient(credentials("eu")) as client:
        client.try_search()  # shows the client Amazon's clock
        now = client.now()
        window = CreationWindow(
            now - timedelta(days=30),
            now - timedelta(minutes=3),
            ("A1PA6795UKMFR9",),
            statuses=("unshipped", "partially_shipped"),
            page_size=2,
        )
        assert CreationWindow.from_dict(window.to_dict()) == window
        first = client.search_orders(window)
        second = client.search_orders(window, first.next_token)
    assert [one.order_id for one in (*first.orders, *second.orders)] == [one.order_id for one in orders]
    assert second.next_token is None
    assert amazon.calls.of("searchOrders")[-1].params["createdAfter"]


def test_trying_asks_for_one_order(amazon):
    with SellerClient(credentials("eu")) as client:
        client.try_search(["A1PA6795UKMFR9"])
    assert amazon.calls.of("searchOrders")[-1].params["maxResultsPerPage"] == "1"
