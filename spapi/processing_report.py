"""Reads Amazon's processing report of a feed, XML or flat file; it is foreign input, so nothing in it is trusted."""

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lxml import etree

from .encodings import UTF8, UTF16, WESTERN, find_codec
from .errors import MalformedAnswer
from .text import clean

SIZE_LIMIT = 20 * 1024 * 1024  # bytes; Amazon's own advice for feeds is 10 MiB
_DESCRIPTION_LIMIT = 4000

ERROR, WARNING = "error", "warning"
# Message 0 of a report is the file as a whole.
WHOLE_FILE = 0
COMPLETE, REJECTED = "complete", "rejected"

_SUMMARY = {
    "MessagesProcessed": "processed",
    "MessagesSuccessful": "successful",
    "MessagesWithError": "with_error",
    "MessagesWithWarning": "with_warning",
}
_FLAT_SUMMARY = {"Number of records processed": "processed", "Number of records successful": "successful"}
_FLAT_FIRST_COLUMN = "original-record-number"
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-:]{1,40})["']""")
_MARKS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, UTF16), (codecs.BOM_UTF16_BE, UTF16))


class Verdict(Enum):
    """What a report says about one message of a feed."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # only the order itself can tell


@dataclass(frozen=True)
class MessageResult:
    """What Amazon said about one message (XML) or record (flat file) of the feed.

    :ivar message_id: the message's id or the record's number, `WHOLE_FILE` for the file, None when it cannot be told.
    :ivar severity: ``error`` (flat: Fatal too) or ``warning``.
    :ivar code: opaque, e.g. ``18028``.
    :ivar order_id: Amazon's order id, where the report names it.
    """

    message_id: int | None
    severity: str
    code: str | None
    description: str | None
    order_id: str | None = None


@dataclass(frozen=True)
class ProcessingReport:
    """A processing report; the counts are None where Amazon left out the summary.

    :ivar status: ``Complete``, ``Processing`` or ``Rejected``; None in a flat file, which has none.
    :ivar is_flat: it is a flat file, which Amazon writes at the end of its work only.
    :ivar results: every result, in the report's order; a message may have several, or none when all went well.
    """

    status: str | None
    processed: int | None = None
    successful: int | None = None
    with_error: int | None = None
    with_warning: int | None = None
    results: tuple[MessageResult, ...] = ()
    is_flat: bool = field(default=False, compare=False)

    def judge(self, message_ids: Collection[int]) -> dict[int, tuple[Verdict, str | None]]:
        """Return what the report says about each message of the feed, with Amazon's words.

        A message is accepted only by a report that is complete, worked on all messages, and whose counts and errors
        agree: an error that names none of the messages may be about any of them. Its words are kept for all of them.

        :param message_ids: the ids of the feed's messages.
        """
        errors = [result for result in self.results if result.severity == ERROR]
        own: dict[int, list[MessageResult]] = {message_id: [] for message_id in message_ids}
        of_file = [result for result in errors if result.message_id == WHOLE_FILE]
        nobodys = [result for result in errors if result.message_id != WHOLE_FILE and result.message_id not in own]
        for result in errors:
            if result.message_id in own:
                own[result.message_id].append(result)
        rejected = bool(of_file) or (self.status or "").lower() == REJECTED
        trusted = self._is_complete() and not nobodys and self._counts_agree(own, len(errors))
        verdicts = {}
        for message_id, results in own.items():
            if results or rejected:
                verdicts[message_id] = (Verdict.REFUSED, _join(results or of_file))
            elif trusted:
                verdicts[message_id] = (Verdict.ACCEPTED, None)
            else:
                verdicts[message_id] = (Verdict.UNKNOWN, _join(nobodys))
        return verdicts

    def _is_complete(self) -> bool:
        return self.is_flat or (self.status or "").lower() == COMPLETE

    def _counts_agree(self, own: dict[int, list[MessageResult]], error_count: int) -> bool:
        """Whether the counts that are there fit the messages and the errors; Amazon may leave out the summary."""
        total, failed = len(own), sum(1 for results in own.values() if results)
        warned = self.with_warning or 0
        return (
            self.processed in (None, total)
            and (self.with_error is None or failed <= self.with_error <= error_count)
            # Messages with a warning are done; whether they count as successful is not documented.
            and (self.successful is None or total - failed - warned <= self.successful <= total - failed)
        )


def _join(results: list[MessageResult]) -> str | None:
    """Amazon's words of several results, with their codes."""
    words = (f"{result.description or ''} ({result.code})" if result.code else result.description for result in results)
    return " ".join(text.strip() for text in dict.fromkeys(words) if text) or None


def parse_processing_report(content: bytes) -> ProcessingReport:
    """Return the report read from an unpacked result document.

    :raises MalformedAnswer: neither form, damaged, with a document type or entities, or larger than `SIZE_LIMIT`.
    """
    if len(content) > SIZE_LIMIT:
        raise MalformedAnswer(f"The processing report is larger than {SIZE_LIMIT} bytes.")
    head = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return _parse_xml(content)
    return _parse_flat(content)


def _parse_xml(content: bytes) -> ProcessingReport:
    text, declared = _decode(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.lstrip().encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedAnswer(f"The processing report is not well-formed XML (encoding: {declared}).") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedAnswer("The processing report has a document type, which Amazon's never have.")
    reports = list(root.iter("{*}ProcessingReport"))
    if not reports:
        raise MalformedAnswer("The XML document is no processing report.")
    counts: dict[str, Any] = {}
    results: list[MessageResult] = []
    for report in reports:
        for tag, name in _SUMMARY.items():
            count = _read_count(_read_text(report, f"{{*}}ProcessingSummary/{{*}}{tag}"))
            if count is not None:
                counts[name] = counts.get(name, 0) + count
        results += [_parse_result(result) for result in report.iterchildren("{*}Result")]
    statuses = [_read_text(report, "{*}StatusCode") for report in reports]
    # Of several reports in one document the one that is not complete tells how far all are.
    status = next((status for status in statuses if (status or "").lower() != COMPLETE), statuses[0])
    return ProcessingReport(status, results=tuple(results), **counts)


def _decode(content: bytes) -> tuple[str, str]:
    """Return the text, and the encoding's name as declared; the parser itself knows few names of encodings.

    Bytes that do not fit become signs that stand out, as the rest of Amazon's words can still be read.
    """
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content.decode(codec, "replace"), codec
    match = _DECLARED.search(content[:400])
    declared = match[1].decode() if match else UTF8
    found = find_codec(declared)
    if found and not found.startswith(("utf-16", "utf-32")):  # a declaration that could be read is in neither
        return content.decode(found, "replace"), declared
    try:
        return content.decode(UTF8), declared
    except UnicodeDecodeError:
        return content.decode(WESTERN, "replace"), declared


def _parse_result(result: etree._Element) -> MessageResult:
    code = (_read_text(result, "{*}ResultCode") or "").lower()
    return MessageResult(
        message_id=_read_count(_read_text(result, "{*}MessageID")),
        # An unknown word is taken seriously.
        severity=WARNING if code == "warning" else ERROR,
        code=_read_text(result, "{*}ResultMessageCode"),
        description=_shorten(_read_text(result, "{*}ResultDescription")),
        order_id=_read_text(result, "{*}AdditionalInfo/{*}AmazonOrderID"),
    )


def _read_text(element: etree._Element, path: str) -> str | None:
    found = element.find(path)
    return " ".join("".join(found.itertext()).split()) or None if found is not None else None


def _parse_flat(content: bytes) -> ProcessingReport:
    try:
        text = content.decode(UTF8)
    except UnicodeDecodeError:
        # Windows' and Latin-1's letters; bytes without one become signs that stand out.
        text = content.decode(WESTERN, errors="replace")
    counts: dict[str, Any] = {}
    results: list[MessageResult] = []
    columns: list[str] | None = None
    for line in clean(text).splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if columns is not None:
            if any(cells):
                results.append(_parse_row(columns, cells))
        elif cells[0].lower() == _FLAT_FIRST_COLUMN:
            columns = [cell.lower() for cell in cells]
        else:
            filled = [cell for cell in cells if cell]
            count = _read_count(filled[-1]) if len(filled) > 1 else None
            if filled and filled[0] in _FLAT_SUMMARY and count is not None:
                counts[_FLAT_SUMMARY[filled[0]]] = count
    if columns is None and not counts:
        raise MalformedAnswer("The document is no processing report.")
    return ProcessingReport(status=None, is_flat=True, results=tuple(results), **counts)


def _parse_row(columns: list[str], cells: list[str]) -> MessageResult:
    row = dict(zip(columns, cells, strict=False))
    return MessageResult(
        message_id=_read_count(row.get(_FLAT_FIRST_COLUMN)),
        severity=WARNING if row.get("error-type", "").lower() == "warning" else ERROR,
        code=row.get("error-code") or None,
        description=_shorten(row.get("error-message")),
        order_id=row.get("order-id") or None,
    )


def _read_count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None


def _shorten(text: str | None) -> str | None:
    return text[:_DESCRIPTION_LIMIT] if text else None
