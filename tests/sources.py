"""What each source tells of the local Amazon's orders at this moment, in Amazon's own forms."""

import io
import json
from datetime import timedelta

from ..dev.amazon.order_change import order_change_body
from ..dev.amazon.order_json import order_json
from ..dev.amazon.order_report import order_report
from ..dev.amazon.records import Report, Subscription
from ..spapi.const import REPORT_ACTIONABLE
from ..spapi.notification import parse_order_change
from ..spapi.order_report import OrderReport
from ..spapi.orders import parse_order

_SUBSCRIPTION = Subscription("s", "A1LOCALEU", "ORDER_CHANGE", "1.0", "d")


def search(order, source="search", shown_at=None):
    """As searchOrders, or with `get` as getOrder, shows the order; the moment it changed, unless told."""
    data = order_json(order, ["CANCELLATION", "FULFILLMENT"], empty_cancellation=False)
    return parse_order(data, source, shown_at or order.last_updated)


def notification(order, change_type="BuyerRequestedChange"):
    """As the notification of the order's latest change tells it."""
    body = order_change_body(order, change_type, "Changed", _SUBSCRIPTION, order.last_updated)
    return parse_order_change(json.dumps(body)).snapshot


def report(shop, order, source="report"):
    """As a report of all unshipped orders shows the order; empty where it does not.

    :rtype: list[OrderSnapshot]
    """
    made = Report("r", order.seller_id, REPORT_ACTIONABLE, [order.marketplace_id], shop.now(), shop.now(), shop.now())
    made_at = shop.now() - timedelta(seconds=1)
    snapshots = OrderReport(io.BytesIO(order_report(shop, made)), source=source, as_of=made_at)
    return [snapshot for snapshot in snapshots if snapshot.order_id == order.order_id]
