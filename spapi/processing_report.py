"""Reads Amazon's processing report of a feed, XML or flat file; it is foreign input, so nothing in it is trusted."""

from dataclasses import dataclass

from lxml import etree

from .errors import MalformedAnswer
from .text import clean

SIZE_LIMIT = 20 * 1024 * 1024  # bytes; Amazon's own advice for feeds is 10 MiB
_DESCRIPTION_LIMIT = 4000

ERROR, WARNING = "error", "warning"
# Message 0 of a report is the file as a whole.
WHOLE_FILE = 0

_SUMMARY = {
    "MessagesProcessed": "processed",
    "MessagesSuccessful": "successful",
    "MessagesWithError": "with_error",
    "MessagesWithWarning": "with_warning",
}
_FLAT_SUMMARY = {"Number of records processed": "processed", "Number of records successful": "successful"}
_FLAT_FIRST_COLUMN = "original-record-number"


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
    :ivar results: every result, in the report's order; a message may have several, or none when all went well.
    """

    status: str | None
    processed: int | None = None
    successful: int | None = None
    with_error: int | None = None
    with_warning: int | None = None
    results: tuple[MessageResult, ...] = ()

    def get_results(self, message_id: int) -> tuple[MessageResult, ...]:
        """Return the message's own results, errors first; those about the whole file are not among them."""
        own = [result for result in self.results if result.message_id == message_id]
        return tuple(sorted(own, key=lambda result: result.severity != ERROR))


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
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedAnswer("The processing report is not well-formed XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedAnswer("The processing report has a document type, which Amazon's never have.")
    reports = list(root.iter("{*}ProcessingReport"))
    if not reports:
        raise MalformedAnswer("The XML document is no processing report.")
    counts: dict[str, int] = {}
    results: list[MessageResult] = []
    for report in reports:
        for tag, name in _SUMMARY.items():
            count = _read_count(_read_text(report, f"{{*}}ProcessingSummary/{{*}}{tag}"))
            if count is not None:
                counts[name] = counts.get(name, 0) + count
        results += [_parse_result(result) for result in report.iterchildren("{*}Result")]
    return ProcessingReport(status=_read_text(reports[0], "{*}StatusCode"), results=tuple(results), **counts)


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
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Windows' and Latin-1's letters; bytes without one become signs that stand out.
        text = content.decode("cp1252", errors="replace")
    counts: dict[str, int] = {}
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
    return ProcessingReport(status=None, results=tuple(results), **counts)


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
