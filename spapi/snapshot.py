"""What one source said about one order at one time: the form that every source is turned into."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from hashlib import blake2b
from typing import Any, Self

from .timestamps import parse_time

SOURCES = ("search", "get", "notification", "report", "upload", "known")

# What Amazon's order itself says; every other source only tells of it.
ORDER_SOURCES = ("search", "get")
STATUSES = frozenset(
    {"pending_availability", "pending", "unshipped", "partially_shipped", "shipped", "cancelled", "unfulfillable"}
)
CLOSED_STATUSES = frozenset({"shipped", "cancelled"})

# The id of an item whose own cannot be read.
UNKNOWN_ITEM = "?"

_TIMES = ("last_updated", "shown_at", "created", "ship_by", "earliest_ship", "requested_at")


@dataclass(frozen=True)
class ItemSnapshot:
    """One order item. ``None`` always means: this source cannot tell.

    :ivar item_id: Amazon's order item id, digits that may begin with zeros.
    :ivar quantity: units ordered.
    :ivar cancel_requested: whether the buyer asked to cancel the item, as it is shown; see `asks`.
    :ivar cancel_reason: the buyer's words.
    :ivar cancelled_by: ``BUYER``, ``MERCHANT`` or ``AMAZON`` once it was cancelled.
    :ivar executed_reason: Amazon's words on the cancellation that was carried out.
    :ivar quantity_shipped: units shipped; ``quantity_unshipped``: units still to ship.
    """

    item_id: str
    sku: str | None = None
    title: str | None = None
    quantity: int | None = None
    cancel_requested: bool | None = None
    cancel_reason: str | None = None
    cancelled_by: str | None = None
    executed_reason: str | None = None
    quantity_shipped: int | None = None
    quantity_unshipped: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of the item to ship or to cancel: cancelled already, down to zero, or shipped."""
        shipped = bool(self.quantity_shipped) and self.quantity_unshipped == 0
        return shipped or self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether all of the item was cancelled, by whom ever."""
        return self.cancelled_by is not None or self.executed_reason is not None or self.quantity == 0

    @property
    def asks(self) -> bool:
        """Whether the buyer's request for the item is one that somebody must decide."""
        return bool(self.cancel_requested) and not self.is_done


@dataclass(frozen=True)
class OrderSnapshot:
    """One order as a source showed it; all date-times are aware UTC.

    :ivar source: one of `SOURCES`; `known` is what all sources together told.
    :ivar last_updated: Amazon's time of the order's last change; reports do not tell.
    :ivar shown_at: when the source showed it: Amazon's clock at the answer, a notification's publication, when a
        report was made; None where that is not known, as of an uploaded file.
    :ivar status: Odoo's lower-case value, e.g. ``unshipped``; an unknown status is kept, lower-cased.
    :ivar fulfilled_by: ``MERCHANT`` or ``AMAZON``.
    :ivar requested_at: when the buyer asked; only notifications know it.
    :ivar items_complete: True when ``items`` are all items of the order.
    """

    order_id: str
    source: str
    last_updated: datetime | None = None
    shown_at: datetime | None = None
    marketplace_id: str | None = None
    status: str | None = None
    fulfilled_by: str | None = None
    created: datetime | None = None
    ship_by: datetime | None = None
    earliest_ship: datetime | None = None
    requested_at: datetime | None = None
    items: tuple[ItemSnapshot, ...] = ()
    items_complete: bool = False

    @property
    def cancel_requested(self) -> bool | None:
        """True when the buyer asked for any item, False when surely for none, None when that cannot be told."""
        flags = [item.cancel_requested for item in self.items]
        if True in flags:
            return True
        return False if self.items_complete and flags and None not in flags else None

    @property
    def is_whole(self) -> bool:
        """Whether the order itself shows all that it takes to say no: status, time, all items and their data sets."""
        told = all(item.cancel_requested is not None for item in self.items)
        known = self.status in STATUSES and self.last_updated is not None and self.shown_at is not None
        return self.source in ORDER_SOURCES and known and self.items_complete and bool(self.items) and told

    @property
    def digest(self) -> str:
        """What tells one content from another, whoever showed it and whenever."""
        content = (
            self.order_id,
            self.last_updated,
            self.marketplace_id,
            self.status,
            self.fulfilled_by,
            self.created,
            self.ship_by,
            self.earliest_ship,
            self.requested_at,
            self.items,
            self.items_complete,
        )
        return blake2b(repr(content).encode(), digest_size=16).hexdigest()

    @property
    def is_fba(self) -> bool:
        """Whether Amazon fulfils the order, so that a request is Amazon's to decide."""
        return self.fulfilled_by == "AMAZON"

    @property
    def is_closed(self) -> bool:
        """Whether the order is shipped or cancelled, so that nothing is left to ask for."""
        return self.status in CLOSED_STATUSES

    @property
    def cancel_reason(self) -> str | None:
        """The buyer's distinct reasons in the items' order, joined with ``; ``."""
        reasons = dict.fromkeys(item.cancel_reason for item in self.items if item.cancel_reason)
        return "; ".join(reasons) or None

    @property
    def cancelled_by(self) -> str | None:
        """Who cancelled the first cancelled item."""
        return next((item.cancelled_by for item in self.items if item.cancelled_by), None)

    @property
    def anything_shipped(self) -> bool:
        """True when the status or any item says that something left."""
        return self.status in ("shipped", "partially_shipped") or any(item.quantity_shipped for item in self.items)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe form that `from_dict` turns into an equal snapshot."""
        data = asdict(self)
        for name in _TIMES:
            value = data[name]
            data[name] = value.isoformat() if value else None
        data["items"] = list(data["items"])
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the snapshot that `to_dict` wrote.

        :raises KeyError, TypeError, ValueError: not such a form.
        """
        values = {field.name: data[field.name] for field in fields(cls)}
        for name in _TIMES:
            values[name] = parse_time(values[name]) if values[name] else None
        values["items"] = tuple(ItemSnapshot(**item) for item in values["items"])
        return cls(**values)
