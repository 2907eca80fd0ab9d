from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestCancellationReport(AmazonCase):
    """What became of requests, and the rate that Amazon watches."""

    def _get_row(self, order):
        self.env.flush_all()
        return self.env["amazon.cancellation.report"].search([("order_id", "=", order.id)])

    def _ask(self, **kwargs):
        order = self._sell(**kwargs)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        return order

    def test_saved_before_shipping(self):
        order = self._ask(skus=("MUG", "LAMP"))
        self.assertEqual(set(self._get_row(order).mapped("outcome")), {"undecided"})
        order.action_amazon_accept_cancellation()
        self.assertEqual(set(self._get_row(order).mapped("outcome")), {"under_way"})
        self._send_and_follow()
        order.amazon_decided_date = order.amazon_cancel_request_date + timedelta(hours=3)
        rows = self._get_row(order)
        self.assertEqual(set(rows.mapped("outcome")), {"saved"})
        self.assertEqual(rows.product_id, self.mug | self.lamp)
        self.assertEqual(sum(rows.mapped("amount")), 40)
        self.assertEqual(set(rows.mapped("reason")), {"BuyerCanceled"})
        self.assertAlmostEqual(rows[0].decision_hours, 3, 1)
        [[orders, hours]] = rows._read_group(
            [("id", "in", rows.ids)], [], ["order_id:count_distinct", "decision_hours:avg"]
        )
        self.assertEqual(orders, 1)
        self.assertAlmostEqual(hours, 3, 1)

    def test_kept_then_shipped_anyway(self):
        order = self._ask()
        order.action_amazon_keep_order()
        self.assertEqual(self._get_row(order).outcome, "kept")
        self.assertTrue(order.amazon_decided_date)
        self.shop.ship(order.amazon_order_ref)
        self._read()
        self.assertEqual(self._get_row(order).outcome, "shipped")

    def test_withdrawn(self):
        order = self._ask()
        self.shop.withdraw_request(order.amazon_order_ref)
        self._read()
        self.assertEqual(self._get_row(order).outcome, "withdrawn")

    def test_refused(self):
        order = self._sell()
        self._read()
        self.shop.plan_feed(refusals={order.amazon_order_ref: ["18028", "The order is not found or incomplete."]})
        order.action_cancel()
        self._send_and_follow()
        self.assertEqual(self._get_row(order).outcome, "refused")

    def test_not_asked_for_and_not_cancelled_is_no_row(self):
        order = self._sell()
        self._read()
        self.assertFalse(self._get_row(order))

    def test_rate_leaves_out_what_buyers_asked_for(self):
        kept, asked, own, by_buyer, old = [self._sell() for _number in range(5)]
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self._read()
        self.shop.buyer_cancel(by_buyer.amazon_order_ref, "Mistake")
        self._read()
        asked.action_amazon_accept_cancellation()
        own.action_cancel()
        old.date_order = fields.Datetime.now() - timedelta(days=20)
        old.action_cancel()
        self.assertEqual(kept.state, "sale")
        self.assertEqual(self.account._get_cancellation_rate(7), (4, 1, 0.25))
        self.assertEqual(self.account._get_cancellation_rate(30), (5, 2, 0.4))

    def test_rate_without_orders(self):
        self.assertEqual(self.account._get_cancellation_rate(7).rate, 0)
