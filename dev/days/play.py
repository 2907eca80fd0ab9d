"""Plays the days of a shop: what is read, and when, is decided by the product's own plan and allowance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from spapi.errors import Throttled
from spapi.rates import RateBudget
from spapi.reading_plan import CANCELLED, OFTEN, PAGE, SHIPPED, WHOLE, Pace, Search, Situation

from .shop import MINUTES_A_DAY, Change, Shop

START = datetime(2026, 1, 5, tzinfo=UTC)
SETTLES = 2 + 10 / 60  # minutes behind which Amazon's search answers
RUN_EVERY = 5
REPORT_TAKES = 3
PUSH_TAKES = 0.03
WARM_UP = MINUTES_A_DAY  # the first day is not counted: it begins with an empty list


@dataclass
class Played:
    """What came of the days, without the first."""

    calls: int = 0
    reports: int = 0
    read: int = 0
    changes: int = 0
    waits: list[float] = field(default_factory=list)
    requests: int = 0
    only_after: int = 0
    days: float = 0
    behind: list[float] = field(default_factory=list)
    shipped_behind: list[float] = field(default_factory=list)
    late_runs: int = 0
    runs: int = 0

    def wait(self, share: float) -> float:
        """The wait from request to shown within which that share of the requests is."""
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


class Player:
    """One seller's account, and Amazon as far as it limits it.

    :param outage: from which minute to which Amazon does not answer.
    """

    def __init__(
        self,
        shop: Shop,
        *,
        pushed: bool = False,
        reported: bool = False,
        outage: tuple[float, float] | None = None,
    ) -> None:
        self._shop, self._pushed, self._reported, self._outage = shop, pushed, reported, outage
        self._budget, self._pace = RateBudget(), Pace()
        self._read_until: float | None = None
        self._shipped_until: float | None = None
        self._settled_until: float | None = None
        self._told_until: float | None = None
        self._asked_for_report: float | None = None
        self._report_at: float | None = None
        self._pending: dict[tuple[str, ...], tuple[Search, list[Change], int]] = {}
        self._shown: dict[int, float] = {}
        self._result = Played(days=(shop.end - WARM_UP) / MINUTES_A_DAY)

    def play(self) -> Played:
        """Play all days, and say what came of them."""
        for minute in range(1, self._shop.end):
            if self._outage and self._outage[0] <= minute < self._outage[1]:
                continue
            if self._report_at is not None and minute >= self._report_at + REPORT_TAKES:
                self._apply_report(minute)
            if minute % RUN_EVERY == 0:
                self._run(float(minute))
        return self._conclude()

    # --- one run of the scheduled action ------------------------------------------------------------------------

    def _run(self, minute: float) -> None:
        situation = self._look(minute)
        plan = situation.plan()
        if plan.report and self._report_at is None:
            self._report_at = self._asked_for_report = minute
            self._count(minute, reports=1)
        try:
            for search in plan.searches:
                self._read(search, minute)
        except Throttled:
            pass  # the next run goes on with it
        situation = self._look(minute)
        if minute >= WARM_UP:
            self._result.runs += 1
            self._result.behind.append(situation.behind / timedelta(minutes=1))
            self._result.shipped_behind.append(minute - SETTLES - (self._shipped_until or 0))

    def _look(self, minute: float) -> Situation:
        now = _moment(minute)
        return Situation(
            now=_moment(minute - SETTLES),
            read_until=None if self._read_until is None else _moment(self._read_until),
            shipped_until=None if self._shipped_until is None else _moment(self._shipped_until),
            shipped_settled_until=None if self._settled_until is None else _moment(self._settled_until),
            pace=self._pace,
            left=self._budget.left("searchOrders", now),
            rate=0.0056,
            pushed=self._pushed,
            reported=self._reported,
            told_until=None if self._told_until is None else _moment(self._told_until),
            report_age=None if self._asked_for_report is None else timedelta(minutes=minute - self._asked_for_report),
        )

    def _read(self, search: Search, minute: float) -> None:
        """Read a window page by page; what Amazon does not let now is gone on with."""
        kept = self._pending.pop(search.statuses, None)
        if (
            kept
            and self._told_until is not None
            and search.statuses == OFTEN
            and _minute(kept[0].end) <= self._told_until
        ):
            kept = None  # the report told it
        if kept:
            search, found, page = kept[0], kept[1], kept[2]
        else:
            after = _minute(search.start) if search.start else -MINUTES_A_DAY
            found, page = list(self._shop.search(after, _minute(search.end), search.statuses, minute)), 0
        pages = max(1, -(-len(found) // PAGE))
        calls = 0
        while page < pages:
            if search.calls is not None and calls >= search.calls:
                if search.is_sample:
                    break
                self._pending[search.statuses] = (search, found, page)
                return
            try:
                self._budget.take("searchOrders", _moment(minute))
            except Throttled:
                self._pending[search.statuses] = (search, found, page)
                raise
            calls += 1
            told = found[page * PAGE : (page + 1) * PAGE]
            self._count(minute, calls=1, read=len(told))
            for change in told:
                self._show(change, minute)
            page += 1
        self._move(search, found, minute)

    def _move(self, search: Search, found: list[Change], minute: float) -> None:
        end = _minute(search.end)
        often = sum(change.status in OFTEN for change in found)
        if search.statuses in (WHOLE, OFTEN):
            self._read_until = max(end, self._read_until or 0)
        if search.statuses in (WHOLE, SHIPPED):
            self._shipped_until = max(end, self._shipped_until or 0)
            self._settled_until = min(end, minute - SETTLES - 15)
        if search.statuses == CANCELLED:
            self._read_until = max(end, self._read_until or 0)
            if self._pushed:  # who is missing in the report is told by notifications, and the few others are read
                self._shipped_until = self._settled_until = max(end, self._shipped_until or 0)
            return
        if search.proves_since:  # notifications tell what is shipped
            self._shipped_until = self._settled_until = max(end, self._shipped_until or 0)
        if search.is_sample:
            often = min(often, PAGE)
        span = search.end - (search.start or _moment(0))
        self._pace = self._pace.learn(
            span,
            stands_for=search.end - search.proves_since if search.proves_since else None,
            often=None if search.statuses == SHIPPED else often,
            shipped=None if search.statuses == OFTEN else len(found) - often,
        )

    def _apply_report(self, minute: float) -> None:
        made, self._report_at = self._report_at or 0.0, None
        for change in self._shop.told_since(made - 3 * MINUTES_A_DAY, made):
            self._show(change, minute)
        self._told_until = made - SETTLES

    # --- what came of it ----------------------------------------------------------------------------------------

    def _show(self, change: Change, minute: float) -> None:
        if change.request is not None:
            self._shown.setdefault(change.request, minute)

    def _count(self, minute: float, **counts: int) -> None:
        if minute >= WARM_UP:
            for name, count in counts.items():
                setattr(self._result, name, getattr(self._result, name) + count)

    def _conclude(self) -> Played:
        result, end = self._result, self._shop.end
        result.changes = sum(WARM_UP <= change.at < end for change in self._shop.changes)
        for number, (asked, gone) in enumerate(zip(self._shop.requests, self._shop.gone, strict=True)):
            if not WARM_UP <= asked < end - 60:
                continue
            shown = self._shown.get(number, float("inf"))
            if self._pushed:
                shown = min(shown, asked + PUSH_TAKES)
            result.requests += 1
            if shown > gone:
                result.only_after += 1
            result.waits.append(min(shown, gone) - asked)
        return result


def _moment(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def _minute(moment: datetime) -> float:
    return (moment - START) / timedelta(minutes=1)
