"""ORDER_CHANGE notifications: their bodies, and who gets them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .auth import CLIENT_ID
from .clock import to_text
from .records import Order, Subscription

if TYPE_CHECKING:
    from .keeper import Keeper

# The notification's own words for a status, with one L in Canceled.
_STATUS = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}


def publish(shop: Keeper, order: Order, change_type: str, reason: str) -> None:
    """Tell every subscriber of the order's seller that wants this type of change.

    :param change_type: `BuyerRequestedChange` or `OrderStatusChange`
    """
    for subscription in shop.state.subscriptions.values():
        directive = subscription.processing_directive
        wanted = directive is None or change_type in directive["eventFilter"]["orderChangeTypes"]
        if subscription.seller_id == order.seller_id and wanted:
            body = order_change_body(order, change_type, reason, subscription, shop.now())
            arn = shop.state.destinations[subscription.destination_id].arn
            for _copy in range(shop.switches.notification_copies):
                shop.queues.send(arn, body)


def order_change_body(
    order: Order, change_type: str, reason: str, subscription: Subscription, now: datetime
) -> dict[str, Any]:
    """The body of one notification, as the schema wants it."""
    shipped = sum(item.shipped for item in order.items)
    units = sum(item.quantity for item in order.items)
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": subscription.payload_version,
        "EventTime": to_text(now),
        "Payload": {
            "OrderChangeNotification": {
                "NotificationLevel": "OrderLevel",
                "SellerId": order.seller_id,
                "AmazonOrderId": order.order_id,
                "OrderChangeType": change_type,
                "OrderChangeTrigger": {
                    # Only a request is known to carry its time.
                    "TimeOfOrderChange": to_text(now) if change_type == "BuyerRequestedChange" else None,
                    "ChangeReason": reason,
                },
                "Summary": {
                    "MarketplaceId": order.marketplace_id,
                    "OrderStatus": _STATUS[order.status],
                    "PurchaseDate": to_text(order.created),
                    "DestinationPostalCode": order.postal_code,
                    "FulfillmentType": "MFN" if order.fulfilled_by == "MERCHANT" else "AFN",
                    "OrderType": "StandardOrder",
                    "NumberOfItemsShipped": shipped,
                    "NumberOfItemsUnshipped": 0 if order.status == "CANCELLED" else units - shipped,
                    "EarliestShipDate": to_text(order.earliest_ship),
                    "LatestShipDate": to_text(order.ship_by),
                    "OrderItems": [
                        {
                            "OrderItemId": item.item_id,
                            "SellerSKU": item.sku,
                            "SupplySourceId": None,
                            "Quantity": item.quantity,
                            "QuantityShipped": item.shipped,
                            "IsBuyerRequestedCancel": item.request_reason is not None,
                        }
                        for item in order.items
                    ],
                },
            }
        },
        "NotificationMetadata": {
            "ApplicationId": CLIENT_ID,
            "SubscriptionId": subscription.subscription_id,
            "PublishTime": to_text(now),
            "NotificationId": str(uuid.uuid4()),
        },
    }


def touch(shop: Keeper, order: Order, change_type: str, reason: str) -> None:
    """Mark an order as changed now and notify the subscribers."""
    order.last_updated = shop.now()
    publish(shop, order, change_type, reason)
