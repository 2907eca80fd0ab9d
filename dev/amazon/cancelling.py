"""How an order gets cancelled at Amazon, at once or a while after Amazon accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .order_change import touch
from .records import Order, PendingCancel

if TYPE_CHECKING:
    from .keeper import Keeper


def cancel(shop: Keeper, order: Order, cancelled_by: str, reason: str) -> Order:
    """Cancel a whole order now.

    :param cancelled_by: `BUYER`, `MERCHANT` or `AMAZON`
    """
    now = shop.now()
    order.status = "CANCELLED"
    order.pending_cancel = None
    order.cancelled = now
    for item in order.items:
        item.cancelled_by = cancelled_by
        item.cancel_reason = reason
    touch(shop, order, "OrderStatusChange", "Order canceled")
    return order


def accept(shop: Keeper, order: Order, reason: str, *, settle_reads: int = 0, settle_seconds: float = 0.0) -> None:
    """Take the seller's cancellation of an order that can be cancelled.

    :param settle_reads: how many getOrder calls still show the order as it was
    :param settle_seconds: how long it stays as it was, by Amazon's clock
    """
    if reason in ("BuyerCanceled", "BUYER_CANCELLED") and not order.has_request:
        shop.note_harm("unfounded_buyer_cancelled", order.order_id, "Reason BuyerCanceled without an official request.")
    if settle_reads or settle_seconds:
        order.pending_cancel = PendingCancel(
            "MERCHANT", reason, shop.now() + timedelta(seconds=settle_seconds), settle_reads
        )
    else:
        cancel(shop, order, "MERCHANT", reason)


def note_read(shop: Keeper, order: Order) -> None:
    """Count a getOrder call against a cancellation that needs some before it shows."""
    if order.pending_cancel and order.pending_cancel.reads_left:
        order.pending_cancel.reads_left -= 1
    settle_due(shop, [order])


def settle_due(shop: Keeper, orders: list[Order] | None = None) -> None:
    """Carry out the accepted cancellations whose time has come; of all orders unless told."""
    for order in list(shop.orders.values()) if orders is None else orders:
        pending = order.pending_cancel
        if pending and not pending.reads_left and pending.not_before <= shop.now():
            cancel(shop, order, pending.cancelled_by, pending.reason)


def refund(shop: Keeper, order: Order) -> None:
    """What Amazon does with a Failure for an order that is shipped in part: it refunds all of it."""
    order.refunded = shop.now()
    shop.note_harm(
        "refunded_shipped_order", order.order_id, "Failure sent for a partly shipped order: all of it was refunded."
    )
    touch(shop, order, "OrderStatusChange", "Order refunded")
