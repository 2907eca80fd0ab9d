"""The wire's whole way, from request to confirmation, against the strict local Amazon."""

import tempfile
from datetime import timedelta

import boto3
import pytest
from conftest import make_credentials

from dev.amazon.auth import CLIENT_ID, CLIENT_SECRET
from dev.amazon.server import LocalAmazon
from spapi import const, errors
from spapi.acknowledgement import CancelMessage, build_cancellation_file, build_order_acknowledgement
from spapi.calls.orders import NO_ORDER
from spapi.client import SearchWindow, SellerClient
from spapi.notification import parse_order_change
from spapi.order_report import OrderReport
from spapi.processing_report import parse_processing_report
from spapi.queue import NotificationQueue
from spapi.rates import RateBudget

SELLER = "A1LOCALEU"
GERMANY = "A1PA6795UKMFR9"

# The flat feed, which the addon gives to people instead, as a file for Seller Central.
FLAT_FEED = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"
FLAT_CONTENT_TYPE = "text/tab-separated-values; charset=UTF-8"


@pytest.fixture(scope="module")
def running_amazon():
    with LocalAmazon() as amazon:
        yield amazon


@pytest.fixture
def amazon(running_amazon, monkeypatch):
    running_amazon.reset()
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", running_amazon.url)
    monkeypatch.setenv("AMAZON_LWA_ENDPOINT_URL", running_amazon.url)
    return running_amazon


def credentials(**values):
    own = {
        "seller_id": SELLER,
        "lwa_client_id": CLIENT_ID,
        "lwa_client_secret": CLIENT_SECRET,
        "lwa_refresh_token": f"Atzr|local-{SELLER}",
    }
    return make_credentials(**(own | values))


@pytest.fixture
def client(amazon):
    with SellerClient(credentials(), budget=RateBudget()) as client:
        yield client


def window_of(client, **values):
    now = client.now()
    values = {"last_updated_after": now - timedelta(days=1), "last_updated_before": now - timedelta(minutes=3)} | values
    return SearchWindow(**({"marketplace_ids": (GERMANY,)} | values))


def read_all(client, window):
    orders, token = {}, None
    while True:
        page = client.search_orders(window, token)
        assert not page.malformed
        orders |= {order.order_id: order for order in page.orders}
        token = page.next_token
        if token is None:
            return orders


def test_wrong_credentials(amazon):
    for values, kind in (({"lwa_client_secret": "wrong"}, "client"), ({"lwa_refresh_token": "Atzr|wrong"}, "grant")):
        with SellerClient(credentials(**values)) as client, pytest.raises(errors.CredentialsError) as caught:
            client.get_marketplace_participations()
        assert caught.value.kind == kind


def test_participations(client):
    ids = {entry.marketplace_id for entry in client.get_marketplace_participations() if entry.participating}
    assert GERMANY in ids
    assert ids <= set(const.MARKETPLACES)


def test_pages_of_a_search(amazon, client):
    made = {amazon.shop.add_order(SELLER, marketplace_id=GERMANY).order_id for _number in range(7)}
    amazon.shop.advance(600)
    client.get_marketplace_participations()  # shows the client Amazon's clock
    orders = read_all(client, window_of(client, page_size=3))
    assert set(orders) == made
    assert amazon.calls.count("searchOrders") == 3
    assert all(order.items_complete and order.cancel_requested is False for order in orders.values())


@pytest.mark.parametrize("flat", [False, True])
def test_asked_sent_accepted_confirmed(amazon, client, flat):
    order = amazon.shop.add_order(SELLER, marketplace_id=GERMANY, items=[{"sku": "A"}, {"sku": "B"}])
    shipped = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.ask_to_cancel(order.order_id, "Zu spät bestellt")
    amazon.shop.advance(600)
    client.get_marketplace_participations()
    snapshot = read_all(client, window_of(client))[order.order_id]
    assert (snapshot.cancel_requested, snapshot.cancel_reason) == (True, "Zu spät bestellt")

    stale = client.get_order(shipped.order_id)
    amazon.shop.ship(shipped.order_id)
    messages = [
        CancelMessage(number, entry.order_id, const.REASON_BUYER, tuple(item.item_id for item in entry.items))
        for number, entry in enumerate((snapshot, stale), 1)
    ]
    if flat:
        kind, content_type = FLAT_FEED, FLAT_CONTENT_TYPE
        content = build_cancellation_file(messages)
    else:
        kind, content_type = const.FEED_ACKNOWLEDGEMENT, const.FEED_CONTENT_TYPE
        content = build_order_acknowledgement(SELLER, messages)
    document = client.create_feed_document(content_type)
    client.upload_document(document.url, content, content_type)
    feed_id = client.create_feed(kind, document.document_id, (GERMANY,))
    assert [feed.feed_id for feed in client.list_feeds(kind, client.now() - timedelta(hours=1))] == [feed_id]
    states = [client.get_feed(feed_id) for _step in range(3)]
    assert [feed.status for feed in states] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    report = parse_processing_report(client.download_feed_document(states[-1].result_document_id))
    assert [result.severity for result in report.results] == ["error"] * len(report.results)
    assert len(report.results) == 1

    confirmed = client.get_order(order.order_id)
    assert (confirmed.status, confirmed.cancelled_by) == ("cancelled", "MERCHANT")
    assert client.get_order(shipped.order_id).anything_shipped


def test_rest_channel(amazon, client):
    order = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.ask_to_cancel(order.order_id, "no")
    with pytest.raises(errors.AccessDenied):
        client.cancel_order(order.order_id, const.REST_REASONS[const.REASON_BUYER])
    amazon.shop.switches.rest_cancellation = 202
    client.cancel_order(order.order_id, const.REST_REASONS[const.REASON_BUYER])
    assert client.get_order(order.order_id).status == "cancelled"


def test_the_rest_channel_is_tried_without_cancelling_anything(amazon, client):
    amazon.shop.switches.rest_cancellation = 202
    client.try_cancel_order()
    order = amazon.shop.add_order(SELLER, order_id=NO_ORDER, marketplace_id=GERMANY)
    client.try_cancel_order()
    assert [call.status for call in amazon.calls.of("cancelOrder")] == [404, 400]
    assert client.get_order(order.order_id).status == "unshipped", "even if there were such an order"
    assert not amazon.shop.harms


@pytest.mark.parametrize(
    ("status", "refusal"), [(403, errors.AccessDenied), (404, errors.NotFound), (405, errors.InvalidRequest)]
)
def test_a_rest_channel_that_is_not_offered_shows(amazon, client, status, refusal):
    amazon.shop.switches.rest_cancellation = status
    with pytest.raises(refusal) as caught:
        client.try_cancel_order()
    assert caught.value.status == status


def test_an_expired_token_is_renewed(amazon, client):
    order = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    client.get_order(order.order_id)
    amazon.shop.advance(4000)
    assert client.get_order(order.order_id).order_id == order.order_id


def test_one_unknown_order(client):
    with pytest.raises(errors.NotFound):
        client.get_order("902-9999999-9999999")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("not_json", errors.Unreachable),
        ("message", errors.AccessDenied),
        ("errors_object", errors.InvalidRequest),
        ("throttled", errors.Throttled),
        ("empty", errors.Unreachable),
        ("odd_json", errors.MalformedAnswer),
        ("bad_utf8", errors.Unreachable),
        ("drop_before", errors.Unreachable),
        ("drop_after", errors.Unreachable),
    ],
)
def test_faults_are_told(amazon, client, kind, expected):
    amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.advance(600)
    client.get_marketplace_participations()
    amazon.faults.add("searchOrders", kind)
    with pytest.raises(expected):
        client.search_orders(window_of(client))


def test_a_malformed_order_in_a_page(amazon, client):
    for _number in range(3):
        amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.advance(600)
    client.get_marketplace_participations()
    amazon.faults.add("searchOrders", "malformed_order")
    page = client.search_orders(window_of(client))
    assert (len(page.orders), len(page.malformed)) == (2, 1)


def test_rates(amazon):
    amazon.shop.switches.rates = True
    order = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    with SellerClient(credentials()) as client:
        for _call in range(30):
            client.get_order(order.order_id)
        with pytest.raises(errors.Throttled):
            client.get_order(order.order_id)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp932"])
@pytest.mark.parametrize("spelling", ["cancellation", "cancelation"])
def test_an_order_report(amazon, client, encoding, spelling):
    reason = "変更したい" if encoding == "cp932" else "Zu spät"
    asked = amazon.shop.add_order(SELLER, marketplace_id=GERMANY, items=[{"sku": "A"}, {"sku": "B"}])
    quiet = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.ask_to_cancel(asked.order_id, reason, [asked.items[1].item_id])
    amazon.shop.switches.report_encoding = encoding
    amazon.shop.switches.report_spelling = spelling
    report_id = client.request_report(const.REPORT_ACTIONABLE, [GERMANY])
    states = [client.get_report(report_id) for _step in range(3)]
    assert states[-1].status == "DONE"
    with tempfile.TemporaryFile() as file:
        client.download_report(states[-1].document_id, file)
        report = OrderReport(file, as_of=states[-1].created, marketplace_ids=[GERMANY])
        orders = {order.order_id: order for order in report}
    assert report.tells_requests
    assert report.errors == []
    assert set(orders) == {asked.order_id, quiet.order_id}
    order = orders[asked.order_id]
    assert [item.cancel_requested for item in order.items] == [False, True]
    assert (order.cancel_reason, order.items_complete) == (reason, True)
    assert orders[quiet.order_id].cancel_requested is False
    same = client.get_order(asked.order_id)
    assert [item.item_id for item in same.items] == [item.item_id for item in order.items]


def test_notifications_from_set_up_to_delete(amazon, client, moto, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", moto)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    sqs = boto3.client("sqs", "eu-west-1", **keys)
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    destination = client.create_destination("odoo", arn)
    subscription = client.create_subscription(destination.destination_id)
    assert client.get_subscription() == subscription
    assert [entry.queue_arn for entry in client.get_destinations()] == [arn]
    order = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.ask_to_cancel(order.order_id, "Zu spät")
    queue = NotificationQueue(arn, access_key_id="a", secret_access_key="b")
    messages = queue.receive(wait=1)
    changes = [parse_order_change(message.body) for message in messages]
    (change,) = (entry for entry in changes if entry.change_type == "BuyerRequestedChange")
    assert (change.seller_id, change.snapshot.order_id) == (SELLER, order.order_id)
    assert change.snapshot.cancel_requested
    assert change.snapshot.requested_at is not None
    assert queue.delete(messages) == []
    client.delete_subscription(subscription.subscription_id)
    client.delete_destination(destination.destination_id)
    with pytest.raises(errors.NotFound):
        client.get_subscription()


def test_transactions(amazon, client):
    shipped = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    kept = amazon.shop.add_order(SELLER, marketplace_id=GERMANY)
    amazon.shop.ship(shipped.order_id)
    amazon.shop.advance(3 * 86400)
    assert sum(entry.amount for entry in client.list_transactions(shipped.order_id)) > 0
    assert client.list_transactions(kept.order_id) == []
