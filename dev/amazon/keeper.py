"""Holds Amazon's state: who may touch it when, and how it is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from . import storage
from .clock import Clock
from .faults import Faults
from .queues import Queues
from .records import CLIENT_ID, Application, Harm, Order, Seller, Switches


class Keeper:
    """The state behind one lock, in memory and, where it has a file, on disk after every change.

    :param state_path: JSON file that keeps the state over restarts; None keeps it in memory
    :param sqs_url: address of a local SQS that notifications go to; None is that of `AWS_ENDPOINT_URL_SQS`, if set
    """

    def __init__(self, state_path: Path | str | None = None, sqs_url: str | None = None) -> None:
        self.lock = threading.RLock()
        self.path = Path(state_path) if state_path else None
        self.state = storage.load(self.path)
        self.clock = Clock(self.state.offset)
        self.faults = Faults()
        self.queues = Queues(sqs_url)
        self._depth = 0

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def orders(self) -> dict[str, Order]:
        """Orders by id, in the order they were placed."""
        return self.state.orders

    @property
    def harms(self) -> list[Harm]:
        """What harmed the seller or could have; empty after a careful client's work."""
        return self.state.harms

    @property
    def switches(self) -> Switches:
        """Behaviours that may be chosen."""
        return self.state.switches

    def order(self, order_id: str) -> Order:
        """An order.

        :raise KeyError: no such order
        """
        return self.state.orders[order_id]

    def seller(self, seller_id: str) -> Seller:
        """A seller.

        :raise KeyError: no such seller
        """
        return self.state.sellers[seller_id]

    def application(self, client_id: str = CLIENT_ID) -> Application:
        """An application, the first one unless told.

        :raise KeyError: no such application
        """
        return self.state.applications[client_id]

    def now(self) -> datetime:
        """Amazon's time in whole seconds, which is all that Amazon shows of it."""
        return self.clock.now().replace(microsecond=0)

    # --- keeping ---------------------------------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the lock and keep the state at the end; put it around many changes to keep them once."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    self.save()

    def save(self) -> None:
        """Keep the state in its file, where it has one."""
        if self.path:
            self.state.offset = self.clock.offset
            storage.save(self.state, self.path)

    def reset(self) -> None:
        """Begin anew: no orders, default sellers, time as on this machine, no faults, documented behaviours."""
        with self.change():
            self.state = storage.new_state()
            self.clock.offset = 0.0
            self.faults.clear()
            self.queues.sent.clear()

    def next_number(self) -> int:
        """1, 2, 3 … over all kinds of ids."""
        self.state.last_number += 1
        return self.state.last_number

    def note_harm(self, kind: str, order_id: str, detail: str) -> None:
        """Write down what a careful client never does."""
        self.state.harms.append(Harm(kind, order_id, detail, self.now()))
