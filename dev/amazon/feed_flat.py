"""The tab-separated cancellation file and its processing report."""

from __future__ import annotations

from .feed_message import Message, Rejected, Result
from .feed_xml import reasons
from .records import Feed

COLUMNS = ["order-id", "cancellation-reason-code", "amazon-order-item-code"]


def read_flat(content: bytes) -> list[Message]:
    """The orders of a file, one message an order; its number is the first row's, counted from 1.

    :raise Rejected: another template, version or columns
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Rejected("90000", "The file is not in the declared encoding.") from None
    rows = [line.split("\t") for line in lines]
    if len(rows) < 2 or rows[0][0].strip() != "TemplateType=OrderCancellation":
        raise Rejected("90001", "The first row is not that of the template OrderCancellation.")
    if len(rows[0]) < 2 or rows[0][1].strip() != "Version=1.0/1.0.3":
        raise Rejected("90002", "The version of the template is not supported.")
    if [name.strip() for name in rows[1]] != COLUMNS:
        raise Rejected("90003", f"The columns must be {', '.join(COLUMNS)}.")
    messages: dict[str, Message] = {}
    for number, row in enumerate(rows[2:], start=1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(COLUMNS):
            raise Rejected("90004", f"Record {number} has {len(row)} columns.")
        order_id, reason, item_id = (cell.strip() for cell in row)
        if reason not in reasons():
            raise Rejected("90005", f"Record {number} has the unknown reason {reason!r}.")
        messages.setdefault(order_id, Message(number, order_id, failure=True)).items[item_id] = reason
    return list(messages.values())


def flat_report(feed: Feed, processed: int, results: list[Result], *, rejected: bool) -> bytes:
    """The processing report: a summary block, a blank line, then the results.

    :param processed: how many orders the file had
    """
    errors = sum(result.severity == "Error" for result in results)
    lines = []
    if feed.plan.summary:
        lines += [
            "Feed Processing Summary:",
            f"\tNumber of records processed\t\t{processed}",
            f"\tNumber of records successful\t\t{0 if rejected else max(0, processed - errors)}",
        ]
    lines += ["", "original-record-number\tsku\terror-code\terror-type\terror-message"]
    lines += [f"{result.message_id}\t\t{result.code}\t{result.severity}\t{result.description}" for result in results]
    return ("\n".join(lines) + "\n").encode("utf-8")
