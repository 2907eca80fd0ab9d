"""Moves feed and report documents over Amazon's presigned links."""

from collections.abc import Iterator

import httpx

from .errors import MalformedAnswer, Unreachable
from .http import LimitedClient
from .packing import PIECE, limited, unpack
from .transport import describe_failure

# Processing reports are small; more than this is no processing report.
DOCUMENT_LIMIT = 50 * 1024 * 1024
# An order report has about 1 KB a row.
REPORT_LIMIT = 1024 * 1024 * 1024
# Seconds that a whole transfer may take; a link to upload to lives five minutes.
UPLOAD_SECONDS = 240.0
DOWNLOAD_SECONDS = 900.0


def upload(http: LimitedClient, url: str, content: bytes, content_type: str, *, insecure: bool = False) -> None:
    """Put the content at the link; the content type must be the one the document was created with.

    :param insecure: http links are fine too, because the API itself is used over http (sandbox).
    :raises Unreachable: not stored. Nothing was promised to Amazon yet, so starting again with a new document is safe.
    """
    _check_url(url, insecure)
    try:
        response = http.put(
            url, content=content, headers={"Content-Type": content_type}, extensions={"seconds": UPLOAD_SECONDS}
        )
    except httpx.HTTPError as error:
        message, facts = describe_failure(error, "The upload link of a document")
        raise Unreachable(message, **(facts | {"maybe_done": False})) from None
    _check_status(response.status_code, "upload")


def download(
    http: LimitedClient, url: str, compression: str | None, *, limit: int, insecure: bool = False
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
    try:
        with (
            http.within(DOWNLOAD_SECONDS),
            http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            _check_status(response.status_code, "download")
            # Raw, as a storage that also announces gzip as its transfer form would have it unpacked twice.
            packed = compression == "GZIP" or response.headers.get("content-encoding", "").lower() == "gzip"
            pieces = response.iter_raw(PIECE)
            yield from limited(unpack(pieces) if packed else pieces, limit)
    except httpx.HTTPError as error:
        message, facts = describe_failure(error, "The download link of a document")
        raise Unreachable(message, **facts) from None


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
