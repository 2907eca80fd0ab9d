"""Whatever comes in ends: in time counted from the question on, in size unpacked, in depth and in number."""

import gzip
import json
import threading
from datetime import UTC, datetime

import httpx
import pytest
from conftest import REQUEST_ID, make_credentials

from spapi import answer, errors, fields, http
from spapi.answer import read_retry_after
from spapi.client import SearchWindow, SellerClient

ORDERS = "/orders/2026-01-01/orders"
ORDER_ID = "902-3159896-1390916"
ORDER = f"{ORDERS}/{ORDER_ID}"
WINDOW = SearchWindow(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), ("A1PA6795UKMFR9",))
# Far more than between two drops, so that only the time in total can end the wait.
PATIENCE = 0.5
DROP = 0.02


class Drip:
    """Sends a beginning, then one byte after the other without end."""

    def __init__(self, beginning):
        self.beginning = beginning
        self.pause = threading.Event()

    def __call__(self, connection):
        connection.recv(65536)
        connection.sendall(self.beginning)
        try:
            while not self.pause.wait(DROP):
                connection.sendall(b"a")
        except OSError:
            connection.close()


DRIPS = [
    b"HTTP/1.1 200 OK\r\nX-Header: ",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
]


@pytest.mark.parametrize("beginning", DRIPS)
def test_an_answer_that_drips_ends_in_time(fake, monkeypatch, raw_server, beginning):
    fake.grant()
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", raw_server(Drip(beginning)))
    with SellerClient(make_credentials(), timeout=20) as client:
        client.check_login()
        client._http.timeout = PATIENCE
        with pytest.raises(errors.Unreachable, match="in time") as caught:
            client.get_order(ORDER_ID)
        assert caught.value.maybe_done


@pytest.mark.parametrize("beginning", DRIPS)
def test_a_login_that_drips_ends_in_time(fake, monkeypatch, raw_server, beginning):
    monkeypatch.setenv("AMAZON_LWA_ENDPOINT_URL", raw_server(Drip(beginning)))
    with SellerClient(make_credentials(), timeout=PATIENCE) as client, pytest.raises(errors.Unreachable):
        client.get_order(ORDER_ID)
    assert not fake.server.log


@pytest.mark.parametrize("beginning", DRIPS[1:])
def test_a_document_that_drips_ends_in_time(fake, client, monkeypatch, raw_server, beginning):
    monkeypatch.setattr("spapi.documents.DOWNLOAD_SECONDS", PATIENCE)
    url = raw_server(Drip(beginning))
    fake.answer("/feeds/2021-06-30/documents/d", {"feedDocumentId": "d", "url": url})
    with pytest.raises(errors.Unreachable, match="in time"):
        client.download_feed_document("d")


def test_the_client_works_after_an_answer_that_was_broken_off(fake, monkeypatch, raw_server):
    fake.grant()
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", raw_server(Drip(DRIPS[1])))
    with SellerClient(make_credentials(), timeout=PATIENCE) as client:
        with pytest.raises(errors.Unreachable):
            client.get_order(ORDER_ID)
        client.check_login()


@pytest.mark.parametrize("packed", [True, False])
def test_a_huge_answer_is_no_answer(fake, client, monkeypatch, packed):
    monkeypatch.setattr(http, "ANSWER_LIMIT", 100_000)
    content = b'{"order": "' + b"a" * 200_000 + b'"}'
    headers = {"Content-Encoding": "gzip"} if packed else {}
    fake.answer(ORDER, data=gzip.compress(content) if packed else content, headers=headers)
    with pytest.raises(errors.Unreachable, match="cannot be read"):
        client.get_order(ORDER_ID)


def test_a_packed_answer_of_ordinary_size_is_read(fake, client):
    content = json.dumps({"order": {"orderId": ORDER_ID}}).encode()
    fake.answer(ORDER, data=gzip.compress(content), headers={"Content-Encoding": "gzip"})
    assert client.get_order(ORDER_ID).order_id == ORDER_ID
    assert fake.requests(ORDER)[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("data", [b"\x1f\x8bdamaged", gzip.compress(b"{}" * 5000)[:-20]])
def test_a_damaged_packed_answer_may_have_been_done(fake, client, data):
    fake.answer(f"{ORDER}/cancellation", method="PUT", data=data, headers={"Content-Encoding": "gzip"}, status=202)
    with pytest.raises(errors.Unreachable) as caught:
        client.cancel_order(ORDER_ID, "BUYER_CANCELLED")
    assert caught.value.maybe_done


def test_a_bomb_is_not_unpacked():
    """What 200 MB of nothing pack to is never held as a whole."""
    bomb = gzip.compress(b"\0" * (200 * 1024 * 1024), compresslevel=9)
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bomb))
    response.request = httpx.Request("GET", "http://amazon.test")
    unpacked = 0
    original = http.unpack

    def counted(pieces):
        nonlocal unpacked
        for piece in original(pieces):
            unpacked += len(piece)
            yield piece

    with pytest.MonkeyPatch.context() as patch, pytest.raises(httpx.DecodingError):
        patch.setattr(http, "unpack", counted)
        http._read(response)
    assert unpacked <= http.ANSWER_LIMIT + 64 * 1024


@pytest.mark.parametrize("content", ["[" * 40 + "]" * 40, '{"a":' * 40 + "1" + "}" * 40])
def test_depth(fake, client, content):
    fake.answer(ORDER, data=f'{{"order": {{"orderId": "{ORDER_ID}"}}, "odd": {content}}}')
    with pytest.raises(errors.Unreachable, match="not JSON"):
        client.get_order(ORDER_ID)


def test_number_of_values(fake, client, monkeypatch):
    monkeypatch.setattr(answer, "VALUES_LIMIT", 1000)
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID}, "odd": [0] * 2000})
    with pytest.raises(errors.Unreachable):
        client.get_order(ORDER_ID)


def test_number_of_entries(fake, client, monkeypatch):
    monkeypatch.setattr(fields, "LIST_LIMIT", 10)
    fake.answer(ORDERS, {"orders": [{"orderId": ORDER_ID}] * 11})
    with pytest.raises(errors.MalformedAnswer, match="more than 10"):
        client.search_orders(WINDOW)
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID, "orderItems": [{"orderItemId": "1"}] * 11}})
    with pytest.raises(errors.MalformedAnswer, match="more than 10"):
        client.get_order(ORDER_ID)


def test_length_of_words(fake, client):
    request = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "x" * 1_000_000}}
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID, "orderItems": [{"orderItemId": "1", "cancellation": request}]}})
    reason = client.get_order(ORDER_ID).items[0].cancel_reason
    assert reason.startswith("xxx")
    assert len(reason) == fields.TEXT_LIMIT


def test_a_byte_order_mark_is_no_error(fake, client):
    fake.answer(ORDER, data=b"\xef\xbb\xbf" + json.dumps({"order": {"orderId": ORDER_ID}}).encode())
    assert client.get_order(ORDER_ID).order_id == ORDER_ID


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("30", None, 30),
        ("0", None, 0),
        ("999999999999", None, 86400),
        ("Wed, 25 Nov 2026 10:00:30 GMT", "Wed, 25 Nov 2026 10:00:00 GMT", 30),
        ("Wed, 25 Nov 2026 09:00:00 GMT", "Wed, 25 Nov 2026 10:00:00 GMT", None),
        ("Wed, 25 Nov 2026 10:00:30 GMT", None, None),
        ("soon", "Wed, 25 Nov 2026 10:00:00 GMT", None),
        ("-5", None, None),
        ("", None, None),
    ],
)
def test_retry_after(value, date, seconds):
    headers = {"Retry-After": value, "x-amzn-RequestId": REQUEST_ID} | ({"Date": date} if date else {})
    wait = read_retry_after(httpx.Response(429, headers=headers))
    assert (wait.total_seconds() if wait is not None else None) == seconds


@pytest.mark.parametrize(
    ("status", "data", "accepted"), [(202, b"", True), (202, b"{}", True), (200, b"{}", False), (204, b"", False)]
)
def test_only_the_documented_answer_accepts_a_cancellation(fake, client, status, data, accepted):
    fake.answer(f"{ORDER}/cancellation", method="PUT", status=status, data=data)
    assert client.cancel_order(ORDER_ID, "BUYER_CANCELLED") is accepted


@pytest.mark.parametrize("participation", [None, {}, {"isParticipating": True}, {"isParticipating": "true"}])
def test_a_participation_that_tells_nothing_is_said_to(fake, client, participation):
    entry = {"marketplace": {"id": "A1PA6795UKMFR9"}, "participation": participation}
    fake.answer("/sellers/v1/marketplaceParticipations", {"payload": [entry]})
    assert [p.is_told for p in client.get_marketplace_participations()] == [False]
