from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import AmazonCase


@tagged("post_install", "-at_install")
class TestUndo(AmazonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.undo_minutes = 5

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind")
        self._read()
        self.order.action_amazon_accept_cancellation()

    def test_nothing_is_sent_in_the_undo_window(self):
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_withdraw_restores_order_and_request(self):
        self.order.amazon_cancellation_ids.with_user(self.user).action_withdraw()
        self.assertEqual(self.order.amazon_cancellation_state, "withdrawn")
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertIn("assigned", self.order.picking_ids.mapped("state"))
        self._run("cancel", settle=False)
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_back_to_quotation_withdraws(self):
        self.order.with_user(self.user).action_draft()
        self.assertEqual(self.order.amazon_cancellation_state, "withdrawn")
        self.assertEqual(self.order.state, "draft")

    def test_after_sending_it_is_refused(self):
        self.order.amazon_cancellation_ids.send_after = "2020-01-01 00:00:00"
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "sent")
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            self.order.action_draft()
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            self.order.amazon_cancellation_ids.action_withdraw()

    def test_while_it_is_being_handed_over_it_is_refused(self):
        cancellation = self.order.amazon_cancellation_ids
        self.env["amazon.cancellation.feed"]._create_with_document(self.account, cancellation, b"<AmazonEnvelope/>")
        self.assertEqual(cancellation.state, "scheduled")
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            cancellation.action_withdraw()

    def test_after_confirmation_it_is_refused(self):
        self.order.amazon_cancellation_ids.send_after = "2020-01-01 00:00:00"
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        with self.assertRaisesRegex(UserError, "cancelled at Amazon"):
            self.order.action_draft()

    def test_cancelled_again_after_undo(self):
        self.order.amazon_cancellation_ids.action_withdraw()
        self.order.action_cancel()
        self.assertEqual(self.order.amazon_cancellation_ids.mapped("state"), ["scheduled", "withdrawn"])
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
