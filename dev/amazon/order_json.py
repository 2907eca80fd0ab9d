"""An order as the Orders API v2026-01-01 shows it, with the asked-for data sets and no others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .clock import to_text
from .marketplaces import MARKETPLACES
from .records import Item, Order

DATA_SETS = frozenset(
    {
        "BUYER",
        "RECIPIENT",
        "PROCEEDS",
        "EXPENSE",
        "PROMOTION",
        "CANCELLATION",
        "FULFILLMENT",
        "PACKAGES",
        "TAX",
        "PAYMENT",
        "FULFILLMENT_ORDERS",
    }
)


def order_json(order: Order, data_sets: list[str], *, empty_cancellation: bool) -> dict[str, Any]:
    """The model's `Order`.

    :param data_sets: of `includedData`
    :param empty_cancellation: show `cancellation: {}` on items without one
    """
    marketplace = MARKETPLACES[order.marketplace_id]
    shown: dict[str, Any] = {
        "orderId": order.order_id,
        "createdTime": to_text(order.created),
        "lastUpdatedTime": to_text(order.last_updated),
        "programs": [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace_id,
            "marketplaceName": marketplace.name,
        },
        "orderItems": [
            _item_json(order, item, data_sets, empty_cancellation, marketplace.currency) for item in order.items
        ],
    }
    if "BUYER" in data_sets:
        shown["buyer"] = {"buyerName": order.buyer_name}
        if order.fulfilled_by == "MERCHANT":
            shown["buyer"]["buyerEmail"] = order.buyer_email
    if "RECIPIENT" in data_sets:
        address = {"city": order.city, "postalCode": order.postal_code, "countryCode": marketplace.country_code}
        shown["recipient"] = {"deliveryAddress": {"name": order.buyer_name, "addressLine1": "Hauptstr. 1", **address}}
    if "PROCEEDS" in data_sets:
        total = sum((_subtotal(item) for item in order.items), Decimal())
        shown["proceeds"] = {"grandTotal": _money(total, marketplace.currency)}
    if "FULFILLMENT" in data_sets:
        shown["fulfillment"] = {
            "fulfillmentStatus": order.status,
            "fulfilledBy": order.fulfilled_by,
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {
                "earliestDateTime": to_text(order.earliest_ship),
                "latestDateTime": to_text(order.ship_by),
            },
        }
    if "PACKAGES" in data_sets:
        shown["packages"] = [
            {
                "packageReferenceId": package.package_id,
                "createdTime": to_text(package.created),
                "packageStatus": {"status": "SHIPPED"},
                "carrier": "DHL",
                "trackingNumber": package.tracking_number,
                "packageItems": [
                    {"orderItemId": item_id, "quantity": units} for item_id, units in package.quantities.items()
                ],
            }
            for package in order.packages
        ]
    return shown


def _item_json(
    order: Order, item: Item, data_sets: list[str], empty_cancellation: bool, currency: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": {
            "asin": item.asin,
            "title": item.title,
            "sellerSku": item.sku,
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": _money(Decimal(item.unit_price), currency)},
        },
    }
    if "PROCEEDS" in data_sets:
        shown["proceeds"] = {"proceedsTotal": _money(_subtotal(item), currency)}
    if "CANCELLATION" in data_sets:
        cancellation: dict[str, Any] = {}
        if item.request_reason is not None:
            cancellation["cancellationRequest"] = {"requester": "BUYER", "cancelReason": item.request_reason}
        if item.cancelled_by is not None:
            cancellation["cancellationExecution"] = {
                "cancelledBy": item.cancelled_by,
                "cancelReason": item.cancel_reason,
            }
        if cancellation or empty_cancellation:
            shown["cancellation"] = cancellation
    if "FULFILLMENT" in data_sets:
        open_units = 0 if order.status == "CANCELLED" else item.quantity - item.shipped
        shown["fulfillment"] = {"quantityFulfilled": item.shipped, "quantityUnfulfilled": open_units}
    return shown


def _subtotal(item: Item) -> Decimal:
    return Decimal(item.unit_price) * item.quantity


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": str(amount), "currencyCode": currency}
