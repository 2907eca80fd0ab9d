"""Amazon's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """This machine's time plus a settable offset.

    :param offset: seconds that Amazon's time is ahead of this machine's
    """

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Amazon's time, aware, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def advance(self, seconds: float) -> None:
        """Move Amazon's time forward.

        :raise ValueError: time does not run backwards; use :meth:`set` for that
        """
        if seconds < 0:
            raise ValueError("Amazon's time only moves forward.")
        self.offset += seconds

    def set(self, moment: datetime) -> None:
        """Make it `moment` (aware) at Amazon, from here on running on."""
        self.offset = (moment - datetime.now(UTC)).total_seconds()


def to_text(moment: datetime) -> str:
    """ISO 8601 with whole seconds, as the Orders API's own samples show."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """An ISO 8601 moment, aware.

    :raise ValueError: no such form, or without time zone
    """
    moment = datetime.fromisoformat(text)
    if "T" not in text or moment.tzinfo is None:
        raise ValueError(f"{text!r} is not an ISO 8601 date-time with a time zone.")
    return moment.astimezone(UTC)
