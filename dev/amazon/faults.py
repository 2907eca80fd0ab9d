"""Outages and oddities on demand, each seen in production or in the client library's issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS: dict[str, str] = {
    "http": "an error status with Amazon's errors list, or with `body`",
    "not_json": "an error status with an HTML page",
    "message": 'an error status with {"message": …} and no errors',
    "errors_object": "an error status where `errors` is an object",
    "throttled": "429 with Amazon's errors list",
    "empty": "200 with nothing in it",
    "odd_json": "200 with JSON of another form",
    "raw": "`status` with exactly the bytes of `body`, or its text in UTF-8",
    "bad_utf8": "200 with bytes that are not UTF-8",
    "malformed_order": "the true page with one order spoilt (`order_id`, else the first)",
    "token_expired": "403 and the access token no longer valid",
    "drop_before": "the connection breaks, nothing was done",
    "drop_after": "the connection breaks, all was done",
    "timeout": "all was done, no answer for `delay` seconds, then the connection breaks",
    "slow": "the true answer after `delay` seconds",
    "reset": "all was done, half of the answer comes, then the connection breaks",
    "drip": "all was done, and the answer comes byte by byte for `delay` seconds",
    "truncated": "the true answer, cut in the middle",
    "huge": "a packed answer that unpacks to many megabytes",
    "bad_gzip": "an answer said to be packed that is not",
    "bad_charset": "the true answer in another encoding",
    "nulls": "the true answer with every value null",
    "wrong_types": "the true answer with texts as lists and lists as texts",
    "unknown_words": "the true answer with words that Amazon never documented",
    "without_data_sets": "the true answer without fulfilment and cancellation",
    "without_items": "the true answer without the orders' items",
    "stale": "an answer as it was before anything happened",
    "retry_after": "429 that tells how long to wait",
}

_STATUS = {"message": 403, "errors_object": 400, "throttled": 429, "retry_after": 429, "raw": 200}


@dataclass
class Fault:
    """A fault for the next `times` calls that fit; None fits all.

    :ivar delay: seconds, for `timeout` and `slow`
    :ivar parameter: only for calls with this query parameter
    :ivar contains: and only where its value contains this
    """

    operation: str | None
    kind: str
    times: int = 1
    marketplace_id: str | None = None
    seller_id: str | None = None
    order_id: str | None = None
    status: int | None = None
    body: Any = None
    delay: float = 60.0
    parameter: str | None = None
    contains: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"No fault {self.kind!r}; there are {', '.join(KINDS)}.")
        if self.status is None:
            self.status = _STATUS.get(self.kind, 503)


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, operation: str | None, kind: str, **options: Any) -> Fault:
        """Plan a fault; see :class:`Fault` for the options.

        :raise ValueError: no such kind
        """
        fault = Fault(operation, kind, **options)
        self.waiting.append(fault)
        return fault

    def take(
        self,
        operation: str,
        marketplace_ids: set[str],
        seller_id: str | None,
        order_id: str | None,
        parameters: Mapping[str, str] | None = None,
    ) -> Fault | None:
        """The first fault that fits this call, used up by one."""
        parameters = parameters or {}
        for fault in self.waiting:
            fits = (
                fault.operation in (None, operation)
                and (fault.marketplace_id is None or fault.marketplace_id in marketplace_ids)
                and fault.seller_id in (None, seller_id)
                and (fault.order_id is None or order_id is None or fault.order_id == order_id)
                and (fault.parameter is None or fault.contains in parameters.get(fault.parameter, ()))
            )
            if fits:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget them all."""
        self.waiting.clear()
