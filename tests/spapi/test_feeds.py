"""Feeds, and trap 7's documents: checked, unpacked once, of bounded size."""

import gzip
import zlib
from datetime import UTC, datetime

import pytest
from conftest import make_credentials

from spapi import documents, errors
from spapi.client import SellerClient

FEEDS = "/feeds/2021-06-30/feeds"
DOCUMENTS = "/feeds/2021-06-30/documents"
FEED = {
    "feedId": "0123",
    "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
    "processingStatus": "IN_QUEUE",
    "createdTime": "2026-11-21T10:00:00+00:00",
    "marketplaceIds": ["A1PA6795UKMFR9"],
}


def test_create_feed_document_and_upload(fake, client):
    url = f"{fake.url}/documents/1?X-Amz-Signature=abc"
    fake.answer(DOCUMENTS, {"feedDocumentId": "amzn1.tortuga.4.1", "url": url}, method="POST", status=201)
    fake.answer("/documents/1", method="PUT")
    document = client.create_feed_document("text/xml; charset=UTF-8")
    assert (document.document_id, document.url) == ("amzn1.tortuga.4.1", url)
    # Nothing but what Amazon's model knows: the library would add its path.
    assert fake.requests(DOCUMENTS)[0].get_json() == {"contentType": "text/xml; charset=UTF-8"}
    client.upload_document(url, "ä".encode(), "text/xml; charset=UTF-8")
    (request,) = fake.requests("/documents/1")
    assert request.data == "ä".encode()
    assert request.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert request.args["X-Amz-Signature"] == "abc"
    assert "x-amz-access-token" not in request.headers


@pytest.mark.parametrize("status", [302, 400, 403, 404, 500, 503])
def test_an_upload_that_was_refused(fake, client, status):
    fake.answer("/documents/1", data=b"<Error><Code>AccessDenied</Code></Error>", method="PUT", status=status)
    with pytest.raises(errors.Unreachable) as caught:
        client.upload_document(f"{fake.url}/documents/1", b"x", "text/xml")
    assert caught.value.status == status
    assert not caught.value.maybe_done


def test_create_feed(fake, client):
    fake.answer(FEEDS, {"feedId": "0123"}, method="POST", status=202)
    assert client.create_feed("POST_ORDER_ACKNOWLEDGEMENT_DATA", "d", ("A1PA6795UKMFR9",)) == "0123"
    assert fake.requests(FEEDS)[0].get_json() == {
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "inputFeedDocumentId": "d",
        "marketplaceIds": ["A1PA6795UKMFR9"],
    }
    with pytest.raises(ValueError, match="marketplace"):
        client.create_feed("POST_ORDER_ACKNOWLEDGEMENT_DATA", "d", ())


@pytest.mark.parametrize(
    "body", [{}, [], {"feedId": None}, {"feedId": 123}, {"feedId": ""}, {"errors": [{"code": "x", "message": "y"}]}]
)
def test_a_feed_without_an_id_may_have_been_created(fake, client, body):
    fake.answer(FEEDS, body, method="POST", status=202)
    with pytest.raises(errors.Unreachable) as caught:
        client.create_feed("POST_ORDER_ACKNOWLEDGEMENT_DATA", "d", ("A1PA6795UKMFR9",))
    assert caught.value.maybe_done
    assert len(fake.requests(FEEDS)) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 415])
def test_a_refused_feed_was_surely_not_created(fake, client, status):
    fake.answer(FEEDS, {"errors": [{"code": "x", "message": "y"}]}, method="POST", status=status)
    with pytest.raises((errors.InvalidRequest, errors.AccessDenied)) as caught:
        client.create_feed("POST_ORDER_ACKNOWLEDGEMENT_DATA", "d", ("A1PA6795UKMFR9",))
    assert caught.value.status == status


def test_a_login_without_a_token_created_no_feed(fake):
    fake.answer("/auth/o2/token", {}, method="POST")
    with SellerClient(make_credentials()) as client, pytest.raises(errors.Unreachable):
        client.create_feed("POST_ORDER_ACKNOWLEDGEMENT_DATA", "d", ("A1PA6795UKMFR9",))
    assert not fake.requests(FEEDS)


def test_get_feed(fake, client):
    fake.answer(f"{FEEDS}/0123", FEED)
    feed = client.get_feed("0123")
    assert (feed.feed_id, feed.status, feed.result_document_id) == ("0123", "IN_QUEUE", None)
    assert feed.created == datetime(2026, 11, 21, 10, tzinfo=UTC)
    fake.answer(f"{FEEDS}/0123", FEED | {"processingStatus": "DONE", "resultFeedDocumentId": "r"})
    assert client.get_feed("0123").result_document_id == "r"
    assert not fake.requests(f"{FEEDS}/0123")[0].args
    for body in ({}, {"feedId": "0123"}, FEED | {"createdTime": "then"}):
        fake.answer(f"{FEEDS}/0123", body)
        with pytest.raises(errors.MalformedAnswer):
            client.get_feed("0123")


def test_list_feeds_reads_all_pages(fake, client):
    fake.answer(FEEDS, {"feeds": [FEED], "nextToken": "more"})
    fake.answer(FEEDS, {"feeds": [FEED | {"feedId": "0124"}]})
    feeds = client.list_feeds("POST_ORDER_ACKNOWLEDGEMENT_DATA", datetime(2026, 11, 21, tzinfo=UTC))
    assert [feed.feed_id for feed in feeds] == ["0123", "0124"]
    first, second = (request.args.to_dict(flat=False) for request in fake.requests(FEEDS))
    assert first == {
        "feedTypes": ["POST_ORDER_ACKNOWLEDGEMENT_DATA"],
        "createdSince": ["2026-11-21T00:00:00Z"],
        "pageSize": ["100"],
    }
    assert second == {"nextToken": ["more"]}


@pytest.mark.parametrize("body", [{}, {"feeds": None}, {"feeds": [None]}, {"feeds": [], "nextToken": []}])
def test_a_list_of_feeds_that_is_none(fake, client, body):
    fake.answer(FEEDS, body)
    with pytest.raises(errors.MalformedAnswer):
        client.list_feeds("POST_ORDER_ACKNOWLEDGEMENT_DATA", datetime(2026, 11, 21, tzinfo=UTC))


def test_pages_of_feeds_that_never_end(fake, client):
    fake.answer(FEEDS, {"feeds": [], "nextToken": "again"}, always=True)
    with pytest.raises(errors.MalformedAnswer):
        client.list_feeds("POST_ORDER_ACKNOWLEDGEMENT_DATA", datetime(2026, 11, 21, tzinfo=UTC))


def offer(fake, data, *, compression=None, status=200, headers=None):
    body = {"feedDocumentId": "r", "url": f"{fake.url}/documents/r"}
    if compression:
        body["compressionAlgorithm"] = compression
    fake.answer(f"{DOCUMENTS}/r", body)
    fake.answer("/documents/r", data=data, status=status, headers=headers)


TEXT = "Bestellung nicht gefunden: ä\n".encode() * 20_000
PACKED = gzip.compress(TEXT)


@pytest.mark.parametrize(
    ("data", "compression", "headers"),
    [
        (TEXT, None, None),
        (PACKED, "GZIP", None),
        # A storage that also announces its own gzip: it is packed once all the same.
        (PACKED, "GZIP", {"Content-Encoding": "gzip"}),
        (PACKED, None, {"Content-Encoding": "gzip"}),
        (TEXT, "GZIP", None),
        (gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]), "GZIP", None),
    ],
)
def test_download(fake, client, data, compression, headers):
    offer(fake, data, compression=compression, headers=headers)
    assert client.download_feed_document("r") == TEXT


@pytest.mark.parametrize("data", [b"", b"x"])
@pytest.mark.parametrize("compression", [None, "GZIP"])
def test_download_of_next_to_nothing(fake, client, data, compression):
    offer(fake, data, compression=compression)
    assert client.download_feed_document("r") == data


@pytest.mark.parametrize("status", [302, 400, 403, 404, 500, 503])
def test_an_error_page_is_not_the_document(fake, client, status):
    offer(fake, b"<Error><Code>AccessDenied</Code></Error>", status=status)
    with pytest.raises(errors.Unreachable) as caught:
        client.download_feed_document("r")
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("data", "compression"),
    [(PACKED[:-20], "GZIP"), (PACKED[:50] + b"\0\0\0\0" + PACKED[54:], "GZIP"), (TEXT, "ZSTD")],
)
def test_a_damaged_document(fake, client, data, compression):
    offer(fake, data, compression=compression)
    with pytest.raises(errors.MalformedAnswer):
        client.download_feed_document("r")


def test_a_document_that_unpacks_to_too_much(fake, client, monkeypatch):
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(bytes(64 * 1024 * 1024)) + packer.flush()
    offer(fake, bomb, compression="GZIP")
    with pytest.raises(errors.MalformedAnswer, match="larger"):
        client.download_feed_document("r")
    assert documents.DOCUMENT_LIMIT < 64 * 1024 * 1024


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/x", "http://x\x01/", "http://x:port/", "", None]
)
def test_links_that_are_no_web_address(fake, client, url):
    fake.answer(f"{DOCUMENTS}/r", {"feedDocumentId": "r", "url": url})
    with pytest.raises(errors.MalformedAnswer):
        client.download_feed_document("r")


def test_plain_http_links_are_for_the_sandbox_only(fake, client):
    client._insecure = False
    with pytest.raises(errors.MalformedAnswer):
        client.upload_document(f"{fake.url}/documents/1", b"x", "text/xml")
    assert not fake.requests("/documents/1")
