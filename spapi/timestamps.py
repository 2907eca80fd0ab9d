"""Amazon's date-times: ISO 8601 in and out, always aware UTC inside."""

from datetime import UTC, datetime


def parse_time(text: str) -> datetime:
    """Return an ISO 8601 date-time as aware UTC; one without a zone is taken as UTC.

    :raises ValueError: not an ISO 8601 date-time, or outside what a datetime can hold.
    """
    if not isinstance(text, str):
        raise ValueError("a date-time must be text")
    try:
        value = datetime.fromisoformat(text.strip())
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a date-time out of range") from error


def format_time(value: datetime) -> str:
    """Return the aware date-time as ``YYYY-MM-DDTHH:MM:SSZ``, whole seconds, rounded down.

    :raises ValueError: the date-time has no zone.
    """
    if value.tzinfo is None:
        raise ValueError("a date-time needs its zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
