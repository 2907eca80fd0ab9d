"""What those pay who have nothing to do with Amazon: the queries of ordinary work, without the addon and with it."""

from collections.abc import Callable
from typing import Any

from odoo import api

from .inside import create_account, odoo, prepare_order, tell, watch_queries
from .pages import make_form, make_list

PAGE, SHORT_PAGE = 80, 20


def play(connected: bool) -> None:
    """Count the queries of each step; what the registry keeps was asked for by the step before, on other records.

    :param connected: Whether an Amazon account is there.
    """
    with odoo() as env:
        if connected:
            create_account(env, "Ordinary")
        orders = _sell(env, PAGE + 2)
        env.cr.commit()
        first, second = orders[:2]
        rest = orders[2:]
        deliveries = rest.picking_ids
        form, delivery = env.ref("sale.view_order_form").id, env.ref("stock.view_picking_form").id
        counts = {
            "the form of an order": _count(env, *(make_form(order, form) for order in (first, second))),
            "the form of a delivery": _count(
                env, *(make_form(order.picking_ids, delivery) for order in (first, second))
            ),
            f"a list of {PAGE} orders": _count_list(env, "sale.view_order_tree", rest),
            f"a list of {PAGE} deliveries": _count_list(env, "stock.vpicktree", deliveries),
            f"a list of {SHORT_PAGE} deliveries": _count_list(env, "stock.vpicktree", deliveries[:SHORT_PAGE]),
        }
        orders[:4].picking_ids.move_ids.write({"quantity": 1, "picked": True})
        counts["validating a delivery"] = _count(
            env, *(_act(order.picking_ids.button_validate) for order in (first, second))
        )
        invoices = [order._create_invoices() for order in orders[:2]]
        counts["posting an invoice"] = _count(env, *(_act(invoice.action_post) for invoice in invoices))
        counts["confirming an order"] = _count(
            env, *(_act(order.action_confirm) for order in _sell(env, 2, draft=True))
        )
        counts["cancelling an order"] = _count(env, *(_act(order._action_cancel) for order in orders[2:4]))
        env.cr.rollback()
    for name, count in counts.items():
        tell(name, "", "", str(count))


def _sell(env: api.Environment, count: int, draft: bool = False) -> Any:
    vals = prepare_order(env)
    orders = env["sale.order"].create([{**vals, "client_order_ref": f"PO {number}"} for number in range(count)])
    orders.order_line.product_id.invoice_policy = "order"
    if not draft:
        orders.action_confirm()
    return orders


def _count_list(env: api.Environment, view: str, records: Any) -> int:
    look = make_list(records, env.ref(view).id)
    return _count(env, look, look)


def _act(method: Any) -> Callable[[], object]:
    """A method of records, with what it leaves to be written."""

    def act() -> None:
        method()
        method.__self__.env.flush_all()

    return act


def _count(env: api.Environment, first: Callable[[], object], second: Callable[[], object]) -> int:
    """The queries of the second look, with nothing kept of records."""
    first()
    env.flush_all()
    env.invalidate_all()
    queries: list[object] = []
    with watch_queries(lambda query, _params: queries.append(query)):
        second()
    return len(queries)
