"""Small helpers of plain Python."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


class Own(str):
    """A value of a context key that the addon's own code has set: what comes from outside is a plain string.

    It equals no plain string, as Odoo gives one environment for all contexts that are equal.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class OwnIds(tuple[int, ...]):
    """The same of records: what comes from outside is a list."""

    __slots__ = ()


def batched(iterable: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most ``size``, as Python's own function from 3.12 on."""
    iterator = iter(iterable)
    while batch := list(islice(iterator, size)):
        yield batch


def get_pause(pauses: Sequence[timedelta], tries: int) -> timedelta:
    """The pause before the next try, after so many; the last one stays."""
    return pauses[min(tries, len(pauses) - 1)]


def to_naive_utc(moment: datetime) -> datetime:
    """An aware time as Odoo's fields hold it: in UTC, and without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def to_naive_seconds(moment: datetime | None) -> datetime | None:
    """The same in whole seconds, as Odoo's fields show it; None stays None."""
    return to_naive_utc(moment).replace(microsecond=0) if moment else None


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The moment at which a day begins in a time zone, as Odoo's fields hold it."""
    return to_naive_utc(datetime.combine(day, time.min, zone))
