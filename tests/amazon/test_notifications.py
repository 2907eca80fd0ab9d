"""Notifications: destinations, subscriptions, and what reaches the queue."""

from __future__ import annotations

import json

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dev.amazon.server import LocalAmazon

BASE = "/notifications/v1"
SUBSCRIPTIONS = f"{BASE}/subscriptions/ORDER_CHANGE"
ARN = "arn:aws:sqs:eu-west-1:123456789012:amazon-orders"
FILTER = {"eventFilterType": "ORDER_CHANGE", "orderChangeTypes": ["BuyerRequestedChange", "OrderStatusChange"]}


def destination(caller, arn=ARN, name="orders"):
    body = {"name": name, "resourceSpecification": {"sqs": {"arn": arn}}}
    return caller.grantless().call("POST", f"{BASE}/destinations", json=body)


def subscribe(caller, destination_id, **changes):
    body = {
        "payloadVersion": "1.0",
        "destinationId": destination_id,
        "processingDirective": {"eventFilter": FILTER},
        **changes,
    }
    return caller.as_seller().call("POST", SUBSCRIPTIONS, json=body)


@pytest.fixture
def destination_id(caller):
    return destination(caller).json()["payload"]["destinationId"]


@pytest.fixture
def subscribed(caller, destination_id):
    return subscribe(caller, destination_id).json()["payload"]["subscriptionId"]


def test_destinations_are_made_read_and_deleted(caller):
    made = destination(caller).json()["payload"]
    assert made["resource"] == {"sqs": {"arn": ARN}}
    path = f"{BASE}/destinations/{made['destinationId']}"
    assert caller.call("GET", path).json()["payload"] == made
    assert caller.call("GET", f"{BASE}/destinations").json()["payload"] == [made]
    assert caller.call("DELETE", path).status_code == 200
    assert caller.call("GET", path).status_code == 404


def test_a_destination_is_unique(caller, destination_id):
    assert destination(caller, ARN, "other").status_code == 409
    assert destination(caller, f"{ARN}-2", "orders").status_code == 409
    assert destination(caller, f"{ARN}-2", "other").status_code == 200


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"sqs": ARN},
        {"sqs": {}},
        {"sqs": {"arn": ARN, "region": "eu-west-1"}},
        {"sqs": {"arn": ARN}, "eventBridge": {"region": "eu-west-1", "accountId": "1"}},
        {"sqs": {"arn": 1}},
    ],
)
def test_a_destination_is_one_queue(caller, resource):
    body = {"name": "orders", "resourceSpecification": resource}
    assert caller.grantless().call("POST", f"{BASE}/destinations", json=body).status_code == 400


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (256, 200), (257, 400)])
def test_a_destinations_name_has_up_to_256_characters(caller, length, status):
    assert destination(caller, name="n" * length).status_code == status


@pytest.mark.parametrize("arn", ["amazon-orders", ARN.replace("sqs", "sns"), f"{ARN}.fifo", ""])
def test_only_standard_queues_are_taken(caller, arn):
    assert destination(caller, arn).status_code == 400


def test_destinations_need_a_grantless_token(caller):
    assert caller.as_seller().call("GET", f"{BASE}/destinations").status_code == 403


def test_a_subscription_is_read_by_type_and_by_id_and_deleted(caller, subscribed):
    shown = caller.call("GET", SUBSCRIPTIONS).json()["payload"]
    assert shown["subscriptionId"] == subscribed
    assert shown["processingDirective"] == {"eventFilter": FILTER}
    path = f"{SUBSCRIPTIONS}/{subscribed}"
    assert caller.call("GET", path).status_code == 403
    assert caller.grantless().call("GET", path).json()["payload"] == shown
    assert caller.call("DELETE", path).status_code == 200
    assert caller.call("DELETE", path).status_code == 404
    assert caller.as_seller().call("GET", SUBSCRIPTIONS).status_code == 404


def test_there_is_one_subscription_a_seller_and_its_destination_stays(caller, destination_id, subscribed):
    assert subscribe(caller, destination_id).status_code == 409
    assert caller.grantless().call("DELETE", f"{BASE}/destinations/{destination_id}").status_code == 409


@pytest.mark.parametrize(
    "event_filter",
    [
        {},
        {"eventFilterType": "ORDER_CHANGE"},
        {**FILTER, "orderChangeTypes": []},
        {**FILTER, "orderChangeTypes": ["Other"]},
        {**FILTER, "marketplaceIds": ["A1PA6795UKMFR9"]},
        {**FILTER, "eventFilterType": "ANY_OFFER_CHANGED"},
        None,
    ],
)
def test_empty_and_marketplace_filters_are_refused(caller, destination_id, event_filter):
    answer = subscribe(caller, destination_id, processingDirective={"eventFilter": event_filter})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"), [({"payloadVersion": "2.0"}, 400), ({"destinationId": "x"}, 404), ({"more": 1}, 400)]
)
def test_other_refusals(caller, destination_id, changes, status):
    assert subscribe(caller, destination_id, **changes).status_code == status


def test_other_notification_types_are_unknown(caller):
    assert caller.call("GET", f"{BASE}/subscriptions/ANY_OFFER_CHANGED").status_code == 400


def test_every_change_is_published_in_the_schemas_form(amazon, caller, subscribed, models):
    shop = amazon.shop
    order = shop.add_order(items=[{"sku": "A", "quantity": 2}, {"sku": "B"}])
    shop.ask_to_cancel(order.order_id, "No", [order.items[0].item_id])
    shop.withdraw_request(order.order_id)
    shop.ship(order.order_id, partial=True)
    shop.buyer_cancel(shop.add_order().order_id)
    bodies = list(shop.queues.sent)
    for body in bodies:
        models.check_notification(body)
    changes = [body["Payload"]["OrderChangeNotification"] for body in bodies]
    assert [change["OrderChangeType"] for change in changes] == [
        "BuyerRequestedChange",
        "BuyerRequestedChange",
        "OrderStatusChange",
        "OrderStatusChange",
    ]
    asked = [[item["IsBuyerRequestedCancel"] for item in change["Summary"]["OrderItems"]] for change in changes[:2]]
    assert asked == [[True, False], [False, False]]
    assert [bool(change["OrderChangeTrigger"]["TimeOfOrderChange"]) for change in changes] == [True, True, False, False]
    assert [change["Summary"]["OrderStatus"] for change in changes[2:]] == ["PartiallyShipped", "Canceled"]
    assert "No" not in json.dumps(changes[0]).replace("NotificationLevel", "").replace("NumberOf", "")
    assert len({body["NotificationMetadata"]["NotificationId"] for body in bodies}) == 4


def test_only_subscribed_changes_of_the_own_seller_are_published(amazon, caller, destination_id):
    only_requests = {"eventFilter": {**FILTER, "orderChangeTypes": ["BuyerRequestedChange"]}}
    subscribe(caller, destination_id, processingDirective=only_requests)
    amazon.shop.ship(amazon.shop.add_order().order_id)
    amazon.shop.ask_to_cancel(amazon.shop.add_order("A1LOCALNA").order_id)
    assert not amazon.shop.queues.sent
    amazon.shop.ask_to_cancel(amazon.shop.add_order().order_id)
    assert len(amazon.shop.queues.sent) == 1


@pytest.fixture(scope="module")
def sqs_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_notifications_reach_a_real_queue(sqs_url, caller, amazon):
    amazon.shop.queues.endpoint_url = sqs_url
    made = destination(caller).json()["payload"]["destinationId"]
    assert subscribe(caller, made).status_code == 403
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "eu-west-1"}
    sqs = boto3.client("sqs", endpoint_url=sqs_url, **keys)
    queue = sqs.create_queue(QueueName="amazon-orders")["QueueUrl"]
    assert subscribe(caller, made).status_code == 200
    amazon.shop.switches.notification_copies = 2
    order = amazon.shop.add_order()
    amazon.shop.ask_to_cancel(order.order_id, "No")
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    bodies = [json.loads(message["Body"]) for message in messages]
    assert len(bodies) == 2
    assert len({body["NotificationMetadata"]["NotificationId"] for body in bodies}) == 1
    assert bodies[0]["Payload"]["OrderChangeNotification"]["AmazonOrderId"] == order.order_id


def test_the_queue_server_is_taken_from_botos_own_variable(monkeypatch, sqs_url):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", sqs_url)
    queues = LocalAmazon().shop.queues
    assert not queues.can_send("arn:aws:sqs:eu-west-1:123456789012:nobody")
    monkeypatch.delenv("AWS_ENDPOINT_URL_SQS")
    assert queues.can_send("arn:aws:sqs:eu-west-1:123456789012:nobody")
