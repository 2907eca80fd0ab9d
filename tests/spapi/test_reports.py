"""Reports are asked for, followed and fetched piece by piece."""

import gzip
import io
from datetime import UTC, datetime

import pytest

from spapi import errors
from spapi.const import REPORT_ACTIONABLE, REPORT_ORDERS

REPORTS = "/reports/2021-06-30/reports"
DOCUMENT = "/reports/2021-06-30/documents/d"
REPORT = {
    "reportId": "77",
    "reportType": REPORT_ACTIONABLE,
    "processingStatus": "IN_QUEUE",
    "createdTime": "2026-11-21T10:00:00Z",
}


def test_request_report(fake, client):
    fake.answer(REPORTS, {"reportId": "77"}, method="POST", status=202, always=True)
    assert client.request_report(REPORT_ACTIONABLE, ["A1PA6795UKMFR9"]) == "77"
    times = {"start": datetime(2026, 11, 1, tzinfo=UTC), "end": datetime(2026, 11, 21, tzinfo=UTC)}
    client.request_report(REPORT_ORDERS, ("A1PA6795UKMFR9",), **times)
    first, second = (request.get_json() for request in fake.requests(REPORTS))
    assert first == {"reportType": REPORT_ACTIONABLE, "marketplaceIds": ["A1PA6795UKMFR9"]}
    assert second == {
        "reportType": REPORT_ORDERS,
        "marketplaceIds": ["A1PA6795UKMFR9"],
        "dataStartTime": "2026-11-01T00:00:00Z",
        "dataEndTime": "2026-11-21T00:00:00Z",
    }
    with pytest.raises(ValueError, match="marketplace"):
        client.request_report(REPORT_ACTIONABLE, [])


@pytest.mark.parametrize("body", [{}, {"reportId": None}, {"reportId": 77}])
def test_a_report_without_an_id(fake, client, body):
    fake.answer(REPORTS, body, method="POST", status=202)
    with pytest.raises(errors.MalformedAnswer):
        client.request_report(REPORT_ACTIONABLE, ["A1PA6795UKMFR9"])


def test_get_report(fake, client):
    fake.answer(f"{REPORTS}/77", REPORT)
    report = client.get_report("77")
    assert (report.report_id, report.status, report.document_id) == ("77", "IN_QUEUE", None)
    assert report.created == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert not fake.requests(f"{REPORTS}/77")[0].args
    fake.answer(f"{REPORTS}/77", REPORT | {"processingStatus": "DONE", "reportDocumentId": "d"})
    assert client.get_report("77").document_id == "d"
    fake.answer(f"{REPORTS}/77", {})
    with pytest.raises(errors.MalformedAnswer):
        client.get_report("77")


def test_download_report(fake, client):
    text = b"order-id\torder-item-id\n" * 50_000
    fake.answer(DOCUMENT, {"reportDocumentId": "d", "url": f"{fake.url}/documents/d", "compressionAlgorithm": "GZIP"})
    fake.answer("/documents/d", data=gzip.compress(text))
    pieces = []

    class File(io.BytesIO):
        def write(self, piece):
            pieces.append(len(piece))
            return super().write(piece)

    file = File()
    client.download_report("d", file)
    assert file.getvalue() == text
    assert max(pieces) <= 64 * 1024


def test_a_refused_link(fake, client):
    fake.answer(DOCUMENT, {"reportDocumentId": "d", "url": f"{fake.url}/documents/d"})
    fake.answer("/documents/d", data=b"<Error/>", status=403)
    with pytest.raises(errors.Unreachable):
        client.download_report("d", io.BytesIO())
