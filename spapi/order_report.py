"""Reads Amazon's order reports: tab separated, one row per order item, tens of megabytes.

Source: the reports named in ``const.ORDER_REPORTS``; the columns of buyers' requests are switched on by the seller.
"""

import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import BinaryIO

from .const import MARKETPLACES, ORDER_ID
from .encodings import detect_encoding
from .errors import MalformedAnswer
from .snapshot import ItemSnapshot, OrderSnapshot
from .text import clean
from .timestamps import parse_time

# Both spellings have been met.
FLAG_COLUMNS = ("is-buyer-requested-cancellation", "is-buyer-requested-cancelation")
REASON_COLUMN = "buyer-requested-cancel-reason"
# What Amazon is about to do to an order, the graver first.
VERGE_COLUMNS = {"verge-of-cancellation": "cancellation", "verge-of-lateshipment": "late"}
REQUIRED_COLUMNS = ("order-id", "order-item-id")

LINE_LIMIT = 64 * 1024  # characters; no row of Amazon's comes near
ERRORS_KEPT = 200

_ITEM_ID = re.compile(r"[0-9A-Za-z]{1,50}")
# As the beginning of a row looks, whole or not.
_LOOKS_LIKE_ID = re.compile(r"[0-9A-Za-z]{0,3}-[0-9A-Za-z-]*|\d+")
_OTHER_SEPARATORS = {",": "commas", ";": "semicolons", "|": "bars"}
_FLAGS = {"true": True, "false": False, "": False}
_FULFILLERS = {"mfn": "MERCHANT", "afn": "AMAZON", "merchant": "MERCHANT", "amazon": "AMAZON"}
_CHANNELS = {marketplace.name.lower(): marketplace.marketplace_id for marketplace in MARKETPLACES.values()}


@dataclass(frozen=True)
class ReportError:
    """A row that could not be read and was left out.

    :ivar line: from 1, the columns' line; the first row is line 2.
    """

    line: int
    message: str
    order_id: str | None = None


@dataclass
class _Pending:
    """The rows of an order seen so far; ``left`` more follow."""

    left: int
    snapshot: OrderSnapshot
    items: dict[str, ItemSnapshot] = field(default_factory=dict)
    whole: bool = True


class OrderReport:
    """A report as snapshots, one per order, whatever the order of its rows.

    The file is read three times instead of being held: for its encoding, to count each order's rows, and for the
    snapshots, each given as soon as its last row was read. In memory are one counter per order, and the orders
    whose rows lie apart.

    :param file: a seekable binary file, not closed here.
    :param source: ``report`` or ``upload``.
    :param as_of: aware UTC time of which the report tells the truth, e.g. when it was created.
    :param marketplace_ids: the marketplaces it is about, if known; a single one is each order's, and they help to find
        out the encoding.
    :raises MalformedAnswer: no order report (empty, or without the columns of order and item).
    :ivar encoding: as which it is read.
    :ivar tells_requests: False when the columns of buyers' requests are not switched on in Seller Central.
    :ivar orders: number of orders.
    :ivar verges: ``cancellation`` or ``late`` by order id, of the orders that Amazon is about to cancel or to count as
        late; complete after the last, and empty where the report does not tell (``tells_verges``).
    :ivar error_count: number of rows left out so far; the first `ERRORS_KEPT` are in ``errors``.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        source: str = "report",
        as_of: datetime | None = None,
        marketplace_ids: Collection[str] = (),
    ) -> None:
        self._file = file
        self._source = source
        self._as_of = as_of
        self._marketplace_id = next(iter(marketplace_ids)) if len(marketplace_ids) == 1 else None
        self.encoding = detect_encoding(file, marketplace_ids)
        self.errors: list[ReportError] = []
        self.error_count = 0
        self._quoted = False
        self._line_end = self._find_line_end()
        self._columns = self._read_columns()
        self._flag_column = next((name for name in FLAG_COLUMNS if name in self._columns), None)
        # Blank cells at a row's end may be missing, but not those that tell what the row is about.
        needed = (*REQUIRED_COLUMNS, *filter(None, [self._flag_column]))
        self._least_cells = 1 + max(self._columns.index(name) for name in needed)
        self.tells_requests = self._flag_column is not None or REASON_COLUMN in self._columns
        self.tells_verges = any(name in self._columns for name in VERGE_COLUMNS)
        self.verges: dict[str, str] = {}
        self._rows_left = self._count_rows()
        self.orders = len(self._rows_left)

    def __iter__(self) -> Iterator[OrderSnapshot]:
        """Yield each order's snapshot; ``errors`` are complete after the last."""
        self.errors, self.error_count, self.verges = [], 0, {}
        pending: dict[str, _Pending] = {}
        for line, cells in self._read_rows():
            row = dict(zip(self._columns, cells, strict=False))
            order_id = self._read_order_id(cells)
            if not ORDER_ID.fullmatch(order_id):
                self._note(line, f"{order_id[:40]!r} is not an Amazon order id")
                continue
            order = pending.get(order_id)
            if order is None:
                snapshot = self._read_order(order_id, row)
                order = pending[order_id] = _Pending(self._rows_left[order_id], snapshot)
            self._add_item(order, line, row, cells)
            self._note_verge(order_id, row)
            order.left -= 1
            if order.left == 0:
                yield self._finish(pending.pop(order_id))

    def _add_item(self, order: _Pending, line: int, row: dict[str, str], cells: list[str]) -> None:
        try:
            if len(cells) < self._least_cells:
                raise ValueError(f"the row ends after {len(cells)} of {len(self._columns)} columns")
            item = self._read_item(row)
        except ValueError as error:
            order.whole = False
            self._note(line, str(error), order.snapshot.order_id)
            return
        known = order.items.get(item.item_id)
        # The same item twice: a request in either row counts.
        order.items[item.item_id] = known if known and known.cancel_requested else item

    def _note_verge(self, order_id: str, row: dict[str, str]) -> None:
        for column, verge in VERGE_COLUMNS.items():
            if _FLAGS.get(row.get(column, "").lower()):
                if self.verges.get(order_id) != "cancellation":
                    self.verges[order_id] = verge
                return

    def _finish(self, order: _Pending) -> OrderSnapshot:
        items = tuple(order.items.values())
        # Of a partly shipped order the unshipped-orders report may tell the rest alone.
        shipped = any(item.quantity_shipped for item in items)
        return replace(order.snapshot, items=items, items_complete=bool(items) and order.whole and not shipped)

    def _read_order(self, order_id: str, row: dict[str, str]) -> OrderSnapshot:
        channel = _CHANNELS.get(row.get("sales-channel", "").lower())
        return OrderSnapshot(
            order_id=order_id,
            source=self._source,
            shown_at=self._as_of,
            marketplace_id=channel or self._marketplace_id,
            fulfilled_by=_FULFILLERS.get(row.get("fulfilled-by", row.get("fulfillment-channel", "")).lower()),
            created=_read_time(row.get("purchase-date")),
            ship_by=_read_time(row.get("latest-ship-date") or row.get("promise-date")),
            earliest_ship=_read_time(row.get("earliest-ship-date")),
        )

    def _read_item(self, row: dict[str, str]) -> ItemSnapshot:
        item_id = row.get("order-item-id", "")
        if not _ITEM_ID.fullmatch(item_id):
            raise ValueError(f"{item_id[:40]!r} is not an order item id (changed by a spreadsheet?)")
        requested = self._read_flag(row)
        return ItemSnapshot(
            item_id=item_id,
            sku=row.get("sku") or None,
            title=row.get("product-name") or None,
            quantity=_read_count(row, "quantity-purchased"),
            cancel_requested=requested,
            cancel_reason=(row.get(REASON_COLUMN) or None) if requested else None,
            quantity_shipped=_read_count(row, "quantity-shipped"),
            quantity_unshipped=_read_count(row, "quantity-to-ship"),
        )

    def _read_flag(self, row: dict[str, str]) -> bool | None:
        if self._flag_column is None:
            return True if row.get(REASON_COLUMN) else None
        value = row.get(self._flag_column, "")
        if value.lower() not in _FLAGS:
            raise ValueError(f"{self._flag_column} is {value[:40]!r}, neither TRUE nor FALSE")
        return _FLAGS[value.lower()]

    def _read_columns(self) -> list[str]:
        for _line, cells in self._read_lines():
            columns = [cell.lower() for cell in cells]
            missing = [name for name in REQUIRED_COLUMNS if name not in columns]
            if not missing:
                return columns
            for separator, word in _OTHER_SEPARATORS.items():
                if set(REQUIRED_COLUMNS) <= {name.strip(' "') for name in "\t".join(columns).split(separator)}:
                    raise MalformedAnswer(
                        f"The file's columns are separated by {word}. Save it as text, tab separated (in a "
                        'spreadsheet: "Text (Tab delimited)"), or better use the file as Amazon gave it.'
                    )
            raise MalformedAnswer(f"The file is no order report: it has no column {' and '.join(missing)}.")
        raise MalformedAnswer("The file is no order report: it is empty.")

    def _count_rows(self) -> Counter[str]:
        ids = (self._read_order_id(cells) for _line, cells in self._read_rows())
        return Counter(order_id for order_id in ids if ORDER_ID.fullmatch(order_id))

    def _read_order_id(self, cells: list[str]) -> str:
        at = self._columns.index("order-id")
        return cells[at] if at < len(cells) else ""

    def _read_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, cells) of every row; a row that line breaks in its cells tore apart is joined again."""
        lines = self._read_lines()
        next(lines, None)
        held: tuple[int, list[str]] | None = None
        for line, cells in lines:
            if held is None:
                held = line, cells
            elif self._continues(held[1], cells):
                joined = f"{held[1][-1]} {cells[0]}".strip()
                held = held[0], [*held[1][:-1], joined, *cells[1:]]
            else:
                yield held
                held = line, cells
        if held is not None:
            yield held

    def _continues(self, row: list[str], cells: list[str]) -> bool:
        """Whether the cells are the rest of the row: no row of their own, and not more than the row still wants."""
        if len(row) + len(cells) - 1 > len(self._columns) or ORDER_ID.fullmatch(self._read_order_id(cells)):
            return False
        # What only looks damaged, such as the end of a file that was cut, is told as an error of its own.
        return bool(ORDER_ID.fullmatch(self._read_order_id(row))) and not _LOOKS_LIKE_ID.fullmatch(cells[0])

    def _read_lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line number, cells) of every line that is not blank, from the file's start."""
        self._file.seek(0)
        # Bytes that the encoding does not know cannot hide a row: they become signs that stand out.
        text = io.TextIOWrapper(self._file, encoding=self.encoding, errors="replace", newline=self._line_end)
        line = 0
        try:
            while chunk := text.readline(LINE_LIMIT):
                line += 1
                if len(chunk) == LINE_LIMIT and not chunk.endswith("\n"):
                    raise MalformedAnswer(f"Line {line} is longer than {LINE_LIMIT} characters.")
                cells = [cell.strip() for cell in clean(chunk).split("\t")]
                # A program that quotes the names of columns quotes every cell.
                self._quoted = cells[0].startswith('"') if line == 1 else self._quoted
                if self._quoted:
                    cells = [_unquote(cell) for cell in cells]
                if any(cells):
                    yield line, cells
        finally:
            # Else the caller's file would be closed with the wrapper.
            text.detach()

    def _find_line_end(self) -> str | None:
        """How lines end, for `io.TextIOWrapper`: at a lone carriage return only where the line of columns does."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding=self.encoding, errors="replace", newline="")
        try:
            first = text.readline(LINE_LIMIT)
        finally:
            text.detach()
        return None if first.endswith("\r") else "\n"

    def _note(self, line: int, message: str, order_id: str | None = None) -> None:
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(ReportError(line, message, order_id))


def _unquote(cell: str) -> str:
    """Return the cell without the quotes that a spreadsheet puts around it."""
    if len(cell) > 1 and cell.startswith('"') and cell.endswith('"'):
        return cell[1:-1].replace('""', '"').strip()
    return cell


def _read_time(text: str | None) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None


def _read_count(row: dict[str, str], name: str) -> int | None:
    value = row.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValueError(f"{name} is {value[:40]!r}, not a number of units")
    return int(value)
