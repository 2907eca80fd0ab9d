"""An HTTP client whose answers end: in time, counted from the question on, and at a size that fits into memory."""

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx

from .errors import MalformedAnswer
from .packing import PIECE, limited, unpack

# Bytes, unpacked: a full page of a hundred orders has about half a million.
ANSWER_LIMIT = 16 * 1024 * 1024
# Seconds to wait for a connection, however patient the caller is with the answer.
CONNECT_TIMEOUT = 10.0
# Connections that one client has open at most: it asks one thing after the other.
_STREAMS_KEPT = 8
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
# What no longer fits the content once it is unpacked.
_TRANSFER_HEADERS = ("content-encoding", "content-length", "transfer-encoding")


class LimitedClient(httpx.Client):
    """An `httpx.Client`, not for several threads at once.

    httpx's own time-outs begin anew with each byte, so that one byte a second keeps a worker for ever.

    :param seconds: how long a question and its whole answer may take together; ``within`` sets another time for what
        is streamed, and the request extension ``seconds`` for what is sent.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            verify=_get_trust(),
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT)),
            follow_redirects=False,
            headers={"Accept-Encoding": "gzip"},
        )
        self._streams: deque[Any] = deque(maxlen=_STREAMS_KEPT)
        self._time_is_up = threading.Event()

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Override of `httpx` to read the answer within its time and size, unless the caller streams it.

        :raises httpx.ReadTimeout: the time is up.
        :raises httpx.DecodingError: larger than `ANSWER_LIMIT`, or damaged.
        """
        request.extensions = {**request.extensions, "trace": self._note_stream}
        if stream:
            return super().send(request, stream=True, **options)
        with self.within(request.extensions.get("seconds") or self.timeout.read):
            with contextlib.closing(super().send(request, stream=True, **options)) as response:
                content = _read(response)
        headers = [
            (name, value) for name, value in response.headers.raw if name.decode().lower() not in _TRANSFER_HEADERS
        ]
        return httpx.Response(response.status_code, headers=headers, content=content, request=request)

    @contextlib.contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Break all that is asked inside off when the time is up.

        :param seconds: None for no end.
        :raises httpx.ReadTimeout: the time is up.
        """
        self._time_is_up.clear()
        timer = threading.Timer(seconds, self._break_off) if seconds else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            yield
        except (httpx.HTTPError, MalformedAnswer) as error:
            if self._time_is_up.is_set():
                raise httpx.ReadTimeout("The time for the whole answer is up.") from error
            raise
        finally:
            if timer:
                timer.cancel()
        # An answer without a length ends where the connection does, so a broken one looks whole.
        if self._time_is_up.is_set():
            raise httpx.ReadTimeout("The time for the whole answer is up.")

    def _break_off(self) -> None:
        self._time_is_up.set()
        for stream in list(self._streams):
            _shut_down(stream)

    def _note_stream(self, event: str, info: dict[str, Any]) -> None:
        """Take note of each connection, as httpcore's ``trace`` extension tells of it."""
        if event.endswith(_CONNECTED):
            self._streams.append(info["return_value"])
            if self._time_is_up.is_set():
                _shut_down(info["return_value"])


@cache
def _get_trust() -> ssl.SSLContext:
    """The authorities that are trusted, read once in a process: that takes longer than an answer of Amazon's."""
    return httpx.create_ssl_context()


def _shut_down(stream: Any) -> None:
    # Whoever waits for the socket in another thread is woken; closing it would not do that.
    with contextlib.suppress(OSError):
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _read(response: httpx.Response) -> bytes:
    pieces = response.iter_raw(PIECE)
    # What was not asked for is not unpacked: a proxy's own ways end as an answer that cannot be read.
    if response.headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        pieces = unpack(pieces)
    try:
        return b"".join(limited(pieces, ANSWER_LIMIT))
    except MalformedAnswer as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
