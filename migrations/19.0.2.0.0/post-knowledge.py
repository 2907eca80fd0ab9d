"""What is known of an order takes its new form: one proof and open claims.

The version before took for an end of a request whatever did not show it. Orders with an open or a declined request go
on with it as a claim, and all of them are read once: the order itself decides.
"""

import json
from datetime import UTC, datetime

from odoo.tools import SQL

from odoo.addons.sale_amazon_cancellation.spapi.knowledge import KNOWN, WITHDRAWN, Claim, OrderKnowledge, Request
from odoo.addons.sale_amazon_cancellation.spapi.snapshot import ItemSnapshot, OrderSnapshot
from odoo.addons.sale_amazon_cancellation.spapi.timestamps import parse_time

BATCH = 1000
_TIMES = ("created", "ship_by", "earliest_ship")
_ORDER_FACTS = ("marketplace_id", "status", "fulfilled_by", *_TIMES)
_ITEM_FACTS = ("sku", "title", "quantity", "cancelled_by", "executed_reason", "quantity_shipped", "quantity_unshipped")


def migrate(cr, version):
    """Convert the knowledge of all sale orders and of the orders that are not in Odoo."""
    heard = datetime.now(UTC)
    # An order with a request that nothing was kept of goes on with what its fields tell.
    cr.execute(
        "UPDATE sale_order SET amazon_knowledge = jsonb_build_object('order_id', amazon_order_ref)"
        " WHERE amazon_knowledge IS NULL AND amazon_order_ref IS NOT NULL AND amazon_cancel_request IS NOT NULL"
    )
    request = "amazon_cancel_request, amazon_request_fingerprint, amazon_cancel_request_date"
    for ids, rows in _read(cr, "sale_order", "amazon_knowledge", request):
        converted = [convert(known, state, heard, asked, since) for known, state, asked, since in rows]
        _write(cr, "sale_order", "amazon_knowledge", ids, converted)
    for ids, rows in _read(cr, "amazon_cancellation_unknown", "knowledge", "NULL"):
        converted = [convert(known, "requested" if _asks(known) else None, heard) for known, _none in rows]
        _write(cr, "amazon_cancellation_unknown", "knowledge", ids, converted)
    cr.execute("UPDATE sale_order SET amazon_declined_number = 1 WHERE amazon_cancel_request = 'declined'")
    cr.execute(
        "UPDATE sale_order SET amazon_read_wanted = TRUE"
        " WHERE amazon_cancel_request IN ('requested', 'declined', 'withdrawn') AND amazon_order_ref IS NOT NULL"
        " AND coalesce(amazon_fulfillment_status, '') NOT IN ('shipped', 'cancelled')"
    )


def convert(known, request, heard, asked=None, since=None):
    """The new form of what the version before kept.

    :param dict known: The old form.
    :param str|None request: The state of the buyer's request.
    :param datetime heard: Now, aware.
    :param dict|None asked: The buyer's words by item, as the order shows them.
    :param datetime|None since: When the request was made, as the order shows it, naive UTC.
    :rtype: dict
    """
    facts = {name: entry[2] for name, entry in known.get("facts", {}).items()}
    known = {"items": {}, "sightings": [], "last_updated": None, "items_complete": False, **known}
    gaps = OrderSnapshot(
        known["order_id"],
        "search",
        last_updated=_parse(known["last_updated"]),
        shown_at=_parse(known["last_updated"]),
        items=tuple(_convert_item(item_id, item) for item_id, item in known["items"].items()),
        items_complete=known["items_complete"],
        **{name: _parse(facts.get(name)) if name in _TIMES else facts.get(name) for name in _ORDER_FACTS},
    )
    shown = [parse_time(at) for at, _rank, value in known["sightings"] if value]
    items = {
        item_id: (item["cancel_reason"][2] or "") if "cancel_reason" in item else ""
        for item_id, item in known["items"].items()
        if request == "withdrawn" or ("cancel_requested" in item and item["cancel_requested"][2])
    }
    items = items or asked or {}
    shown = shown or ([since.replace(tzinfo=UTC)] if since else [])
    its_request, claims = None, ()
    if shown and request:
        outcome = request if request in ("withdrawn", "overtaken") else None
        if request == "accepted":
            outcome = WITHDRAWN
        its_request = Request(
            1, items, min(shown), KNOWN, max(shown), outcome, heard if outcome else None, KNOWN if outcome else None
        )
        if not outcome and items:
            claims = (Claim(KNOWN, max(shown), heard, items),)
    knowledge = OrderKnowledge(
        known["order_id"], gaps=gaps, claims=claims, request=its_request, doubtful=request in ("requested", "withdrawn")
    )
    return knowledge.to_dict()


def _convert_item(item_id, item):
    return ItemSnapshot(item_id, **{name: item[name][2] for name in _ITEM_FACTS if name in item})


def _asks(known):
    return any("cancel_requested" in item and item["cancel_requested"][2] for item in known.get("items", {}).values())


def _parse(moment):
    return parse_time(moment) if moment else None


def _read(cr, table, column, request):
    """Yield ids and rows of what has the old form, in batches."""
    last = 0
    while True:
        cr.execute(
            SQL(
                "SELECT id, %(column)s, %(request)s FROM %(table)s WHERE id > %(last)s AND %(column)s IS NOT NULL"
                " AND jsonb_typeof(%(column)s) = 'object' AND NOT jsonb_exists(%(column)s, 'evidence')"
                " ORDER BY id LIMIT %(limit)s",
                column=SQL.identifier(column),
                request=SQL(request),
                table=SQL.identifier(table),
                last=last,
                limit=BATCH,
            )
        )
        rows = cr.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield [row[0] for row in rows], [row[1:] for row in rows]


def _write(cr, table, column, ids, values):
    cr.execute(
        SQL(
            "UPDATE %(table)s SET %(column)s = data.value::jsonb FROM unnest(%(ids)s, %(values)s) AS data (id, value)"
            " WHERE %(table)s.id = data.id",
            table=SQL.identifier(table),
            column=SQL.identifier(column),
            ids=ids,
            values=[json.dumps(value) for value in values],
        )
    )
