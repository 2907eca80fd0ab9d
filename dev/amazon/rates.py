"""Amazon's usage plans: a token bucket per seller and operation, on Amazon's clock."""

from __future__ import annotations

from datetime import datetime

# Requests per second and burst, from the models' usage plans; LWA and presigned links have none.
RATES: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "cancelOrder": (1.0, 5),
    "getMarketplaceParticipations": (0.016, 15),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeed": (2.0, 15),
    "getFeeds": (0.0222, 10),
    "cancelFeed": (2.0, 15),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2.0, 15),
    "getReports": (0.0222, 10),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "listTransactions": (0.5, 10),
    "createRestrictedDataToken": (1.0, 10),
    "getDestinations": (1.0, 5),
    "createDestination": (1.0, 5),
    "getDestination": (1.0, 5),
    "deleteDestination": (1.0, 5),
    "getSubscription": (1.0, 5),
    "createSubscription": (1.0, 5),
    "getSubscriptionById": (1.0, 5),
    "deleteSubscriptionById": (1.0, 5),
}


class Rates:
    """The buckets of all sellers."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], tuple[float, datetime]] = {}

    def take(self, owner: str, operation: str, now: datetime) -> bool:
        """Take one call from the bucket.

        :param owner: seller id, or the application for grantless operations
        :return: False where the bucket is empty
        """
        rate, burst = RATES[operation]
        left, since = self._buckets.get((owner, operation), (float(burst), now))
        left = min(float(burst), left + max(0.0, (now - since).total_seconds()) * rate)
        allowed = left >= 1
        self._buckets[owner, operation] = (left - 1 if allowed else left, now)
        return allowed

    def clear(self) -> None:
        """Fill all buckets."""
        self._buckets.clear()
