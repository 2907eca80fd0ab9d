"""Plays the chaos in one Odoo: this process loads it once, and every worker, user and victim is a fork of it.

The local Amazon lives in this process; the forks reach it over HTTP only, and the database by connections of their own.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

ORDER = json.loads(sys.argv[1])
config.parse_config(sys.argv[2:], setup_logging=True)
DATABASE = config["db_name"][0] if isinstance(config["db_name"], list) else config["db_name"]
REGISTRY = Registry(DATABASE)

from odoo.addons.sale_amazon_cancellation.dev.amazon.auth import access_of  # noqa: E402
from odoo.addons.sale_amazon_cancellation.dev.amazon.server import LocalAmazon  # noqa: E402
from odoo.addons.sale_amazon_cancellation.dev.setup.postgres import restart_postgres  # noqa: E402
from odoo.addons.sale_amazon_cancellation.spapi.client import SellerClient  # noqa: E402

SELLER = "A1LOCALEU"
MODULE = "sale_amazon_cancellation"
FEED, SENDER = "amazon.cancellation.feed", "amazon.cancellation.sender"
READER, CURSOR, CANCELLATION = "amazon.order.reader", "amazon.cancellation.cursor", "amazon.order.cancellation"
# Named steps: of a model or, for None, of the client. Those of sending come first.
STEPS = [
    (SENDER, "_read_orders"),
    (FEED, "_create_with_document"),
    (FEED, "_submit"),
    (None, "create_feed_document"),
    (None, "upload_document"),
    (None, "create_feed"),
    (FEED, "_on_submitted"),
    (CANCELLATION, "_on_sent"),
    (None, "get_feed"),
    (None, "download_feed_document"),
    (FEED, "_take_in_report"),
    (CANCELLATION, "_on_accepted"),
    (CANCELLATION, "_on_amazon_cancelled"),
    (SENDER, "_read_back"),
    (None, "get_order"),
    (None, "search_orders"),
    (READER, "_apply_and_commit"),
    (CURSOR, "_set_read_until"),
]
PLANNED = {
    "amazon_order_cancellation": ("send_after", "next_check_date", "next_attempt_date", "last_attempt_date"),
    "amazon_cancellation_feed": ("create_date", "next_look_date"),
    "amazon_cancellation_cursor": ("retry_date",),
    "amazon_cancellation_unit": ("waits_since", "rest_until"),
}
USERS, WORKERS = 20, 8
CLICKS = ("accept", "keep", "cancel", "undo", "quotation", "release", "validate")
# How long real servers run, and how often each of our actions may start meanwhile: for its interval, and what is due.
SERVED_SECONDS = 75
STARTS = {"read": 4, "cancel": 8, "accounting": 3, "watch": 3, "receive": 3, "sweep": 3, "remind": 3}
CLOCKS_APART = timedelta(minutes=10)


class Chaos:
    """One Odoo, one Amazon, and the plays on them."""

    def __init__(self) -> None:
        self.amazon = LocalAmazon()
        self.amazon.start()
        os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = self.amazon.url
        self.shop = self.amazon.shop
        self.struck = False
        self.crowded: list[str] = []
        self.read_before: list[str] = []  # of the crowd's orders, whose requests were shown before it came
        self.seen: list[str] = []
        self.fork(self._set_up)

    # --- processes ----------------------------------------------------------------------------------------------

    def start(self, work: Callable[[api.Environment], Any]) -> tuple[int, int]:
        """Fork a process that does the work in a transaction of its own; gives its id and where it answers."""
        close_all()  # a connection must not be shared
        reads, writes = os.pipe()
        process = os.fork()
        if process:
            os.close(writes)
            return process, reads
        status = 1
        try:
            with REGISTRY.cursor() as cr:
                answer = work(api.Environment(cr, SUPERUSER_ID, {}))
            os.write(writes, json.dumps(answer).encode())
            status = 0
        except Exception as error:  # noqa: BLE001  whatever it is, this process ends here
            os.write(writes, json.dumps(f"{type(error).__name__}: {error}"[:500]).encode())
        finally:
            os._exit(status)

    def end(self, process: int, reads: int) -> tuple[int, Any]:
        """Wait for a process; gives its status and its answer."""
        with os.fdopen(reads, "rb") as answers:
            answer = answers.read()
        _process, status = os.waitpid(process, 0)
        return status, json.loads(answer) if answer else None

    def fork(self, work: Callable[[api.Environment], Any]) -> Any:
        """Do the work in a process of its own, and give its answer."""
        status, answer = self.end(*self.start(work))
        if status:
            raise RuntimeError(f"a process failed: {answer}")
        return answer

    # --- what a shop does ---------------------------------------------------------------------------------------

    def _set_up(self, env: api.Environment) -> None:
        env["amazon.cancellation.account"].search([]).active = False
        env["amazon.cancellation.account"].create(
            {
                "name": "Shop",
                **access_of(SELLER),
                "region": "eu",
                "marketplace_ids": [(6, 0, env.ref(f"{MODULE}.marketplace_de").ids)],
                "undo_minutes": 0,
                "sweep_rhythm": "never",
            }
        )
        mug = env["product.product"].create(
            {"name": "Mug", "default_code": "MUG", "type": "consu", "is_storable": True}
        )
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        env["stock.quant"]._update_available_quantity(mug, warehouse.lot_stock_id, 10**6)
        env["res.partner"].create({"name": "Chaos Buyer"})
        env["ir.cron"].search([]).active = False

    def sell(self, count: int) -> list[str]:
        """Orders at Amazon and in Odoo; gives Amazon's ids."""
        refs = [self.shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}]).order_id for _order in range(count)]

        def import_orders(env: api.Environment) -> None:
            product = env["product.product"].search([("default_code", "=", "MUG")], limit=1)
            partner = env["res.partner"].search([("name", "=", "Chaos Buyer")], limit=1)
            env["sale.order"].create(
                [
                    {
                        "partner_id": partner.id,
                        "client_order_ref": ref,
                        "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
                    }
                    for ref in refs
                ]
            ).action_confirm()

        self.fork(import_orders)
        return refs

    def pass_time(self, hours: float) -> None:
        """Let time pass on both sides."""

        def bring_nearer(env: api.Environment) -> None:
            for table, columns in PLANNED.items():
                changes = ", ".join(f"{name} = {name} - %s * interval '1 hour'" for name in columns)
                env.cr.execute(f"UPDATE {table} SET {changes}", [hours] * len(columns))

        self.fork(bring_nearer)
        self.shop.advance(hours * 3600)

    @staticmethod
    def work(env: api.Environment, rounds: int = 1) -> None:
        """The scheduled actions as the scheduler runs them."""
        for _round in range(rounds):
            env["amazon.cancellation.account"]._cron_read_orders()
            env.cr.commit()
            env[SENDER]._cron_process()
            env.cr.commit()

    # --- the plays ----------------------------------------------------------------------------------------------

    def begin(self) -> tuple[str, str]:
        """An order that is asked for, and another that is being cancelled."""
        asked, cancelled = self.sell(2)
        self.pass_time(0.1)
        self.fork(self.work)
        self.shop.ask_to_cancel(asked, "Changed mind")
        self.fork(lambda env: env["sale.order"].search([("amazon_order_ref", "=", cancelled)]).action_cancel())
        self.shop.advance(300)
        return asked, cancelled

    def kill_at(self, model: str | None, method: str, after: bool, call: int) -> None:
        """A worker is killed before or after a step's call."""

        def work(env: api.Environment) -> None:
            target = type(env[model]) if model else SellerClient
            original, calls = getattr(target, method), iter(range(call))

            def step(*arguments, **options):
                if after:
                    result = original(*arguments, **options)
                if next(calls, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result if after else original(*arguments, **options)

            setattr(target, method, step)
            self.work(env, rounds=6)

        status, _answer = self.end(*self.start(work))
        self.struck = os.WIFSIGNALED(status)

    def kill_randomly(self, chance: random.Random) -> None:
        """A worker is killed at any time."""
        process, reads = self.start(lambda env: self.work(env, rounds=6))
        time.sleep(chance.uniform(0.02, 0.6))
        os.kill(process, signal.SIGKILL)
        self.struck = os.WIFSIGNALED(self.end(process, reads)[0])

    def cut_connections(self, chance: random.Random) -> None:
        """The database cuts a worker's connections, as its restart does."""
        process, reads = self.start(lambda env: self.work(env, rounds=6))
        time.sleep(chance.uniform(0.05, 0.5))

        def cut(env: api.Environment) -> int:
            env.cr.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid != pg_backend_pid()"
            )
            return env.cr.fetchone()[0]

        self.struck = bool(self.fork(cut))
        self.end(process, reads)

    def restart_database(self, chance: random.Random) -> None:
        """The database server restarts while a worker works: as an administrator does it, or as after a crash."""
        process, reads = self.start(lambda env: self.work(env, rounds=6))
        time.sleep(chance.uniform(0.05, 0.5))
        restart_postgres(Path(ORDER["cluster"]), chance.choice(("fast", "immediate")))
        self.end(process, reads)
        self.struck = True

    def clocks_apart(self, chance: random.Random) -> None:
        """Amazon's clock and a worker's are ten minutes off, each in either direction."""
        self.shop.clock.offset += chance.choice((-1, 1)) * CLOCKS_APART.total_seconds()
        self._work_with_clock(chance.choice((-1, 1)) * CLOCKS_APART)
        self.struck = True

    def _work_with_clock(self, off: timedelta) -> None:
        self.end(*self.start(lambda env: self._work_off(env, off)))

    def _work_off(self, env: api.Environment, off: timedelta) -> None:
        now = fields.Datetime.now
        with patch.object(fields.Datetime, "now", lambda *_args: now() + off):
            self.work(env, rounds=2)

    def two_servers(self, chance: random.Random) -> None:
        """Two Odoo processes, whose clocks differ, do the same work at once."""
        off = chance.choice((-1, 0, 1)) * CLOCKS_APART
        started = [self.start(lambda env: self.work(env, rounds=3)), self.start(lambda env: self._work_off(env, off))]
        for process, reads in started:
            self.end(process, reads)
        self.struck = True

    def serve(self, _chance: random.Random) -> None:
        """Two real Odoo servers with their schedulers on one database: who starts how often is read in their logs."""
        [waiting, sent] = self.sell(2)
        self.pass_time(0.1)
        self.fork(self.work)

        def prepare(env: api.Environment) -> list[int]:
            account = env["amazon.cancellation.account"].search([])
            account.undo_minutes = 60
            env["sale.order"].search([("amazon_order_ref", "=", waiting)]).action_cancel()
            account.undo_minutes = 0
            crons = env["ir.cron"].browse(env.ref(f"{MODULE}.ir_cron_{name}").id for name in STARTS)
            crons.write({"active": True, "nextcall": fields.Datetime.now()})
            env.cr.execute("DELETE FROM ir_cron_trigger")
            return crons.ids

        ids = dict(zip(self.fork(prepare), STARTS, strict=True))
        self.shop.plan_feed(reads=None)  # Amazon works on it, and says nothing
        self.fork(lambda env: env["sale.order"].search([("amazon_order_ref", "=", sent)]).action_cancel())
        close_all()
        with tempfile.TemporaryFile("w+") as log:
            command = [sys.executable, "-m", "odoo", "server", *ORDER["odoo"], "--no-http", "--max-cron-threads=1"]
            servers = [subprocess.Popen(command, stdout=log, stderr=log) for _server in range(2)]
            self._wait_for_starts(log)
            time.sleep(SERVED_SECONDS)
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait()
            log.seek(0)
            lines = log.read()

        def stop(env: api.Environment) -> None:
            env["ir.cron"].search([]).active = False

        self.fork(stop)
        starts = Counter(int(cron) for cron in re.findall(r"Job '.*' \((\d+)\) starting", lines))
        for cron, name in ids.items():
            if not 0 < starts[cron] <= STARTS[name]:
                self.seen.append(f"{name} started {starts[cron]} times in {SERVED_SECONDS} seconds")
        self.seen += re.findall(r" (?:ERROR|CRITICAL) .*", lines)[:3]
        self.struck = True

    @staticmethod
    def _wait_for_starts(log: TextIO) -> None:
        """Wait until the first action starts: on a busy machine a server takes a while."""
        for _second in range(180):
            log.seek(0)
            if " starting" in log.read():
                return
            time.sleep(1)

    def crowd(self, chance: random.Random) -> None:
        """Many workers, and many users who decide, undo and ship the same orders, while somebody watches."""
        refs = self.sell(6)
        self.pass_time(0.1)
        self.fork(self.work)
        for ref in refs[:3]:
            self.shop.ask_to_cancel(ref, "Changed mind")
        self.shop.advance(300)
        self.fork(self.work)
        for ref in refs[3:5]:  # found while all are at it
            self.shop.ask_to_cancel(ref, "Changed mind")
        self.shop.advance(300)
        reads, writes = os.pipe()
        watcher = self.start(lambda env: self._watch(env, refs, reads))
        started = [self.start(lambda env: self.work(env, rounds=2)) for _worker in range(WORKERS)]
        started += [self.start(partial(self._use, refs, chance.randrange(10**6))) for _user in range(USERS)]
        for process, answers in started:
            self.end(process, answers)
        os.write(writes, b"done")
        os.close(writes)
        _status, seen = self.end(*watcher)
        os.close(reads)
        self.seen += seen if isinstance(seen, list) else [f"the watcher failed: {seen}"]
        self.crowded, self.read_before = refs, refs[:3]
        self.struck = True

    @staticmethod
    def _use(refs: list[str], seed: int, env: api.Environment) -> None:
        dice = random.Random(seed)
        for _click in range(4):
            order = env["sale.order"].search([("amazon_order_ref", "=", dice.choice(refs))])
            try:
                match dice.choice(CLICKS):
                    case "accept":
                        order.action_amazon_accept_cancellation()
                    case "keep":
                        order.action_amazon_keep_order()
                    case "cancel":
                        order.action_cancel()
                    case "undo":
                        order.action_amazon_undo_cancellation()
                    case "quotation":
                        order.action_draft()
                        order.action_confirm()
                    case "release":
                        order.picking_ids.filtered("amazon_hold")._amazon_release_hold("The parcel is gone")
                    case "validate":
                        delivery = order.picking_ids.filtered(lambda picking: picking.state == "assigned")
                        delivery.move_ids.picked = True
                        delivery.button_validate()
                env.cr.commit()
            except Exception:  # noqa: BLE001  a refusal or a conflict is the user's own
                env.cr.rollback()

    @staticmethod
    def _watch(env: api.Environment, refs: list[str], stop: int) -> list[str]:
        """Whoever looks at any moment: goods of an open, undecided request are held."""
        os.set_blocking(stop, False)
        seen: set[str] = set()
        while True:
            env.invalidate_all()
            for order in env["sale.order"].search([("amazon_order_ref", "in", refs), ("state", "!=", "cancel")]):
                decided = order.amazon_cancel_request in ("accepted", "declined")
                if not order._amazon_get_knowledge().is_open or decided:
                    continue
                waiting = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
                if not all(waiting.mapped("amazon_hold")):
                    seen.add(f"{order.amazon_order_ref}: asked for, and not held ({order.amazon_cancel_request})")
            env.cr.rollback()
            try:
                if os.read(stop, 1):
                    return sorted(seen)
            except BlockingIOError:
                time.sleep(0.02)

    # --- the oracle ---------------------------------------------------------------------------------------------

    def recover(self, cancelled: str) -> None:
        """Fair weather until every cancellation is done, for two days at most."""
        under_way = [("state", "in", ("scheduled", "sent", "accepted"))]
        for hours in (0.2, 0.5, 1, 1, 2, 4, 8, 12, 8, 1, 1, 1, 1):
            self.fork(self.work)
            left = self.fork(lambda env: env[CANCELLATION].search_count(under_way))
            if not left and self.show(cancelled)["cancellation"] == "confirmed":
                break
            self.pass_time(hours)
        self.fork(self.work)

    def show(self, ref: str) -> dict:
        """What Odoo says of an order."""

        def read(env: api.Environment) -> dict:
            order = env["sale.order"].search([("amazon_order_ref", "=", ref)])
            open_pickings = order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
            return {
                "state": order.state,
                "request": order.amazon_cancel_request,
                "cancellation": order.amazon_cancellation_state,
                "held": all(open_pickings.mapped("amazon_hold")),
                "left": "done" in order.picking_ids.mapped("state"),
            }

        return self.fork(read)

    def judge(self, asked: str, cancelled: str) -> dict[str, list[str]]:
        """What is wrong, in words, by kind."""
        found: dict[str, list[str]] = {"lost": [], "doubled": [], "wrong": []}
        there, here = self.shop.order(cancelled), self.show(cancelled)
        if there.status != "CANCELLED" or here["cancellation"] != "confirmed":
            found["lost"].append(f"{there.status} at Amazon, {here['cancellation']} in Odoo")
        asks = self.show(asked)
        if asks["request"] != "requested":
            found["lost"].append(f"the request is {asks['request']}")
        if not asks["held"]:
            found["wrong"].append("asked for, and not held")
        if asks["cancellation"] or asks["state"] == "cancel":
            found["wrong"].append("cancelled what nobody decided")
        found["doubled"] += [str(harm) for harm in self.shop.harms[self.known_harms :]]
        sent = sum(cancelled in feed.order_ids for feed in self.shop.state.feeds.values())
        if sent > 2:
            found["doubled"].append(f"sent {sent} times")
        for ref in self.crowded:
            self._judge_crowded(ref, found)
        found["wrong"] += self.seen
        self.crowded, self.seen = [], []
        return found

    def _judge_crowded(self, ref: str, found: dict[str, list[str]]) -> None:
        there, here = self.shop.order(ref), self.show(ref)
        if here["cancellation"] in ("scheduled", "sent", "accepted"):
            found["lost"].append(f"{ref}: never ended, {here['cancellation']}")
        if here["left"] and here["request"] == "requested" and ref in self.read_before:
            found["wrong"].append(f"{ref}: asked for, and gone")
        if here["cancellation"] == "confirmed" and there.status != "CANCELLED":
            found["wrong"].append(f"{ref}: confirmed, and {there.status} at Amazon")
        if there.status == "CANCELLED" and here["state"] != "cancel":
            found["wrong"].append(f"{ref}: cancelled at Amazon, {here['state']} in Odoo")
        if there.status == "UNSHIPPED" and here["state"] == "cancel" and here["cancellation"] != "withdrawn":
            found["lost"].append(f"{ref}: cancelled in Odoo, open at Amazon ({here['cancellation']})")
        if here["request"] == "requested" and here["state"] != "cancel" and not here["held"]:
            found["wrong"].append(f"{ref}: asked for, and not held")

    def play(self, kind: str, name: str, seed: int, strike: Callable[[], None]) -> None:
        """One play: something strikes in the middle of the work, then all must come right by itself."""
        self.struck = False
        self.known_harms = len(self.shop.harms)
        asked, cancelled = self.begin()
        strike()
        self.recover(cancelled)
        entry = {"kind": kind, "name": name, "seed": seed, "struck": self.struck, **self.judge(asked, cancelled)}
        with Path(ORDER["results"]).open("a") as file:
            file.write(json.dumps(entry) + "\n")


def main() -> None:
    """Play this part's share of what was ordered, seed after seed, so that a run that is broken off met every kind."""
    chaos = Chaos()
    part, parts = ORDER["part"]
    number = 0
    for seed in range(ORDER["seeds"]):
        chance = random.Random(seed)
        plays: list[tuple[str, str, Callable[[], None]]] = []
        for model, method in STEPS:
            for after in (False, True):
                name, call = f"{'after' if after else 'before'} {method}", chance.randrange(2) if seed else 0
                plays.append(("killed at a step", name, partial(chaos.kill_at, model, method, after, call)))
        kinds: dict[str, Callable[[random.Random], None]] = {
            "killed at any time": chaos.kill_randomly,
            "connections cut": chaos.cut_connections,
            "database restarted": chaos.restart_database,
            "clocks apart": chaos.clocks_apart,
            "two servers": chaos.two_servers,
            f"{WORKERS} workers, {USERS} users": chaos.crowd,
            **({} if seed else {"two schedulers for a minute": chaos.serve}),
        }
        plays += [(kind, kind, partial(strike, random.Random(f"{seed} {kind}"))) for kind, strike in kinds.items()]
        for kind, name, strike in plays:
            number += 1
            if number % parts == part and ORDER["only"] in f"{kind} {name}":
                chaos.play(kind, name, seed, strike)
    chaos.amazon.stop()


main()
