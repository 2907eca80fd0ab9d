"""Plain tests of the wire: they import ``spapi`` from the repository root and never Odoo.

`fake` is an Amazon that answers exactly what a test told it, over real HTTP on 127.0.0.1.
"""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from moto.server import ThreadedMotoServer
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from spapi import clock, tokens  # noqa: E402
from spapi.client import Credentials, SellerClient  # noqa: E402

# No test may depend on how busy the machine is.
settings.register_profile("wire", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wire")

REQUEST_ID = "5a7b1d3e-0000-4000-8000-000000000000"
ACCESS_TOKEN = "Atza|access-token-1"
SECRET = "amzn1.oa2-cs.v1.the-client-secret"
REFRESH_TOKEN = "Atzr|the-refresh-token"


def make_credentials(**values: str) -> Credentials:
    data = {
        "region": "eu",
        "seller_id": "A3TH9S8BH6GOGM",
        "lwa_client_id": "amzn1.application-oa2-client.test",
        "lwa_client_secret": SECRET,
        "lwa_refresh_token": REFRESH_TOKEN,
    }
    return Credentials(**(data | values))


class FakeAmazon:
    """Scripted answers, and the requests that came."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.url = server.url_for("").rstrip("/")

    def answer(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "GET",
        status: int = 200,
        data: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        always: bool = False,
    ) -> None:
        """Answer the next (or each) request of the path: ``body`` as JSON, or ``data`` as it is."""
        expect = self.server.expect_request if always else self.server.expect_oneshot_request
        handler = expect(path, method=method)
        headers = {"x-amzn-RequestId": REQUEST_ID} | (headers or {})
        if data is None and body is not None:
            handler.respond_with_json(body, status=status, headers=headers)
        else:
            handler.respond_with_data(data or b"", status=status, headers=headers, content_type="text/plain")

    def handle(self, path: str, function: Callable[[Request], Response], *, method: str = "GET") -> None:
        self.server.expect_request(path, method=method).respond_with_handler(function)

    def grant(self, token: str = ACCESS_TOKEN, seconds: object = 3600, *, always: bool = True) -> None:
        """Let Login with Amazon give the access token."""
        body = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        self.answer("/auth/o2/token", body, method="POST", always=always)

    def requests(self, path: str) -> list[Request]:
        """The requests of a path so far."""
        return [request for request, _response in self.server.log if request.path == path]


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token or clock of another test, and no environment of the machine's."""
    tokens._slots.clear()
    clock._offsets.clear()
    for name in ("AMAZON_SPAPI_ENDPOINT_URL", "AMAZON_LWA_ENDPOINT_URL", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def fake(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAmazon]:
    server.clear()
    fake = FakeAmazon(server)
    monkeypatch.setenv("AMAZON_SPAPI_ENDPOINT_URL", fake.url)
    monkeypatch.setenv("AMAZON_LWA_ENDPOINT_URL", fake.url)
    yield fake
    server.check()


@pytest.fixture
def client(fake: FakeAmazon) -> Iterator[SellerClient]:
    """A client that is logged in as soon as it asks."""
    fake.grant()
    with SellerClient(make_credentials(), timeout=20) as client:
        yield client


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Start a TCP server that treats each connection as the function says; returns its URL."""
    closers: list[Callable[[], None]] = []

    def start(treat: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                treat(connection)

        def close() -> None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        closers.append(close)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for close in closers:
        close()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The URL of moto's server, which plays SQS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
