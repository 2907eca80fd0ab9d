"""The order reports' content: tab separated, one row an item, with the columns a seller may switch on.

Columns: https://developer-docs.amazon.com/sp-api/docs/report-type-values-order; encodings as sellers met them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .marketplaces import MARKETPLACES
from .records import Item, Order, Report

if TYPE_CHECKING:
    from .keeper import Keeper

UNSHIPPED_REPORT = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
# These two list the orders placed in the report's time range.
RANGE_REPORTS = ("GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING")
REPORT_TYPES = frozenset({UNSHIPPED_REPORT, *RANGE_REPORTS})


def order_report(shop: Keeper, report: Report) -> bytes:
    """A report's content, of the orders that the seller fulfils himself."""
    switches = shop.switches
    columns = ["order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name", "sku"]
    columns += ["product-name", "quantity-purchased", "quantity-shipped", "quantity-to-ship", "currency", "item-price"]
    columns += ["promise-date", "ship-city", "ship-postal-code", "ship-country", "sales-channel"]
    verges = switches.report_verges and report.report_type == UNSHIPPED_REPORT
    if verges:
        columns += ["verge-of-cancellation", "verge-of-lateShipment"]
    if switches.report_reasons:
        columns += [f"is-buyer-requested-{switches.report_spelling}", "buyer-requested-cancel-reason"]
    rows = [columns]
    for order in shop.orders.values():
        if _is_in(order, report):
            rows += [_row(order, item, verges=verges, asked=switches.report_reasons) for item in order.items]
    text = "".join("\t".join(_clean(cell) for cell in row) + "\r\n" for row in rows)
    return text.encode(switches.report_encoding or _usual_encoding(report), errors="replace")


def _is_in(order: Order, report: Report) -> bool:
    own = order.seller_id == report.seller_id and order.marketplace_id in report.marketplace_ids
    if not own or order.fulfilled_by != "MERCHANT" or order.status in ("PENDING", "PENDING_AVAILABILITY"):
        return False
    if report.report_type == UNSHIPPED_REPORT:
        return order.status in ("UNSHIPPED", "PARTIALLY_SHIPPED")
    return report.data_start <= order.created <= report.data_end


def _row(order: Order, item: Item, *, verges: bool, asked: bool) -> list[str]:
    marketplace = MARKETPLACES[order.marketplace_id]
    row = [order.order_id, item.item_id, _moment(order.created), _moment(order.created), order.buyer_email]
    row += [order.buyer_name, item.sku, item.title, str(item.quantity), str(item.shipped)]
    row += [str(item.quantity - item.shipped), marketplace.currency, item.unit_price, _moment(order.ship_by)]
    row += [order.city, order.postal_code, marketplace.country_code, marketplace.name]
    if verges:
        row += ["true" if verge else "false" for verge in (order.verge_of_cancellation, order.verge_of_late_shipment)]
    if asked:
        row += ["false" if item.request_reason is None else "true", item.request_reason or ""]
    return row


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _clean(cell: str) -> str:
    """Amazon's flat files have no quoting, so a cell holds no tab and no line break."""
    return " ".join(cell.split())


def _usual_encoding(report: Report) -> str:
    regions = {MARKETPLACES[marketplace_id].country_code for marketplace_id in report.marketplace_ids}
    return "cp932" if regions == {"JP"} else "utf-8"
