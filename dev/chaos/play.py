"""Plays the chaos in one Odoo: this process loads it once, and every worker, user and victim is a fork of it.

The local Amazon lives in this process; the forks reach it over HTTP only, and the database by connections of their own.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

ORDER = json.loads(sys.argv[1])
config.parse_config(sys.argv[2:], setup_logging=True)
DATABASE = config["db_name"][0] if isinstance(config["db_name"], list) else config["db_name"]
REGISTRY = Registry(DATABASE)

from odoo.addons.sale_amazon_cancellation.dev.amazon.auth import CLIENT_ID, CLIENT_SECRET  # noqa: E402
from odoo.addons.sale_amazon_cancellation.dev.amazon.server import LocalAmazon  # noqa: E402
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


class Chaos:
    """One Odoo, one Amazon, and the plays on them."""

    def __init__(self) -> None:
        self.amazon = LocalAmazon()
        self.amazon.start()
        os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = self.amazon.url
        self.shop = self.amazon.shop
        self.struck = False
        self.crowded: list[str] = []
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
                "seller_id": SELLER,
                "region": "eu",
                "marketplace_ids": [(6, 0, env.ref(f"{MODULE}.marketplace_de").ids)],
                "lwa_client_id": CLIENT_ID,
                "lwa_client_secret": CLIENT_SECRET,
                "lwa_refresh_token": f"Atzr|local-{SELLER}",
                "undo_minutes": 0,
                "sweep_rhythm": "never",
            }
        )
        env["product.product"].create({"name": "Mug", "default_code": "MUG", "type": "consu", "is_storable": True})
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

    def clocks_apart(self, chance: random.Random) -> None:
        """Amazon's clock is ten minutes off the machine's, in either direction."""
        self.shop.clock.offset += chance.choice((-600, 600))
        self.fork(lambda env: self.work(env, rounds=2))
        self.struck = True

    def two_servers(self, _chance: random.Random) -> None:
        """Two Odoo processes do the same work at once."""
        started = [self.start(lambda env: self.work(env, rounds=3)) for _server in range(2)]
        for process, reads in started:
            self.end(process, reads)
        self.struck = True

    def crowd(self, chance: random.Random) -> None:
        """Many workers, and many users who decide and undo the same orders."""
        refs = self.sell(6)
        self.pass_time(0.1)
        self.fork(self.work)
        for ref in refs[:4]:
            self.shop.ask_to_cancel(ref, "Changed mind")
        self.shop.advance(300)
        self.fork(self.work)
        actions = ["action_amazon_accept_cancellation", "action_amazon_keep_order", "action_cancel", "action_draft"]

        def use(seed: int) -> Callable[[api.Environment], None]:
            def decide(env: api.Environment) -> None:
                dice = random.Random(seed)
                for _click in range(4):
                    order = env["sale.order"].search([("amazon_order_ref", "=", dice.choice(refs))])
                    try:
                        getattr(order, dice.choice(actions))()
                        env.cr.commit()
                    except Exception:  # noqa: BLE001  a refusal or a conflict is the user's own
                        env.cr.rollback()

            return decide

        started = [self.start(lambda env: self.work(env, rounds=2)) for _worker in range(WORKERS)]
        started += [self.start(use(chance.randrange(10**6))) for _user in range(USERS)]
        for process, reads in started:
            self.end(process, reads)
        self.crowded = refs
        self.struck = True

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
        self.crowded = []
        return found

    def _judge_crowded(self, ref: str, found: dict[str, list[str]]) -> None:
        there, here = self.shop.order(ref), self.show(ref)
        if here["cancellation"] in ("scheduled", "sent", "accepted"):
            found["lost"].append(f"{ref}: never ended, {here['cancellation']}")
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
    """Play everything that was ordered, each seed after the other, so that a run that is broken off met every kind."""
    chaos = Chaos()
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
            "clocks apart": chaos.clocks_apart,
            "two servers": chaos.two_servers,
            "8 workers, 20 users": chaos.crowd,
        }
        plays += [(kind, kind, partial(strike, chance)) for kind, strike in kinds.items()]
        for kind, name, strike in plays:
            if ORDER["only"] in f"{kind} {name}":
                chaos.play(kind, name, seed, strike)
    chaos.amazon.stop()


main()
