"""Feeds API 2021-06-30."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..documents import DOCUMENT_LIMIT, upload
from ..errors import MalformedAnswer
from ..fields import get_id, get_list, get_text, get_time, require_list
from ..library import fill_query_params
from ..quiet import quiet
from ..timestamps import format_time
from .connection import reading, writing
from .documents import DocumentCalls

FEEDS_PATH = "/feeds/2021-06-30/feeds"
DOCUMENTS_PATH = "/feeds/2021-06-30/documents"

# getFeeds answers 100 feeds a page; one account's feeds of 90 days fit well below this many pages.
_PAGES_LIMIT = 50


@dataclass(frozen=True)
class FeedDocument:
    """Where to put a feed's content; the link lives five minutes and is itself a secret."""

    document_id: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Feed:
    """A feed's state at Amazon.

    :ivar status: ``IN_QUEUE``, ``IN_PROGRESS``, ``DONE``, ``FATAL`` or ``CANCELLED``; an unknown one is kept.
    :ivar created: aware UTC.
    :ivar result_document_id: the processing report's, once there is one.
    :ivar marketplace_ids: as the feed was created with; empty where Amazon does not tell.
    :ivar input_document_id: the content's; the documented answer leaves it out.
    """

    feed_id: str
    feed_type: str | None
    status: str
    created: datetime | None
    result_document_id: str | None
    marketplace_ids: tuple[str, ...] = ()
    input_document_id: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether Amazon no longer works on it."""
        return self.status not in ("IN_QUEUE", "IN_PROGRESS")


class FeedCalls(DocumentCalls):
    """Sending feeds and following them."""

    def create_feed_document(self, content_type: str) -> FeedDocument:
        """Reserve a document; nothing is promised by that.

        :param content_type: the one to upload with, e.g. ``const.FEED_CONTENT_TYPE``.
        """
        # The library's own method would send its path as a field of the body.
        operation = "createFeedDocument"
        data = {"contentType": content_type}
        answer = self._call(operation, lambda api: api._request(DOCUMENTS_PATH, data={"method": "POST", **data}))
        with reading(operation):
            return FeedDocument(get_id(answer, "feedDocumentId"), get_id(answer, "url"))

    def upload_document(self, url: str, content: bytes, content_type: str) -> None:
        """Put the content at a document's link.

        :raises Unreachable: not stored; start again with a new document.
        """
        with quiet():
            upload(self._http, url, content, content_type, insecure=self._insecure)

    def create_feed(self, feed_type: str, document_id: str, marketplace_ids: list[str] | tuple[str, ...]) -> str:
        """Hand the uploaded document to Amazon and return the feed's id.

        :raises Unreachable: with ``maybe_done`` the feed may exist: look in `list_feeds` before sending again.
        :raises ValueError: no marketplace.
        """
        if not marketplace_ids:
            raise ValueError("a feed needs a marketplace")
        operation = "createFeed"
        data = {
            "feedType": feed_type,
            "inputFeedDocumentId": document_id,
            "marketplaceIds": list(marketplace_ids),
        }
        with writing(operation):
            answer = self._call(
                operation, lambda api: api._request(FEEDS_PATH, data={"method": "POST", **data}), repeatable=False
            )
            with reading(operation):
                return get_id(answer, "feedId")

    def get_feed(self, feed_id: str) -> Feed:
        """Return the feed's state.

        :raises NotFound: Amazon does not know the feed.
        """
        operation = "getFeed"
        path = fill_query_params(FEEDS_PATH + "/{}", feed_id)
        answer = self._call(operation, lambda api: api._request(path))
        with reading(operation):
            return _parse_feed(answer)

    def list_feeds(self, feed_type: str, created_since: datetime) -> list[Feed]:
        """Return the seller's feeds of the type created at or after the aware time, all pages, in Amazon's order."""
        parameters: dict[str, Any] = {
            "feedTypes": feed_type,
            "createdSince": format_time(created_since),
            "pageSize": 100,
        }
        feeds: list[Feed] = []
        for _page in range(_PAGES_LIMIT):
            page, next_token = self._get_feeds(parameters)
            feeds += page
            if next_token is None:
                return feeds
            # Amazon refuses any other parameter beside the token.
            parameters = {"nextToken": next_token}
        raise MalformedAnswer("getFeeds: the pages do not end.", operation="getFeeds")

    def _get_feeds(self, parameters: dict[str, Any]) -> tuple[list[Feed], str | None]:
        operation = "getFeeds"
        answer = self._call(operation, lambda api: api._request(FEEDS_PATH, params=parameters))
        with reading(operation):
            feeds = [_parse_feed(data) for data in require_list(answer, "feeds")]
            return feeds, get_text(answer, "nextToken")

    def download_feed_document(self, document_id: str) -> bytes:
        """Return the unpacked content of a feed's result.

        :raises Unreachable: not to be had now.
        :raises MalformedAnswer: damaged, or larger than ``documents.DOCUMENT_LIMIT``.
        """
        return b"".join(self._download("getFeedDocument", DOCUMENTS_PATH, document_id, limit=DOCUMENT_LIMIT))


def _parse_feed(data: Any) -> Feed:
    if not isinstance(data, dict):
        raise ValueError("a feed is not an object")
    return Feed(
        feed_id=get_id(data, "feedId"),
        feed_type=get_text(data, "feedType"),
        status=get_id(data, "processingStatus"),
        created=get_time(data, "createdTime"),
        result_document_id=get_text(data, "resultFeedDocumentId"),
        marketplace_ids=tuple(str(entry) for entry in get_list(data, "marketplaceIds")),
        input_document_id=get_text(data, "inputFeedDocumentId"),
    )
