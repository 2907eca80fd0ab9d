"""The same looks with few orders and with many: how long each takes, and of which tables it reads much."""

import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from odoo import api

from ..amazon.server import LocalAmazon
from .explain import MUCH, count_read
from .inside import CANCELLATION, MODULE, create_account, odoo, prepare_order, registry, say, tell
from .pages import find_pages, make_form

Look = Callable[[], object]
RUNS = 7
# Milliseconds: what takes less varies more by the machine than by the size, so that the rows read are shown.
TOO_SHORT = 3.0
SCHEDULED = "scheduled action"
# What was measured of the version before, and with which goal.
BEFORE = {
    "analysis of all, by marketplace and reason": "14 → 1,257 ms",
    "month-end check": "18 → 595 ms",
    "account, form": "16 → 512 ms",
    "orders to be read one by one": "10 → 344 ms",
    "100 ids that no order has": "15 → 260 ms",
}
ANALYSES = ("analysis of all", "Amazon Cancellation Analysis, pivot", "Amazon Cancellation Analysis, graph")


def play(small: int, large: int) -> None:
    """Measure every page, list, check and analysis of the addon, and its scheduled actions, with both sizes."""
    amazon = LocalAmazon()
    amazon.start()
    os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = amazon.url
    with odoo() as env:
        account_id = create_account(env, "Size").id
    figures: dict[str, list[float]] = defaultdict(list)
    read: dict[str, list[Counter[str]]] = defaultdict(list)
    for size in (small, large):
        started = time.monotonic()
        fill(size, account_id)
        say(f"{size:,} orders are made in {time.monotonic() - started:.0f} s")
        with odoo() as env:
            looks = dict(find_looks(env(user=env.ref("base.user_admin")), account_id))
            for name, look in looks.items():
                if name.startswith(SCHEDULED):
                    look()  # what they write once shows on pages of both sizes
            env.cr.rollback()
            for name, look in looks.items():
                figures[name].append(measure(env, look))
                read[name].append(count_read(env, look))
                env.cr.rollback()
        say(f"{len(figures)} looks are measured")
    amazon.stop()
    for name, (few, many) in figures.items():
        rows_few, rows_many = (counts.total() for counts in read[name])
        grown = f"{few:.1f} → {many:.1f} ms"
        if max(few, many) < TOO_SHORT:
            grown += f"; rows read {rows_few:,} → {rows_many:,}"
        else:
            grown += f": {many / few:.1f}×"
        much = {table: rows for table, rows in read[name][-1].items() if rows > MUCH}
        grown += "".join(f"; reads {rows:,} rows of {table}" for table, rows in sorted(much.items()))
        goal = "≤ 200 ms" if name.startswith(ANALYSES) else "≤ 1.3×"
        tell(f"{small:,} → {large:,} orders: {name}", goal, BEFORE.get(name, ""), grown)


def measure(env: api.Environment, look: Look) -> float:
    """The median of some runs, in milliseconds, with nothing kept from the one before."""
    taken = []
    for _run in range(RUNS + 1):
        env.invalidate_all()
        start = time.perf_counter()
        look()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken[1:])


def find_looks(env: api.Environment, account_id: int) -> Iterator[tuple[str, Look]]:
    """Everything of the addon that looks at orders or cancellations by itself or for a person."""
    yield from find_pages(env)
    account = env["amazon.cancellation.account"].browse(account_id)
    requested = env["sale.order"].search([("amazon_cancel_request", "=", "requested")], limit=1)
    yield "order, form", make_form(requested, env.ref("sale.view_order_form").id)
    yield "delivery, form", make_form(requested.picking_ids[:1], env.ref("stock.view_picking_form").id)
    yield "cancellation, form", make_form(env[CANCELLATION].search([], limit=1))
    yield "account, form", make_form(account)
    overview = env["stock.picking.type"].search([("code", "=", "outgoing")])
    yield "deliveries held, in the overview", lambda: overview.mapped("amazon_held_count")
    yield (
        "analysis of all, by marketplace and reason",
        lambda: env["amazon.cancellation.report"].formatted_read_group(
            [], ["amazon_marketplace_id", "reason"], ["__count", "amount:sum"]
        ),
    )
    yield "month-end check", lambda: env["amazon.accounting.check"].search_count([])
    account_sudo = account.sudo()
    env_sudo = account_sudo.env
    unknown = [f"998-{number:07}-0000000" for number in range(100)]
    yield "orders to be read one by one", lambda: env_sudo["amazon.order.lookup"]._get_unread(account_sudo)
    yield "100 ids that no order has", lambda: env_sudo["amazon.order.matcher"]._match(account_sudo, unknown)
    yield "accounting look, nothing changed", lambda: env_sudo["amazon.cancellation.accounting"]._get_changed(0)
    data = env_sudo["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.cron")])
    for cron in env_sudo["ir.cron"].browse(data.mapped("res_id")).sorted("id"):
        yield f"{SCHEDULED}, nothing new: {cron.name}", _make_run(cron.id)


def _make_run(cron_id: int) -> Look:
    def run() -> None:
        with odoo() as env:
            env.cr.execute("UPDATE amazon_cancellation_cursor SET retry_date = NULL")
            env["ir.cron"].browse(cron_id).method_direct_trigger()

    return run


# === THE ORDERS === #


def fill(count: int, account_id: int) -> None:
    """Sale orders over a year with their deliveries: copies of one, made by the database.

    Of a hundred two had a request and three are cancelled; a few are open at any size.
    """
    with odoo() as env:
        order = env["sale.order"].search([("name", "=", "TEMPLATE")]) or _create_template(env)
        env.flush_all()
        # As if the new orders had been there for longer: else an account shows the count of the smaller size.
        env["amazon.cancellation.account"].browse(account_id).week_order_count_date = False
        there = env["sale.order"].search_count([("amazon_cancel_account_id", "=", account_id)])
        env.cr.execute("SET LOCAL session_replication_role = replica")  # the copies refer to what is there
        env.cr.execute("SET LOCAL maintenance_work_mem = '512MB'")
        of_account = f"so.amazon_cancel_account_id = {account_id} AND so.id != {order.id}"
        placed = f"now() - (({count} - n)::bigint * 31536000 / {count}) * interval '1 second'"
        copy_rows(
            env,
            "sale_order",
            order.id,
            f"generate_series({there + 1}, {count}) n",
            {
                "name": "'B' || n",
                "amazon_order_ref": "'999-' || lpad(n::text, 7, '0') || '-0000000'",
                "amazon_cancel_account_id": str(account_id),
                "amazon_cancel_marketplace_id": str(env.ref(f"{MODULE}.marketplace_de").id),
                "amazon_channel": "'fbm'",
                "amazon_fulfillment_status": "CASE WHEN n % 100 < 3 THEN 'cancelled' WHEN n % 100 < 5 THEN 'unshipped'"
                " ELSE 'shipped' END",
                "amazon_checked_date": "now()",
                "amazon_last_update": "now()",
                "amazon_ship_by": f"{placed} + interval '2 days'",
                "amazon_cancel_request": "CASE WHEN n % 100 = 4 AND n <= 8000 THEN 'requested'"
                " WHEN n % 100 IN (3, 50) THEN 'declined' END",
                "amazon_cancel_request_date": f"CASE WHEN n % 100 IN (3, 4, 50) THEN {placed} END",
                "amazon_decided_date": f"CASE WHEN n % 100 IN (3, 50) THEN {placed} + interval '1 hour' END",
                "amazon_cancel_progress": "CASE WHEN n % 100 < 3 THEN 'cancelled'"
                " WHEN n % 100 = 4 AND n <= 8000 THEN 'requested' WHEN n % 100 IN (3, 50) THEN 'kept' END",
                "state": "CASE WHEN n % 100 < 3 THEN 'cancel' ELSE 'sale' END",
                "delivery_status": "CASE WHEN n % 100 >= 5 THEN 'full' WHEN n % 100 >= 3 THEN 'pending' END",
                "date_order": placed,
                "create_date": placed,
            },
        )
        new_orders = f"sale_order so WHERE {of_account} AND NOT EXISTS (SELECT FROM {{}} other WHERE {{}} = so.id)"
        copy_rows(
            env,
            "sale_order_line",
            order.order_line.id,
            new_orders.format("sale_order_line", "other.order_id"),
            {"order_id": "so.id"},
        )
        moved = "CASE so.state WHEN 'cancel' THEN 'cancel' ELSE CASE so.delivery_status WHEN 'full' THEN 'done'"
        moved += " ELSE 'assigned' END END"
        copy_rows(
            env,
            "stock_picking",
            order.picking_ids.id,
            new_orders.format("stock_picking", "other.sale_id"),
            {"sale_id": "so.id", "name": "'OUT/' || so.name", "origin": "so.name", "state": moved},
        )
        copy_rows(
            env,
            "stock_move",
            order.picking_ids.move_ids.id,
            "stock_picking picking JOIN sale_order_line line ON line.order_id = picking.sale_id"
            f" JOIN sale_order so ON so.id = line.order_id WHERE {of_account}"
            " AND NOT EXISTS (SELECT FROM stock_move other WHERE other.picking_id = picking.id)",
            {"picking_id": "picking.id", "sale_line_id": "line.id", "origin": "so.name", "state": "picking.state"},
        )
        _cancel(env, of_account)
    with registry().cursor() as cr:
        cr._cnx.commit()
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")


def _create_template(env: api.Environment) -> Any:
    order = env["sale.order"].create(prepare_order(env, name="TEMPLATE"))
    order.action_confirm()
    return order


def _cancel(env: api.Environment, of_account: str) -> None:
    """The cancellations of the orders that are cancelled; of the first, some are under way, refused or to review."""
    with _without_indexes(env, "amazon_order_cancellation"):
        env.cr.execute(
            f"""
            INSERT INTO amazon_order_cancellation (order_id, seller_account_id, company_id, origin, reason, state,
                                                   create_date, confirmed_date, order_name, amazon_order_ref,
                                                   partner_id, amazon_marketplace_id, accounting_state, proof_state)
                 SELECT id, amazon_cancel_account_id, company_id, 'odoo', 'GeneralAdjustment', 'confirmed',
                        date_order, date_order, name, amazon_order_ref, partner_id,
                        amazon_cancel_marketplace_id, 'none', 'unknown'
                   FROM sale_order so
                  WHERE {of_account} AND so.state = 'cancel' AND so.amazon_cancellation_id IS NULL
               ORDER BY date_order
            """
        )
    env.cr.execute(
        """
        UPDATE amazon_order_cancellation cancellation
           SET state = CASE number % 3 WHEN 0 THEN 'accepted' WHEN 1 THEN 'refused' ELSE state END,
               accounting_state = CASE number % 3 WHEN 2 THEN 'to_review' ELSE accounting_state END,
               next_check_date = now() + interval '1 day', sent_date = now()
          FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM amazon_order_cancellation) first
         WHERE first.id = cancellation.id AND first.number <= 60
        """
    )
    env.cr.execute(
        "UPDATE sale_order so SET amazon_cancellation_id = c.id, amazon_cancellation_state = c.state"
        " FROM amazon_order_cancellation c WHERE c.order_id = so.id AND so.amazon_cancellation_id IS NULL"
    )
    env.invalidate_all()
    env["amazon.cancellation.report"]._renew_all()


def copy_rows(env: api.Environment, table: str, template_id: int, source: str, changed: dict[str, str]) -> None:
    """Copy a row of a table for each row of a source."""
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name != 'id'", [table]
    )
    names = [name for [name] in env.cr.fetchall()]
    values = ", ".join(changed.get(name, f'template."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    condition = "AND" if " WHERE " in source else "WHERE"
    with _without_indexes(env, table):
        env.cr.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} template CROSS JOIN {source}"
            f" {condition} template.id = {template_id}"
        )


@contextmanager
def _without_indexes(env: api.Environment, table: str) -> Iterator[None]:
    """Drop what an insert of many rows would build row by row, and build it at the end."""
    env.cr.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        env.cr.execute(definition)
