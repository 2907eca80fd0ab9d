"""Counts calls per operation against Amazon's usage plans, without ever sleeping."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from .errors import Throttled
from .timestamps import parse_time

# Calls per second and burst, from the operations' documentation. Amazon's answers tell the account's own rate.
USAGE_PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "cancelOrder": (1.0, 5),
    "getMarketplaceParticipations": (0.016, 15),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeed": (2.0, 15),
    "getFeeds": (0.0222, 10),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReportDocument": (0.0167, 15),
    "createDestination": (1.0, 5),
    "getDestinations": (1.0, 5),
    "deleteDestination": (1.0, 5),
    "createSubscription": (1.0, 5),
    "getSubscription": (1.0, 5),
    "deleteSubscriptionById": (1.0, 5),
    "listTransactions": (0.5, 10),
    "createRestrictedDataToken": (1.0, 10),
}


@dataclass
class _Bucket:
    rate: float
    level: float
    at: datetime | None = None


class RateBudget:
    """One token bucket per operation, for one seller account.

    Keep it across runs with `to_dict` and `from_dict`. Times are aware UTC, best Amazon's own (``SellerClient.now``).
    """

    def __init__(self) -> None:
        self._buckets = {name: _Bucket(rate, float(burst)) for name, (rate, burst) in USAGE_PLANS.items()}

    def take(self, operation: str, now: datetime) -> None:
        """Use one call of the operation.

        :raises Throttled: none is left; ``retry_at`` tells when the next one is.
        :raises KeyError: an operation without a usage plan.
        """
        bucket = self._refill(operation, now)
        if bucket.level < 1:
            raise Throttled(
                f"The allowance for {operation} is used up.",
                retry_at=self._next(bucket, now),
                now=now,
                operation=operation,
            )
        bucket.level -= 1

    def left(self, operation: str, now: datetime) -> int:
        """Return how many calls of the operation pass at once."""
        return max(0, int(self._refill(operation, now).level))

    def wait(self, operation: str, now: datetime) -> timedelta:
        """Return how long it is until a call of the operation passes."""
        bucket = self._refill(operation, now)
        return self._next(bucket, now) - now if bucket.level < 1 else timedelta(0)

    def rate(self, operation: str) -> float:
        """Return the calls per second that are allowed of the operation, as Amazon last told them."""
        return self._buckets[operation].rate

    def learn(self, operation: str, rate: float) -> None:
        """Take over the rate (calls per second) that Amazon's ``x-amzn-RateLimit-Limit`` header told."""
        if 0 < rate < 1e6:
            self._buckets[operation].rate = rate

    def empty(self, operation: str, now: datetime, wait: timedelta | None = None) -> datetime:
        """Note that Amazon answered 429, and return the time of the next call.

        :param wait: how long Amazon asked to wait, if it did.
        """
        bucket = self._refill(operation, now)
        seconds = wait.total_seconds() if wait else 0.0
        bucket.level = min(0.0, 1 - seconds * bucket.rate)
        return self._next(bucket, now)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-safe state of the operations used so far."""
        return {
            name: {"rate": bucket.rate, "level": bucket.level, "at": bucket.at.isoformat()}
            for name, bucket in self._buckets.items()
            if bucket.at
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> Self:
        """Return the budget that `to_dict` wrote; what cannot be read starts afresh."""
        budget = cls()
        for name, state in (data or {}).items():
            if name not in USAGE_PLANS:
                continue
            try:
                bucket = _Bucket(float(state["rate"]), float(state["level"]), parse_time(state["at"]))
            except (KeyError, TypeError, ValueError):
                continue
            if bucket.rate > 0:
                budget._buckets[name] = bucket
        return budget

    def _refill(self, operation: str, now: datetime) -> _Bucket:
        bucket = self._buckets[operation]
        burst = USAGE_PLANS[operation][1]
        # A clock that was set back must not freeze the bucket: its time simply starts again.
        passed = max(0.0, (now - bucket.at).total_seconds()) if bucket.at else 0.0
        bucket.level = min(float(burst), bucket.level + passed * bucket.rate)
        bucket.at = now
        return bucket

    @staticmethod
    def _next(bucket: _Bucket, now: datetime) -> datetime:
        return now + timedelta(seconds=min((1 - bucket.level) / bucket.rate, 86400.0))
