"""Amazon's own SDK (`amzn-sp-api`) against the local Amazon; a program, as its package is called `spapi` like our wire.

Arguments: the address, an order id, a feed's content (a file), an SQS arn. Prints what the SDK read, as JSON.
"""

from __future__ import annotations

import gzip
import json
import logging
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from spapi import SPAPIClient, SPAPIConfig
from spapi.api.feeds_v2021_06_30.feeds_api import FeedsApi
from spapi.api.finances_v2024_06_19.finances_v2024_api import FinancesV2024Api
from spapi.api.notifications_v1.notifications_api import NotificationsApi
from spapi.api.orders_v2026_01_01.get_order_api import GetOrderApi
from spapi.api.orders_v2026_01_01.search_orders_api import SearchOrdersApi
from spapi.api.reports_v2021_06_30.reports_api import ReportsApi
from spapi.api.sellers_v1.sellers_api import SellersApi
from spapi.api.tokens_v2021_03_01.tokens_api import TokensApi
from spapi.models import feeds_v2021_06_30, notifications_v1, reports_v2021_06_30, tokens_v2021_03_01
from spapi.rest import ApiException

logging.disable(logging.CRITICAL)
DE = "A1PA6795UKMFR9"
XML = "text/xml; charset=UTF-8"


def client(url: str, **grant: str):
    """The SDK's client for the European seller, or for the application."""
    config = SPAPIConfig("amzn1.application-oa2-client.local", "local-secret", **(grant or {"refresh_token": SELLER}))
    return SPAPIClient(config, oauth_endpoint=f"{url}/auth/o2/token", endpoint=url).api_client


SELLER = "Atzr|local-A1LOCALEU"


def orders(api, order_id: str) -> dict:
    """Search with two pages, and one order."""
    now = datetime.now(UTC)
    query = {
        "last_updated_after": now - timedelta(days=7),
        "marketplace_ids": [DE],
        "fulfilled_by": ["MERCHANT"],
        "included_data": ["CANCELLATION", "FULFILLMENT", "BUYER", "RECIPIENT", "PROCEEDS", "PACKAGES"],
        "max_results_per_page": 1,
    }
    first = SearchOrdersApi(api).search_orders(**query)
    second = SearchOrdersApi(api).search_orders(**query, pagination_token=first.pagination.next_token)
    order = GetOrderApi(api).get_order(order_id, included_data=["CANCELLATION", "FULFILLMENT"]).order
    item = order.order_items[0]
    return {
        "pages": [[one.order_id for one in page.orders] for page in (first, second)],
        "last": second.pagination is None,
        "typed": isinstance(order.last_updated_time, datetime),
        "status": order.fulfillment.fulfillment_status,
        "ship_by": order.fulfillment.ship_by_window.latest_date_time is not None,
        "reason": item.cancellation.cancellation_request.cancel_reason,
        "item_id": item.order_item_id,
    }


def feed(api, content: bytes) -> dict:
    """A feed from its document to its report."""
    feeds = FeedsApi(api)
    made = feeds.create_feed_document(feeds_v2021_06_30.CreateFeedDocumentSpecification(content_type=XML))
    upload = urllib.request.Request(made.url, data=content, method="PUT", headers={"Content-Type": XML})
    urllib.request.urlopen(upload).read()
    body = feeds_v2021_06_30.CreateFeedSpecification(
        feed_type="POST_ORDER_ACKNOWLEDGEMENT_DATA",
        marketplace_ids=[DE],
        input_feed_document_id=made.feed_document_id,
    )
    feed_id = feeds.create_feed(body).feed_id
    states = [feeds.get_feed(feed_id) for _turn in range(3)]
    document = feeds.get_feed_document(states[-1].result_feed_document_id)
    listed = feeds.get_feeds(feed_types=["POST_ORDER_ACKNOWLEDGEMENT_DATA"]).feeds
    return {
        "states": [state.processing_status for state in states],
        "algorithm": document.compression_algorithm,
        "report": gzip.decompress(urllib.request.urlopen(document.url).read()).decode(),
        "listed": [one.feed_id for one in listed] == [feed_id],
    }


def report(api) -> str:
    """A report's first column name, opened with a token made for its document."""
    reports = ReportsApi(api)
    kind = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
    body = reports_v2021_06_30.CreateReportSpecification(report_type=kind, marketplace_ids=[DE])
    report_id = reports.create_report(body).report_id
    state = [reports.get_report(report_id) for _turn in range(3)][-1]
    path = f"/reports/2021-06-30/documents/{state.report_document_id}"
    resource = tokens_v2021_03_01.RestrictedResource(method="GET", path=path)
    request = tokens_v2021_03_01.CreateRestrictedDataTokenRequest(restricted_resources=[resource])
    token = TokensApi(api).create_restricted_data_token(request).restricted_data_token
    # The SDK puts its own token into every call.
    api.configuration.access_token_cache.get_lwa_access_token = lambda: token
    document = reports.get_report_document(state.report_document_id)
    return gzip.decompress(urllib.request.urlopen(document.url).read()).decode().split("\t")[0]


def subscription(api, grantless, arn: str) -> list[str]:
    """A destination and a subscription, made, read and removed."""
    resource = notifications_v1.DestinationResourceSpecification(sqs=notifications_v1.SqsResource(arn=arn))
    body = notifications_v1.CreateDestinationRequest(name="orders", resource_specification=resource)
    destination = NotificationsApi(grantless).create_destination(body).payload
    directive = {
        "eventFilter": {"eventFilterType": "ORDER_CHANGE", "orderChangeTypes": ["BuyerRequestedChange"]},
    }
    wish = {"payloadVersion": "1.0", "destinationId": destination.destination_id, "processingDirective": directive}
    made = NotificationsApi(api).create_subscription("ORDER_CHANGE", wish).payload
    read = NotificationsApi(api).get_subscription("ORDER_CHANGE").payload
    NotificationsApi(grantless).delete_subscription_by_id(made.subscription_id, "ORDER_CHANGE")
    NotificationsApi(grantless).delete_destination(destination.destination_id)
    return [destination.resource.sqs.arn, read.destination_id == destination.destination_id]


def refusal(api) -> list:
    """What the SDK makes of a 404."""
    try:
        GetOrderApi(api).get_order("303-0000000-0000000")
    except ApiException as error:
        return [error.status, json.loads(error.body)["errors"][0]["code"]]
    return []


def main() -> None:
    """Run all of it."""
    url, order_id, content, arn = sys.argv[1:]
    api = client(url)
    grantless = client(url, scope="sellingpartnerapi::notifications")
    participations = SellersApi(api).get_marketplace_participations().payload
    finances = FinancesV2024Api(api)
    transactions = finances.list_transactions(related_identifier_name="ORDER_ID", related_identifier_value=order_id)
    shown = {
        "orders": orders(api, order_id),
        "marketplaces": [one.marketplace.country_code for one in participations if one.participation.is_participating],
        "report": report(client(url)),
        "subscription": subscription(api, grantless, arn),
        "transactions": transactions.payload.transactions,
        "refusal": refusal(api),
        "feed": feed(api, Path(content).read_bytes()),
    }
    sys.stdout.write(json.dumps(shown))


if __name__ == "__main__":
    main()
