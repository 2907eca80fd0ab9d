"""Fetching what Amazon offers by a presigned link: results of feeds, and reports."""

from collections.abc import Iterator

from ..documents import download
from ..errors import SpApiError
from ..fields import get_id, get_text
from ..library import fill_query_params
from ..quiet import quiet
from .connection import reading
from .tokens import TokenCalls


class DocumentCalls(TokenCalls):
    """What feeds and reports do alike."""

    def _download(
        self, operation: str, path: str, document_id: str, *, limit: int, restricted: bool = False
    ) -> Iterator[bytes]:
        """Ask for a document's link and yield its unpacked pieces.

        :param path: the section's documents, to which the id is added.
        :param restricted: it holds buyers' data, so Amazon wants a token made for it.
        :param limit: most bytes to accept, unpacked.
        :raises Unreachable: not to be had now.
        :raises MalformedAnswer: damaged or larger than the limit.
        """
        path = fill_query_params(path + "/{}", document_id)
        if restricted:
            answer = self._call_restricted(operation, path)
        else:
            answer = self._call(operation, lambda api: api._request(path))
        with reading(operation):
            url, compression = get_id(answer, "url"), get_text(answer, "compressionAlgorithm")
        try:
            with quiet():
                yield from download(self._http, url, compression, limit=limit, insecure=self._insecure)
        except SpApiError as error:
            error.details.setdefault("operation", operation)  # the link is a part of it
            raise
