"""Thousands of cancellations that are due at once, with Amazon's rates kept, on simulated clocks."""

import os
import time
from collections import Counter
from email.utils import format_datetime

from ...spapi.clock import note_date
from ..amazon.server import LocalAmazon
from .inside import CANCELLATION, SELLER, create_account, odoo, prepare_order, say, tell

# What is planned by Odoo's clock, and comes nearer as simulated time passes.
PLANNED = {
    "amazon_order_cancellation": ("send_after", "sent_date", "next_check_date", "next_attempt_date"),
    "amazon_cancellation_feed": ("create_date", "next_look_date"),
    "amazon_cancellation_cursor": ("retry_date",),
    "amazon_cancellation_unit": ("waits_since", "rest_until"),
    "sale_order": ("amazon_checked_date",),
}


def play(count: int) -> None:
    """`count` cancellations that are due at once, with Amazon's rates kept, on simulated clocks."""
    amazon = LocalAmazon()
    amazon.start()
    os.environ["AMAZON_SPAPI_ENDPOINT_URL"] = os.environ["AMAZON_LWA_ENDPOINT_URL"] = amazon.url
    shop = amazon.shop
    with shop.change():
        refs = [shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}]).order_id for _order in range(count)]
    with odoo() as env:
        account_id = create_account(env, "Telling").id
        vals = prepare_order(env)
        for first in range(0, count, 500):
            env["sale.order"].create([{**vals, "client_order_ref": ref} for ref in refs[first : first + 500]])
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
    say(f"{count} cancelled in Odoo")
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
        if minutes % 10 == 0:
            say(f"{minutes} minutes of Amazon's time, {count_left('confirmed')} confirmed")
    calls = Counter(call.operation for call in amazon.calls if call.seller_id)
    refused = sum(call.status == 429 for call in amazon.calls)
    most = ", ".join(f"{operation} {number}" for operation, number in calls.most_common(6))
    what = f"{count:,} due cancellations"
    total = f"{sum(calls.values())} ({most})"
    tell(f"{what}: calls in all", "≤ 150", "10,027 getOrder + 185 feeds + …", total)
    tell(f"{what}: feeds", "1 per 10 MiB", "185", str(calls["createFeed"]))
    tell(f"{what}: answers 429", "0", "1,065", str(refused))
    tell(f"{what}: the last is sent after", "≤ 15 min", "343 min", f"{sent_after} min")
    left = count_left("scheduled", "sent", "accepted")
    proven = f"{minutes} min, {calls['getOrder']} getOrder, {left} left"
    tell(f"{what}: all proven after", "without a call an order", "10,027 getOrder", proven)
    tell(f"{what}: cancelled in Odoo in; the longest run", "", "", f"{decided:.0f} s; {busiest:.0f} s")
    assert not shop.harms, shop.harms
    amazon.stop()
    with odoo() as env:
        env["amazon.cancellation.account"].browse(account_id).active = False
