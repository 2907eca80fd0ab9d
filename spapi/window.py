"""The question of one search, kept unchanged until its last page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from .timestamps import format_time, parse_time

MARKETPLACES_LIMIT = 50
PAGE_LIMIT = 100


@dataclass(frozen=True)
class SearchWindow:
    """A searchOrders question by time of update; its times are cut to whole seconds, as Amazon gets them.

    :ivar last_updated_after: aware; orders updated at or after it.
    :ivar last_updated_before: aware; Amazon refuses one that is not at least two minutes in its past.
    :ivar statuses: Odoo's lower-case values; empty for all.
    :ivar page_size: 1 to 100.
    :raises ValueError: something that Amazon would refuse.
    """

    _by: ClassVar[str] = "lastUpdated"

    last_updated_after: datetime
    last_updated_before: datetime
    marketplace_ids: tuple[str, ...]
    fulfilled_by: tuple[str, ...] = ("MERCHANT",)
    statuses: tuple[str, ...] = ()
    page_size: int = PAGE_LIMIT

    def __post_init__(self) -> None:
        for name in ("last_updated_after", "last_updated_before"):
            object.__setattr__(self, name, parse_time(format_time(getattr(self, name))))
        for name in ("marketplace_ids", "fulfilled_by", "statuses"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.last_updated_before < self.last_updated_after:
            raise ValueError("the window ends before it begins")
        if not 1 <= len(self.marketplace_ids) <= MARKETPLACES_LIMIT or not all(self.marketplace_ids):
            raise ValueError(f"a search needs 1 to {MARKETPLACES_LIMIT} marketplaces")
        if not 1 <= self.page_size <= PAGE_LIMIT:
            raise ValueError(f"a page has 1 to {PAGE_LIMIT} orders")

    def to_parameters(self) -> dict[str, Any]:
        """Return the query parameters of searchOrders, the same for every page."""
        parameters: dict[str, Any] = {
            f"{self._by}After": format_time(self.last_updated_after),
            f"{self._by}Before": format_time(self.last_updated_before),
            "marketplaceIds": list(self.marketplace_ids),
            "maxResultsPerPage": self.page_size,
        }
        if self.fulfilled_by:
            parameters["fulfilledBy"] = list(self.fulfilled_by)
        if self.statuses:
            parameters["fulfillmentStatuses"] = [status.upper() for status in self.statuses]
        return parameters

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe form that `from_dict` turns into an equal window."""
        return {
            "last_updated_after": format_time(self.last_updated_after),
            "last_updated_before": format_time(self.last_updated_before),
            "marketplace_ids": list(self.marketplace_ids),
            "fulfilled_by": list(self.fulfilled_by),
            "statuses": list(self.statuses),
            "page_size": self.page_size,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the window that `to_dict` wrote.

        :raises KeyError, TypeError, ValueError: not such a form.
        """
        times = {name: parse_time(data[name]) for name in ("last_updated_after", "last_updated_before")}
        return cls(**(data | times))


@dataclass(frozen=True)
class CreationWindow(SearchWindow):
    """A searchOrders question whose times are those of the orders' creation: it shows an order at whose update time
    nobody looked.
    """

    _by: ClassVar[str] = "created"
