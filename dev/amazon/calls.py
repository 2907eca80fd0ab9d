"""What was asked of Amazon, for tests and for people. Tokens and secrets are never kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

MOST_CALLS = 50_000


@dataclass
class Call:
    """One request: Amazon's name of the operation, when (Amazon's time), and how it was answered.

    `status` is None where no answer was given.
    """

    operation: str
    time: datetime
    method: str
    path: str
    seller_id: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    fault: str | None = None


class Calls:
    """The call log, oldest first, the last :data:`MOST_CALLS` of it."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: Call) -> None:
        """Note a call when it comes in."""
        self._calls.append(call)

    def of(self, operation: str) -> list[Call]:
        """All calls of one operation."""
        return [call for call in self if call.operation == operation]

    def count(self, operation: str) -> int:
        """How often an operation was called."""
        return len(self.of(operation))

    def clear(self) -> None:
        """Forget them."""
        self._calls.clear()
