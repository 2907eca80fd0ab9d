"""What all sources together have told about one order, whatever the order in which they came.

Each fact is kept with the time for which it was told, and a later one replaces it; facts that one source cannot tell
stay as another told them. Two pieces of knowledge are joined by `merge`, which is idempotent and does not depend on the
order of joining. The exception is deliberate: when one source tells two things for the same second, what was read last
counts.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from .snapshot import ItemSnapshot, OrderSnapshot
from .timestamps import parse_time

# At the same time the better informed source counts. Reports tell a state, the others a change and its time.
_RANKS = {"get": 2, "search": 2, "notification": 1, "report": 0, "upload": 0}
_CHANGE_RANK = 1
# A source that does not tell its time fills gaps only.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER_FACTS = ("marketplace_id", "status", "fulfilled_by", "created", "ship_by", "earliest_ship")
_ITEM_FACTS = (
    "sku",
    "title",
    "quantity",
    "cancel_requested",
    "cancel_reason",
    "cancelled_by",
    "executed_reason",
    "quantity_shipped",
    "quantity_unshipped",
)
_TIME_FACTS = ("created", "ship_by", "earliest_ship")
_CLOSED = ("shipped", "cancelled")
_POSITION = "position"
# Far more than an order's changes and reports; beyond it only the first and last of equal sightings are kept.
_SIGHTINGS_KEPT = 100

KNOWN = "known"


class Fact(NamedTuple):
    """A value, the time for which it was told, and how well informed its source is."""

    at: datetime
    rank: int
    value: Any


@dataclass(frozen=True)
class OrderKnowledge:
    """All that is known of one order.

    :ivar facts: the order's own facts by name of the snapshot's field.
    :ivar items: the items' facts by item id.
    :ivar sightings: at each time, whether a request of the buyer's was shown.
    :ivar last_updated: when the order last changed, as far as known; reports do not tell.
    :ivar items_complete: whether ``items`` are all items of the order.
    """

    order_id: str
    facts: dict[str, Fact] = field(default_factory=dict)
    items: dict[str, dict[str, Fact]] = field(default_factory=dict)
    sightings: dict[datetime, Fact] = field(default_factory=dict)
    last_updated: datetime | None = None
    items_complete: bool = False

    @classmethod
    def from_snapshot(cls, snapshot: OrderSnapshot) -> Self:
        """Return what one snapshot tells."""
        at, rank = snapshot.last_updated or _NO_TIME, _RANKS[snapshot.source]

        def told(source: Any, names: tuple[str, ...]) -> dict[str, Fact]:
            values = {name: getattr(source, name) for name in names}
            return {name: Fact(at, rank, value) for name, value in values.items() if value is not None}

        items = {item.item_id: told(item, _ITEM_FACTS) for item in snapshot.items}
        if snapshot.items_complete:
            for position, facts in enumerate(items.values()):
                facts[_POSITION] = Fact(at, rank, position)
        asked = snapshot.cancel_requested
        # What a closed order does not show says nothing: Amazon may simply no longer show the request.
        seen = asked is not None and (asked or snapshot.status not in _CLOSED)
        return cls(
            order_id=snapshot.order_id,
            facts=told(snapshot, _ORDER_FACTS),
            items=items,
            sightings={at: Fact(at, rank, asked)} if seen else {},
            last_updated=snapshot.last_updated if rank >= _CHANGE_RANK else None,
            items_complete=snapshot.items_complete,
        )

    def merge(self, other: Self) -> Self:
        """Return both together. Where they are equally good, ``other``, which was read later, counts."""
        return type(self)(
            order_id=self.order_id,
            facts=_merge_facts(self.facts, other.facts),
            items={
                item_id: _merge_facts(self.items.get(item_id, {}), other.items.get(item_id, {}))
                for item_id in self.items | other.items
            },
            sightings=_thin_out(_merge_facts(self.sightings, other.sightings)),
            last_updated=max(filter(None, (self.last_updated, other.last_updated)), default=None),
            items_complete=self.items_complete or other.items_complete,
        )

    # --- the buyer's request ------------------------------------------------------------------------------------

    @property
    def asked(self) -> bool | None:
        """True while the buyer asks for any item, False when surely for none, None when that is not known."""
        flags = [_get(facts, "cancel_requested") for facts in self.items.values()]
        if True in flags:
            return True
        return False if self.items_complete and flags and None not in flags else None

    @property
    def request(self) -> str | None:
        """What the request came to without anybody's decision: ``requested``, ``withdrawn``, ``overtaken`` or None."""
        last_asked = self.last_asked
        if self.is_closed:
            if last_asked is None:
                return None
            withdrawn = any(
                seen.at > last_asked and not seen.value and seen.rank >= _CHANGE_RANK
                for seen in self.sightings.values()
            )
            return "withdrawn" if withdrawn else "overtaken"
        if self.asked:
            return "requested"
        return "withdrawn" if last_asked else None

    @property
    def is_closed(self) -> bool:
        """Whether the order is shipped or cancelled, so that nothing is left to ask for."""
        return _get(self.facts, "status") in _CLOSED

    @property
    def is_fba(self) -> bool:
        """Whether Amazon fulfils the order, so that a request is Amazon's to decide."""
        return _get(self.facts, "fulfilled_by") == "AMAZON"

    @property
    def last_asked(self) -> datetime | None:
        """The latest time at which a request was shown."""
        return max((seen.at for seen in self.sightings.values() if seen.value), default=None)

    @property
    def last_clear(self) -> datetime | None:
        """The latest time at which surely no request was shown."""
        return max((seen.at for seen in self.sightings.values() if not seen.value), default=None)

    @property
    def asked_since(self) -> datetime | None:
        """The earliest time at which the latest request was shown."""
        since = None
        for seen in sorted(self.sightings.values(), reverse=True):
            if seen.value:
                since = seen.at
            elif since:
                break
        return since

    @property
    def reasons(self) -> dict[str, str]:
        """The buyer's words by item id, of the latest request."""
        since = self.asked_since
        return {
            item_id: facts["cancel_reason"].value
            for item_id, facts in self._sorted_items()
            if since and "cancel_reason" in facts and facts["cancel_reason"].at >= since
        }

    @property
    def fingerprint(self) -> dict[str, str]:
        """The reason, or an empty string, of each item that the buyer asks to cancel now."""
        reasons = self.reasons
        return {
            item_id: reasons.get(item_id, "")
            for item_id, facts in self._sorted_items()
            if _get(facts, "cancel_requested")
        }

    # --- forms --------------------------------------------------------------------------------------------------

    def to_snapshot(self) -> OrderSnapshot:
        """Return the order as it is known now; ``requested_at`` is when the latest request was first shown."""
        reasons = self.fingerprint
        items = tuple(
            ItemSnapshot(
                item_id,
                **{name: _get(facts, name) for name in _ITEM_FACTS if name != "cancel_reason"},
                cancel_reason=reasons.get(item_id) or None,
            )
            for item_id, facts in self._sorted_items()
        )
        return OrderSnapshot(
            order_id=self.order_id,
            source=KNOWN,
            last_updated=self.last_updated,
            requested_at=self.asked_since,
            items=items,
            items_complete=self.items_complete,
            **{name: _get(self.facts, name) for name in _ORDER_FACTS},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe form that `from_dict` turns into equal knowledge."""
        return {
            "order_id": self.order_id,
            "facts": _dump(self.facts),
            "items": {item_id: _dump(facts) for item_id, facts in self.items.items()},
            "sightings": [[seen.at.isoformat(), seen.rank, seen.value] for seen in sorted(self.sightings.values())],
            "last_updated": self.last_updated and self.last_updated.isoformat(),
            "items_complete": self.items_complete,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the knowledge that `to_dict` wrote.

        :raises KeyError, TypeError, ValueError: not such a form.
        """
        sightings = [Fact(parse_time(at), rank, value) for at, rank, value in data["sightings"]]
        return cls(
            order_id=data["order_id"],
            facts=_load(data["facts"]),
            items={item_id: _load(facts) for item_id, facts in data["items"].items()},
            sightings={seen.at: seen for seen in sightings},
            last_updated=parse_time(data["last_updated"]) if data["last_updated"] else None,
            items_complete=data["items_complete"],
        )

    def _sorted_items(self) -> list[tuple[str, dict[str, Fact]]]:
        def place(entry: tuple[str, dict[str, Fact]]) -> tuple[bool, int, str]:
            position = _get(entry[1], _POSITION)
            return position is None, position or 0, entry[0]

        return sorted(self.items.items(), key=place)


def _get(facts: dict[Any, Fact], name: Any) -> Any:
    return facts[name].value if name in facts else None


def _merge_facts(known: dict[Any, Fact], read: dict[Any, Fact]) -> dict[Any, Fact]:
    merged = dict(known)
    for name, fact in read.items():
        if name not in merged or merged[name][:2] <= fact[:2]:
            merged[name] = fact
    return merged


def _thin_out(sightings: dict[datetime, Fact]) -> dict[datetime, Fact]:
    """Leave out the middle of long runs of equal sightings: what matters is when something began and ended."""
    if len(sightings) <= _SIGHTINGS_KEPT:
        return sightings
    ordered = sorted(sightings.values())
    kinds = [(seen.value, seen.rank >= _CHANGE_RANK) for seen in ordered]
    return {
        seen.at: seen
        for number, seen in enumerate(ordered)
        if number in (0, len(ordered) - 1) or not kinds[number - 1] == kinds[number] == kinds[number + 1]
    }


def _dump(facts: dict[str, Fact]) -> dict[str, list[Any]]:
    return {
        name: [fact.at.isoformat(), fact.rank, fact.value.isoformat() if name in _TIME_FACTS else fact.value]
        for name, fact in facts.items()
    }


def _load(facts: dict[str, list[Any]]) -> dict[str, Fact]:
    return {
        name: Fact(parse_time(at), rank, parse_time(value) if name in _TIME_FACTS else value)
        for name, (at, rank, value) in facts.items()
    }
