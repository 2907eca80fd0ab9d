"""Trap 7: time-outs everywhere, and whether Amazon may have got the request."""

import socket
import struct

import pytest
from conftest import make_credentials

from spapi import errors
from spapi.client import SellerClient

ORDER_ID = "902-3159896-1390916"
# Short enough for a test, and no test depends on how long it takes.
PATIENCE = 0.05


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


class Holder:
    """Takes connections and never answers."""

    def __init__(self):
        self.kept = []

    def __call__(self, connection):
        self.kept.append(connection)


def reset_after_request(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close_after_request(connection):
    connection.recv(65536)
    connection.close()


def break_off_in_the_answer(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    connection.close()


def answer_rubbish(connection):
    connection.recv(65536)
    connection.sendall(b"220 mail.example.com ESMTP\r\n")
    connection.close()


def fail(client):
    """Make a read and a write fail, and return the write's error."""
    with pytest.raises(errors.Unreachable):
        client.get_order(ORDER_ID)
    with pytest.raises(errors.Unreachable) as caught:
        client.cancel_order(ORDER_ID, "BUYER_CANCELLED")
    return caught.value


@pytest.mark.parametrize("url", [None, "http://amazon.invalid"])
def test_no_connection_means_surely_not_done(fake, monkeypatch, url):
    fake.grant()
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", url or closed_port())
    with SellerClient(make_credentials(), timeout=20) as client:
        error = fail(client)
    assert not error.maybe_done
    assert error.status is None
    assert error.details["cause"] in ("ConnectError", "ConnectTimeout")


@pytest.mark.parametrize(
    "treat", [Holder(), reset_after_request, close_after_request, break_off_in_the_answer, answer_rubbish]
)
def test_a_lost_answer_means_maybe_done(fake, monkeypatch, raw_server, treat):
    fake.grant()
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", raw_server(treat))
    with SellerClient(make_credentials(), timeout=20) as client:
        # The login must not run into the short patience, only the call under test.
        client.check_login()
        client._http.timeout = PATIENCE
        assert fail(client).maybe_done


@pytest.mark.parametrize("treat", [Holder(), reset_after_request, answer_rubbish])
def test_a_login_without_an_answer_means_surely_not_done(fake, monkeypatch, raw_server, treat):
    monkeypatch.setenv("AMAZON_LWA_ENDPOINT_URL", raw_server(treat))
    with SellerClient(make_credentials(), timeout=PATIENCE) as client:
        error = fail(client)
    assert not error.maybe_done
    assert error.details["cause"].endswith(("Error", "Timeout"))
    assert not fake.server.log


def test_documents_have_time_outs_too(client, raw_server):
    url = raw_server(Holder()) + "/document?X-Amz-Signature=secret"
    client._http.timeout = PATIENCE
    with pytest.raises(errors.Unreachable) as caught:
        client.upload_document(url, b"x", "text/xml")
    assert not caught.value.maybe_done
    assert "secret" not in str(caught.value)
