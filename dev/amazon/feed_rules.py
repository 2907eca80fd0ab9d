"""Checks what a cancellation feed says, and does it as Amazon would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .cancelling import accept, refund
from .feed_flat import flat_report, read_flat
from .feed_message import Message, Rejected, Result
from .feed_xml import read_xml, xml_report
from .records import Feed, Order

if TYPE_CHECKING:
    from .shop import Shop

XML_FEED = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
FLAT_FEED = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"
FEED_TYPES = frozenset({XML_FEED, FLAT_FEED})

# The two codes that sellers report; their texts are ours.
NOT_FOUND = ("18028", "We could not find this order, or the order is not complete yet.")
NOTHING_LEFT = ("18021", "There is nothing left to fulfil or cancel in this order.")


@dataclass
class Outcome:
    """What became of a feed: its report, and whether all of it was rejected."""

    report: bytes
    content_type: str
    rejected: bool = False
    order_ids: list[str] = field(default_factory=list)


def carry_out(shop: Shop, feed: Feed, content: bytes | None) -> Outcome:
    """Process a feed's content.

    :param content: None where nothing was uploaded
    """
    flat = feed.feed_type == FLAT_FEED
    content_type = "text/tab-separated-values; charset=UTF-8" if flat else "text/xml; charset=UTF-8"
    write = flat_report if flat else xml_report
    try:
        messages = read_flat(content or b"") if flat else read_xml(content or b"", feed.seller_id)
    except Rejected as error:
        report = write(feed, 0, [Result(0, "Error", error.code, str(error))], rejected=True)
        return Outcome(report, content_type, rejected=True)
    results: list[Result] = []
    seen: set[str] = set()
    for done, message in enumerate(messages):
        if feed.plan.carry_out is not None and done >= feed.plan.carry_out:
            break
        if message.order_id in seen:
            shop.note_harm("duplicate_message", message.order_id, f"Twice in feed {feed.feed_id}.")
        seen.add(message.order_id)
        if result := _one(shop, feed, message):
            results.append(result)
    report = write(feed, len(messages), results, rejected=False)
    return Outcome(report, content_type, order_ids=[message.order_id for message in messages])


def _one(shop: Shop, feed: Feed, message: Message) -> Result | None:
    if message.order_id in feed.plan.refusals:
        return Result(message.message_id, "Error", *feed.plan.refusals[message.order_id])
    order = shop.orders.get(message.order_id)
    refusal = _refusal(feed, message, order)
    if order is not None and message.failure:
        _note_harms(shop, feed, message, order)
    if refusal:
        return Result(message.message_id, "Error", *refusal)
    assert order is not None
    if not message.failure:
        return None
    if order.anything_shipped:
        refund(shop, order)
    elif message.items:
        reason = next(iter(message.items.values())) or ""
        plan = feed.plan
        accept(shop, order, reason, settle_reads=plan.settle_reads, settle_seconds=plan.settle_seconds)
    if warning := feed.plan.warnings.get(message.order_id):
        return Result(message.message_id, "Warning", *warning)
    return None


def _refusal(feed: Feed, message: Message, order: Order | None) -> tuple[str, str] | None:
    if order is None or order.seller_id != feed.seller_id or order.marketplace_id not in feed.marketplace_ids:
        return NOT_FOUND
    if order.status in ("PENDING", "PENDING_AVAILABILITY"):
        return NOT_FOUND
    if order.fulfilled_by != "MERCHANT" or order.status in ("SHIPPED", "CANCELLED", "UNFULFILLABLE"):
        return NOTHING_LEFT
    if order.pending_cancel:
        return NOTHING_LEFT
    known = {item.item_id for item in order.items}
    if unknown := message.items.keys() - known:
        return "18040", f"Order item {', '.join(sorted(unknown))} is not of order {order.order_id}."
    if message.failure and any(reason is None for reason in message.items.values()):
        return "18041", "A CancelReason is required for each item of a Failure."
    return None


def _note_harms(shop: Shop, feed: Feed, message: Message, order: Order) -> None:
    where = f"In feed {feed.feed_id}."
    if order.seller_id != feed.seller_id:
        shop.note_harm("foreign_order", order.order_id, where)
    elif order.fulfilled_by == "AMAZON":
        shop.note_harm("failure_for_fba_order", order.order_id, where)
    elif order.status == "SHIPPED":
        shop.note_harm("failure_for_shipped_order", order.order_id, where)
    elif not message.items:
        shop.note_harm("itemless_failure", order.order_id, where)
    elif message.items.keys() != {item.item_id for item in order.items}:
        shop.note_harm("incomplete_failure", order.order_id, where)
