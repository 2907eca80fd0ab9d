"""Amazon's time, as far as its answers tell it: our own clock may be wrong, and searches depend on it."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# A Date header has whole seconds and a delay; below this the own clock is as good.
TOLERANCE = timedelta(seconds=3)

_offsets: dict[str, timedelta] = {}


def get_now(endpoint: str) -> datetime:
    """Return the endpoint's time as aware UTC: the own clock's plus the offset last seen there."""
    return datetime.now(UTC) + _offsets.get(endpoint, timedelta(0))


def note_date(endpoint: str, header: str | None) -> None:
    """Keep the offset that an answer's ``Date`` header shows; an unreadable one changes nothing.

    One that agrees with what is known changes nothing either, so that the time does not jump within a second.
    """
    try:
        date = parsedate_to_datetime(header or "")
    except ValueError:
        return
    if date.tzinfo is None:
        return
    offset = date - datetime.now(UTC)
    if abs(offset) <= TOLERANCE:
        _offsets[endpoint] = timedelta(0)
    elif abs(date - get_now(endpoint)) > TOLERANCE:
        _offsets[endpoint] = offset
