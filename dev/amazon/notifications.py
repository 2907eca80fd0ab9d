"""Notifications API v1, for ORDER_CHANGE alone."""

from __future__ import annotations

import re
import uuid
from typing import Any

from .context import Answer, Context
from .errors import ApiError, invalid, not_found
from .query import Query
from .records import Destination, Subscription

SCOPE = "sellingpartnerapi::notifications"
NOTIFICATION_TYPE = "ORDER_CHANGE"
CHANGE_TYPES = frozenset({"BuyerRequestedChange", "DeliveryTipChange", "OrderStatusChange"})
_ARN = re.compile(r"arn:aws:sqs:[^\s:]+:[^\s:]+:[^\s:]+")


def create_destination(context: Context) -> Answer:
    """Make an SQS queue known to Amazon."""
    Query(context.request)
    body = context.json_body({"resourceSpecification": dict, "name": str})
    sqs = body["resourceSpecification"].get("sqs")
    if list(body["resourceSpecification"]) != ["sqs"] or not isinstance(sqs, dict) or list(sqs) != ["arn"]:
        raise invalid("resourceSpecification must be {sqs: {arn}}.")
    if not isinstance(sqs["arn"], str) or not _ARN.fullmatch(sqs["arn"]) or sqs["arn"].endswith(".fifo"):
        raise invalid("The arn is not that of a standard SQS queue.")
    if not 1 <= len(body["name"]) <= 256:
        raise invalid("The name must have 1 to 256 characters.")
    destinations = context.shop.state.destinations
    if any(body["name"] == known.name or sqs["arn"] == known.arn for known in destinations.values()):
        raise ApiError(409, "Conflict", "A destination with this name or resource exists already.")
    destination = Destination(str(uuid.uuid4()), body["name"], sqs["arn"])
    destinations[destination.destination_id] = destination
    return Answer({"payload": destination_json(destination)})


def get_destinations(context: Context) -> Answer:
    """All destinations of the application."""
    Query(context.request)
    return Answer({"payload": [destination_json(known) for known in context.shop.state.destinations.values()]})


def get_destination(context: Context) -> Answer:
    """One destination."""
    Query(context.request)
    return Answer({"payload": destination_json(_destination(context, context.ids["destination_id"]))})


def delete_destination(context: Context) -> Answer:
    """Forget a destination that no subscription uses."""
    Query(context.request)
    destination = _destination(context, context.ids["destination_id"])
    subscriptions = context.shop.state.subscriptions.values()
    if any(known.destination_id == destination.destination_id for known in subscriptions):
        raise ApiError(409, "Conflict", "The destination has subscriptions.")
    del context.shop.state.destinations[destination.destination_id]
    return Answer({})


def create_subscription(context: Context) -> Answer:
    """Subscribe the calling seller; one subscription a notification type."""
    Query(context.request)
    _check_type(context)
    shop = context.shop
    body = context.json_body({"payloadVersion": str, "destinationId": str}, {"processingDirective": dict})
    if body["payloadVersion"] != "1.0":
        raise invalid(f"There is no payloadVersion {body['payloadVersion']}.")
    directive = body.get("processingDirective")
    if directive is not None:
        _check_directive(directive)
    destination = _destination(context, body["destinationId"])
    if _subscription_of(context) is not None:
        raise ApiError(409, "Conflict", "A subscription of this type exists already.")
    if not shop.queues.can_send(destination.arn):
        raise ApiError(
            403, "Unauthorized", "Access to requested resource is denied.", "Amazon may not send to the queue."
        )
    subscription = Subscription(
        str(uuid.uuid4()),
        context.seller.seller_id,
        NOTIFICATION_TYPE,
        body["payloadVersion"],
        destination.destination_id,
        directive,
    )
    shop.state.subscriptions[subscription.subscription_id] = subscription
    return Answer({"payload": subscription_json(subscription)})


def _check_directive(directive: dict[str, Any]) -> None:
    """As production: an empty filter and a filter by marketplace are refused."""
    event_filter = directive.get("eventFilter")
    if list(directive) != ["eventFilter"] or not isinstance(event_filter, dict):
        raise invalid("processingDirective must be {eventFilter}.")
    if event_filter.keys() != {"eventFilterType", "orderChangeTypes"}:
        raise invalid("The eventFilter of ORDER_CHANGE has eventFilterType and orderChangeTypes.")
    if event_filter["eventFilterType"] != NOTIFICATION_TYPE:
        raise invalid("The eventFilterType does not fit the notification type.")
    types = event_filter["orderChangeTypes"]
    if not isinstance(types, list) or not types or not set(types) <= CHANGE_TYPES:
        raise invalid(f"orderChangeTypes must be some of {', '.join(sorted(CHANGE_TYPES))}.")


def get_subscription(context: Context) -> Answer:
    """The calling seller's subscription of a type."""
    Query(context.request, "payloadVersion")
    _check_type(context)
    subscription = _subscription_of(context)
    if subscription is None:
        raise not_found("There is no subscription of this type.")
    return Answer({"payload": subscription_json(subscription)})


def get_subscription_by_id(context: Context) -> Answer:
    """Any subscription of the application."""
    Query(context.request)
    return Answer({"payload": subscription_json(_subscription(context))})


def delete_subscription_by_id(context: Context) -> Answer:
    """End a subscription."""
    Query(context.request)
    del context.shop.state.subscriptions[_subscription(context).subscription_id]
    return Answer({})


def _check_type(context: Context) -> None:
    if context.ids["notification_type"] != NOTIFICATION_TYPE:
        raise invalid(f"There is no notification type {context.ids['notification_type']}.")


def _destination(context: Context, destination_id: str) -> Destination:
    destination = context.shop.state.destinations.get(destination_id)
    if destination is None:
        raise not_found(f"There is no destination {destination_id}.")
    return destination


def _subscription(context: Context) -> Subscription:
    _check_type(context)
    subscription = context.shop.state.subscriptions.get(context.ids["subscription_id"])
    if subscription is None:
        raise not_found(f"There is no subscription {context.ids['subscription_id']}.")
    return subscription


def _subscription_of(context: Context) -> Subscription | None:
    for subscription in context.shop.state.subscriptions.values():
        if subscription.seller_id == context.seller.seller_id:
            return subscription
    return None


def destination_json(destination: Destination) -> dict[str, Any]:
    """The model's `Destination`."""
    return {
        "destinationId": destination.destination_id,
        "name": destination.name,
        "resource": {"sqs": {"arn": destination.arn}},
    }


def subscription_json(subscription: Subscription) -> dict[str, Any]:
    """The model's `Subscription`."""
    shown: dict[str, Any] = {
        "subscriptionId": subscription.subscription_id,
        "payloadVersion": subscription.payload_version,
        "destinationId": subscription.destination_id,
    }
    if subscription.processing_directive is not None:
        shown["processingDirective"] = subscription.processing_directive
    return shown
