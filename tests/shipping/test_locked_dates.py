from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestLockedDates(AmazonCase):
    """Odoo keeps what is dated in a locked period as it is: the delivery stays held, and somebody is told why."""

    def _sell_in_locked_period(self):
        order = self._sell(order_vals={"user_id": self.user.id})
        order.picking_ids.scheduled_date = fields.Datetime.subtract(fields.Datetime.now(), days=3)
        self.env.flush_all()
        # Bank lines that are not matched do not matter here.
        with patch.object(type(self.env.company), "_validate_locks"):
            self.env.company.fiscalyear_lock_date = fields.Date.subtract(fields.Date.today(), days=2)
        return order

    def test_cancelled_at_amazon(self):
        order, other = self._sell_in_locked_period(), self._sell()
        for sold in order | other:
            self.shop.buyer_cancel(sold.client_order_ref)
        self._read()
        self.env.invalidate_all()
        self.assertEqual((order.state, other.state), ("sale", "cancel"))
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertTrue(order.amazon_follow_up_date, "it is tried again")
        self.assertIn("locked fiscal period", order._amazon_get_activities("follow_up").note)

    def test_accepted_with_others(self):
        order, other = self._sell_in_locked_period(), self._sell()
        for sold in order | other:
            self.shop.ask_to_cancel(sold.client_order_ref, "Changed mind")
        self._read()
        action = (order | other).with_user(self.manager).action_amazon_accept_cancellation()
        self.env.invalidate_all()
        self.assertEqual((order.state, other.state), ("sale", "cancel"))
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertRegex(action["params"]["message"], f"{order.name}: .*locked fiscal period")
        self.assertFalse(order.amazon_cancellation_ids, "Amazon is not told what Odoo refused")
