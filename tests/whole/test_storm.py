"""The storm: bad weather of every kind, while one order is asked for and another is being cancelled.

`make test` runs a fifteenth of the cells, chosen by a seed that it prints; `make storm` runs them all. Each cell is a
test of its own. The local Amazon's own state and log are the oracle.
"""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...dev.amazon.auth import CLIENT_SECRET
from ...dev.amazon.faults import KINDS
from ...dev.amazon.operations import ROUTES
from ...dev.storm.cells import FAULTS, all_cells, left_of, part_of, some_cells
from ...spapi import http
from ..common import SELLER, AmazonCase

SEED = int(os.environ.get("STORM_SEED") or 19)  # the same cells in every run, unless told
SHARE = int(os.environ.get("STORM_SHARE") or 15)  # one of so many cells
PART = os.environ.get("STORM_PART")
RESULTS = Path(os.environ["STORM_RESULTS"]) if os.environ.get("STORM_RESULTS") else None
CELLS = left_of(part_of(all_cells(), *map(int, PART.split("/"))), RESULTS) if PART else some_cells(SEED, SHARE)
LOGGERS = [
    f"odoo.addons.sale_amazon_cancellation.models.{name}"
    for name in (
        "cancelling.amazon_cancellation_sender",
        "cancelling.amazon_cancellation_feed",
        "reading.amazon_cancellation_account",
        "reading.amazon_cancellation_cursor",
        "reading.amazon_cancellation_sweep",
        "reading.amazon_order_reader",
    )
]
# Explicit refusals may end a cancellation as refused after hours; it is tried again after a day.
REFUSALS = ("400", "403", "404", "409", "413")
# Simulated hours of bad weather, a round each; then the weather is fair, until all is well again.
BAD_ROUNDS = [0.2, 0.5, 1, 1, 1]
FAIR_ROUNDS = [1, 1, 1, 2, 3, 4, 6, 8, 1, 1, 1, 1, 1]
CALLS_PER_ROUND = 40
SECRETS = (CLIENT_SECRET, f"Atzr|local-{SELLER}", "Atza|", "X-Amz-Signature")
# What is planned, in the machine's own time: it comes nearer when time passes.
PLANNED = {
    "amazon_order_cancellation": ("send_after", "next_check_date", "next_attempt_date", "last_attempt_date"),
    "amazon_cancellation_feed": ("create_date", "next_look_date"),
    "amazon_cancellation_cursor": ("retry_date",),
    "amazon_cancellation_sweep": ("create_date",),
    "sale_order": ("amazon_read_after", "amazon_checked_date", "amazon_follow_up_date"),
}

sys.__stdout__.write(f"\nstorm: {len(CELLS)} cells, " + (f"part {PART}\n" if PART else f"STORM_SEED={SEED}\n"))


@tagged("post_install", "-at_install")
class TestStorm(AmazonCase):
    """Nothing is lost, doubled, wrongly ended, wrongly said or leaked; all recovers without a person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.let_time_pass = [
            f"UPDATE {table} SET "
            + ", ".join(f'"{name}" = "{name}" - %(hours)s * interval \'1 hour\'' for name in names)
            for table, columns in PLANNED.items()
            if (names := [name for name in columns if name in cls.env[table.replace("_", ".")]._fields])
        ]

    # === PLAYING === #

    def _play(self, cell):
        started = time.monotonic()
        self.wrong = {"lost": [], "doubled": [], "wrong": [], "leaked": []}
        self.cell, self.rounds, self.asked_seen = cell, 0, False
        if cell.operation == "cancelOrder":
            self.account.write({"cancel_channel": "rest", "default_cancel_reason": "NoInventory"})
            self.shop.switches.rest_cancellation = 202
        self.by_report = cell.operation in ("createReport", "getReport", "getReportDocument")
        # A search that shows nothing but what was is plausible in all it says: only another source knows better.
        self.by_report |= (cell.operation, cell.fault) == ("searchOrders", "stale")
        self.account.sweep_rhythm = "hourly" if self.by_report else "never"
        self.asked, self.cancelled = self._sell(), self._sell()
        self._read()
        if cell.seen:
            self._ask()
            self._read()
        self.cancelled.action_cancel()
        self.amazon.calls.clear()
        self._begin_weather(cell)
        with mute_logger(*LOGGERS):
            if not cell.seen:
                self._ask()
            for hours in BAD_ROUNDS:
                self._round(hours)
                if not self.amazon.faults.waiting and not self.refusals_left and self._is_well():
                    break
            self._end_weather()
            for hours in FAIR_ROUNDS:
                self._round(hours)
                if self._is_well():
                    break
        self._judge()
        self._note_result(time.monotonic() - started)
        self.assertEqual({name: found for name, found in self.wrong.items() if found}, {}, cell.name)

    def _ask(self):
        self.shop.ask_to_cancel(self.asked.client_order_ref, "Changed mind")

    def _begin_weather(self, cell):
        fault = dict(FAULTS[cell.fault])
        kind = fault.pop("kind")
        self.refusals_left = cell.answers if kind == "refused" else 0
        if kind in KINDS:
            self.amazon.faults.add(cell.operation, kind, times=cell.answers, **fault)
        if cell.operation == "getFeeds":  # feeds are listed after a lost answer alone
            self.amazon.faults.add("createFeed", "drop_after")
        if kind in ("timeout", "drip"):
            original = type(self.account)._get_client
            self.startPatcher(
                patch.object(
                    type(self.account),
                    "_get_client",
                    lambda account, budget=None, timeout=30.0: original(account, budget, timeout=0.25),
                )
            )
        send = http.LimitedClient.send

        def send_or_refuse(client, request, **options):
            if self.refusals_left and self._get_operation(request) == cell.operation:
                self.refusals_left -= 1
                raise httpx.ConnectError("Connection refused", request=request)
            return send(client, request, **options)

        self.startPatcher(patch.object(http.LimitedClient, "send", send_or_refuse))

    def _get_operation(self, request):
        path = urlsplit(str(request.url)).path
        return ROUTES.bind("127.0.0.1").match(path, method=request.method)[0]

    def _end_weather(self):
        self.amazon.faults.clear()
        self.refusals_left = 0

    def _round(self, hours):
        """What the scheduler does, then time passes."""
        self.rounds += 1
        for job in ("read", "cancel", *(["sweep"] if self.by_report else [])):
            self._run(job, settle=False)
            self._watch()
        self._pass(hours)

    def _pass(self, hours):
        self.env.flush_all()
        for query in self.let_time_pass:
            self.env.cr.execute(query, {"hours": hours})
        self.env.invalidate_all()
        for record in self.cancelled.amazon_cancellation_ids:
            self._bring_nearer(record, "failure_repeated", "since", hours)
        for record in self.account.cursor_ids:
            self._bring_nearer(record, "detour", "until", hours)
        self._advance_clock(hours * 3600)

    def _bring_nearer(self, record, field, key, hours):
        value = record[field]
        if value and value.get(key):
            earlier = fields.Datetime.to_datetime(value[key]) - timedelta(hours=hours)
            record[field] = {**value, key: str(earlier)}

    # === THE ORACLE === #

    @property
    def at_amazon(self):
        return self.shop.order(self.cancelled.client_order_ref)

    def _find(self, kind, what):
        if what not in self.wrong[kind]:
            self.wrong[kind].append(what)

    def _watch(self):
        """What must hold at any time."""
        self.env.invalidate_all()
        state, there = self.cancelled.amazon_cancellation_state, self.at_amazon
        done_there = there.status == "CANCELLED"
        if state == "confirmed" and not done_there:
            self._find("wrong", "confirmed, and open at Amazon")
        if state == "accepted" and not done_there and not there.pending_cancel:
            self._find("wrong", "accepted, and Amazon has accepted nothing")
        if state == "withdrawn":
            self._find("wrong", "withdrawn by nobody")
        if state == "refused" and self.cell.fault not in REFUSALS:
            self._find("wrong", "refused, though Amazon refused nothing")
        if self.cancelled.state != "cancel":
            self._find("wrong", "the cancelled order lives again")
        if self.asked.amazon_cancel_request == "requested":
            self.asked_seen = True
            if not all(self.asked.picking_ids.mapped("amazon_hold")):
                self._find("wrong", "asked for, and not held")
        elif self.asked_seen:
            self._find("lost", f"the request became {self.asked.amazon_cancel_request}")
        if self.asked.state == "cancel" or self.asked.amazon_cancellation_ids:
            self._find("wrong", "cancelled what nobody decided")

    def _is_well(self):
        self.account.invalidate_recordset()
        return (
            self.cancelled.amazon_cancellation_state == "confirmed"
            and self.asked.amazon_cancel_request == "requested"
            and self.account.sync_state == "ok"
            and self.account.cancel_state == "ok"
        )

    def _judge(self):
        if self.at_amazon.status != "CANCELLED":
            self._find("lost", "never cancelled at Amazon")
        if self.cancelled.amazon_cancellation_state != "confirmed":
            self._find("lost", f"ended as {self.cancelled.amazon_cancellation_state}")
        if self.asked.amazon_cancel_request != "requested":
            self._find("lost", "the request is not shown")
        if self.account.sync_state != "ok" or self.account.cancel_state != "ok":
            self._find("wrong", f"not well: {self.account.sync_message} {self.account.cancel_message}")
        if self.cancelled.amazon_cancellation_ids.activity_ids:
            self._find("wrong", "an activity is left")
        for harm in self.shop.harms:
            self._find("doubled", str(harm))
        sent = [feed for feed in self.shop.state.feeds.values() if self.at_amazon.order_id in feed.order_ids]
        if len(sent) > 4:
            self._find("doubled", f"sent {len(sent)} times")
        if any(self.asked.client_order_ref in feed.order_ids for feed in self.shop.state.feeds.values()):
            self._find("wrong", "Amazon was told what nobody decided")
        if len(self.amazon.calls) > CALLS_PER_ROUND * self.rounds:
            self._find("doubled", f"{len(self.amazon.calls)} calls in {self.rounds} rounds")
        self._look_for_secrets()

    def _look_for_secrets(self):
        records = self.cancelled | self.asked
        texts = [
            *self.account.message_ids.mapped("body"),
            *self.account.activity_ids.mapped("note"),
            self.account.sync_message or "",
            self.account.cancel_message or "",
            *records.message_ids.mapped("body"),
            *records.activity_ids.mapped("note"),
            *records.amazon_cancellation_ids.mapped(lambda c: f"{c.amazon_message} {c.failure_message}"),
            *self.env["amazon.cancellation.feed"].search([]).mapped(lambda f: f.message or ""),
            *self.env["amazon.cancellation.log"].search([]).mapped(lambda log: log.message or ""),
        ]
        for secret in SECRETS:
            if any(secret in str(text) for text in texts):
                self._find("leaked", secret)

    def _note_result(self, seconds):
        if not RESULTS:
            return
        entry = {
            "cell": list(self.cell),
            "calls": len(self.amazon.calls),
            "rounds": self.rounds,
            "seconds": round(seconds, 2),
            **self.wrong,
        }
        with RESULTS.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def _make_test(cell):
    def test(self):
        self._play(cell)

    test.__name__ = test.__qualname__ = f"test_{cell.name}"
    test.__doc__ = f"{cell.fault} of {cell.operation}, {cell.answers} times"
    return test


for _number, _cell in enumerate(CELLS):  # the number keeps their order, in which every operation comes early
    setattr(TestStorm, f"test_{_number:04}_{_cell.name}", _make_test(_cell))
