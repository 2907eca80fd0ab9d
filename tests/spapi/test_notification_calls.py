"""Setting up notifications: grantless where Amazon says so, with exactly the documented bodies."""

import pytest

from spapi import errors

DESTINATIONS = "/notifications/v1/destinations"
SUBSCRIPTIONS = "/notifications/v1/subscriptions/ORDER_CHANGE"
ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"
DESTINATION = {"destinationId": "d-1", "name": "odoo", "resource": {"sqs": {"arn": ARN}}}
SUBSCRIPTION = {"subscriptionId": "s-1", "payloadVersion": "1.0", "destinationId": "d-1"}


def grants(fake):
    """How each login was done: the scope, or the seller's refresh token."""
    return [request.form.get("scope") or request.form["grant_type"] for request in fake.requests("/auth/o2/token")]


def test_create_destination(fake, client):
    fake.answer(DESTINATIONS, {"payload": DESTINATION}, method="POST")
    destination = client.create_destination("odoo", ARN)
    assert (destination.destination_id, destination.queue_arn) == ("d-1", ARN)
    (request,) = fake.requests(DESTINATIONS)
    assert request.get_json() == {"name": "odoo", "resourceSpecification": {"sqs": {"arn": ARN}}}
    assert request.headers["Host"] == fake.url.removeprefix("http://")
    assert grants(fake) == ["sellingpartnerapi::notifications"]


def test_a_destination_that_is_known_already(fake, client):
    fake.answer(DESTINATIONS, {"errors": [{"code": "Conflict", "message": "exists"}]}, method="POST", status=409)
    with pytest.raises(errors.InvalidRequest) as caught:
        client.create_destination("odoo", ARN)
    assert caught.value.status == 409
    other = {"destinationId": "d-2", "name": "bus", "resource": {"eventBridge": {"name": "x"}}}
    fake.answer(DESTINATIONS, {"payload": [DESTINATION, other]})
    assert [entry.queue_arn for entry in client.get_destinations()] == [ARN, None]
    assert not fake.requests(DESTINATIONS)[-1].args


def test_subscription(fake, client):
    fake.answer(SUBSCRIPTIONS, {"payload": SUBSCRIPTION}, method="POST")
    fake.answer(SUBSCRIPTIONS, {"payload": SUBSCRIPTION})
    assert client.create_subscription("d-1").subscription_id == "s-1"
    assert client.get_subscription().destination_id == "d-1"
    created, read = fake.requests(SUBSCRIPTIONS)
    assert created.get_json() == {
        "destinationId": "d-1",
        "payloadVersion": "1.0",
        "processingDirective": {
            "eventFilter": {
                "eventFilterType": "ORDER_CHANGE",
                "orderChangeTypes": ["BuyerRequestedChange", "OrderStatusChange"],
            }
        },
    }
    assert read.args.to_dict() == {"payloadVersion": "1.0"}
    assert grants(fake) == ["refresh_token"]
    fake.answer(SUBSCRIPTIONS, {"errors": [{"code": "NotFound", "message": "none"}]}, status=404)
    with pytest.raises(errors.NotFound):
        client.get_subscription()


@pytest.mark.parametrize("body", [{}, None])
def test_deleting_is_grantless_and_may_answer_nothing(fake, client, body):
    fake.answer(f"{SUBSCRIPTIONS}/s-1", body, method="DELETE")
    fake.answer(f"{DESTINATIONS}/d-1", body, method="DELETE")
    client.delete_subscription("s-1")
    client.delete_destination("d-1")
    assert grants(fake) == ["sellingpartnerapi::notifications"]
    for path in (f"{SUBSCRIPTIONS}/s-1", f"{DESTINATIONS}/d-1"):
        assert not fake.requests(path)[0].args
        fake.answer(path, method="DELETE", status=503)
    with pytest.raises(errors.Unreachable):
        client.delete_subscription("s-1")
    with pytest.raises(errors.Unreachable):
        client.delete_destination("d-1")


@pytest.mark.parametrize("body", [{}, {"payload": None}, {"payload": {}}, {"payload": []}])
def test_answers_without_what_was_asked_for(fake, client, body):
    fake.answer(DESTINATIONS, body, method="POST")
    fake.answer(SUBSCRIPTIONS, body, method="POST")
    fake.answer(SUBSCRIPTIONS, body)
    calls = (
        lambda: client.create_destination("odoo", ARN),
        lambda: client.create_subscription("d-1"),
        client.get_subscription,
    )
    for call in calls:
        with pytest.raises(errors.MalformedAnswer):
            call()


@pytest.mark.parametrize("body", [{}, {"payload": None}, {"payload": {}}, {"payload": ["x"]}])
def test_a_list_of_destinations_that_is_none(fake, client, body):
    fake.answer(DESTINATIONS, body)
    with pytest.raises(errors.MalformedAnswer):
        client.get_destinations()
