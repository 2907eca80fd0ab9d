from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ... import const
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestSyncLog(AmazonCase):
    """An administrator sees what each reading took, found and failed at."""

    def _last(self):
        return self.env["amazon.cancellation.log"].search([("account_id", "=", self.account.id)], limit=1)

    def test_reading_is_logged_with_its_counts(self):
        order, _other = self._sell(), self._sell()
        self.shop.add_order()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        log = self._last()
        self.assertEqual((log.read_count, log.known_count, log.requested_count), (3, 2, 1))
        self.assertTrue(log.call_count)
        self.assertFalse(log.failed)
        self.assertEqual(log.message, self.account.sync_message)

    def test_failure_is_logged_with_its_words(self):
        self.account.sudo().lwa_client_secret = "wrong"
        self._read()
        log = self._last()
        self.assertTrue(log.failed)
        self.assertIn("client id or secret", log.message)
        self.assertEqual(log.read_count, 0)

    def test_kept_for_the_chosen_time(self):
        self._read()
        log = self._last()
        self.env["res.config.settings"].create({"amazon_log_days": 3}).execute()
        self.env["amazon.cancellation.log"]._gc_old()
        self.assertTrue(log.exists())
        log.start_date = fields.Datetime.now() - timedelta(days=4)
        self.env["amazon.cancellation.log"]._gc_old()
        self.assertFalse(log.exists())

    def test_card_shows_the_cancellation_rate(self):
        orders = self._sell() | self._sell()
        self._read()
        self.assertEqual(self.account.cancellation_rate, 0)
        self.assertFalse(self.account.cancellation_rate_high)
        orders[0].action_cancel()
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancellation_rate, 0.5)
        self.assertTrue(self.account.cancellation_rate_high)
        self.assertGreaterEqual(self.account.cancellation_rate, const.RATE_LIMIT)
