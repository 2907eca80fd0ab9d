"""Amazon's operations: their paths, and who answers each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.routing import Map, Rule

from . import feeds, finances, notifications, orders, reports, sellers, tokens
from .context import Answer, Context


@dataclass(frozen=True)
class Operation:
    """An operation of the API; `scope` is the grantless scope it needs, None for one in a seller's name."""

    name: str
    method: str
    path: str
    answer: Callable[[Context], Answer]
    scope: str | None = None


_ORDERS = "/orders/2026-01-01/orders"
_FEEDS = "/feeds/2021-06-30"
_REPORTS = "/reports/2021-06-30"
_NOTES = "/notifications/v1"
_SUBSCRIPTION = f"{_NOTES}/subscriptions/<notification_type>"
_GRANTLESS = notifications.SCOPE

_ALL = (
    Operation("searchOrders", "GET", _ORDERS, orders.search_orders),
    Operation("getOrder", "GET", f"{_ORDERS}/<order_id>", orders.get_order),
    Operation("cancelOrder", "PUT", f"{_ORDERS}/<order_id>/cancellation", orders.cancel_order),
    Operation(
        "getMarketplaceParticipations",
        "GET",
        "/sellers/v1/marketplaceParticipations",
        sellers.get_marketplace_participations,
    ),
    Operation("createFeedDocument", "POST", f"{_FEEDS}/documents", feeds.create_feed_document),
    Operation("getFeedDocument", "GET", f"{_FEEDS}/documents/<document_id>", feeds.get_feed_document),
    Operation("createFeed", "POST", f"{_FEEDS}/feeds", feeds.create_feed),
    Operation("getFeeds", "GET", f"{_FEEDS}/feeds", feeds.get_feeds),
    Operation("getFeed", "GET", f"{_FEEDS}/feeds/<feed_id>", feeds.get_feed),
    Operation("cancelFeed", "DELETE", f"{_FEEDS}/feeds/<feed_id>", feeds.cancel_feed),
    Operation("createReport", "POST", f"{_REPORTS}/reports", reports.create_report),
    Operation("getReports", "GET", f"{_REPORTS}/reports", reports.get_reports),
    Operation("getReport", "GET", f"{_REPORTS}/reports/<report_id>", reports.get_report),
    Operation("cancelReport", "DELETE", f"{_REPORTS}/reports/<report_id>", reports.cancel_report),
    Operation("getReportDocument", "GET", f"{_REPORTS}/documents/<document_id>", reports.get_report_document),
    Operation("createDestination", "POST", f"{_NOTES}/destinations", notifications.create_destination, _GRANTLESS),
    Operation("getDestinations", "GET", f"{_NOTES}/destinations", notifications.get_destinations, _GRANTLESS),
    Operation(
        "getDestination", "GET", f"{_NOTES}/destinations/<destination_id>", notifications.get_destination, _GRANTLESS
    ),
    Operation(
        "deleteDestination",
        "DELETE",
        f"{_NOTES}/destinations/<destination_id>",
        notifications.delete_destination,
        _GRANTLESS,
    ),
    Operation("createSubscription", "POST", _SUBSCRIPTION, notifications.create_subscription),
    Operation("getSubscription", "GET", _SUBSCRIPTION, notifications.get_subscription),
    Operation(
        "getSubscriptionById",
        "GET",
        f"{_SUBSCRIPTION}/<subscription_id>",
        notifications.get_subscription_by_id,
        _GRANTLESS,
    ),
    Operation(
        "deleteSubscriptionById",
        "DELETE",
        f"{_SUBSCRIPTION}/<subscription_id>",
        notifications.delete_subscription_by_id,
        _GRANTLESS,
    ),
    Operation(
        "createRestrictedDataToken",
        "POST",
        "/tokens/2021-03-01/restrictedDataToken",
        tokens.create_restricted_data_token,
    ),
    Operation("listTransactions", "GET", "/finances/2024-06-19/transactions", finances.list_transactions),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _ALL}

# What is served beside the API: Login with Amazon and presigned links. These have no usage plan.
_BESIDE = (
    Rule("/auth/o2/token", endpoint="login", methods=["POST"]),
    Rule("/documents/<document_id>", endpoint="downloadDocument", methods=["GET"]),
    Rule("/documents/<document_id>", endpoint="uploadDocument", methods=["PUT"]),
)

ROUTES = Map([*(Rule(item.path, endpoint=item.name, methods=[item.method]) for item in _ALL), *_BESIDE])
