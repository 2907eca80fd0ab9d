from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestNever(AmazonCase):
    """What must never be sent to Amazon."""

    def _assert_nothing_sent(self):
        self.assertFalse(self.amazon.calls.count("createFeed"))
        self.assertFalse(self.shop.harms)

    def test_fba_order_known(self):
        order = self._sell(
            fulfilled_by="AMAZON",
            order_vals={"amazon_order_ref": "302-0000001-0000001"},
            order_id="302-0000001-0000001",
        )
        self._read()
        self.assertEqual(order.amazon_channel, "fba")
        with self.assertRaisesRegex(UserError, "Amazon fulfils this order"):
            order.action_cancel()
        self.assertEqual(order.state, "sale")
        self._assert_nothing_sent()

    def test_fba_order_never_read(self):
        order = self._sell(fulfilled_by="AMAZON", order_id="302-0000001-0000001")
        order.write({"amazon_order_ref": "302-0000001-0000001", "amazon_cancel_account_id": self.account.id})
        order.action_cancel()
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertIn("Amazon fulfils this order", order.amazon_cancellation_ids.amazon_message)
        self._assert_nothing_sent()

    def test_shipped_and_partially_shipped_known(self):
        for partial, words in ((False, "can no longer be cancelled"), (True, "Amazon would refund all of it")):
            order = self._sell(skus=("MUG", "LAMP"))
            self.shop.ship(order.client_order_ref, partial=partial)
            self._read()
            self.assertEqual(order.amazon_fulfillment_status, "partially_shipped" if partial else "shipped")
            with self.assertRaisesRegex(UserError, words):
                order.action_cancel()
        self._assert_nothing_sent()

    def test_shipped_after_the_cancellation(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.shop.ship(order.amazon_order_ref)
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertTrue(order.amazon_cancellation_ids.activity_ids, "somebody is told")
        self._assert_nothing_sent()

    def test_unknown_status(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.shop.set_status(order.amazon_order_ref, "LOST_IN_SPACE")
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "scheduled", "one odd answer decides nothing")
        self.assertIn("unknown words", order.amazon_cancellation_id.failure_message)
        self._assert_nothing_sent()

    def test_unknown_status_known(self):
        order = self._sell()
        self.shop.set_status(order.client_order_ref, "LOST_IN_SPACE")
        self._read()
        with self.assertRaisesRegex(UserError, "status that cannot be cancelled"):
            order.action_cancel()

    def test_buyer_cancelled_without_a_request(self):
        order = self._sell()
        self._read()
        with self.assertRaisesRegex(ValidationError, "only for orders whose buyer asked"), self.cr.savepoint():
            order.with_context(amazon_cancel_reason="BuyerCanceled").action_cancel()
        order.action_cancel()
        self.assertEqual(order.amazon_cancellation_ids.reason, "GeneralAdjustment")

    def test_request_withdrawn_before_sending(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.action_amazon_accept_cancellation()
        self.shop.withdraw_request(order.amazon_order_ref)
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertIn("no longer shown", order.amazon_cancellation_ids.amazon_message)
        self._assert_nothing_sent()

    def test_request_made_before_sending_becomes_the_reason(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_ids.reason, "BuyerCanceled")
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.shop.harms)

    def test_order_cancelled_before_it_was_ever_read(self):
        for field, spelling in (("client_order_ref", "{}"), ("origin", "Amazon {}"), ("amazon_order_ref", "{}")):
            with self.subTest(field):
                order = self._sell(order_vals={"client_order_ref": False})
                ref = next(reversed(self.shop.orders))
                order[field] = spelling.format(ref)
                order.with_user(self.user).action_cancel()
                self.assertEqual(order.amazon_cancellation_state, "scheduled")
                self._send_and_follow()
                self.assertEqual(self.shop.order(ref).status, "CANCELLED")
        stranger = self._sell(order_vals={"client_order_ref": "PO 902-1234567-1234567"})
        stranger.action_cancel()
        self.assertFalse(stranger.amazon_cancellation_ids)

    def test_request_of_an_fba_order_is_not_ours_to_decide(self):
        order = self._sell(
            fulfilled_by="AMAZON",
            order_vals={"amazon_order_ref": "302-0000001-0000001"},
            order_id="302-0000001-0000001",
        )
        self.shop.ask_to_cancel("302-0000001-0000001", "Changed mind")
        self._read()
        self.assertEqual(order.amazon_channel, "fba")
        self.assertFalse(order.amazon_cancel_request)

    def test_another_order_in_the_stead_of_the_cancelled_one(self):
        """Who imports may name the order of Amazon until it was read: not of one that is to be told."""
        self.account.undo_minutes = 60
        other = self.shop.add_order(SELLER)
        order = self._sell(order_vals={"user_id": self.user.id})
        mine = order.with_user(self.user)
        mine.action_cancel()
        self.assertEqual(order.amazon_cancellation_ids.amazon_order_ref, order.client_order_ref)
        with self.assertRaisesRegex(UserError, "undo the cancellation first"), self.env.cr.savepoint():
            mine.amazon_order_ref = other.order_id
        mine.amazon_order_ref = order.client_order_ref
        mine.action_amazon_undo_cancellation()
        mine.amazon_order_ref = other.order_id

    def test_twice_for_one_order(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self.assertTrue(order._action_cancel())
        order.write({"state": "cancel"})
        self.assertEqual(len(order.amazon_cancellation_ids), 1)
        self._send_and_follow(7)
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)
        self.assertFalse(self.shop.harms)

    def test_rolled_back_click(self):
        order = self._sell()
        self._read()
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            order.action_cancel()
            raise ZeroDivisionError
        order.invalidate_recordset()
        self._send_and_follow(2)
        self.assertEqual(order.state, "sale")
        self._assert_nothing_sent()

    def test_local_only(self):
        order = self._sell()
        self._read()
        order.with_context(amazon_local_only=True).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertFalse(order.amazon_cancellation_ids)
