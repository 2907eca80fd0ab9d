import re
import sys
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.tests import Form, tagged

from ..books.accounting_common import AccountingCase

# A query for a table of ours; columns of ours in a table of Odoo's cost nothing.
OWN_TABLE = re.compile(r'(?:FROM|JOIN|UPDATE|INTO)\s+"?amazon_')
OUTBOX = re.compile(r'(?:FROM|JOIN|UPDATE|INTO)\s+"?amazon_order_cancellation')


@tagged("post_install", "-at_install")
class TestOrdinary(AccountingCase):
    """Who has nothing to do with Amazon does not pay for it: other documents ask nothing of our tables."""

    def _sell_ordinary(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "order_line": [Command.create({"product_id": self.mug.id, "price_unit": 100})],
            }
        )
        order.action_confirm()
        return order

    def _check_asks_nothing(self, act, records, tables=OWN_TABLE):
        """Act on the first record, so that what is kept is kept, then on the second: none of its queries is ours."""
        first, second = records
        act(first)
        self.env.flush_all()
        self.env.invalidate_all()
        queries = []
        executing = self._patchExecute(queries, flush=True)
        next(executing)
        act(second)
        next(executing, None)
        self.assertGreater(len(queries), 5, "the queries are seen")
        own = [query for query in map(str, queries) if tables.search(query)]
        self.assertFalse(own, "\n".join(own))

    def _get_queries_of_ours(self, act, records):
        """The same, for queries of whatever table that a method of this addon asks for by itself."""
        first, second = records
        act(first)
        self.env.flush_all()
        self.env.invalidate_all()
        second.mapped("state")  # the record itself is read by whoever comes first
        ours, execute = [], type(self.env.cr).execute

        def note(cr, query, *arguments, **options):
            frame = sys._getframe(1)
            while frame and "/addons/" not in frame.f_code.co_filename:
                frame = frame.f_back  # the ORM's own
            asking = frame.f_code.co_filename if frame else ""
            if re.search(r"/addons/sale_amazon_cancellation/(?!tests)", asking):
                ours.append(f"{Path(asking).name}:{frame.f_lineno} {query}")
            return execute(cr, query, *arguments, **options)

        with patch.object(type(self.env.cr), "execute", note):
            act(second)
            self.env.flush_all()
        return ours

    def test_nothing_is_asked_by_ourselves(self):
        def sell(count=2):
            return [self._sell_ordinary() for _number in range(count)]

        def invoice(orders):
            return [order._create_invoices() for order in orders]

        with self.subTest("cancelling"):
            self.assertFalse(self._get_queries_of_ours(lambda order: order._action_cancel(), sell()))
        with self.subTest("posting"):
            self.assertFalse(self._get_queries_of_ours(lambda move: move.action_post(), invoice(sell())))

    def test_posting_an_invoice(self):
        orders = [self._sell_ordinary(), self._sell_ordinary()]
        self._check_asks_nothing(lambda move: move.action_post(), [order._create_invoices() for order in orders])

    def test_posting_a_credit_note(self):
        invoices = [self._invoice(self._sell_ordinary()) for _number in range(2)]
        notes = [self._reverse_invoice(invoice, date=self.today) for invoice in invoices]
        self._check_asks_nothing(lambda move: move.action_post(), notes)

    def test_paying(self):
        invoices = [self._invoice(self._sell_ordinary()) for _number in range(2)]
        self._check_asks_nothing(self._pay, invoices)

    def test_cancelling(self):
        orders = [self._sell_ordinary(), self._sell_ordinary()]
        for order in orders:
            order._create_invoices()
        self._check_asks_nothing(lambda order: order._action_cancel(), orders)

    def test_delivering(self):
        orders = [self._sell_ordinary(), self._sell_ordinary()]
        for order in orders:
            order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        self._check_asks_nothing(lambda order: order.picking_ids.button_validate(), orders, OUTBOX)

    def test_a_form_asks_for_no_cancellation_and_no_knowledge(self):
        asked = re.compile(OUTBOX.pattern + r'|"amazon_knowledge"')
        orders = [self._sell_ordinary(), self._sell_ordinary()]
        self._check_asks_nothing(lambda order: Form(order, "sale.view_order_form"), orders, asked)

    def test_a_delivery_costs_a_look_and_the_last_one_as_the_goods_leave(self):
        orders = [self._sell_ordinary(), self._sell_ordinary()]
        for order in orders:
            order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        looks = self._get_queries_of_ours(lambda order: order.picking_ids.button_validate(), orders)
        self.assertEqual(["chain" in look for look in looks], [True, True], "\n".join(looks))

    def test_the_kept_look_follows_the_accounts(self):
        order = self._sell_ordinary()
        order.client_order_ref = "902-1234567-1234567"
        self.account.active = False
        order._amazon_identify()
        self.assertFalse(order.amazon_order_ref, "no account reads it")
        self.account.active = True
        order._amazon_identify()
        self.assertEqual(order.amazon_order_ref, "902-1234567-1234567")
