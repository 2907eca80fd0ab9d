"""Notifications API v1: where Amazon shall send ORDER_CHANGE notifications."""

from dataclasses import dataclass
from typing import Any

from ..fields import get_dict, get_id, get_text, require_list
from ..library import fill_query_params
from ..notification import BUYER_REQUEST, ORDER_CHANGE, STATUS_CHANGE
from .connection import Connection, reading

# Amazon refuses an empty filter and one with marketplaces: those are left out when reading.
EVENT_FILTER = {"eventFilterType": ORDER_CHANGE, "orderChangeTypes": [BUYER_REQUEST, STATUS_CHANGE]}
PAYLOAD_VERSION = "1.0"


@dataclass(frozen=True)
class Destination:
    """A queue that the app has made known to Amazon; ``queue_arn`` is None for one that is no queue."""

    destination_id: str
    name: str | None
    queue_arn: str | None


@dataclass(frozen=True)
class Subscription:
    """The seller's subscription to ORDER_CHANGE."""

    subscription_id: str
    destination_id: str | None


class NotificationCalls(Connection):
    """Destinations belong to the app (grantless calls), subscriptions to the seller."""

    def create_destination(self, name: str, queue_arn: str) -> Destination:
        """Make a standard SQS queue known to Amazon; its policy must let Amazon send.

        :raises InvalidRequest: status 409 when it is known already: see `get_destinations`.
        """
        operation = "createDestination"
        answer = self._call(operation, lambda api: api.create_destination(name, arn=queue_arn))
        with reading(operation):
            return _parse_destination(get_dict(answer, "payload"))

    def get_destinations(self) -> list[Destination]:
        """Return all destinations of the app."""
        operation = "getDestinations"
        answer = self._call(operation, lambda api: api.get_destinations())
        with reading(operation):
            return [_parse_destination(entry) for entry in require_list(answer, "payload")]

    def delete_destination(self, destination_id: str) -> None:
        """Forget the queue at Amazon; delete its subscriptions first.

        :raises NotFound: it is gone already.
        """
        self._call("deleteDestination", lambda api: api.delete_destination(destination_id))

    def create_subscription(self, destination_id: str) -> Subscription:
        """Subscribe the seller to requests and status changes of orders.

        :raises InvalidRequest: status 409 when the seller is subscribed already: see `get_subscription`.
        """
        operation = "createSubscription"
        answer = self._call(
            operation,
            lambda api: api.create_subscription(
                ORDER_CHANGE, destination_id, processingDirective={"eventFilter": EVENT_FILTER}
            ),
        )
        with reading(operation):
            return _parse_subscription(get_dict(answer, "payload"))

    def get_subscription(self) -> Subscription:
        """Return the seller's subscription.

        :raises NotFound: there is none.
        """
        operation = "getSubscription"
        answer = self._call(operation, lambda api: api.get_subscription(ORDER_CHANGE, payloadVersion=PAYLOAD_VERSION))
        with reading(operation):
            return _parse_subscription(get_dict(answer, "payload"))

    def delete_subscription(self, subscription_id: str) -> None:
        """End the subscription.

        :raises NotFound: it is gone already.
        """
        # The library would send the seller's token, but the operation is grantless.
        path = fill_query_params("/notifications/v1/subscriptions/{}/{}", ORDER_CHANGE, subscription_id)
        self._call(
            "deleteSubscriptionById",
            lambda api: api._request_grantless_operation(path, params={"method": "DELETE"}),
        )


def _parse_destination(data: Any) -> Destination:
    if not isinstance(data, dict):
        raise ValueError("a destination is not an object")
    queue = get_dict(get_dict(data, "resource"), "sqs")
    return Destination(get_id(data, "destinationId"), get_text(data, "name"), get_text(queue, "arn"))


def _parse_subscription(data: dict[str, Any]) -> Subscription:
    return Subscription(get_id(data, "subscriptionId"), get_text(data, "destinationId"))
