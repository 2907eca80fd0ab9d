"""Writes the cancellations that Amazon takes: the XML feed, and the file that a seller uploads by hand.

Source: Amazon's feed XSD (amzn-envelope, OrderAcknowledgement) and the order cancellation template of Seller Central.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from .const import FEED_REASONS, FEED_SIZE_LIMIT, ORDER_ID

DOCUMENT_VERSION = "1.01"
# Status of an acknowledgement that cancels: the order cannot be fulfilled.
STATUS_FAILURE = "Failure"
# Bytes, more than the feed has around its messages.
_ENVELOPE_SIZE = 1024

_FLAT_HEAD = (
    (
        "TemplateType=OrderCancellation",
        "Version=1.0/1.0.3",
        "This row is for Amazon.com use only. Do not modify or delete.",
    ),
    ("order-id", "cancellation-reason-code", "amazon-order-item-code"),
)
_ITEM_ID = re.compile(r"\w{1,50}", re.ASCII)
# What XML 1.0 cannot hold, and what would break a row.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class CancelMessage:
    """One order to cancel as a whole: every item of it, each with the same reason.

    :ivar message_id: from 1, unique in its feed; Amazon's report answers by it.
    :ivar reason: one of ``const.FEED_REASONS``.
    :ivar items: Amazon's ids of **all** items of the order: Amazon is reported not to cancel without them.
    :raises ValueError: something that Amazon would refuse, or that would not cancel.
    """

    message_id: int
    order_id: str
    reason: str
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(self.items))
        if isinstance(self.message_id, bool) or not isinstance(self.message_id, int) or self.message_id < 1:
            raise ValueError("a message id is a whole number from 1")
        if not isinstance(self.order_id, str) or not ORDER_ID.fullmatch(self.order_id):
            raise ValueError(f"{self.order_id!r} is not an Amazon order id")
        if self.reason not in FEED_REASONS:
            raise ValueError(f"{self.reason!r} is not a cancellation reason of Amazon's")
        if not self.items:
            raise ValueError(f"order {self.order_id}: without items Amazon would not cancel it")
        if not all(isinstance(item, str) and is_item_id(item) for item in self.items):
            raise ValueError(f"order {self.order_id}: an item id has not Amazon's form")
        if len(set(self.items)) != len(self.items):
            raise ValueError(f"order {self.order_id}: an item is there twice")


def is_item_id(text: str) -> bool:
    """Return whether an item's id has the form that a feed takes."""
    return bool(_ITEM_ID.fullmatch(text))


def build_order_acknowledgement(seller_id: str, messages: Iterable[CancelMessage]) -> bytes:
    """Return the XML document of a feed ``POST_ORDER_ACKNOWLEDGEMENT_DATA`` in UTF-8.

    :param seller_id: the MerchantIdentifier.
    :raises ValueError: no seller or message, a message id or order twice, or larger than Amazon advises.
    """
    messages = _check(messages)
    if not seller_id or _CONTROL.search(seller_id):
        raise ValueError("a feed needs the seller id")
    envelope = etree.Element("AmazonEnvelope")
    header = etree.SubElement(envelope, "Header")
    _add(header, "DocumentVersion", DOCUMENT_VERSION)
    _add(header, "MerchantIdentifier", seller_id)
    _add(envelope, "MessageType", "OrderAcknowledgement")
    for message in messages:
        envelope.append(_make_message(message))
    content = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    if len(content) > FEED_SIZE_LIMIT:
        raise ValueError("the feed is larger than Amazon advises: split it")
    return content


def cut_by_size(messages: Iterable[CancelMessage], limit: int | None = None) -> Iterator[list[CancelMessage]]:
    """Yield the messages in parts of which each makes a feed no larger than Amazon advises.

    :param limit: bytes of a feed; Amazon's advice by default.
    """
    room = (limit or FEED_SIZE_LIMIT) - _ENVELOPE_SIZE
    part: list[CancelMessage] = []
    size = 0
    for message in messages:
        length = len(etree.tostring(_make_message(message)))
        if part and size + length > room:
            yield part
            part, size = [], 0
        part.append(message)
        size += length
    if part:
        yield part


def build_cancellation_file(messages: Iterable[CancelMessage]) -> bytes:
    """Return the tab separated order cancellation file for Seller Central, one row per item; plain ASCII.

    It is also the document of a feed ``POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA``.

    :raises ValueError: no message, or a message id or order twice.
    """
    rows = [list(row) for row in _FLAT_HEAD]
    for message in _check(messages):
        rows += [[message.order_id, message.reason, item] for item in message.items]
    return "".join("\t".join(row) + "\r\n" for row in rows).encode("ascii")


def _check(messages: Iterable[CancelMessage]) -> list[CancelMessage]:
    messages = list(messages)
    if not messages:
        raise ValueError("nothing to cancel")
    for name in ("message_id", "order_id"):
        if len({getattr(message, name) for message in messages}) != len(messages):
            raise ValueError(f"a {name} is there twice")
    return messages


def _make_message(message: CancelMessage) -> etree._Element:
    element = etree.Element("Message")
    _add(element, "MessageID", str(message.message_id))
    acknowledgement = etree.SubElement(element, "OrderAcknowledgement")
    _add(acknowledgement, "AmazonOrderID", message.order_id)
    _add(acknowledgement, "StatusCode", STATUS_FAILURE)
    for item_id in message.items:
        item = etree.SubElement(acknowledgement, "Item")
        _add(item, "AmazonOrderItemCode", item_id)
        _add(item, "CancelReason", message.reason)
    return element


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text
