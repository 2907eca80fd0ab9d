"""What a feed's reader hands to the rules, and what the rules hand to the report's writer."""

from __future__ import annotations

from dataclasses import dataclass, field


class Rejected(Exception):
    """The whole feed is unusable; `code` is the report's message code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Message:
    """One order's message; `items` is item id → cancel reason. `message_id` is the record number in a flat file."""

    message_id: int
    order_id: str
    failure: bool
    items: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Result:
    """One line of a processing report; severity is `Error` or `Warning`."""

    message_id: int
    severity: str
    code: str
    description: str
