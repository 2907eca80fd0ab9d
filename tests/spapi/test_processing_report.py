"""Amazon's words on a feed are read in both forms, and nothing hostile is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from spapi import processing_report
from spapi.errors import MalformedAnswer
from spapi.processing_report import MessageResult, ProcessingReport, Verdict, parse_processing_report

SUMMARY = """<ProcessingSummary><MessagesProcessed>3</MessagesProcessed><MessagesSuccessful>1</MessagesSuccessful>
<MessagesWithError>2</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>"""


def result(message_id, kind="Error", code="18028", text="The order was not found", extra=""):
    return (
        f"<Result><MessageID>{message_id}</MessageID><ResultCode>{kind}</ResultCode><ResultMessageCode>{code}"
        f"</ResultMessageCode><ResultDescription>{text}</ResultDescription>{extra}</Result>"
    )


def xml(*results, summary=SUMMARY, status="Complete", head='<?xml version="1.0" encoding="UTF-8"?>', namespace=""):
    return f"""{head}
<AmazonEnvelope {namespace}><Header><DocumentVersion>1.02</DocumentVersion>
<MerchantIdentifier>A3TH9S8BH6GOGM</MerchantIdentifier></Header><MessageType>ProcessingReport</MessageType>
<Message><MessageID>1</MessageID><ProcessingReport><DocumentTransactionID>4321</DocumentTransactionID>
<StatusCode>{status}</StatusCode>{summary}{"".join(results)}</ProcessingReport></Message></AmazonEnvelope>""".encode()


def test_an_xml_report():
    extra = "<AdditionalInfo><AmazonOrderID>902-3159896-1390916</AmazonOrderID></AdditionalInfo>"
    report = parse_processing_report(xml(result(2, extra=extra), result(3, "Warning", "5", "Schön &amp; gut")))
    assert report == ProcessingReport(
        status="Complete",
        processed=3,
        successful=1,
        with_error=2,
        with_warning=0,
        results=(
            MessageResult(2, "error", "18028", "The order was not found", "902-3159896-1390916"),
            MessageResult(3, "warning", "5", "Schön & gut"),
        ),
    )


def test_a_missing_summary():
    report = parse_processing_report(xml(summary=""))
    assert (report.processed, report.successful, report.with_error, report.with_warning) == (None,) * 4
    assert report.results == ()


@pytest.mark.parametrize(
    "namespace",
    [
        'xmlns="http://www.amazon.com/schema"',
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd"',
    ],
)
def test_namespaces_do_not_matter(namespace):
    assert len(parse_processing_report(xml(result(1), namespace=namespace)).results) == 1


def test_odd_but_readable():
    odd = "<Result><ResultCode>Catastrophe</ResultCode></Result>" + result("first", "ERROR", "", "")
    report = parse_processing_report(b"\xef\xbb\xbf \n" + xml(odd, head="", status="Processing"))
    assert report.status == "Processing"
    assert report.results == (MessageResult(None, "error", None, None), MessageResult(None, "error", None, None))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_declared_encodings(encoding):
    content = (
        xml(result(1, text="Schön"), head=f'<?xml version="1.0" encoding="{encoding}"?>').decode().encode(encoding)
    )
    assert parse_processing_report(content).results[0].description == "Schön"


@pytest.mark.parametrize(
    "name",
    ["windows-31j", "Windows-31J", "MS932", "x-sjis", "cp932", "Shift_JIS", "EUC-JP", "x-euc-jp", "ISO-2022-JP"],
)
def test_amazons_words_in_japanese_by_any_name_of_their_encoding(name):
    codec = {"euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp"}.get(name.lower(), "cp932")
    content = xml(result(7, text="注文が見つかりません"), head=f'<?xml version="1.0" encoding="{name}"?>').decode()
    assert parse_processing_report(content.encode(codec)).results[0].description == "注文が見つかりません"


@pytest.mark.parametrize("name", ["x-unknown", "punycode", "unicode_escape", "rot13", "zlib", "idna", "UTF-16"])
def test_a_name_that_cannot_be_right_is_not_followed(name):
    content = xml(result(7, text="Schön"), head=f'<?xml version="1.0" encoding="{name}"?>')
    assert parse_processing_report(content).results[0].description == "Schön"


def test_a_bad_byte_costs_one_letter():
    content = xml(result(7, text="Sch#n")).replace(b"#", b"\xf6")
    assert parse_processing_report(content).results[0].description == "Sch\N{REPLACEMENT CHARACTER}n"


def counts(processed, successful, with_error, with_warning=0):
    return (
        f"<ProcessingSummary><MessagesProcessed>{processed}</MessagesProcessed><MessagesSuccessful>{successful}"
        f"</MessagesSuccessful><MessagesWithError>{with_error}</MessagesWithError><MessagesWithWarning>{with_warning}"
        "</MessagesWithWarning></ProcessingSummary>"
    )


A, R, U = Verdict.ACCEPTED, Verdict.REFUSED, Verdict.UNKNOWN
ANONYMOUS = "<Result><ResultCode>Error</ResultCode><ResultDescription>No file was found</ResultDescription></Result>"


@pytest.mark.parametrize(
    ("content", "verdicts"),
    [
        (xml(summary=counts(2, 2, 0)), [A, A]),
        (xml(summary=""), [A, A]),  # Amazon may leave out the summary
        (xml(result(2), summary=counts(2, 1, 1)), [A, R]),
        (xml(result(2), result(2, code="9"), summary=counts(2, 1, 1)), [A, R]),
        (xml(result(2, "Warning"), summary=counts(2, 2, 0, 1)), [A, A]),
        (xml(result(2, "Warning"), summary=counts(2, 1, 0, 1)), [A, A]),
        (xml(result(1), result(2), summary=counts(2, 0, 2)), [R, R]),
        # it worked on nothing, on less, or on more
        (xml(summary=counts(0, 0, 0)), [U, U]),
        (xml(summary=counts(1, 1, 0)), [U, U]),
        (xml(summary=counts(3, 3, 0)), [U, U]),
        (xml(result(2), summary=counts(1, 0, 1)), [U, R]),
        # an error that is not told, or not of whom
        (xml(summary=counts(2, 1, 1)), [U, U]),
        (xml(ANONYMOUS, summary=counts(2, 1, 1)), [U, U]),
        (xml(ANONYMOUS, summary=""), [U, U]),
        (xml(result("first"), summary=counts(2, 1, 1)), [U, U]),
        (xml(result(99), summary=counts(2, 1, 1)), [U, U]),
        (xml(result(2), ANONYMOUS, summary=counts(2, 0, 2)), [U, R]),
        # not at its end, or rejected
        (xml(summary=counts(2, 2, 0), status="Processing"), [U, U]),
        (xml(summary=counts(2, 2, 0), status="Mystery"), [U, U]),
        (xml(summary=counts(2, 2, 0), status=""), [U, U]),
        (xml(summary=counts(0, 0, 0), status="Rejected"), [R, R]),
        (xml(result(0), summary=counts(0, 0, 1)), [R, R]),
    ],
)
def test_what_a_report_says_about_each_message(content, verdicts):
    judged = parse_processing_report(content).judge([1, 2])
    assert [verdict for verdict, _words in judged.values()] == verdicts


def test_amazons_words_are_kept_even_where_they_name_no_message():
    judged = parse_processing_report(xml(ANONYMOUS, result(2, text="Not found"), summary="")).judge([1, 2])
    assert judged == {1: (U, "No file was found"), 2: (R, "Not found (18028)")}


def test_a_result_without_a_message_id_is_blamed_on_no_message():
    report = parse_processing_report(xml(ANONYMOUS, summary=""))
    assert report.results[0].message_id is None
    assert [verdict for verdict, _words in report.judge([1, 2]).values()] == [U, U], "refused is who is named"


ENTITY = '<!DOCTYPE x [<!ENTITY a "{}">]>'
BILLION = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n + 1} '{f'&a{n};' * 10}'>" for n in range(9)) + "]>"


@pytest.mark.parametrize(
    "head",
    [
        ENTITY.format("x"),
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE x>",
        BILLION,
    ],
)
def test_no_document_type_is_accepted(head):
    for text in ("harmless", "&a;", "&a9;"):
        with pytest.raises(MalformedAnswer):
            parse_processing_report(xml(result(1, text=text), head=head))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<",
        b"<html><body>Access denied</body></html>",
        b"<AmazonEnvelope/>",
        xml(result(1))[:-30],
        xml(result(1, text="&undefined;")),
        b"\xff\xfe",
        b"just a text",
        b"a\tb\n1\t2\n",
        b"\x00" * 100,
        b"<a>" * 3000,
    ],
)
def test_what_is_no_report(content):
    with pytest.raises(MalformedAnswer):
        parse_processing_report(content)


def test_too_large(monkeypatch):
    monkeypatch.setattr(processing_report, "SIZE_LIMIT", 1000)
    with pytest.raises(MalformedAnswer, match="larger"):
        parse_processing_report(xml(result(1, text="x" * 1000)))


FLAT = """Feed Processing Summary:
\tNumber of records processed\t\t4
\tNumber of records successful\t\t2

original-record-number\tsku\terror-code\terror-type\terror-message
1\tSKU-1\t18028\tError\tBestellung nicht gefunden: Löffel
2\t\t5\tWarning\tnoted
0\t\t90011\tFatal\tThe file's column headings are missing or invalid.
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_flat_report(encoding, line_end):
    report = parse_processing_report(FLAT.replace("\n", line_end).encode(encoding))
    assert report == ProcessingReport(
        status=None,
        processed=4,
        successful=2,
        results=(
            MessageResult(1, "error", "18028", "Bestellung nicht gefunden: Löffel"),
            MessageResult(2, "warning", "5", "noted"),
            MessageResult(0, "error", "90011", "The file's column headings are missing or invalid."),
        ),
    )


def test_a_flat_report_of_orders_names_them():
    columns = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    report = parse_processing_report((columns + "1\t902-3159896-1390916\t001\t18028\tError\tno\n").encode())
    assert report.results == (MessageResult(1, "error", "18028", "no", "902-3159896-1390916"),)


def test_a_flat_report_without_errors_or_with_short_rows():
    summary = FLAT.split("original", maxsplit=1)[0]
    assert parse_processing_report(summary.encode()).successful == 2
    report = parse_processing_report((summary + "original-record-number\terror-code\n7\n\n").encode())
    assert report.results == (MessageResult(7, "error", None, None),)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: xml(result(1, text=text.replace("<", "")))))
def test_any_bytes_are_read_or_refused(content):
    try:
        report = parse_processing_report(content)
    except MalformedAnswer:
        return
    assert isinstance(report, ProcessingReport)


def test_the_cases_are_well_formed():
    etree.fromstring(xml(result(1)))


def test_several_reports_are_complete_only_together():
    content = xml(summary="").decode()
    start, end = content.index("<Message>"), content.index("</AmazonEnvelope>")
    other = content[start:end].replace("Complete", "Processing")
    report = parse_processing_report((content[:end] + other + content[end:]).encode())
    assert report.judge([1])[1][0] is Verdict.UNKNOWN
    rejected = other.replace("Processing</StatusCode>", "Rejected</StatusCode>")
    report = parse_processing_report((content[:end] + rejected + content[end:]).encode())
    assert report.judge([1])[1][0] is Verdict.REFUSED
