from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestMainJob(AmazonCase):
    """From the buyer's click to the credit note."""

    def test_request_to_credit_note(self):
        order = self._sell(skus=("MUG", "LAMP"))
        order.picking_ids.move_ids.quantity = 1
        order.order_line.qty_delivered = 0
        invoice = self._invoice(order)
        self.shop.ask_to_cancel(order.client_order_ref, "Found cheaper somewhere else.")
        self._read()

        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(order.amazon_cancel_request_reason, "Found cheaper somewhere else.")
        self.assertTrue(order.amazon_cancel_request_date)
        self.assertEqual(order.amazon_fulfillment_status, "unshipped")
        self.assertEqual(order.amazon_channel, "fbm")
        self.assertEqual(order.amazon_order_ref, order.client_order_ref)
        self.assertEqual(order.order_line.mapped("amazon_cancel_requested"), [True, True])

        order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_cancel_request, "accepted")
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self.assertEqual(order.amazon_cancellation_ids.reason, "BuyerCanceled")
        self.assertFalse(self.amazon.calls.count("createFeed"), "nothing is sent in the user's click")

        self._run("cancel", settle=False)
        self.assertEqual(order.amazon_cancellation_state, "sent")
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(order.amazon_fulfillment_status, "cancelled")
        self.assertEqual(self.shop.order(order.amazon_order_ref).status, "CANCELLED")
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)
        self.assertFalse(self.shop.harms)

        self._run("accounting", settle=False)
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.reversal_move_ids.state, "posted")
        self.assertEqual(order.amazon_cancellation_ids.accounting_state, "credited")

    def test_feed_keeps_both_documents(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self._send_and_follow()
        feed = order.amazon_cancellation_ids.feed_id
        self.assertEqual(feed.state, "done")
        self.assertIn(order.amazon_order_ref.encode(), feed.feed_attachment_id.raw)
        self.assertIn(b"ProcessingReport", feed.report_attachment_id.raw)

    def test_keep_order(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.with_user(self.user).action_amazon_keep_order()
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertEqual(order.state, "sale")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "declined", "the same request does not come back")

    def test_nothing_to_decide(self):
        order = self._sell()
        self._read()
        with self.assertRaises(UserError):
            order.action_amazon_accept_cancellation()
        with self.assertRaises(UserError):
            order.action_amazon_keep_order()

    def test_cancelled_at_amazon_is_followed_without_a_feed(self):
        order = self._sell()
        self._read()
        self.shop.buyer_cancel(order.amazon_order_ref, "Changed mind about purchase")
        self._read()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(set(order.picking_ids.mapped("state")), {"cancel"})
        self.assertEqual(order.amazon_cancelled_by, "buyer")
        self._send_and_follow(2)
        self.assertFalse(self.amazon.calls.count("createFeed"))
        self.assertIn("Changed mind about purchase", self._notes(order))

    def test_amazon_refuses(self):
        order = self._sell()
        self._read()
        self.shop.plan_feed(refusals={order.amazon_order_ref: ["18028", "The order is not found or incomplete."]})
        order.action_cancel()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertIn("not found or incomplete", order.amazon_cancellation_ids.amazon_message)
        self.assertIn("not found or incomplete", self._notes(order))

    def _invoice(self, order):
        self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        order.order_line.product_id.invoice_policy = "order"
        order.invalidate_recordset()
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice
