"""From Amazon's answer to what is committed on the orders: pages of a search, and notifications."""

import json
import os
import random
import re
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from moto.server import ThreadedMotoServer

from odoo import SUPERUSER_ID, api
from odoo.service.server import ThreadedServer
from odoo.sql_db import close_all

from ...const import FOLLOW_UPS_TOGETHER
from ...spapi.calls.orders import OrderCalls
from ...spapi.window import SearchWindow
from ..amazon.order_json import order_json
from ..amazon.server import LocalAmazon
from .inside import MODULE, SELLER, UNIT, create_account, odoo, prepare_order, registry, say, tell, watch_queries
from .size import copy_rows

PAGE = 100
DATA_SETS = ["CANCELLATION", "FULFILLMENT"]
REASONS = ("I bought it by mistake", "Found it cheaper", "Too late for a birthday", "Wrong address", "")
# Pages read in a row, as a run of the scheduled action may: Amazon's burst of searches.
RUN = 20
QUEUE = "orders"
MOST_SECONDS = 30.0


class PreparedAnswers(OrderCalls):
    """A client to which Amazon's answers have come already; what it makes of them is its own."""

    def __init__(self, now: datetime, bodies: list[str]) -> None:
        self._now, self._bodies = now, iter(bodies)

    def now(self) -> datetime:
        """When the answers were given."""
        return self._now

    def _call(self, *_arguments: Any, **_options: Any) -> Any:
        return json.loads(next(self._bodies))


class Cost(NamedTuple):
    """What the pages of a run took, each, of which the first is left out as it asks for what a worker keeps.

    :ivar seconds: until it was committed, and done what follows; `processor`: of these the worker's own.
    """

    seconds: float
    processor: float
    queries: float
    written: int


def play(orders: int, snapshots: int, messages: int) -> None:
    """Read pages without news, with few and with nothing else; many of them; and what notifications tell."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    amazon = LocalAmazon()
    amazon.start()
    os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = amazon.url
    os.environ["AWS_ENDPOINT_URL_SQS"] = f"http://{host}:{port}"
    with odoo() as env:
        account_id = create_account(env, "Reading").id
        # Orders have a salesperson, who follows them.
        user = env["res.users"].create({"name": "Seller", "login": "bench_seller", "tz": "Europe/Berlin"})
        user.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
        user_id = user.id
    pages = Pages(amazon, account_id, user_id)
    told = pages.sell(messages)
    refs = pages.sell(orders)
    asking = pages.sell(RUN * PAGE)
    say(f"{len(refs) + len(asking) + len(told)} orders are made")
    pages.read(refs + asking + told)
    play_pages(pages, refs[: RUN * PAGE], asking)
    play_many(pages, refs, snapshots)
    play_push(amazon, account_id, told)
    amazon.stop()
    server.stop()


class Pages:
    """The pages that a search shows of the orders at the local Amazon, and Odoo, which reads them."""

    def __init__(self, amazon: LocalAmazon, account_id: int, user_id: int) -> None:
        self._shop, self._account_id, self._user_id = amazon.shop, account_id, user_id

    def sell(self, count: int) -> list[str]:
        """Make orders at Amazon and in Odoo, with their deliveries."""
        with self._shop.change():
            items = [{"sku": "MUG", "quantity": 1}]
            refs = [self._shop.add_order(SELLER, items=items).order_id for _order in range(count)]
        with odoo() as env:
            order = self._make_order(env)
            env.flush_all()
            env.cr.execute("CREATE TEMPORARY TABLE told ON COMMIT DROP AS SELECT ref FROM unnest(%s) ref", [refs])
            env.cr.execute("SET LOCAL session_replication_role = replica")  # the copies refer to what is there
            names = {"name": "'B' || told.ref", "client_order_ref": "told.ref", "access_token": "NULL"}
            copy_rows(env, "sale_order", order.id, "told", names)
            new = "told JOIN sale_order so ON so.client_order_ref = told.ref"
            copy_rows(env, "sale_order_line", order.order_line.id, new, {"order_id": "so.id"})
            names = {"name": "'OUT/' || so.name", "origin": "so.name", "sale_id": "so.id"}
            copy_rows(env, "stock_picking", order.picking_ids.id, new, names)
            moves = (
                f"{new} JOIN sale_order_line line ON line.order_id = so.id JOIN stock_picking p ON p.sale_id = so.id"
            )
            names = {"picking_id": "p.id", "sale_line_id": "line.id", "origin": "so.name"}
            copy_rows(env, "stock_move", order.picking_ids.move_ids.id, moves, names)
            follower = order.message_follower_ids.filtered(lambda f: f.partner_id == order.user_id.partner_id)
            copy_rows(env, "mail_followers", follower.id, new, {"res_id": "so.id"})
        with registry().cursor() as cr:
            cr._cnx.commit()
            cr._cnx.autocommit = True
            cr.execute("VACUUM ANALYZE")
        return refs

    def _make_order(self, env: api.Environment) -> Any:
        order = env["sale.order"].create(prepare_order(env, user_id=self._user_id))  # who follows it
        order.action_confirm()
        return order

    def ask(self, refs: list[str]) -> None:
        """Let the buyers of these orders ask to cancel them, each in words of their own."""
        self._shop.advance(60)
        with self._shop.change():
            for number, ref in enumerate(refs):
                reason = REASONS[number % len(REASONS)]
                self._shop.ask_to_cancel(ref, reason and f"{reason} ({ref})")

    def read(self, refs: list[str]) -> Cost:
        """Read the pages that show these orders, as a run of the scheduled action does."""
        self._shop.advance(60)
        shown = [refs[first : first + PAGE] for first in range(0, len(refs), PAGE)]
        client = PreparedAnswers(self._shop.now(), [self._make_body(page) for page in shown])
        window = SearchWindow(self._shop.now() - timedelta(days=1), self._shop.now(), ("A1PA6795UKMFR9",))
        sent: list[str] = []
        with odoo() as env, watch_queries(lambda query, _params: sent.append(getattr(query, "code", query))):
            marks, due = [], 0
            for number in range(len(shown)):
                account = env["amazon.cancellation.account"].browse(self._account_id)
                counts = env["amazon.order.reader"]._apply_and_commit(
                    account, client.search_orders(window).orders, follow_up=False
                )
                due += counts["due"]
                if due >= FOLLOW_UPS_TOGETHER or (due and number == len(shown) - 1):
                    env["amazon.order.follow.up"]._do_due(account)
                    due = 0
                marks.append((time.perf_counter(), time.process_time(), len(sent)))
        (seconds, processor, queries), last, count = marks[0], marks[-1], max(len(marks) - 1, 1)
        written = sum(bool(re.match(r'\s*UPDATE "sale_order"', query)) for query in sent)
        return Cost((last[0] - seconds) / count, (last[1] - processor) / count, (last[2] - queries) / count, written)

    def _make_body(self, refs: list[str]) -> str:
        orders = [order_json(self._shop.order(ref), DATA_SETS, empty_cancellation=False) for ref in refs]
        return json.dumps({"orders": orders})


def play_pages(pages: Pages, refs: list[str], asking: list[str]) -> None:
    """Read runs of pages; of five runs alike the quickest counts, as others use the machine, too."""
    goals = {0: ("", "≤ 5", "1,903", "12"), 2: ("≥ 3,000", "≤ 15", "1,011", "34"), 100: ("", "≤ 40", "", "46")}
    shown = [refs[first : first + PAGE] for first in range(0, len(refs), PAGE)]
    for news, (goal, most, before, queries_before) in goals.items():
        runs = []
        for number in range(5):
            if news == 100:
                part = len(asking) // 5
                read = asking[number * part : (number + 1) * part]
                pages.ask(read)
            else:
                read = refs
                pages.ask([ref for page in shown for ref in page[number * news : (number + 1) * news]])
            runs.append(pages.read(read))
        best = min(runs)
        what = f"a page of {PAGE} orders, {news} % of them with a request"
        speed = f"{PAGE / best.seconds:,.0f} (by the processor's time {PAGE / best.processor:,.0f})"
        tell(f"{what}: snapshots a second", goal, before, speed)
        tell(f"{what}: queries", most, queries_before, f"{max(run.queries for run in runs):.1f}")
        if not news:
            tell(f"{what}: orders written", "0", "100", str(max(run.written for run in runs)))


def play_many(pages: Pages, refs: list[str], snapshots: int) -> None:
    """Read many pages, some of which show a request, and see what the process holds at most."""
    read, few, news = 0, snapshots // 10, iter(refs[::-1])
    peaks: list[float] = []
    reset_peak()
    while read < snapshots:
        pages.ask([ref for _number in range(len(refs) // 50) if (ref := next(news, None))])
        pages.read(refs)
        read += len(refs)
        if (read >= few and not peaks) or read >= snapshots:
            peaks.append(read_peak())
            say(f"{read:,} snapshots: {peaks[-1]:.0f} MB")
            reset_peak()
    first, last = peaks
    grown = f"{first:.0f} MB, {last:.0f} MB: {last / first:.2f}×"
    tell(f"the worker's memory at most: in the first {few:,} snapshots, in {snapshots - few:,} more", "flat", "", grown)


def reset_peak() -> None:
    """Count the most memory of this process from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def read_peak() -> float:
    """The most memory that this process has held, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def play_push(amazon: LocalAmazon, account_id: int, refs: list[str]) -> None:
    """Let buyers ask while a worker of Odoo's own runs the receiving action, and see when it is on the orders."""
    sqs = boto3.client("sqs", "eu-west-1", aws_access_key_id="bench", aws_secret_access_key="bench")
    arn = f"arn:aws:sqs:eu-west-1:123456789012:{QUEUE}"
    sqs.create_queue(QueueName=QUEUE)
    with odoo() as env:
        subscription = env["amazon.cancellation.subscription"].create(
            {"account_id": account_id, "queue_arn": arn, "access_key_id": "bench", "secret_access_key": "bench"}
        )
        subscription.action_set_up()
        env.ref(f"{MODULE}.ir_cron_receive").write({"active": True, "nextcall": env.cr.now()})
    worker = start_worker()
    try:
        wait_for_listening()
        waits = [wait_for_request(amazon, ref) for ref in refs]
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    waits.sort()
    p50, p99 = (waits[int(share * (len(waits) - 1))] for share in (0.5, 0.99))
    what = f"{len(waits)} notifications, one after the other: from in the queue to committed on the order"
    tell(what, "p99 ≤ 2 s", "", f"p50 {p50:.2f} s, p99 {p99:.2f} s")


def start_worker() -> int:
    """A worker of scheduled actions as Odoo's server has it, in a process of its own."""
    close_all()
    process = os.fork()
    if not process:
        try:
            ThreadedServer(None).cron_thread(0)
        finally:
            os._exit(1)
    return process


def wait_for_listening() -> None:
    """Wait until the worker listens to the queue."""
    taken, listens = [("kind", "=", "receive"), ("waits_since", "!=", False)], False
    while not listens:
        with odoo() as env:
            env.ref(f"{MODULE}.ir_cron_receive")._trigger()
            listens = bool(env[UNIT].search_count(taken))
        time.sleep(1)


def wait_for_request(amazon: LocalAmazon, ref: str) -> float:
    """Seconds from when a request is in the queue until it is committed on the order."""
    time.sleep(random.uniform(0, 0.5))
    amazon.shop.ask_to_cancel(ref, "Changed mind")
    start = time.monotonic()
    while time.monotonic() < start + MOST_SECONDS:
        with registry().cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if env["sale.order"].search_count(
                [("amazon_order_ref", "=", ref), ("amazon_cancel_request", "=", "requested")]
            ):
                break
        time.sleep(0.01)
    return time.monotonic() - start
