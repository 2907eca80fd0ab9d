"""Order reports become snapshots, whatever encoding, spelling and row order they have; errors have their line."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi import order_report
from spapi.encodings import JAPAN, detect_encoding
from spapi.errors import MalformedAnswer
from spapi.order_report import OrderReport

A, B, C = "902-0000000-000000A", "902-0000000-000000B", "902-0000000-000000C"
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
FLAG, REASON = "is-buyer-requested-cancellation", "buyer-requested-cancel-reason"
COLUMNS = ["order-id", "order-item-id", "purchase-date", "sku", "product-name", "quantity-purchased", FLAG, REASON]


def write(*rows, columns=COLUMNS, line_end="\n"):
    return line_end.join("\t".join(row) for row in (columns, *rows)) + line_end


def row(order_id=A, item_id="00123", flag="FALSE", reason="", title="Tasse", quantity="2"):
    return [order_id, item_id, "2026-11-20T10:00:00+09:00", "SKU-1", title, quantity, flag, reason]


def read(content, **options):
    content = content.encode() if isinstance(content, str) else content
    return OrderReport(io.BytesIO(content), **options)


def test_a_report():
    text = write(row(flag="TRUE", reason="Zu spät"), row(item_id="00124"), row(B, "9", flag="False"))
    report = read(text, as_of=AS_OF, marketplace_ids=["A1PA6795UKMFR9"])
    assert report.tells_requests
    assert report.orders == 2
    first, second = report
    assert (first.order_id, first.source, first.shown_at, first.marketplace_id) == (
        A,
        "report",
        AS_OF,
        "A1PA6795UKMFR9",
    )
    assert first.created == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert [item.item_id for item in first.items] == ["00123", "00124"]
    assert [item.cancel_requested for item in first.items] == [True, False]
    assert (first.items[0].sku, first.items[0].title, first.items[0].quantity) == ("SKU-1", "Tasse", 2)
    assert (first.cancel_requested, first.cancel_reason, first.items_complete) == (True, "Zu spät", True)
    assert (second.cancel_requested, second.cancel_reason, second.items_complete) == (False, None, True)
    assert report.errors == []


@pytest.mark.parametrize("flag", ["TRUE", "true", "True", " true "])
@pytest.mark.parametrize("column", [FLAG, "is-buyer-requested-cancelation", "Is-Buyer-Requested-Cancellation"])
def test_spellings(flag, column):
    columns = [column if name == FLAG else name for name in COLUMNS]
    (order,) = read(write(row(flag=flag), columns=columns))
    assert order.cancel_requested is True


@pytest.mark.parametrize(
    ("cells", "verge"),
    [
        (("TRUE", "FALSE"), "cancellation"),
        (("false", "True"), "late"),
        (("true", "true"), "cancellation"),
        (("", ""), None),
        (("FALSE", "maybe"), None),
    ],
)
def test_what_amazon_is_about_to_do(cells, verge):
    columns = [*COLUMNS[:6], "verge-of-cancellation", "verge-of-lateShipment", *COLUMNS[6:]]
    rows = [[*row(A)[:6], *cells, *row(A)[6:]], [*row(B, "9")[:6], "FALSE", "", *row(B, "9")[6:]]]
    report = read(write(*rows, columns=columns))
    assert report.tells_verges
    list(report)
    assert report.verges == ({A: verge} if verge else {})


def test_the_graver_of_an_orders_rows_counts():
    columns = [*COLUMNS[:6], "verge-of-cancellation", "verge-of-lateShipment", *COLUMNS[6:]]
    cells = [("FALSE", "TRUE"), ("TRUE", "FALSE"), ("FALSE", "TRUE")]
    rows = [[*row(A, str(n))[:6], *pair, *row(A, str(n))[6:]] for n, pair in enumerate(cells)]
    report = read(write(*rows, columns=columns))
    list(report)
    assert report.verges == {A: "cancellation"}
    assert not read(write(row())).tells_verges


def test_columns_that_are_not_switched_on():
    report = read(write(row()[:6], columns=COLUMNS[:6]))
    (order,) = report
    assert not report.tells_requests
    assert order.cancel_requested is None
    report = read(write([*row()[:6], "Mistake"], [*row(B)[:6], ""], columns=[*COLUMNS[:6], REASON]))
    assert report.tells_requests
    assert [order.cancel_requested for order in report] == [True, None]


def test_a_blank_flag_is_no_request_and_a_reason_alone_neither():
    (order,) = read(write(row(flag="", reason="left over")))
    assert (order.cancel_requested, order.cancel_reason) == (False, None)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "reason", "marketplaces"),
    [
        ("utf-8", "Zu spät – zurück", ()),
        ("utf-8-sig", "気が変わった", ()),
        ("utf-8", "気が変わった", (JAPAN,)),
        ("latin-1", "Zu spät, größer", ()),
        ("cp1252", "‚Zu spät‘ – größer …", ()),
        ("cp932", "気が変わったから", ()),
        ("cp932", "変更", (JAPAN,)),
        ("cp932", "ｷｬﾝｾﾙ①", (JAPAN,)),
        ("utf-16", "Zu spät 気が変わった", ()),
        ("ascii", "Too late", (JAPAN,)),
    ],
)
def test_encodings(encoding, reason, marketplaces, line_end):
    content = write(row(flag="TRUE", reason=reason), row(B, "9"), line_end=line_end).encode(encoding)
    first, second = read(content, marketplace_ids=marketplaces)
    assert (first.order_id, first.cancel_reason) == (A, reason)
    assert second.order_id == B


def test_a_western_report_of_japans_marketplace():
    (order,) = read(write(row(flag="TRUE", reason="Größe ÄÖÜ")).encode("latin-1"), marketplace_ids=[JAPAN])
    assert order.cancel_requested is True


def test_bytes_of_no_encoding_hide_no_row():
    content = write(row(flag="TRUE", reason="?")).encode().replace(b"?", b"\x81\xff\x8d")
    (order,) = read(content)
    assert order.cancel_requested is True
    assert order.cancel_reason


def test_what_a_database_cannot_hold_is_left_out():
    (order,) = read(write(row(flag="TRUE", reason="a\0b")))
    assert order.cancel_reason == "ab"


def test_separators_of_other_scripts_do_not_end_a_line():
    (order,) = read(write(row(flag="TRUE", reason="a\u2028b\x85c\x0bd\re")))
    assert order.cancel_reason == "a\u2028b\x85c\x0bd\re"


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
def test_every_end_of_lines(line_end):
    first, second = read(write(row(flag="TRUE", reason="x"), row(B, "9"), line_end=line_end))
    assert (first.order_id, first.cancel_requested, second.order_id) == (A, True, B)


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\n\n", "\nan order of 3-4 mugs\n"])
@pytest.mark.parametrize("column", ["title", "reason"])
def test_a_line_break_in_a_cell_loses_no_order(line_end, inside, column):
    words = f"one{inside}two"
    report = read(
        write(row(flag="TRUE", **{column: words}), row(B, "9", flag="TRUE", reason="late"), line_end=line_end)
    )
    first, second = report
    assert (first.order_id, first.cancel_requested) == (A, True)
    text = first.items[0].title if column == "title" else first.cancel_reason
    assert text == " ".join(words.split())
    assert (second.order_id, second.cancel_reason) == (B, "late")
    assert not report.errors


def test_the_end_of_a_file_that_was_cut_is_told():
    report = read(write(row()) + "902-0000000-00")
    assert [order.order_id for order in report] == [A]
    assert [error.line for error in report.errors] == [3]


@pytest.mark.parametrize(("encoding", "reason"), [("cp932", "気が変わったから"), ("utf-8", "気が変わったから")])
@pytest.mark.parametrize("damage", [b"\xff", b"\x81", b"\xe9"])
def test_one_bad_byte_makes_no_other_encoding(encoding, reason, damage):
    rows = [row(f"902-0000000-{number:07d}", str(number), "TRUE", reason) for number in range(30)]
    content = write(*rows, row(B, "9", title="TITLE")).encode(encoding).replace(b"TITLE", b"cup " + damage + b" cup")
    report = read(content)
    assert {order.cancel_reason for order in report} == {reason, None}
    assert report.orders == 31


@pytest.mark.parametrize(("separator", "word"), [(",", "commas"), (";", "semicolons")])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_file_of_a_spreadsheet_is_told_what_to_do(separator, word, quote):
    lines = [separator.join(f"{quote}{cell}{quote}" for cell in cells) for cells in (COLUMNS, row(flag="TRUE"))]
    with pytest.raises(MalformedAnswer, match=f"{word}.*tab separated"):
        read("\n".join(lines))


def test_quoted_cells_of_a_spreadsheet_are_read():
    lines = ["\t".join(f'"{cell}"' for cell in cells) for cells in (COLUMNS, row(flag="TRUE", reason='He said ""no""'))]
    (order,) = read("\r\n".join(lines))
    assert (order.cancel_requested, order.cancel_reason) == (True, 'He said "no"')


def test_rows_of_one_order_may_lie_apart():
    text = write(row(A, "1"), row(B, "2"), row(A, "3", flag="TRUE"), row(C, "4"), row(B, "5"))
    orders = list(read(text))
    assert [(order.order_id, [item.item_id for item in order.items]) for order in orders] == [
        (A, ["1", "3"]),
        (C, ["4"]),
        (B, ["2", "5"]),
    ]
    assert all(order.items_complete for order in orders)


def test_an_item_twice():
    (order,) = read(
        write(row(flag="TRUE", reason="x"), row(flag="FALSE"), row(item_id="2"), row(item_id="2", flag="TRUE"))
    )
    assert [item.cancel_requested for item in order.items] == [True, True]


def test_errors_have_their_line_and_lose_no_other_row():
    text = write(
        row(B, "1", flag="TRUE"),
        row("S5", "1"),
        row(A, "1.23457E+13"),
        row(A, "00123"),
        row(C, "5", flag="perhaps"),
        [],
        row(C, "6", flag="TRUE")[:4],
        row(C, "7", quantity="two"),
        row("902-0000000-000000D", ""),
    )
    report = read(text)
    orders = {order.order_id: order for order in report}
    assert [(error.line, error.order_id) for error in report.errors] == [
        (3, None),
        (4, A),
        (6, C),
        (8, C),
        (9, C),
        (10, "902-0000000-000000D"),
    ]
    assert report.error_count == 6
    assert "S5" in report.errors[0].message
    assert orders[B].cancel_requested is True
    # What was left out may have been a request, so nothing is concluded from the rest.
    assert (orders[A].items_complete, orders[A].cancel_requested) == (False, None)
    assert orders[C].items == ()
    assert list(report) == list(orders.values())
    assert report.error_count == 6


def test_errors_are_counted_but_not_all_kept(monkeypatch):
    monkeypatch.setattr(order_report, "ERRORS_KEPT", 2)
    report = read(write(*[row("x")] * 5))
    assert list(report) == []
    assert (report.error_count, len(report.errors)) == (5, 2)


def test_blank_cells_at_the_end_may_be_missing():
    (order,) = read(write(row(flag="TRUE")[:-1]))
    assert order.cancel_requested is True


def test_partly_shipped_orders_are_not_complete():
    columns = [*COLUMNS, "quantity-shipped", "quantity-to-ship"]
    (order,) = read(write([*row(), "1", "1"], columns=columns))
    assert order.anything_shipped
    assert not order.items_complete
    assert order.items[0].quantity_unshipped == 1


def test_other_columns_that_are_understood():
    columns = [*COLUMNS, "sales-channel", "fulfilled-by", "latest-ship-date", "earliest-ship-date"]
    cells = [*row(), "Amazon.co.jp", "AFN", "2026-11-24T23:59:59-08:00", "soon"]
    (order,) = read(write(cells, columns=columns), marketplace_ids=["ATVPDKIKX0DER"])
    assert (order.marketplace_id, order.fulfilled_by) == (JAPAN, "AMAZON")
    assert (order.ship_by, order.earliest_ship) == (datetime(2026, 11, 25, 7, 59, 59, tzinfo=UTC), None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"order-id\tsku\n",
        b"hello",
        b"PK\x03\x04" + bytes(range(256)) * 9,
        b"{}",
        b"order-id;order-item-id\n",
    ],
)
def test_what_is_no_order_report(content):
    with pytest.raises(MalformedAnswer):
        read(content)


def test_a_line_without_end():
    with pytest.raises(MalformedAnswer, match="Line 2"):
        read(write([A + "x" * order_report.LINE_LIMIT]))


def test_a_report_without_rows():
    report = read(write())
    assert (list(report), report.orders) == ([], 0)


def test_the_file_stays_open_for_its_owner():
    file = io.BytesIO(write(row()).encode())
    list(OrderReport(file))
    assert not file.closed


def test_large_reports_are_streamed():
    """Only pieces are asked of the file, and a snapshot comes before the last row was read."""

    class Watched(io.BytesIO):
        largest = 0

        def read(self, size=-1):
            assert size is not None
            assert size >= 0
            self.largest = max(self.largest, size)
            return super().read(size)

        def read1(self, size=-1):
            assert size >= 0
            self.largest = max(self.largest, size)
            return super().read1(size)

    content = write(*(row(f"902-0000000-{number:07d}", str(number)) for number in range(30_000))).encode()
    file = Watched(content)
    report = OrderReport(file)
    next(iter(report))
    assert file.tell() < len(content) / 10
    assert file.largest < len(content) / 5
    assert sum(1 for _order in report) == 30_000


letters = st.characters(codec="cp932", exclude_categories=["Cc", "Z"], exclude_characters="¢£¬‖−〜")
texts = st.text(letters, min_size=1, max_size=12)


@given(st.data(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932"]))
def test_shuffled_rows_give_the_same_orders(data, encoding):
    orders = data.draw(
        st.dictionaries(
            st.sampled_from([A, B, C]),
            st.dictionaries(st.from_regex(r"0[0-9]{3}", fullmatch=True), st.none() | texts, min_size=1, max_size=4),
            min_size=1,
        )
    )
    rows = [
        row(order_id, item_id, "TRUE" if reason else "FALSE", reason or "")
        for order_id, items in orders.items()
        for item_id, reason in items.items()
    ]
    report = read(write(*data.draw(st.permutations(rows))).encode(encoding), marketplace_ids=[JAPAN])
    told = {order.order_id: {item.item_id: item.cancel_reason for item in order.items} for order in report}
    assert report.errors == []
    if report.encoding != "utf-8-sig" or encoding.startswith("utf-8"):
        assert told == orders
    else:  # a Shift-JIS text whose bytes happen to be valid UTF-8 too
        assert {key: set(value) for key, value in told.items()} == {key: set(value) for key, value in orders.items()}


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    detect_encoding(io.BytesIO(content))
    try:
        list(read(b"order-id\torder-item-id\t" + FLAG.encode() + b"\n" + content))
    except MalformedAnswer:
        return
