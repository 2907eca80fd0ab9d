from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import sources
from ..common import SELLER, AmazonCase

COLD_CACHE = 2


@tagged("post_install", "-at_install")
class TestReaderBatch(AmazonCase):
    """A page of orders costs the database the same few questions, however many orders it has."""

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
