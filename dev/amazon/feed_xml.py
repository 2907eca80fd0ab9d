"""The XML cancellation feed and its processing report."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from .feed_message import Message, Rejected, Result
from .records import Feed


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("order_acknowledgement.xsd")))


@cache
def reasons() -> frozenset[str]:
    """The cancel reasons, as the XSD lists them."""
    tree = etree.parse(Path(__file__).with_name("order_acknowledgement.xsd"))
    found = tree.iterfind(".//{*}simpleType[@name='Reason']//{*}enumeration")
    return frozenset(element.get("value") for element in found)


def read_xml(content: bytes, seller_id: str) -> list[Message]:
    """The messages of a feed.

    :raise Rejected: not well-formed, not as the XSD wants it, or of another merchant
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Rejected("5000", f"XML Parsing Fatal Error: {error}") from None
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        raise Rejected("5000", f"XML Parsing Error at Line {first.line}: {first.message}")
    if root.findtext("Header/DocumentVersion") not in ("1.01", "1.02"):
        raise Rejected("5001", "The document version is not supported.")
    if root.findtext("Header/MerchantIdentifier") != seller_id:
        raise Rejected("5004", "The MerchantIdentifier is not the submitting seller.")
    messages = [_message(element) for element in root.iterfind("Message")]
    if len({message.message_id for message in messages}) != len(messages):
        raise Rejected("5002", "A MessageID is used twice.")
    return messages


def _message(element: etree._Element) -> Message:
    acknowledgement = element.find("OrderAcknowledgement")
    return Message(
        message_id=int(element.findtext("MessageID")),
        order_id=acknowledgement.findtext("AmazonOrderID"),
        failure=acknowledgement.findtext("StatusCode") == "Failure",
        items={
            item.findtext("AmazonOrderItemCode"): item.findtext("CancelReason")
            for item in acknowledgement.iterfind("Item")
        },
    )


def xml_report(feed: Feed, processed: int, results: list[Result], *, rejected: bool) -> bytes:
    """The processing report.

    :param processed: how many messages the feed had
    """
    root = etree.Element("AmazonEnvelope")
    header = etree.SubElement(root, "Header")
    _add(header, "DocumentVersion", "1.02")
    _add(header, "MerchantIdentifier", feed.seller_id)
    _add(root, "MessageType", "ProcessingReport")
    message = etree.SubElement(root, "Message")
    _add(message, "MessageID", "1")
    report = etree.SubElement(message, "ProcessingReport")
    _add(report, "DocumentTransactionID", feed.feed_id)
    _add(report, "StatusCode", "Rejected" if rejected else "Complete")
    if feed.plan.summary:
        errors = sum(result.severity == "Error" for result in results)
        summary = etree.SubElement(report, "ProcessingSummary")
        _add(summary, "MessagesProcessed", str(processed))
        _add(summary, "MessagesSuccessful", str(max(0, processed - errors)))
        _add(summary, "MessagesWithError", str(errors))
        _add(summary, "MessagesWithWarning", str(len(results) - errors))
    for result in results:
        element = etree.SubElement(report, "Result")
        _add(element, "MessageID", str(result.message_id))
        _add(element, "ResultCode", result.severity)
        _add(element, "ResultMessageCode", result.code)
        _add(element, "ResultDescription", result.description)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text
