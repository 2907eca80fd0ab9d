"""What is known of one order: what the order itself last proved, and what other sources claim beyond that.

The rule of evidence:

- The *proof* is one whole reading of the order (`OrderSnapshot.is_whole`). A later one replaces it as a whole.
- A *claim* is a request that any other answer told and that the proof does not show. It counts at once, and asks for a
  reading. Only a proof by getOrder, shown after it, answers it.
- That a proven request is gone, only getOrder tells, of an order that changed since. That an order is no longer shipped
  or cancelled, only getOrder tells.
- Everything else that contradicts changes nothing, and asks for a reading. So does who else tells that an order which
  was never read is shipped or cancelled.

So a request is shown while the proof shows one or a claim is open, and an order's silence ends nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self

from .snapshot import ORDER_SOURCES, UNKNOWN_ITEM, ItemSnapshot, OrderSnapshot
from .timestamps import parse_time

KNOWN = "known"
# A person who puts a request back; only a person ends it again.
PERSON = "person"

REQUESTED, WITHDRAWN, OVERTAKEN = "requested", "withdrawn", "overtaken"

# What a piece of evidence did; see `Evidence.effect`.
PROVED, CLAIMED, ANSWERED, CONTRADICTED, NOT_WHOLE = "proved", "claimed", "answered", "contradicted", "not_whole"
ENDED, RESTORED = "ended", "restored"

# How far Amazon's own clocks may be apart; an order cannot have changed after it was shown.
CLOCKS_APART = timedelta(minutes=15)

# Far more than an order's changes; the first ones are the least needed.
EVIDENCE_KEPT = 30

_GAP_FACTS = ("marketplace_id", "status", "fulfilled_by", "created", "ship_by", "earliest_ship", "last_updated")


@dataclass(frozen=True)
class Claim:
    """That the buyer asks, told by a source that is not proof.

    :ivar told: for which time the source tells it; None where it does not say.
    :ivar heard: when it came to us, on Amazon's clock.
    :ivar items: the buyer's words, or an empty string, by item id.
    :ivar changed: when the order had last changed then, where the order itself told it.
    """

    source: str
    told: datetime | None
    heard: datetime
    items: dict[str, str]
    changed: datetime | None = None

    @property
    def answerable_after(self) -> datetime:
        """A reading shown later than this answers the claim."""
        return min(self.told, self.heard) if self.told else self.heard

    def is_answered_by(self, shown: datetime, changed: datetime) -> bool:
        """Whether a proof by getOrder says what is true of it: shown later, of an order that changed since."""
        return self.answerable_after < shown and (self.changed is None or self.changed < changed)

    def is_among(self, item_ids: Collection[str]) -> bool:
        """Whether these are all items that it names; an id that was told as a number has no zeros at its beginning."""
        numbers = {item_id.lstrip("0") for item_id in item_ids}
        return all(item_id.lstrip("0") in numbers for item_id in self.items if item_id != UNKNOWN_ITEM)


@dataclass(frozen=True)
class Request:
    """The buyer's latest request.

    :ivar number: counts the requests that began after a proven withdrawal of the one before.
    :ivar items: the buyer's words, or an empty string, by item id; what was last shown of it.
    :ivar since: the earliest time for which it was told.
    :ivar source: who told it first.
    :ivar shown: the latest time at which it was shown.
    :ivar outcome: `withdrawn` or `overtaken` once it is over, else None.
    :ivar ended: when that was shown, and by which source.
    """

    number: int
    items: dict[str, str]
    since: datetime
    source: str
    shown: datetime
    outcome: str | None = None
    ended: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True)
class Evidence:
    """One thing that was told and mattered.

    :ivar heard: when it came to us, on Amazon's clock.
    :ivar shown: for which time it was told, if known.
    :ivar effect: what it did: `proved` something new, `claimed`, was `answered`, `contradicted`, was `not_whole`,
        `ended` a request, or a person `restored` one.
    :ivar asked: the items that it shows as asked for; None where it cannot tell.
    """

    heard: datetime
    source: str
    shown: datetime | None
    effect: str
    status: str | None = None
    asked: tuple[str, ...] | None = None

    @property
    def _likeness(self) -> tuple[Any, ...]:
        return self.source, self.shown, self.effect, self.status, self.asked


@dataclass(frozen=True)
class OrderKnowledge:
    """All that is known of one order. Immutable: each method that learns returns the knowledge after it.

    :ivar proof: the last whole reading.
    :ivar answered: when getOrder last gave a proof, and when the order had last changed then: it answers older claims.
    :ivar claims: the open claims, in the order in which they came.
    :ivar gaps: what others told before there was a proof; used only as long as there is none.
    :ivar request: the latest request, open or over.
    :ivar evidence: the latest things that mattered, oldest first.
    :ivar doubtful: whether the order is to be read: something contradicts, or is claimed, and nothing has answered yet.
    """

    order_id: str
    proof: OrderSnapshot | None = None
    answered: tuple[datetime, datetime] | None = None
    claims: tuple[Claim, ...] = ()
    gaps: OrderSnapshot | None = None
    request: Request | None = None
    evidence: tuple[Evidence, ...] = ()
    doubtful: bool = False

    # --- learning -----------------------------------------------------------------------------------------------

    def learn(self, snapshot: OrderSnapshot, heard: datetime) -> Self:
        """Return what is known after one more snapshot. Telling the same twice changes nothing.

        :param heard: when it came to us, on Amazon's clock, aware.
        """
        snapshot = _without_future(snapshot)
        if self._adds_nothing(snapshot):
            return self
        if snapshot.is_whole:
            if self._is_proof(snapshot):
                return self._prove(snapshot, heard)
            effect = CONTRADICTED
        else:
            effect = NOT_WHOLE
        return self._hear(snapshot, heard, effect)

    def learn_all(self, snapshots: Iterable[OrderSnapshot], heard: datetime) -> Self:
        """Return what is known after several snapshots."""
        knowledge = self
        for snapshot in snapshots:
            knowledge = knowledge.learn(snapshot, heard)
        return knowledge

    def absorb(self, other: Self, heard: datetime) -> Self:
        """Return both together, where two places kept knowledge of the same order."""
        if self == type(self)(self.order_id):
            return other
        knowledge = self if other.proof is None else self.learn(other.proof, heard)
        for claim in other.claims:
            if not knowledge._is_answered(claim):
                knowledge = replace(knowledge._open(claim), doubtful=True)
        return knowledge._settle(source=KNOWN)

    def restore(self, heard: datetime) -> Self:
        """Return what is known after a person put the latest request back; only a person ends it again.

        :raises ValueError: there is no request that is over, or nothing is left to ask for.
        """
        if self.request is None or self.is_open or self.is_closed:
            raise ValueError("no request to put back")
        request = replace(self.request, outcome=None, ended=None, ended_by=None, shown=heard)
        knowledge = replace(self._open(Claim(PERSON, heard, heard, self.request.items)), request=request)
        if not knowledge.asked:
            raise ValueError("nothing is left of the request")
        return knowledge._note(Evidence(heard, PERSON, heard, RESTORED, asked=tuple(knowledge.asked)))

    def end_claims(self, heard: datetime) -> Self:
        """Return what is known after a person said that the claims are not so."""
        return replace(self, claims=(), doubtful=False)._settle(source=PERSON, at=heard, heard=heard)

    def decide(self, heard: datetime) -> Self:
        """Return what is known after a person decided: what a person put back before is decided with it."""
        claims = tuple(claim for claim in self.claims if claim.source != PERSON)
        if claims == self.claims:
            return self
        return replace(self, claims=claims)._settle(source=PERSON, at=heard, heard=heard)

    # --- what is known ------------------------------------------------------------------------------------------

    @property
    def asked(self) -> dict[str, str]:
        """The buyer's words, or an empty string, by item that the buyer asks to cancel now."""
        if self.is_closed:
            return {}
        asked = self._proved_asked
        for claim in self.claims:
            for item_id, words in claim.items.items():
                if not self._is_done(item_id):
                    asked[item_id] = asked.get(item_id) or words
        return asked

    @property
    def claims_more_than_proof(self) -> bool:
        """Whether something is asked for that the order itself does not show as asked for."""
        return not self._proved_asked.keys() >= self.asked.keys()

    @property
    def request_state(self) -> str | None:
        """What the request came to without anybody's decision: ``requested``, ``withdrawn``, ``overtaken`` or None."""
        if self.request is None:
            return None
        return self.request.outcome or REQUESTED

    @property
    def is_open(self) -> bool:
        """Whether a request is shown that nothing has ended."""
        return self.request is not None and self.request.outcome is None

    @property
    def status(self) -> str | None:
        """The order's status, by the proof or, before there is one, by what others told."""
        return getattr(self.proof or self.gaps, "status", None)

    @property
    def proved_items(self) -> dict[str, ItemSnapshot]:
        """The items as proved, by id."""
        return {item.item_id: item for item in self.proof.items} if self.proof else {}

    @property
    def is_closed(self) -> bool:
        """Whether the order itself showed that it is shipped or cancelled, so that nothing is left to ask for."""
        return self.proof is not None and self.proof.is_closed

    @property
    def is_fba(self) -> bool:
        """Whether Amazon fulfils the order, so that a request is Amazon's to decide."""
        return (self.proof is not None and self.proof.is_fba) or (self.gaps is not None and self.gaps.is_fba)

    @property
    def last_updated(self) -> datetime | None:
        """When the order last changed, as the order itself showed it."""
        by_order = self.proof or (self.gaps if self.gaps and self.gaps.source in ORDER_SOURCES else None)
        return by_order.last_updated if by_order else None

    def to_snapshot(self) -> OrderSnapshot:
        """Return the order as it is known now; each item says whether somebody must decide about it."""
        asked = self.asked
        base = self.proof or self.gaps or OrderSnapshot(self.order_id, KNOWN)
        known = {item.item_id: item for item in base.items}
        unseen = [item_id for item_id in asked if item_id not in known]
        items = tuple(
            replace(
                item,
                cancel_requested=item.item_id in asked or (None if item.cancel_requested is None else False),
                cancel_reason=asked.get(item.item_id) or None,
            )
            for item in (*known.values(), *map(ItemSnapshot, unseen))
        )
        filled: dict[str, Any] = {
            name: getattr(base, name) or getattr(self.gaps, name, None) for name in _GAP_FACTS if name != "status"
        }
        return replace(
            base,
            source=KNOWN,
            items=items,
            items_complete=base.items_complete and not unseen,
            requested_at=self.request.since if self.request else None,
            **filled,
        )

    @property
    def digest(self) -> str | None:
        """The digest of the proof; a search that shows an order of this digest adds nothing. None where any may."""
        if self.proof is None or self.claims or self.doubtful:
            return None
        return self.proof.digest

    # --- forms --------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe form that `from_dict` turns into equal knowledge."""
        return {
            "order_id": self.order_id,
            "proof": self.proof and self.proof.to_dict(),
            "answered": [moment.isoformat() for moment in self.answered or ()],
            "claims": [_dump(claim) for claim in self.claims],
            "gaps": self.gaps and self.gaps.to_dict(),
            "request": self.request and _dump(self.request),
            "evidence": [_dump(entry) for entry in self.evidence],
            "doubtful": self.doubtful,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the knowledge that `to_dict` wrote.

        :raises KeyError, TypeError, ValueError: not such a form.
        """
        return cls(
            order_id=data["order_id"],
            proof=OrderSnapshot.from_dict(data["proof"]) if data["proof"] else None,
            answered=_load_pair(data["answered"]),
            claims=tuple(_load(Claim, entry) for entry in data["claims"]),
            gaps=OrderSnapshot.from_dict(data["gaps"]) if data["gaps"] else None,
            request=_load(Request, data["request"]) if data["request"] else None,
            evidence=tuple(_load(Evidence, entry) for entry in data["evidence"]),
            doubtful=data["doubtful"],
        )

    # --- how it is judged ---------------------------------------------------------------------------------------

    @property
    def _proved_asked(self) -> dict[str, str]:
        return {item.item_id: item.cancel_reason or "" for item in self.proved_items.values() if item.asks}

    def _is_done(self, item_id: str) -> bool:
        known = self.proved_items
        return item_id in known and known[item_id].is_done

    def _adds_nothing(self, snapshot: OrderSnapshot) -> bool:
        """Whether a whole reading shows what the proof shows, so that nothing is to be written down."""
        if self.proof is None or self.claims or self.doubtful or not snapshot.is_whole:
            return False
        unseen = replace(snapshot, source=self.proof.source, shown_at=self.proof.shown_at)
        return unseen == self.proof

    def _is_proof(self, snapshot: OrderSnapshot) -> bool:
        """Whether a whole reading replaces the proof: it is later, of all known items, and may say what it says."""
        proof = self.proof
        if proof is None:
            return True
        (shown_at, changed_at), (proof_shown_at, proof_changed_at) = _get_times(snapshot), _get_times(proof)
        if shown_at < proof_shown_at or changed_at < proof_changed_at:
            return False
        shown = {item.item_id: item for item in snapshot.items}
        if not shown.keys() >= self.proved_items.keys():
            return False
        by_order = snapshot.source == "get"
        if proof.is_closed and snapshot.status != proof.status and not by_order:
            return False
        gone = [item for item in proof.items if item.asks and not _still_tells(shown[item.item_id])]
        if not gone or snapshot.is_closed or proof.is_closed:
            return True
        # A request changes the order, and so would its end: silence about an unchanged order is a poor answer.
        return by_order and changed_at > proof_changed_at and shown_at > proof_shown_at

    def _prove(self, snapshot: OrderSnapshot, heard: datetime) -> Self:
        by_order = snapshot.source == "get"
        shown = {item.item_id for item in snapshot.items}
        claims = self.claims
        if by_order:
            claims = tuple(
                claim
                for claim in claims
                if claim.source == PERSON
                or not claim.is_answered_by(*_get_times(snapshot))
                or not claim.is_among(shown)
            )
        news = self.proof is None or _essence(self.proof) != _essence(snapshot) or claims != self.claims
        answered = _get_times(snapshot) if by_order else self.answered
        knowledge = replace(self, proof=snapshot, answered=answered, claims=claims)
        proved = knowledge._proved_asked.keys()
        unproved = any(not proved >= claim.items.keys() for claim in claims if claim.source != PERSON)
        lasting = self.doubtful and not by_order and (self.is_open or not news)
        knowledge = replace(knowledge, doubtful=unproved or lasting)
        if news:
            knowledge = knowledge._note(_describe(snapshot, heard, PROVED))
        return knowledge._settle(source=snapshot.source, at=snapshot.shown_at, heard=heard)

    def _hear(self, snapshot: OrderSnapshot, heard: datetime, effect: str) -> Self:
        """What is not proof: a request in it counts at once; nothing else does, but what contradicts is read again."""
        contradicts = self._is_contradicted_by(snapshot)
        asked = {
            item.item_id: item.cancel_reason or ""
            for item in snapshot.items
            if item.asks and not self._is_done(item.item_id)
        }
        knowledge = self
        if self.proof is None:
            knowledge = replace(knowledge, gaps=_fill_gaps(self.gaps, _without_end(snapshot)))
        if asked:
            changed = snapshot.last_updated if snapshot.source in ORDER_SOURCES else None
            claim = Claim(snapshot.source, _get_told(snapshot), heard, asked, changed)
            if self._is_answered(claim):
                effect = ANSWERED
            else:
                knowledge, effect = knowledge._open(claim), CLAIMED
                contradicts = contradicts or not self._proved_asked.keys() >= asked.keys()
        if contradicts:
            knowledge = replace(
                knowledge._note(_describe(snapshot, heard, effect)), doubtful=knowledge.doubtful or contradicts
            )
        return knowledge._settle(source=snapshot.source)

    def _is_contradicted_by(self, snapshot: OrderSnapshot) -> bool:
        """Whether what was told differs from what is known in anything that matters."""
        if self.proof is None:
            return snapshot.source in ORDER_SOURCES or _tells_end(snapshot)
        if snapshot.status and snapshot.status != self.proof.status:
            return True
        known, asked = self.proved_items, self.asked
        for item in snapshot.items:
            if item.item_id not in known:
                return True
            if item.cancel_requested is not None and item.asks != (item.item_id in asked):
                return True
        shown = {item.item_id for item in snapshot.items}
        return snapshot.source in ORDER_SOURCES and (not snapshot.is_whole or not shown.issuperset(known))

    def _is_answered(self, claim: Claim) -> bool:
        """Whether the order itself was read by getOrder after the time for which the claim is told."""
        if claim.told is None or self.answered is None:
            return False
        return claim.is_answered_by(*self.answered) and claim.is_among(self.proved_items)

    def _open(self, claim: Claim) -> Self:
        """Add the claim; it stands for earlier ones of the same source about no other items."""
        same = [c for c in self.claims if c.source == claim.source]
        if any(c.answerable_after >= claim.answerable_after and c.items.keys() >= claim.items.keys() for c in same):
            return self
        earlier = [
            c for c in same if c.answerable_after <= claim.answerable_after and claim.items.keys() >= c.items.keys()
        ]
        others = [c for c in self.claims if c not in earlier]
        words = {item_id: text for c in earlier for item_id, text in c.items.items() if text}
        items = {item_id: text or words.get(item_id, "") for item_id, text in claim.items.items()}
        return replace(self, claims=(*others, replace(claim, items=items)))

    def _settle(self, *, source: str, at: datetime | None = None, heard: datetime | None = None) -> Self:
        """Begin, go on with or end the request as what is known now wants it."""
        asked, request = self.asked, self.request
        if asked:
            return replace(self, request=self._go_on(asked, source))
        if request is None:
            # A request that is first seen when it no longer matters is told all the same.
            late = {
                item.item_id: item.cancel_reason or "" for item in self.proved_items.values() if item.cancel_requested
            }
            if not late or self.proof is None:
                return self
            shown_at, changed_at = _get_times(self.proof)
            request = Request(1, late, changed_at, source, shown_at)
        if request.outcome:
            return self
        done = self.is_closed or self._asked_is_done(request)
        ended = replace(request, outcome=OVERTAKEN if done else WITHDRAWN, ended=at, ended_by=source)
        knowledge = replace(self, request=ended)
        if self.request is None or heard is None:
            return knowledge
        return knowledge._note(Evidence(heard, source, at, ENDED, self.status, asked=()))

    def _go_on(self, asked: dict[str, str], source: str) -> Request:
        """The request that what is asked now makes or continues."""
        told = [claim.told or claim.heard for claim in self.claims]
        shown = [claim.heard for claim in self.claims]
        if self.proof and any(item.asks for item in self.proof.items):
            shown_at, changed_at = _get_times(self.proof)
            told.append(changed_at)
            shown.append(shown_at)
        request = self.request
        # One that was overtaken goes on when getOrder takes that back; one that was withdrawn is over.
        if request is None or request.outcome == WITHDRAWN:
            number = request.number + 1 if request else 1
            return Request(number, asked, min(told), source, max(shown))
        since = min(request.since, *told)
        words = {item_id: text or request.items.get(item_id, "") for item_id, text in asked.items()}
        return replace(
            request,
            items=words,
            since=since,
            shown=max(request.shown, *shown),
            outcome=None,
            ended=None,
            ended_by=None,
        )

    def _asked_is_done(self, request: Request) -> bool:
        return bool(request.items) and all(self._is_done(item_id) for item_id in request.items)

    def _note(self, entry: Evidence) -> Self:
        if any(known._likeness == entry._likeness for known in self.evidence):
            return self
        last = self.evidence[-1] if self.evidence else None
        if (
            entry.effect in (CONTRADICTED, NOT_WHOLE)
            and last
            and replace(last, heard=entry.heard, shown=entry.shown) == entry
        ):
            return self  # it goes on telling the same
        return replace(self, evidence=(*self.evidence, entry)[-EVIDENCE_KEPT:])


def _still_tells(item: ItemSnapshot) -> bool:
    """Whether an item that was asked for is shown as asked for still, or as done with: the request is not gone."""
    return bool(item.cancel_requested) or item.is_done


def _get_told(snapshot: OrderSnapshot) -> datetime | None:
    """For which time a source that is no proof tells."""
    if snapshot.source == "notification":
        return snapshot.last_updated or snapshot.shown_at
    return snapshot.shown_at


def _essence(snapshot: OrderSnapshot) -> OrderSnapshot:
    return replace(snapshot, source=KNOWN, shown_at=None, last_updated=None)


def _describe(snapshot: OrderSnapshot, heard: datetime, effect: str) -> Evidence:
    asked = tuple(item.item_id for item in snapshot.items if item.asks)
    told = snapshot.cancel_requested is not None
    return Evidence(heard, snapshot.source, _get_told(snapshot), effect, snapshot.status, asked if told else None)


def _fill_gaps(gaps: OrderSnapshot | None, snapshot: OrderSnapshot) -> OrderSnapshot:
    """Join what several sources told before there was a proof; the later told counts."""
    if gaps is None:
        return snapshot
    newer, older = snapshot, gaps
    if snapshot.shown_at is None or (gaps.shown_at is not None and snapshot.shown_at < gaps.shown_at):
        newer, older = gaps, snapshot
    values = {name: _first(getattr(newer, name), getattr(older, name)) for name in (*_GAP_FACTS, "shown_at")}
    items = {item.item_id: item for item in newer.items}
    for item in older.items:
        known = items.get(item.item_id, item)
        filled = {f.name: _first(getattr(known, f.name), getattr(item, f.name)) for f in fields(ItemSnapshot)}
        items[item.item_id] = ItemSnapshot(**filled)
    complete = newer.items_complete or older.items_complete
    return replace(newer, items=tuple(items.values()), items_complete=complete, **values)


def _tells_end(snapshot: OrderSnapshot) -> bool:
    """Whether another than the order itself tells that something of it is shipped, or that it is cancelled."""
    return snapshot.source not in ORDER_SOURCES and (snapshot.is_closed or snapshot.status == "partially_shipped")


def _without_end(snapshot: OrderSnapshot) -> OrderSnapshot:
    return replace(snapshot, status=None) if _tells_end(snapshot) else snapshot


def _first(value: Any, other: Any) -> Any:
    return other if value is None else value


def _without_future(snapshot: OrderSnapshot) -> OrderSnapshot:
    """Take a change that is told for long after the order was shown as one of then: it would outlast all true ones."""
    shown, changed = snapshot.shown_at, snapshot.last_updated
    if shown is None or changed is None or changed <= shown + CLOCKS_APART:
        return snapshot
    return replace(snapshot, last_updated=shown)


def _get_times(snapshot: OrderSnapshot) -> tuple[datetime, datetime]:
    """When a whole reading was shown, and when its order had last changed; one without both is not whole."""
    if snapshot.shown_at is None or snapshot.last_updated is None:
        raise ValueError(f"{snapshot.order_id}: not a whole reading")
    return snapshot.shown_at, snapshot.last_updated


def _load_pair(texts: list[str]) -> tuple[datetime, datetime] | None:
    if not texts:
        return None
    shown, changed = map(parse_time, texts)
    return shown, changed


def _dump_time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


_TIME_FIELDS = {"told", "heard", "changed", "since", "shown", "ended"}


def _dump(record: Claim | Request | Evidence) -> dict[str, Any]:
    values = {entry.name: getattr(record, entry.name) for entry in fields(record)}
    dumped = {name: _dump_time(value) if name in _TIME_FIELDS else value for name, value in values.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dumped.items()}


def _load(kind: type, data: dict[str, Any]) -> Any:
    values: dict[str, Any] = {
        name: parse_time(value) if name in _TIME_FIELDS and value else value for name, value in data.items()
    }
    if isinstance(values.get("asked"), list):
        values["asked"] = tuple(values["asked"])
    return kind(**values)
