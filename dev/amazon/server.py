"""Starts and stops the local Amazon."""

from __future__ import annotations

import threading
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import Amazon
from .calls import Calls
from .faults import Faults
from .shop import Shop

HOST = "127.0.0.1"


class LocalAmazon:
    """An Amazon on this machine, for this machine only.

    :param state_path: JSON file that keeps the state over restarts; None keeps it in memory
    :param port: 0 takes a free one
    :param sqs_url: address of a local SQS that notifications go to; None is that of `AWS_ENDPOINT_URL_SQS`, if set
    """

    def __init__(self, state_path: Path | str | None = None, port: int = 0, sqs_url: str | None = None) -> None:
        self.shop = Shop(state_path, sqs_url)
        self.calls = Calls()
        self.app = Amazon(self.shop, self.calls)
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> Faults:
        """The faults still to come."""
        return self.shop.faults

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end.

        :raise RuntimeError: it was not started
        """
        if self._server is None:
            raise RuntimeError("The local Amazon was not started.")
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def api_url(self) -> str:
        """The address of the API, with the region to fill in, as Amazon has a host for each."""
        return f"{self.url}/{{region}}"

    def start(self) -> str:
        """Listen, in a thread of its own.

        :return: the address
        :raise OSError: the port is taken
        """
        self.app.stopping.clear()
        # Werkzeug ends the process when it cannot listen; a test or a person wants an error.
        try:
            self._server = make_server(HOST, self._port, self.app, threaded=True, request_handler=_handler(self.shop))
        except SystemExit as error:
            raise OSError(f"Port {self._port} is taken.") from error
        # The interval, in seconds, is how long a stop may take.
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.01,), name="local-amazon", daemon=True)
        self._thread.start()
        return self.url

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        assert self._thread is not None
        self._thread.join()

    def stop(self) -> None:
        """Stop listening and end the answers that wait."""
        self.app.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def reset(self) -> None:
        """Begin anew on the same address: empty shop, no calls, no faults, full buckets."""
        self.shop.reset()
        self.calls.clear()
        self.app.rates.clear()

    def __enter__(self) -> LocalAmazon:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def _handler(shop: Shop) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        server_version = "Server"
        sys_version = ""

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Every answer carries Amazon's time."""
            return super().date_time_string(shop.now().timestamp())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: the call log knows, and lines here would hold presigned links."""

    return Handler
