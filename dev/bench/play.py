"""What is measured inside Odoo: this process loads it once; workers are forks of it. Prints one JSON row a line.

The local Amazon lives in this process. Where a part simulates hours, both clocks are moved.
"""

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, close_all
from odoo.tools import SQL, config

ORDER = json.loads(sys.argv[1])
config.parse_config(sys.argv[2:], setup_logging=True)
DATABASE = config["db_name"][0] if isinstance(config["db_name"], list) else config["db_name"]
REGISTRY = Registry(DATABASE)

from odoo.addons.sale_amazon_cancellation.dev.amazon.auth import access_of  # noqa: E402
from odoo.addons.sale_amazon_cancellation.dev.amazon.server import LocalAmazon  # noqa: E402
from odoo.addons.sale_amazon_cancellation.spapi import errors as spapi_errors  # noqa: E402
from odoo.addons.sale_amazon_cancellation.spapi.client import OrderPage, SellerClient  # noqa: E402
from odoo.addons.sale_amazon_cancellation.spapi.clock import note_date  # noqa: E402

MODULE, SELLER = "sale_amazon_cancellation", "A1LOCALEU"
CANCELLATION, UNIT = "amazon.order.cancellation", "amazon.cancellation.unit"
# What is planned by Odoo's clock, and comes nearer as simulated time passes.
PLANNED = {
    "amazon_order_cancellation": ("send_after", "sent_date", "next_check_date", "next_attempt_date"),
    "amazon_cancellation_feed": ("create_date", "next_look_date"),
    "amazon_cancellation_cursor": ("retry_date",),
    "amazon_cancellation_unit": ("waits_since", "rest_until"),
    "sale_order": ("amazon_checked_date",),
}


def tell(part: str, what: str, goal: str, before: str, now: str) -> None:
    """Give one row of the table."""
    sys.stdout.write(json.dumps({"part": part, "what": what, "goal": goal, "before": before, "now": now}) + "\n")
    sys.stdout.flush()


@contextmanager
def odoo() -> Iterator[api.Environment]:
    """Odoo in a transaction of its own, committed at the end."""
    with REGISTRY.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def prepare() -> None:
    """Switch off what runs by itself, and make what all parts sell."""
    with odoo() as env:
        env["ir.cron"].search([]).active = False
        env["product.product"].create({"name": "Mug", "default_code": "MUG", "type": "consu", "list_price": 10})
        env["res.partner"].create({"name": "Bench Buyer"})


def create_account(env: api.Environment, name: str, seller: str = SELLER) -> Any:
    """An account that works."""
    return env["amazon.cancellation.account"].create(
        {
            "name": name,
            **access_of(seller),
            "region": "eu",
            "marketplace_ids": [(6, 0, env.ref(f"{MODULE}.marketplace_de").ids)],
            "undo_minutes": 0,
            "sweep_rhythm": "never",
        }
    )


# --- telling ----------------------------------------------------------------------------------------------------


def play_telling(count: int) -> None:
    """`count` cancellations that are due at once, with Amazon's rates kept, on simulated clocks."""
    amazon = LocalAmazon()
    amazon.start()
    os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = amazon.url
    shop = amazon.shop
    with shop.change():
        refs = [shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}]).order_id for _order in range(count)]
    with odoo() as env:
        account_id = create_account(env, "Telling").id
        product = env["product.product"].search([("default_code", "=", "MUG")], limit=1)
        partner = env["res.partner"].search([("name", "=", "Bench Buyer")], limit=1)
        for first in range(0, count, 500):
            env["sale.order"].create(
                [
                    {
                        "partner_id": partner.id,
                        "client_order_ref": ref,
                        "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
                    }
                    for ref in refs[first : first + 500]
                ]
            )
            env.cr.commit()

    def pass_minutes(minutes: float) -> None:
        with odoo() as env:
            for table, columns in PLANNED.items():
                changes = ", ".join(f"{name} = {name} - %s * interval '1 minute'" for name in columns)
                env.cr.execute(f"UPDATE {table} SET {changes}", [minutes] * len(columns))
        shop.advance(minutes * 60)
        note_date(amazon.url, format_datetime(shop.now()))

    def run(model: str, method: str) -> None:
        with odoo() as env:
            getattr(env[model], method)()

    def count_left(*states: str) -> int:
        with odoo() as env:
            domain = [("seller_account_id", "=", account_id), ("state", "in", states)]
            return env[CANCELLATION].search_count(domain)

    pass_minutes(20)
    with odoo() as env:
        read = [("client_order_ref", "in", refs), ("amazon_checked_date", "!=", False)]
        while env["sale.order"].search_count(read) < count:
            env.cr.commit()
            run("amazon.cancellation.account", "_cron_read_orders")
            pass_minutes(3)
    pass_minutes(120)  # and the burst is there again
    run("amazon.cancellation.account", "_cron_read_orders")
    start = time.monotonic()
    with odoo() as env:
        env["sale.order"].search([("client_order_ref", "in", refs)])._action_cancel()
    decided = time.monotonic() - start
    amazon.calls.clear()
    shop.switches.rates = True
    minutes, sent_after, busiest = 0, None, 0.0
    while count_left("scheduled", "sent", "accepted") and minutes < 600:
        pass_minutes(1)
        minutes += 1
        if minutes % 5 == 0:
            run("amazon.cancellation.account", "_cron_read_orders")
        if minutes % 2 == 0:
            start = time.monotonic()
            run("amazon.cancellation.sender", "_cron_process")
            busiest = max(busiest, time.monotonic() - start)
        if sent_after is None and not count_left("scheduled"):
            sent_after = minutes
    calls = Counter(call.operation for call in amazon.calls if call.seller_id)
    refused = sum(call.status == 429 for call in amazon.calls)
    most = ", ".join(f"{operation} {number}" for operation, number in calls.most_common(6))
    what = f"{count:,} due cancellations"
    total = f"{sum(calls.values())} ({most})"
    tell("telling", f"{what}: calls in all", "≤ 150", "10,027 getOrder + 185 feeds + …", total)
    tell("telling", f"{what}: feeds", "1 per 10 MiB", "185", str(calls["createFeed"]))
    tell("telling", f"{what}: answers 429", "0", "1,065", str(refused))
    tell("telling", f"{what}: the last is sent after", "≤ 15 min", "343 min", f"{sent_after} min")
    left = count_left("scheduled", "sent", "accepted")
    proven = f"{minutes} min, {calls['getOrder']} getOrder, {left} left"
    tell("telling", f"{what}: all proven after", "without a call an order", "10,027 getOrder", proven)
    tell("telling", f"{what}: cancelled in Odoo in; the longest run", "", "", f"{decided:.0f} s; {busiest:.0f} s")
    assert not shop.harms, shop.harms
    amazon.stop()
    with odoo() as env:
        env["amazon.cancellation.account"].browse(account_id).active = False


# --- many accounts ----------------------------------------------------------------------------------------------


def play_accounts(count: int, answer_seconds: float) -> None:
    """`count` accounts of which Amazon answers after a while, one slowly, one not at all; one worker and two."""
    with odoo() as env:
        accounts = [create_account(env, f"Account {number:03}", f"SELLER{number}").id for number in range(count)]
    slow, dead = accounts[3], accounts[7]
    seconds = {slow: 20.0, dead: 30.0}
    ended = Path(ORDER["scratch"]) / "ended"

    def make_worker(first: bool, trouble: bool) -> Callable[[], None]:
        def work() -> None:
            with odoo() as env:
                unit = type(env[UNIT])
                original = unit._do_read

                def do_read(self: Any) -> bool:
                    account = self.account_id
                    SellerClient.search_orders = lambda *_a, **_k: answer(account.id)
                    failed = original(self)
                    with ended.open("a") as file:
                        file.write(f"{account.id} {time.time()}\n")
                    return failed

                def answer(account_id: int) -> OrderPage:
                    time.sleep(seconds.get(account_id, answer_seconds) if trouble else answer_seconds)
                    if trouble and account_id == dead:
                        raise spapi_errors.Unreachable("no answer", operation="searchOrders", maybe_done=True)
                    return OrderPage(orders=(), malformed=(), next_token=None)

                unit._do_read = do_read
                env[UNIT]._run("read", env["amazon.cancellation.account"].browse(accounts) if first else None)

        return work

    def play_round(workers: int, trouble: bool) -> tuple[float, float]:
        """A round's length, and within which time 99 % of the other accounts are read."""
        ended.unlink(missing_ok=True)
        with odoo() as env:
            env.cr.execute("UPDATE amazon_cancellation_unit SET waits_since = waits_since - interval '5 minutes'")
            env.cr.execute("DELETE FROM amazon_cancellation_allowance")
        start = time.time()
        processes = []
        for number in range(workers):
            close_all()
            process = os.fork()
            if not process:
                status = 1
                try:
                    make_worker(number == 0, trouble)()
                    status = 0
                finally:
                    os._exit(status)
            processes.append(process)
            time.sleep(0.5)
        for process in processes:
            os.waitpid(process, 0)
        lines = [line.split() for line in ended.read_text().splitlines()]
        others = sorted(float(at) - start for account_id, at in lines if int(account_id) not in seconds)
        assert len(others) == count - 2, f"{len(others)} accounts were read"
        return others[-1], others[int(len(others) * 0.99)]

    play_round(2, False)  # makes the units
    length_one, alone_one = play_round(1, False)
    length_two, alone_two = play_round(2, False)
    play_round(2, True)  # in which it shows who is slow
    _length, troubled_two = play_round(2, True)
    _length, troubled_one = play_round(1, True)
    what = f"{count} accounts, Amazon answers in {answer_seconds} s"
    faster = f"{length_one:.0f} s, {length_two:.0f} s: {length_one / length_two:.2f}×"
    tell("accounts", f"{what}: a round with one worker, with two", "≥ 1.8×", "1.0×", faster)
    for workers, alone, troubled in (("one worker", alone_one, troubled_one), ("two workers", alone_two, troubled_two)):
        others = f"{what}, one slow (20 s), one dead (30 s), {workers}: the others' p99"
        slower = f"{troubled:.1f} s, alone {alone:.1f} s: {troubled / alone:.2f}×"
        tell("accounts", others, "≤ 1.2× of alone", "+ 50 s in every run", slower)
    with odoo() as env:
        env["amazon.cancellation.account"].browse(accounts).active = False


# --- size -------------------------------------------------------------------------------------------------------


def fill(count: int, account_id: int) -> None:
    """Sale orders over a year, of a hundred two with a request and three cancelled: copies of one, by the database."""
    with odoo() as env:
        product = env["product.product"].search([("default_code", "=", "MUG")], limit=1)
        partner = env["res.partner"].search([("name", "=", "Bench Buyer")], limit=1)
        order = env["sale.order"].search([("name", "=", "TEMPLATE")], limit=1) or env["sale.order"].create(
            {
                "name": "TEMPLATE",
                "partner_id": partner.id,
                "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1})],
            }
        )
        env.flush_all()
        there = env["sale.order"].search_count([("amazon_cancel_account_id", "=", account_id)])
        germany = env.ref(f"{MODULE}.marketplace_de").id
        placed = f"now() - (n::bigint * 31536000 / {count}) * interval '1 second'"
        changed = {
            "name": "'B' || n",
            "amazon_order_ref": "'999-' || lpad(n::text, 7, '0') || '-0000000'",
            "amazon_cancel_account_id": str(account_id),
            "amazon_cancel_marketplace_id": str(germany),
            "amazon_channel": "'fbm'",
            "amazon_fulfillment_status": "CASE WHEN n % 100 < 3 THEN 'cancelled' WHEN n % 100 < 5 THEN 'unshipped'"
            " ELSE 'shipped' END",
            "amazon_checked_date": "now()",
            "amazon_last_update": "now()",
            "amazon_cancel_request": "CASE WHEN n % 100 IN (3, 50) THEN 'declined' END",
            "amazon_cancel_request_date": f"CASE WHEN n % 100 IN (3, 50) THEN {placed} END",
            "state": "CASE WHEN n % 100 < 3 THEN 'cancel' ELSE 'sale' END",
            "date_order": placed,
            "create_date": placed,
        }
        insert(env, "sale_order", order.id, changed, there, count)
        names, values = columns(env, "sale_order_line", {"order_id": "so.id"}, "line")
        env.cr.execute(
            f"INSERT INTO sale_order_line ({names}) SELECT {values} FROM sale_order_line line, sale_order so"
            " WHERE line.order_id = %s AND so.amazon_cancel_account_id = %s"
            " AND NOT EXISTS (SELECT FROM sale_order_line other WHERE other.order_id = so.id)",
            [order.id, account_id],
        )
        env.cr.execute(
            """
            INSERT INTO amazon_order_cancellation (order_id, seller_account_id, company_id, origin, reason, state,
                                                   create_date, order_name, accounting_state, proof_state)
                 SELECT id, amazon_cancel_account_id, company_id, 'odoo', 'GeneralAdjustment', 'confirmed',
                        date_order, name, 'none', 'unknown'
                   FROM sale_order so
                  WHERE so.state = 'cancel' AND so.amazon_cancel_account_id = %s AND so.amazon_cancellation_id IS NULL
            """,
            [account_id],
        )
        env.cr.execute(
            "UPDATE sale_order so SET amazon_cancellation_id = c.id FROM amazon_order_cancellation c"
            " WHERE c.order_id = so.id AND so.amazon_cancellation_id IS NULL AND so.amazon_cancel_account_id = %s",
            [account_id],
        )
    with REGISTRY.cursor() as cr:
        cr._cnx.commit()
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")


def columns(env: api.Environment, table: str, changed: dict[str, str], source: str) -> tuple[str, str]:
    """The columns of a table, and what a copy of a row of `source` holds in them."""
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name != 'id'", [table]
    )
    names = [name for [name] in env.cr.fetchall()]
    return ", ".join(f'"{name}"' for name in names), ", ".join(
        changed.get(name, f'{source}."{name}"') for name in names
    )


def insert(env: api.Environment, table: str, template: int, changed: dict[str, str], there: int, count: int) -> None:
    """Copy a row until there are so many."""
    names, values = columns(env, table, changed, "template")
    env.cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} template, generate_series({there + 1}, {count}) n"
        f" WHERE template.id = {template}"
    )


def play_size(small: int, large: int) -> None:
    """The same looks with few orders and with many, and which of them read whole tables."""
    with odoo() as env:
        account_id = create_account(env, "Size", "SIZE").id

    def looks(env: api.Environment) -> dict[str, Callable[[], object]]:
        account = env["amazon.cancellation.account"].browse(account_id)
        SaleOrder, Report = env["sale.order"], env["amazon.cancellation.report"]
        unknown = [f"998-{number:07}-0000000" for number in range(100)]
        return {
            "analysis by marketplace and reason": lambda: Report.formatted_read_group(
                [], ["amazon_marketplace_id", "reason"], ["__count", "amount:sum"]
            ),
            "list of open requests": lambda: SaleOrder.web_search_read(
                [("amazon_cancel_request", "=", "requested")], {"name": {}, "amazon_order_ref": {}}, limit=80
            ),
            "list of cancellations": lambda: env[CANCELLATION].web_search_read(
                [], {"order_name": {}, "state": {}}, limit=80
            ),
            "month-end check": lambda: env["amazon.accounting.check"].search_count([]),
            "account kanban and form": lambda: account.read(
                ["cancellation_rate", "cancellation_rate_month", "cancel_state", "sync_state", "unknown_order_count"]
            ),
            "orders to be read one by one": account._get_unread_orders,
            "100 ids that no order has": lambda: env["amazon.order.matcher"]._match(account, unknown),
            "hourly accounting look, nothing changed": lambda: env["amazon.cancellation.accounting"]._get_changed(0),
            "accounts with cancellations under way": env["amazon.cancellation.sender"]._get_accounts_with_work,
        }

    before = {
        "analysis by marketplace and reason": "14 → 1,257 ms",
        "month-end check": "18 → 595 ms",
        "account kanban and form": "16 → 512 ms",
        "orders to be read one by one": "10 → 344 ms",
        "100 ids that no order has": "15 → 260 ms",
    }
    figures: dict[str, list[float]] = {}
    scans: dict[str, set[str]] = {}
    for size in (small, large):
        fill(size, account_id)
        with odoo() as env:
            for name, look in looks(env).items():
                taken = []
                for _run in range(6):
                    env.invalidate_all()
                    start = time.perf_counter()
                    look()
                    taken.append(1000 * (time.perf_counter() - start))
                figures.setdefault(name, []).append(statistics.median(taken[1:]))
            if size == large:
                for name, look in looks(env).items():
                    scans[name] = find_scans(env, look)
    for name, (few, many) in figures.items():
        found = f"; reads whole: {', '.join(sorted(scans[name]))}" if scans[name] else ""
        goal = "≤ 200 ms" if name.startswith("analysis") else "≤ 1.3×"
        grown = f"{few:.1f} → {many:.1f} ms: {many / few:.1f}×{found}"
        tell("size", f"{small:,} → {large:,} orders: {name}", goal, before.get(name, ""), grown)


def find_scans(env: api.Environment, look: Callable[[], object]) -> set[str]:
    """The tables that grow with the orders and that a look reads as a whole, as the database explains its queries."""
    queries: list[tuple[Any, Any]] = []
    cursor = type(env.cr)
    execute = cursor.execute

    def note(self: BaseCursor, query: object, params: object = None, **options: object) -> object:
        queries.append((query, params))
        return execute(self, query, params, **options)

    env.invalidate_all()
    cursor.execute = note
    try:
        look()
    finally:
        cursor.execute = execute
    growing, found = {"sale_order", "sale_order_line", "amazon_order_cancellation"}, set()
    for query, params in queries:
        text = query.code if isinstance(query, SQL) else str(query)
        if not text.lstrip().upper().startswith(("SELECT", "WITH")):
            continue
        explained = SQL("EXPLAIN (FORMAT JSON) %s", query) if isinstance(query, SQL) else None
        if explained is not None:
            env.cr.execute(explained)
        else:
            env.cr.execute(f"EXPLAIN (FORMAT JSON) {text}", params)
        pending = [env.cr.fetchone()[0][0]["Plan"]]
        while pending:
            node = pending.pop()
            pending += node.get("Plans", [])
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in growing:
                found.add(node["Relation Name"])
    return found


def main() -> None:
    """Play the parts that were ordered."""
    prepare()
    if "accounts" in ORDER["parts"]:
        play_accounts(ORDER["accounts"], 0.1)
    if "telling" in ORDER["parts"]:
        play_telling(ORDER["cancellations"])
    if "size" in ORDER["parts"]:
        play_size(10_000, ORDER["orders"])


main()
