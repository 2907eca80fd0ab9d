from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestOutcomeReach(AmazonCase):
    """What happens to one cancellation happens to no other."""

    def test_an_old_refusal_stays_a_refusal(self):
        order = self._sell()
        self._read()
        order._action_cancel()
        refused = order.amazon_cancellation_id
        refused._refuse("No.")
        order.action_draft()
        order.action_confirm()
        order._action_cancel()
        latest = order.amazon_cancellation_id
        self.assertNotEqual(refused, latest)
        refused.state = "refused"  # as versions before left it when an order was reopened
        order.amazon_fulfillment_status = "cancelled"
        order.amazon_cancellation_ids._on_amazon_cancelled()
        self.assertEqual((refused.state, latest.state), ("refused", "confirmed"))

    def test_each_account_wakes_its_own(self):
        order = self._sell()
        self._read()
        order._action_cancel()
        refused = order.amazon_cancellation_id
        refused._refuse("Later.", next_attempt_date=fields.Datetime.now() - timedelta(minutes=1))
        other = self._create_account(seller_id="A1OTHER")
        self.env["amazon.order.cancellation"]._wake_refused(other)
        self.assertEqual(refused.state, "refused")
        self.env["amazon.order.cancellation"]._wake_refused(self.account)
        self.assertEqual(refused.state, "scheduled")
