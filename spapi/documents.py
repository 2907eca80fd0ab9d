"""Moves feed and report documents over Amazon's presigned links."""

import zlib
from collections.abc import Iterator

import httpx

from .errors import MalformedAnswer, Unreachable
from .transport import describe_failure

# Processing reports are small; more than this is no processing report.
DOCUMENT_LIMIT = 50 * 1024 * 1024
# An order report has about 1 KB a row.
REPORT_LIMIT = 1024 * 1024 * 1024
_PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


def upload(http: httpx.Client, url: str, content: bytes, content_type: str, *, insecure: bool = False) -> None:
    """Put the content at the link; the content type must be the one the document was created with.

    :param insecure: http links are fine too, because the API itself is used over http (sandbox).
    :raises Unreachable: not stored. Nothing was promised to Amazon yet, so starting again with a new document is safe.
    """
    _check_url(url, insecure)
    try:
        response = http.put(url, content=content, headers={"Content-Type": content_type})
    except httpx.HTTPError as error:
        message, facts = describe_failure(error, "The upload link of a document")
        raise Unreachable(message, **(facts | {"maybe_done": False})) from None
    _check_status(response.status_code, "upload")


def download(
    http: httpx.Client, url: str, compression: str | None, *, limit: int, insecure: bool = False
) -> Iterator[bytes]:
    """Yield the unpacked document in pieces.

    :param compression: ``GZIP`` or None, as Amazon said.
    :param limit: most bytes to accept, unpacked.
    :raises Unreachable: the link does not give the document (any more): ask for a new link.
    :raises MalformedAnswer: larger than the limit, damaged, or packed in an unknown way.
    """
    _check_url(url, insecure)
    if compression not in (None, "GZIP"):
        raise MalformedAnswer(f"A document is packed in an unknown way: {compression}.")
    size = 0
    try:
        with http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            _check_status(response.status_code, "download")
            # Raw, as a storage that also announces gzip as its transfer form would have it unpacked twice.
            packed = compression == "GZIP" or response.headers.get("content-encoding", "").lower() == "gzip"
            pieces = response.iter_raw(_PIECE)
            for piece in _unpack(pieces) if packed else pieces:
                size += len(piece)
                if size > limit:
                    raise MalformedAnswer(f"A document is larger than {limit} bytes.")
                yield piece
    except httpx.HTTPError as error:
        message, facts = describe_failure(error, "The download link of a document")
        raise Unreachable(message, **facts) from None


def _unpack(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield unpacked pieces of bounded size; what does not begin like gzip is given through as it is."""
    started, plain = False, False
    packer = zlib.decompressobj(wbits=31)
    waiting = b""
    for piece in pieces:
        waiting += piece
        if not started:
            if len(waiting) < len(_GZIP_MAGIC):
                continue
            started, plain = True, not waiting.startswith(_GZIP_MAGIC)
        while waiting:
            if plain:
                yield waiting
                waiting = b""
                break
            if packer.eof:  # gzip files may be strung together
                packer = zlib.decompressobj(wbits=31)
            try:
                output = packer.decompress(waiting, _PIECE)
            except zlib.error:
                raise MalformedAnswer("A packed document is damaged.") from None
            waiting = packer.unconsumed_tail or packer.unused_data
            if output:
                yield output
    if started and not plain and not packer.eof:
        raise MalformedAnswer("A packed document ends too early.")
    if waiting:
        yield waiting


def _check_url(url: str, insecure: bool) -> None:
    try:
        parts = httpx.URL(url)
        valid = parts.host and (parts.scheme == "https" or (insecure and parts.scheme == "http"))
    except httpx.InvalidURL:
        valid = False
    if not valid:
        raise MalformedAnswer("Amazon's link to a document is not a secure web address.")


def _check_status(status: int, action: str) -> None:
    if not 200 <= status < 300:
        raise Unreachable(f"The {action} link of a document was refused (HTTP {status}).", status=status)
