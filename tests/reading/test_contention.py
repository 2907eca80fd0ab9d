from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AmazonCase

READER = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"


@tagged("post_install", "-at_install")
class TestContention(AmazonCase):
    """Others who write the same orders all the time starve no reading."""

    def setUp(self):
        super().setUp()
        self.orders = self.env["sale.order"].union(*(self._sell() for _number in range(12)))
        self._read()
        for order in self.orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self.tries = []

    def _read_against(self, is_busy):
        """Read while a batch cannot be serialised if `is_busy` says so of its orders."""
        original = type(self.env["amazon.order.reader"])._show_batch

        def show(reader, account, applied):
            orders = reader.env["sale.order"].union(*(order for order, *_read in applied))
            self.tries.append(len(orders))
            if is_busy(orders):
                raise SerializationFailure("could not serialize access due to concurrent update")
            return original(reader, account, applied)

        reader = type(self.env["amazon.order.reader"])
        with patch.object(reader, "_show_batch", show), mute_logger(READER):
            self._read()

    def test_page_is_applied_in_smaller_and_smaller_parts(self):
        self._read_against(lambda orders: len(orders) > 3)
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertLess(len(self.tries), 20)

    def test_one_busy_order_keeps_no_other_from_being_shown(self):
        busy, others = self.orders[5], self.orders - self.orders[5]
        self._read_against(lambda orders: busy in orders)
        self.assertEqual(set(others.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertTrue(busy.amazon_read_wanted)
        self._read()
        self.assertEqual(busy.amazon_cancel_request, "requested")

    def test_an_order_that_is_busy_for_a_moment_has_tries_of_its_own(self):
        busy = self.orders[5]
        alone = iter(range(3))
        self._read_against(lambda orders: busy in orders and (len(orders) > 1 or next(alone, None) is not None))
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})
