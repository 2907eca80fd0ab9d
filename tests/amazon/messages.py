"""Feed contents for the tests, written by hand and not by the wire, so that the two check each other."""

from __future__ import annotations

from dev.amazon.records import Order


def envelope(*messages: str, seller_id: str = "A1LOCALEU", version: str = "1.01") -> bytes:
    """A whole feed."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<AmazonEnvelope><Header><DocumentVersion>{version}</DocumentVersion>"
        f"<MerchantIdentifier>{seller_id}</MerchantIdentifier></Header>"
        f"<MessageType>OrderAcknowledgement</MessageType>{''.join(messages)}</AmazonEnvelope>"
    ).encode()


def failure(order: Order, reason: str | None = "NoInventory", number: int = 1, order_id: str | None = None) -> str:
    """A message that cancels all items of an order."""
    why = f"<CancelReason>{reason}</CancelReason>" if reason else ""
    items = "".join(
        f"<Item><AmazonOrderItemCode>{item.item_id}</AmazonOrderItemCode>{why}</Item>" for item in order.items
    )
    return message(order_id or order.order_id, items, number)


def message(order_id: str, items: str = "", number: int = 1, status: str = "Failure") -> str:
    """A message with the given items."""
    return (
        f"<Message><MessageID>{number}</MessageID><OrderAcknowledgement><AmazonOrderID>{order_id}</AmazonOrderID>"
        f"<StatusCode>{status}</StatusCode>{items}</OrderAcknowledgement></Message>"
    )


def flat(*rows: tuple[str, str, str]) -> bytes:
    """A cancellation file."""
    lines = [
        "TemplateType=OrderCancellation\tVersion=1.0/1.0.3\tThe top rows are for Amazon only.",
        "order-id\tcancellation-reason-code\tamazon-order-item-code",
        *("\t".join(row) for row in rows),
    ]
    return "\n".join(lines).encode()
