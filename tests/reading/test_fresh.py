from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestFresh(AmazonCase):
    """What everything was read up to is known of each order, without a call."""

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self._read()
        self.cursor = self.account.cursor_ids
        self.moment = fields.Datetime.now() + timedelta(hours=1)

    def _is_fresh(self):
        return self.order._amazon_filter_fresh(self.moment) == self.order

    def test_an_order_that_did_not_come_up_has_not_changed(self):
        self.assertFalse(self._is_fresh())
        self.cursor.write({"read_until": self.moment, "shipped_until": self.moment})
        self.assertTrue(self._is_fresh())

    def test_an_order_may_be_shipped_as_long_as_the_shipped_were_not_read(self):
        self.cursor.write({"read_until": self.moment, "shipped_until": self.moment - timedelta(minutes=5)})
        self.assertFalse(self._is_fresh())

    def test_another_marketplace_tells_nothing(self):
        self.cursor.write({"read_until": self.moment, "shipped_until": self.moment})
        self.order.amazon_cancel_marketplace_id = self.france
        self.assertFalse(self._is_fresh())

    def test_what_is_doubtful_is_not_fresh(self):
        self.cursor.write({"read_until": self.moment, "shipped_until": self.moment})
        self.order._amazon_want_reading()
        self.assertFalse(self._is_fresh())

    def test_a_later_reading_of_the_order_itself(self):
        self.order.amazon_checked_date = self.moment
        self.assertTrue(self._is_fresh())
