"""Which tables a look reads much of, as PostgreSQL explains its queries."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from odoo import api
from odoo.sql_db import BaseCursor
from odoo.tools import SQL

from .inside import watch_queries

# What grows with the orders.
GROWING = {
    "amazon_cancellation_report",
    "amazon_order_cancellation",
    "sale_order",
    "sale_order_line",
    "stock_move",
    "stock_picking",
}
READING = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
LOCKING = re.compile(r"\bFOR (NO KEY )?UPDATE( SKIP LOCKED| NOWAIT)?", re.IGNORECASE)
# A page counts so many rows of its table at most; more is reading it whole.
MUCH = 12_000


def count_read(env: api.Environment, look: Callable[[], object]) -> Counter[str]:
    """How many rows of each growing table that query of a look reads which reads most of it."""
    env.invalidate_all()
    queries: list[tuple[str, Any]] = []

    def note(query: Any, params: Any) -> None:
        queries.append((query.code, query.params) if isinstance(query, SQL) else (str(query), params))

    with watch_queries(note):
        look()
    most: Counter[str] = Counter()
    with env.registry.cursor() as cr:
        for query, params in queries:
            if READING.match(query) and "INSERT INTO" not in query:
                most |= _count_rows(cr, LOCKING.sub("", query), params)
    return most


def _count_rows(cr: BaseCursor, query: str, params: Any) -> Counter[str]:
    """How many rows of each growing table a query reads."""
    cr.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}", params)
    rows: Counter[str] = Counter()
    pending = [cr.fetchone()[0][0]["Plan"]]
    while pending:
        node = pending.pop()
        pending += node.get("Plans", [])
        if node.get("Relation Name") in GROWING:
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            read = node["Actual Rows"] + removed
            rows[node["Relation Name"]] += int(read * node["Actual Loops"])
    return rows
