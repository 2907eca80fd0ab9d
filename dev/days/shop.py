"""A seller's orders at Amazon over some days: when each changes, and what a search or a report shows of them."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

OPEN, SHIPPED, CANCELLED = "UNSHIPPED", "SHIPPED", "CANCELLED"
MINUTES_A_DAY = 1440
REQUEST_SHARE, CANCELLED_SHARE = 0.02, 0.03
NEVER = float("inf")


@dataclass(frozen=True)
class Rhythm:
    """How the orders are spread over a day, and days over each other.

    :ivar hours: the weight of each of the 24 hours.
    :ivar days: the factor of each day.
    """

    hours: tuple[float, ...]
    days: tuple[float, ...]


EVEN = (1.0,) * 24
# Nights at a quarter, evenings at three times the average.
EVENING = (
    0.3,
    0.25,
    0.2,
    0.2,
    0.2,
    0.25,
    0.4,
    0.6,
    0.7,
    0.8,
    0.8,
    0.8,
    0.9,
    0.9,
    0.9,
    1.0,
    1.1,
    1.4,
    2.4,
    3.0,
    3.0,
    2.4,
    1.0,
    0.5,
)


@dataclass
class Change:
    """One change of an order at Amazon.

    :ivar at: minutes from the beginning; ``until``: when the order changes next.
    :ivar request: the number of the buyer's request that it makes, if any.
    """

    at: float
    until: float
    order: int
    status: str
    request: int | None = None


class Shop:
    """All changes of a seller's orders: 1 as it comes, 2.5 as it is shipped, and what the buyers ask.

    :param orders_a_day: on the average of a day whose factor is 1.
    """

    def __init__(self, orders_a_day: int, rhythm: Rhythm, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.changes: list[Change] = []
        self.requests: list[float] = []
        self.gone: list[float] = []
        self.orders = 0
        for start in _spread(orders_a_day, rhythm, chance):
            self._add(start, chance)
        self.changes.sort(key=lambda change: change.at)
        self._asking = [change for change in self.changes if change.request is not None]
        self._times = [change.at for change in self.changes]
        self.end = len(rhythm.days) * MINUTES_A_DAY

    def search(self, after: float, before: float, statuses: tuple[str, ...], now: float) -> Iterator[Change]:
        """Yield what a search over the time of the last change finds at that time."""
        for index in range(bisect_left(self._times, after), bisect_right(self._times, before)):
            change = self.changes[index]
            if change.until > now and change.status in statuses:
                yield change

    def told_since(self, after: float, now: float) -> Iterator[Change]:
        """Yield the requests that a report of the open orders made at that time shows, of those made since a time."""
        for change in self._asking:
            if after <= change.at <= now < change.until:
                yield change

    def _add(self, start: float, chance: random.Random) -> None:
        order = self.orders
        self.orders += 1
        ships = start + chance.uniform(240, 2880)
        steps: list[tuple[float, str, int | None]] = [(start, OPEN, None)]
        if chance.random() < CANCELLED_SHARE:
            steps.append((start + chance.uniform(1, 30), CANCELLED, None))
        else:
            if chance.random() < REQUEST_SHARE:
                at = chance.uniform(start + 30, ships)
                steps.append((at, OPEN, len(self.requests)))
                self.requests.append(at)
                self.gone.append(ships)
            steps += [(ships, SHIPPED, None), (ships + chance.uniform(60, 600), SHIPPED, None)]
            if chance.random() < 0.5:
                steps.append((ships + chance.uniform(1200, 4000), SHIPPED, None))
        times = [at for at, _status, _request in steps[1:]] + [NEVER]
        self.changes += [
            Change(at, until, order, status, request) for (at, status, request), until in zip(steps, times, strict=True)
        ]


def _spread(orders_a_day: int, rhythm: Rhythm, chance: random.Random) -> Iterator[float]:
    whole = sum(rhythm.hours)
    for day, factor in enumerate(rhythm.days):
        for hour, weight in enumerate(rhythm.hours):
            count = orders_a_day * factor * weight / whole
            count = int(count) + (chance.random() < count % 1)
            for _order in range(count):
                yield day * MINUTES_A_DAY + hour * 60 + chance.uniform(0, 60)
