"""Plans what is read of a seller's orders, and when, within Amazon's allowance for its search.

What can hold a parcel is read often: open orders, of which the buyer may ask, and cancelled ones. What only closes
things, shipped orders, is seldom read. A small seller's orders are all read together, and over and over again, as that
costs nothing. Plain decisions without a state of their own: whoever reads, or plays days of reading, calls them alike.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from typing import Any, Self

PAGE = 100
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

OFTEN = ("UNSHIPPED", "PARTIALLY_SHIPPED", "CANCELLED")
SHIPPED = ("SHIPPED",)
# Nobody imports, ships or cancels a pending order.
WHOLE = (*OFTEN[:2], *SHIPPED, OFTEN[2])
# What a report of the open orders does not show.
CANCELLED = ("CANCELLED",)

# From one reading to the next; a longer one is taken as far as the allowance does not suffice for the shorter.
INTERVALS = tuple(minutes * MINUTE for minutes in (5, 10, 15, 20, 30))
# The same where notifications tell what is new, and the search only proves that.
PUSHED_INTERVAL = 30 * MINUTE
# As many orders as are sure to fit on a page: where more have changed, the newest of them are a sample of what
# notifications told.
SAMPLE = 75
# Runs do not come to the second.
SLACK = MINUTE
# How far the frequent reading goes back behind the one before.
OVERLAP = 2 * MINUTE
# So many orders read again with each reading cost nothing: they come with the page that is read anyhow.
SMALL_REPEATS = 25.0
# More than so many orders are not read together: what can hold a parcel comes first.
WHOLE_MOST = 1000
# Where shipped orders were never read: the changes of an order as it is shipped, for one as it comes.
SHIPPED_PER_OFTEN = 2.5
SHIPPED_INTERVAL = HOUR
# Calls of the burst of 20 that the reading of shipped orders leaves to that of the others; and those left to a person.
SHIPPED_SPARES, ASKED_SPARES = 16, 2
# Calls of the burst that a plan does not count on.
RESERVE = 1
# In so many hours a peak may use up the burst.
PEAK_HOURS = 1.0
# From one report of the open orders to the next, while the search alone would fall behind, or notifications tell.
REPORT_INTERVAL, PUSHED_REPORT_INTERVAL = 10 * MINUTE, 30 * MINUTE
# A report that has not come by then is not waited for.
REPORT_IS_LATE_AFTER = 15 * MINUTE
# So far behind, a report is quicker whatever the pace.
BACKLOG = 15 * MINUTE
# What is planned for of a day's calls; the rest is for sweeps, tests of the connection and what a person wants.
PLANNED_SHARE = 0.8
# A pace follows a rise at once, a fall slowly.
RISE, FALL = 15 * MINUTE, 2 * HOUR


@dataclass(frozen=True)
class Pace:
    """Orders an hour that a search finds: lately, and on the average of a day; None as long as none was read."""

    often: float | None = None
    shipped: float | None = None
    often_day: float | None = None
    shipped_day: float | None = None

    def learn(
        self,
        span: timedelta,
        often: int | None = None,
        shipped: int | None = None,
        stands_for: timedelta | None = None,
    ) -> Self:
        """Return the pace after a window was read.

        :param span: how long the window is.
        :param often: how many of its orders are read often; None where they were not asked for.
        :param shipped: the same of those shipped.
        :param stands_for: how long a time the window is a sample of; its own by default.
        """
        stands_for = max(span, stands_for or span)
        changes = {}
        for name, count in (("often", often), ("shipped", shipped)):
            if count is None or span <= timedelta(0):
                continue
            seen = count / (span / HOUR)
            lately = getattr(self, name)
            changes[name] = _mix(lately, seen, stands_for, RISE if lately is not None and seen > lately else FALL)
            changes[f"{name}_day"] = _mix(getattr(self, f"{name}_day"), seen, stands_for, DAY)
        return replace(self, **changes)

    def __add__(self, other: "Pace") -> "Pace":
        """Return the pace of what is read together."""
        sums = {}
        for name, value in asdict(self).items():
            known = [pace for pace in (value, getattr(other, name)) if pace is not None]
            sums[name] = sum(known) if known else None
        return Pace(**sums)

    def part(self, count: int) -> "Pace":
        """Return the share of each of so many that are read together."""
        return Pace(**{name: value and value / count for name, value in asdict(self).items()})

    def to_dict(self) -> dict[str, float | None]:
        """Return a JSON-safe form that `from_dict` turns into an equal pace."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> Self:
        """Return the pace that `to_dict` wrote; nothing known where nothing is written."""
        return cls(**{name: (data or {}).get(name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Search:
    """One window to search.

    :ivar start: None for the very first reading.
    :ivar calls: how many pages may be read of it now; None for as many as Amazon lets.
    :ivar proves_since: for a proof of what notifications told since then, of which the window is a part.
    """

    statuses: tuple[str, ...]
    start: datetime | None
    end: datetime
    calls: int | None = None
    proves_since: datetime | None = None

    @property
    def is_sample(self) -> bool:
        """Whether notifications told more than the window shows."""
        return self.proves_since is not None and self.start is not None and self.start > self.proves_since


@dataclass(frozen=True)
class Plan:
    """What is to be done now.

    :ivar searches: in this order.
    :ivar report: whether a report of the open orders is to be asked for.
    """

    searches: tuple[Search, ...] = ()
    report: bool = False


@dataclass(frozen=True)
class Situation:
    """What a plan depends on; all times by Amazon's clock, of one kind.

    :ivar now: the latest time that Amazon's search answers for.
    :ivar read_until: up to when everything was read that can hold a parcel; None before the first reading.
    :ivar shipped_until: the same of the shipped orders.
    :ivar shipped_settled_until: as far as nothing of that can appear late any more.
    :ivar left: calls that pass at once.
    :ivar rate: calls a second that Amazon allows.
    :ivar pushed: whether notifications tell what is new.
    :ivar received_until: up to when all of them were received; None for now.
    :ivar reported: whether reports of the open orders, with the buyers' requests, are given.
    :ivar told_until: for when the last of them is true.
    :ivar report_age: how long ago the last one was asked for.
    :ivar overlap: how far a reading goes back that is not a frequent one.
    :ivar asked: whether somebody wants everything read now.
    :ivar found: how many orders the first reading has found so far.
    """

    now: datetime
    read_until: datetime | None = None
    shipped_until: datetime | None = None
    shipped_settled_until: datetime | None = None
    pace: Pace = field(default_factory=Pace)
    left: int = 20
    rate: float = 0.0056
    pushed: bool = False
    received_until: datetime | None = None
    reported: bool = False
    told_until: datetime | None = None
    report_age: timedelta | None = None
    overlap: timedelta = 15 * MINUTE
    asked: bool = False
    found: int = 0

    # --- what is to be done -------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return what is to be read now. What is left out is read by a later plan: no position moves without."""
        if self.read_until is None:
            return Plan((Search(OFTEN if self.found >= WHOLE_MOST else WHOLE, None, self.now),))
        if self.is_small:
            return Plan(self._plan_whole(), self._is_report_due())
        often = self._plan_often()
        return Plan(often + self._plan_shipped(self._count_calls(often)), self._is_report_due())

    def _plan_whole(self) -> tuple[Search, ...]:
        read_until = min(self._positions)
        waits = self.pushed and self.now - read_until < PUSHED_INTERVAL - SLACK
        if waits and not self.asked:
            return ()
        return (Search(WHOLE, read_until - self.overlap, self.now),)

    def _plan_often(self) -> tuple[Search, ...]:
        start, _shipped_until = self._positions
        told: tuple[Search, ...] = ()
        if self.told_until is not None and start < self.told_until <= self.now:
            # The report showed the open ones: what remains are those cancelled since.
            told = (Search(CANCELLED, start - OVERLAP, self.told_until),)
            start = self.told_until
        # The next report tells more than the calls do that it saves for the shipped orders.
        interval = self.report_interval + REPORT_IS_LATE_AFTER if self.is_by_report else self.interval
        if self.now - start < interval - SLACK and not self.asked:
            return told
        return (*told, self._plan_proof(start) if self.pushed else Search(OFTEN, start - OVERLAP, self.now))

    def _plan_proof(self, since: datetime) -> Search:
        """Return the search that proves what notifications told: of everything, or of the newest that fit on a page."""
        end = min(self.now, self.received_until or self.now)
        start = since - OVERLAP
        if self.pace_often * ((self.now - start) / HOUR) <= SAMPLE or end <= since:
            return Search(OFTEN, start, self.now, proves_since=start)
        span = max(HOUR * (SAMPLE / self.pace_often), MINUTE)
        return Search(OFTEN, max(start, end - span), end, 1, start)

    def _plan_shipped(self, used: int) -> tuple[Search, ...]:
        _read_until, start = self._positions
        if self.pushed:
            return ()  # notifications tell them, and what proves the others moves this position, too
        if self.now - start < SHIPPED_INTERVAL - SLACK and not self.asked:
            return ()
        calls = self.left - used - (ASKED_SPARES if self.asked else SHIPPED_SPARES)
        if calls < 1:
            return ()
        start = min(start, self.shipped_settled_until or start - self.overlap)
        pace = SHIPPED_PER_OFTEN * self.pace_often if self.pace.shipped is None else self.pace.shipped
        span = HOUR * (calls * PAGE / max(pace, 1.0))
        return (Search(SHIPPED, start, min(self.now, start + max(span, self.overlap + MINUTE)), calls),)

    def _is_report_due(self) -> bool:
        if not self.is_by_report:
            return False
        return self.report_age is None or self.report_age >= self.report_interval - SLACK

    # --- how it stands ------------------------------------------------------------------------------------------

    @property
    def _positions(self) -> tuple[datetime, datetime]:
        read_until = self.read_until or self.now
        return read_until, self.shipped_until or read_until

    @property
    def pace_often(self) -> float:
        """Orders an hour that the frequent reading finds now."""
        return self.pace.often or 0.0

    @property
    def is_small(self) -> bool:
        """Whether so little changes that all of it is read together, again and again, without a further call."""
        often = self.pace.often_day or 0.0
        shipped = self.pace.shipped_day
        changes = often + (SHIPPED_PER_OFTEN * often if shipped is None else shipped)
        waiting = changes * ((self.now - min(self._positions)) / HOUR)
        return changes * (self.overlap / HOUR) <= SMALL_REPEATS and waiting <= WHOLE_MOST

    @property
    def supply(self) -> float:
        """Calls an hour that there are for a while: Amazon's rate, and the burst as far as it is left."""
        return self.rate * 3600 + max(0, self.left - RESERVE) / PEAK_HOURS

    @property
    def interval(self) -> timedelta:
        """From one frequent reading to the next."""
        if self.pushed:
            return PUSHED_INTERVAL
        fitting = [interval for interval in INTERVALS if self.count_calls(interval) <= self.supply]
        return fitting[0] if fitting else INTERVALS[0] if self.is_by_report else INTERVALS[-1]

    @property
    def report_interval(self) -> timedelta:
        """From one report of the open orders to the next, where reports move the position."""
        return PUSHED_REPORT_INTERVAL if self.pushed else REPORT_INTERVAL

    @property
    def is_strained(self) -> bool:
        """Whether the search alone falls behind, or will: then a report is the better way."""
        if self.read_until is None or self.is_small:
            return False
        behind = self.now - self.read_until >= (2 * PUSHED_INTERVAL if self.pushed else BACKLOG)
        shortest = PUSHED_INTERVAL if self.pushed else INTERVALS[0]
        return behind or self.count_calls(shortest) > self.supply

    @property
    def is_by_report(self) -> bool:
        """Whether reports of the open orders move the position."""
        return self.reported and (self.is_strained or (self.pushed and not self.is_small))

    @property
    def behind(self) -> timedelta:
        """How much later than Amazon lets it be the last reading of what can hold a parcel is."""
        return self.now - self.read_until if self.read_until else timedelta(0)

    @property
    def orders_a_day(self) -> float:
        """How many orders a day the seller has: each is found when it is new, beside the few that are cancelled."""
        return 24 * (self.pace.often_day or 0.0)

    @property
    def enough_until(self) -> float:
        """Up to how many orders a day the search alone shows requests within half an hour."""
        calls = self.rate * 86400 * PLANNED_SHARE
        longest = INTERVALS[-1]
        return (calls - DAY / longest / 2) * PAGE / (1 + OVERLAP / longest)

    def count_calls(self, interval: timedelta) -> float:
        """Calls an hour that frequent readings take; the last page of each is half empty."""
        pages = self.pace_often * ((interval + OVERLAP) / HOUR) / PAGE
        return (HOUR / interval) * max(1.0, pages + 0.5)

    def _count_calls(self, searches: tuple[Search, ...]) -> int:
        pages = [self.pace_often * ((search.end - search.start) / HOUR) / PAGE for search in searches if search.start]
        return sum(int(count) + 1 for count in pages)


def _mix(known: float | None, seen: float, span: timedelta, memory: timedelta) -> float:
    """Return the mean that forgets: the longer the span, the more it counts."""
    if known is None:
        return seen
    weight = 1 - exp(-(span / memory))
    return known + weight * (seen - known)
