"""Reports are asked for, followed and fetched piece by piece."""

import gzip
import io
from datetime import UTC, datetime

import pytest
from conftest import ACCESS_TOKEN

from spapi import errors
from spapi.const import REPORT_ACTIONABLE, REPORT_ORDERS
from spapi.refusal import Refusal, get_refusal

REPORTS = "/reports/2021-06-30/reports"
DOCUMENT = "/reports/2021-06-30/documents/d"
TOKENS = "/tokens/2021-03-01/restrictedDataToken"
RESTRICTED = "Atz.sprdt|restricted-token-1"
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


@pytest.fixture
def restricted(fake):
    fake.answer(TOKENS, {"restrictedDataToken": RESTRICTED, "expiresIn": 3600}, method="POST", always=True)


def test_download_report(fake, client, restricted):
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


def test_each_document_is_opened_with_a_token_of_its_own(fake, client, restricted):
    for name in ("d", "e"):
        link = {"reportDocumentId": name, "url": f"{fake.url}/documents/{name}"}
        fake.answer(f"/reports/2021-06-30/documents/{name}", link)
        fake.answer(f"/documents/{name}", data=b"order-id")
        client.download_report(name, io.BytesIO())
    asked = fake.requests(TOKENS)
    resources = [{"method": "GET", "path": f"/reports/2021-06-30/documents/{name}"} for name in ("d", "e")]
    assert [request.get_json() for request in asked] == [{"restrictedResources": [one]} for one in resources]
    assert {request.headers["x-amz-access-token"] for request in asked} == {ACCESS_TOKEN}
    [opened] = fake.requests(DOCUMENT)
    assert opened.headers["x-amz-access-token"] == RESTRICTED


@pytest.mark.parametrize("body", [{}, {"restrictedDataToken": None}, {"restrictedDataToken": "a\nb"}])
def test_an_answer_without_a_restricted_token(fake, client, body):
    fake.answer(TOKENS, body, method="POST")
    with pytest.raises(errors.MalformedAnswer):
        client.download_report("d", io.BytesIO())
    assert not fake.requests(DOCUMENT)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "Access to requested resource is denied."),
        (400, "Application do not have access to some or all requested resource"),
    ],
)
def test_a_missing_restricted_role_is_told_as_such(fake, client, status, message):
    body = {"errors": [{"code": "Unauthorized" if status == 403 else "InvalidInput", "message": message}]}
    fake.answer(TOKENS, body, method="POST", status=status)
    with pytest.raises(errors.SpApiError) as caught:
        client.download_report("d", io.BytesIO())
    assert caught.value.operation == "createRestrictedDataToken"
    assert get_refusal(caught.value) is Refusal.ACCESS


def test_a_refused_link(fake, client, restricted):
    fake.answer(DOCUMENT, {"reportDocumentId": "d", "url": f"{fake.url}/documents/d"})
    fake.answer("/documents/d", data=b"<Error/>", status=403)
    with pytest.raises(errors.Unreachable):
        client.download_report("d", io.BytesIO())
