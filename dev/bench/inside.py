"""What the parts share that run inside Odoo: a transaction of their own, what all sell, and a row of the table."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor
from odoo.tools import config

from ..amazon.auth import access_of

MODULE, SELLER = "sale_amazon_cancellation", "A1LOCALEU"
_started = time.monotonic()
CANCELLATION, UNIT = "amazon.order.cancellation", "amazon.cancellation.unit"


def tell(what: str, goal: str, before: str, now: str) -> None:
    """Give one row of the table."""
    sys.stdout.write(json.dumps({"what": what, "goal": goal, "before": before, "now": now}) + "\n")
    sys.stdout.flush()


def say(message: str) -> None:
    """Tell the developer who waits how far it is."""
    sys.stderr.write(f"[{time.monotonic() - _started:5.1f} s]   {message}\n")
    sys.stderr.flush()


def registry() -> Registry:
    """Of the one database that the process was started for."""
    return Registry(config["db_name"][0])


@contextmanager
def odoo() -> Iterator[api.Environment]:
    """Odoo in a transaction of its own, committed at the end."""
    with registry().cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def prepare() -> None:
    """Switch off what runs by itself, and make what all parts sell."""
    with odoo() as env:
        env["ir.cron"].search([]).active = False
        env["product.product"].create({"name": "Mug", "default_code": "MUG", "type": "consu", "list_price": 10})
        env["res.partner"].create({"name": "Bench Buyer"})


def prepare_order(env: api.Environment, **values: object) -> dict[str, Any]:
    """The values of an order for what all sell."""
    product = env["product.product"].search([("default_code", "=", "MUG")], limit=1)
    buyer = env["res.partner"].search([("name", "=", "Bench Buyer")], limit=1)
    return {"partner_id": buyer.id, "order_line": [Command.create({"product_id": product.id})], **values}


@contextmanager
def watch_queries(note: Callable[[Any, Any], object]) -> Iterator[None]:
    """Call `note` with each query, and its parameters, that any cursor of this process sends meanwhile."""
    execute = Cursor.execute

    def watch(self: BaseCursor, query: Any, params: Any = None, **options: Any) -> object:
        note(query, params)
        return execute(self, query, params, **options)

    Cursor.execute = watch
    try:
        yield
    finally:
        Cursor.execute = execute


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
