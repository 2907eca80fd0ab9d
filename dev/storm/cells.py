"""The cells of the storm: an operation, a fault, and how many answers it lasts."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_ERRORS = {
    400: ("InvalidInput", "Something is wrong."),
    401: ("Unauthorized", "Access to requested resource is denied."),
    403: ("Unauthorized", "Access to requested resource is denied."),
    404: ("NotFound", "There is nothing."),
    409: ("Conflict", "It is there already."),
    413: ("RequestTooLarge", "The payload is too large."),
}


def _error(status: int) -> dict[str, Any]:
    code, message = _ERRORS[status]
    return {"kind": "http", "status": status, "body": {"errors": [{"code": code, "message": message, "details": ""}]}}


# What a client meets, by name: the fault of the local Amazon, or `refused`, which never reaches it.
FAULTS: dict[str, dict[str, Any]] = {
    "timeout": {"kind": "timeout", "delay": 1.0},
    "drip": {"kind": "drip", "delay": 1.0},
    "refused": {"kind": "refused"},
    "reset": {"kind": "reset"},
    "lost-before": {"kind": "drop_before"},
    "done-but-lost": {"kind": "drop_after"},
    **{str(status): _error(status) for status in _ERRORS},
    "429": {"kind": "throttled"},
    "429-retry-after": {"kind": "retry_after"},
    "500-json": {"kind": "http", "status": 500},
    "502-html": {"kind": "not_json", "status": 502},
    "503-empty": {"kind": "raw", "status": 503, "body": ""},
    "200-html": {"kind": "raw", "status": 200, "body": "<html><body>Please log in</body></html>"},
    "200-empty": {"kind": "empty"},
    "200-object": {"kind": "odd_json", "body": {}},
    "200-null": {"kind": "raw", "status": 200, "body": "null"},
    "200-list": {"kind": "odd_json", "body": ["unexpected"]},
    "truncated": {"kind": "truncated"},
    "wrong-types": {"kind": "wrong_types"},
    "nulls": {"kind": "nulls"},
    "unknown-words": {"kind": "unknown_words"},
    "stale": {"kind": "stale"},
    "no-data-sets": {"kind": "without_data_sets"},
    "no-items": {"kind": "without_items"},
    "huge": {"kind": "huge"},
    "bad-gzip": {"kind": "bad_gzip"},
    "bad-charset": {"kind": "bad_charset"},
    "token-expired": {"kind": "token_expired"},
}
OPERATIONS = (
    "login",
    "searchOrders",
    "getOrder",
    "createFeedDocument",
    "uploadDocument",
    "createFeed",
    "getFeed",
    "getFeeds",
    "getFeedDocument",
    "downloadDocument",
    "cancelOrder",
    "createReport",
    "getReport",
    "getReportDocument",
)
ANSWERS = (1, 3, 50)
# Only answers of these show orders.
_OF_ORDERS = {"stale": ("searchOrders", "getOrder", "getFeed"), "no-data-sets": ("searchOrders", "getOrder")}
_OF_ORDERS["no-items"] = _OF_ORDERS["no-data-sets"]
_OF_ORDERS["unknown-words"] = ("login", "searchOrders", "getOrder", "getFeed", "getFeeds", "getFeedDocument")
_OF_ORDERS["unknown-words"] += ("getReport",)
# Presigned links and the login take no access token.
_WITHOUT_TOKEN = ("login", "uploadDocument", "downloadDocument")


class Cell(NamedTuple):
    """One cell. ``seen``: whether the request was read before the weather began."""

    operation: str
    fault: str
    answers: int
    seen: bool

    @property
    def name(self) -> str:
        """For a test's name."""
        words = (self.operation, self.fault, str(self.answers), "seen" if self.seen else "unseen")
        return "_".join(words).replace("-", "_")


def _applies(operation: str, fault: str) -> bool:
    if operation not in _OF_ORDERS.get(fault, (operation,)):
        return False
    return not (fault == "token-expired" and operation in _WITHOUT_TOKEN)


def all_cells() -> list[Cell]:
    """Every cell, in the same order always. What reads is met with the request seen and unseen."""
    cells = []
    for operation in OPERATIONS:
        for fault in FAULTS:
            if _applies(operation, fault):
                for answers in ANSWERS:
                    known = (True, False) if operation in ("searchOrders", "getOrder") else (answers != 3,)
                    cells += [Cell(operation, fault, answers, seen) for seen in known]
    return cells


def some_cells(seed: int, share: int = 10) -> list[Cell]:
    """One of ``share`` cells, by the seed."""
    cells = all_cells()
    return sorted(random.Random(seed).sample(cells, len(cells) // share))


def part_of(cells: Sequence[Cell], number: int, parts: int) -> list[Cell]:
    """The cells of one of several runs side by side, mixed, so that a run that is broken off has met everything."""
    return random.Random(0).sample(list(cells), len(cells))[number::parts]


def left_of(cells: Sequence[Cell], results: Path | None) -> list[Cell]:
    """The cells that have no result yet: a run that was broken off goes on."""
    if results is None or not results.exists():
        return list(cells)
    done = {tuple(json.loads(line)["cell"]) for line in results.read_text().splitlines()}
    return [cell for cell in cells if tuple(cell) not in done]
