from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import sources
from ..common import SELLER, AmazonCase

COLD_CACHE = 2


class ReaderBatchCase(AmazonCase):
    """Pages of orders, and how many questions they cost the database."""

    def _import(self, number):
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": self.shop.add_order(SELLER, items=[{"sku": "MUG"}]).order_id,
                    "order_line": [(0, 0, {"product_id": self.mug.id})],
                }
                for _order in range(number)
            ]
        )
        orders.action_confirm()
        return orders

    def _snapshots(self, orders):
        return [sources.search(self.shop.order(ref)) for ref in orders.mapped("client_order_ref")]

    @contextmanager
    def _counting(self, counts):
        before = self.cr.sql_log_count
        yield
        counts.append(self.cr.sql_log_count - before)


@tagged("post_install", "-at_install")
class TestReaderBatch(ReaderBatchCase):
    """A page of orders costs the database the same few questions, however many orders it has."""

    def _measure(self, prepare=None, number=10):
        counts = []
        for size in (number, 10 * number):
            orders = self._import(size)
            self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
            self.shop.advance(60)
            for order in orders:
                if prepare:
                    prepare(order.amazon_order_ref)
            snapshots = self._snapshots(orders)
            self.env.flush_all()
            self.env.invalidate_all()
            with self._counting(counts):
                self.env["amazon.order.reader"]._apply(self.account, snapshots)
                self.env.flush_all()
        return counts

    def _assert_constant(self, few, many):
        """Ten times the orders cost no more questions, but for one that a cold cache may have asked."""
        self.assertLessEqual(many, few + COLD_CACHE)

    def test_pages_without_news(self):
        few, many = self._measure()
        self._assert_constant(few, many)

    def test_pages_of_requests(self):
        few, many = self._measure(lambda ref: self.shop.ask_to_cancel(ref, "Changed mind"))
        self._assert_constant(few, many)

    def test_pages_of_withdrawals(self):
        def prepare(ref):
            self.shop.ask_to_cancel(ref, "Changed mind")
            self.shop.advance(1)
            self.shop.withdraw_request(ref)

        few, many = self._measure(prepare)
        self._assert_constant(few, many)

    def test_first_sight(self):
        self.env["amazon.order.reader"]._apply(self.account, self._snapshots(self._import(1)))
        counts = []
        for size in (10, 100):
            orders = self._import(size)
            snapshots = self._snapshots(orders)
            self.env.invalidate_all()
            with self._counting(counts):
                self.env["amazon.order.reader"]._apply(self.account, snapshots)
                self.env.flush_all()
        self._assert_constant(*counts)

    def test_unknown_orders(self):
        self.env["amazon.order.reader"]._apply(self.account, [sources.search(self.shop.add_order(SELLER))])
        counts = []
        for size in (10, 100):
            snapshots = [sources.search(self.shop.add_order(SELLER)) for _order in range(size)]
            for _again in range(2):
                self.env.invalidate_all()
                with self._counting(counts):
                    self.env["amazon.order.reader"]._apply(self.account, snapshots)
                    self.env.flush_all()
        self._assert_constant(counts[0], counts[2])
        self._assert_constant(counts[1], counts[3])

    def test_one_odd_order_stops_no_other(self):
        orders = self._import(5)
        for ref in orders.mapped("client_order_ref"):
            self.shop.ask_to_cancel(ref, "Changed mind")
        odd = orders[2]
        learn = type(odd)._amazon_learn

        def fail(order, *arguments):
            if order == odd:
                raise ValueError("odd")
            return learn(order, *arguments)

        with (
            patch.object(type(odd), "_amazon_learn", fail),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"),
        ):
            counts = self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
        self.assertEqual(counts["failed"], 1)
        self.assertEqual((orders - odd).mapped("amazon_cancel_request"), ["requested"] * 4)
        self.assertFalse(odd.amazon_cancel_request)
        odd.amazon_cancel_account_id = self.account
        self._read()
        self.assertEqual(odd.amazon_cancel_request, "requested", "it is read again by itself")


@tagged("post_install", "-at_install")
class TestPageCost(ReaderBatchCase):
    """What a page of 100 orders costs, as far as something is new on it: one of many, whose worker knows its users."""

    def _ask(self, orders):
        self.shop.advance(60)
        for order in orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")

    def _measure_page(self, news):
        orders, before = self._import(100), self._import(1)
        reader = self.env["amazon.order.reader"]
        reader._apply(self.account, self._snapshots(orders | before))
        self._ask(before)
        reader._apply(self.account, self._snapshots(before))
        self._ask(orders[:news])
        snapshots = self._snapshots(orders)
        self.env.flush_all()
        for model in ("sale.order", "sale.order.line", "mail.activity", "mail.message", "stock.picking", "stock.move"):
            self.env[model].invalidate_model()
        counts = []
        with self._counting(counts):
            reader._apply(self.account, snapshots)
            self.env.flush_all()
        self.assertEqual(orders.mapped("amazon_cancel_request").count("requested"), news)
        return counts[0], orders

    def test_a_page_without_news_writes_no_row(self):
        queries, orders = self._measure_page(0)
        self.assertLessEqual(queries, 5)
        self.cr.execute("SELECT xmin, ctid FROM sale_order WHERE id = ANY(%s)", [orders.ids])
        before = self.cr.fetchall()
        self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
        self.env.flush_all()
        self.cr.execute("SELECT xmin, ctid FROM sale_order WHERE id = ANY(%s)", [orders.ids])
        self.assertEqual(self.cr.fetchall(), before)

    def test_a_page_with_two_requests(self):
        """A person's activity and the line in the chatter cost Odoo most of them, whether for two orders or for all."""
        self.assertLessEqual(self._measure_page(2)[0], 40)

    def test_a_page_of_requests_only(self):
        self.assertLessEqual(self._measure_page(100)[0], 40)
