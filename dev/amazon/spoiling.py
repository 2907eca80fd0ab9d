"""Spoils a true answer: what was asked for is done, and what the client gets to see of it is odd."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from werkzeug import Response

# Unpacked bytes; packed they are few.
_HUGE = 24 * 1024 * 1024
_DATA_SETS = ("fulfillment", "cancellation")
_WORDS = (
    "fulfillmentStatus",
    "fulfilledBy",
    "requester",
    "cancelledBy",
    "processingStatus",
    "compressionAlgorithm",
    "token_type",
)


def spoil_json(response: Response, change: Callable[[Any], Any]) -> Response:
    """Change the JSON of a successful answer; what is no JSON is emptied."""
    if response.status_code >= 300:
        return response
    try:
        body = json.loads(response.get_data())
    except ValueError:
        response.set_data(b"")
        return response
    response.set_data(json.dumps(change(body), ensure_ascii=False))
    return response


def to_nulls(value: Any) -> Any:
    """Every value null, but for what tells which order it is."""
    if isinstance(value, dict):
        return {key: item if key == "orderId" else to_nulls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_nulls(item) for item in value]
    return None


def to_wrong_types(value: Any) -> Any:
    """Texts as lists, lists as texts."""
    if isinstance(value, dict):
        return {key: item if key == "orderId" else to_wrong_types(item) for key, item in value.items()}
    return str(value) if isinstance(value, list) else [value]


def to_unknown_words(value: Any) -> Any:
    """Words of Amazon's own lists that nobody knows."""
    if isinstance(value, dict):
        return {key: "MYSTERIOUS" if key in _WORDS else to_unknown_words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_unknown_words(item) for item in value]
    return value


def without_data_sets(value: Any) -> Any:
    """Orders without what was asked for beside their items."""
    if isinstance(value, dict):
        return {key: without_data_sets(item) for key, item in value.items() if key not in _DATA_SETS}
    if isinstance(value, list):
        return [without_data_sets(item) for item in value]
    return value


def without_items(value: Any) -> Any:
    """Orders without their items, and lists without entries."""
    if isinstance(value, dict):
        return {key: [] if key == "orderItems" else without_items(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_items(item) for item in value]
    return value


def to_stale(value: Any) -> Any:
    """As it was before: no request yet, nothing cancelled, nothing worked on."""
    if isinstance(value, list):
        return [to_stale(item) for item in value]
    if not isinstance(value, dict):
        return value
    old = {key: to_stale(item) for key, item in value.items() if key not in ("cancellation", "resultFeedDocumentId")}
    for key in ("fulfillmentStatus", "processingStatus"):
        if key in old:
            old[key] = "UNSHIPPED" if key == "fulfillmentStatus" else "IN_QUEUE"
    if "lastUpdatedTime" in old and "createdTime" in old:
        old["lastUpdatedTime"] = old["createdTime"]
    return old


CHANGES: dict[str, Callable[[Any], Any]] = {
    "nulls": to_nulls,
    "wrong_types": to_wrong_types,
    "unknown_words": to_unknown_words,
    "without_data_sets": without_data_sets,
    "without_items": without_items,
    "stale": to_stale,
}


def spoil_bytes(response: Response, kind: str) -> Response:
    """Spoil an answer on its way: its packing, its length, its letters."""
    match kind:
        case "huge":
            response.set_data(gzip.compress(b" " * _HUGE, compresslevel=1))
            response.headers["Content-Encoding"] = "gzip"
        case "bad_gzip":
            response.set_data(b"\x1f\x8b\x08\x00damaged")
            response.headers["Content-Encoding"] = "gzip"
        case "truncated":
            response.set_data(response.get_data()[: len(response.get_data()) // 2])
        case "bad_charset":
            response.set_data(response.get_data().decode("utf-8", "replace").encode("utf-16"))
    return response


BYTES = ("huge", "bad_gzip", "truncated", "bad_charset")
