from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import sources
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestEvidence(AmazonCase):
    """What was asked stays asked; what was read is shown, whatever refuses to follow."""

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self.at_amazon = self.shop.order(self.order.client_order_ref)
        self.reader = self.env["amazon.order.reader"]

    def _ask(self):
        self.shop.ask_to_cancel(self.at_amazon.order_id, "Changed mind")
        self._read()

    def _refuse(self, answer=None):
        """Another module refuses the cancellation, or answers it with a question."""
        answer = answer or UserError("The bookkeeping is closed.")
        return patch.object(type(self.order), "_action_cancel", autospec=True, side_effect=[answer] * 9)

    def _activities(self, name):
        return self.order.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(f"sale_amazon_cancellation.mail_activity_{name}")
        )

    # === WHAT IS READ IS SHOWN === #

    def test_a_refused_rule_hides_no_request_and_is_tried_again(self):
        self.account.auto_accept = "before_shipping"
        with self._refuse():
            self._ask()
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertTrue(self.order.picking_ids.amazon_hold)
        self.assertEqual(self.order.state, "sale")
        self.assertIn("The bookkeeping is closed.", self._activities("follow_up").note)
        self.assertTrue(self._activities("request"), "a person can decide meanwhile")
        self.order.amazon_follow_up_date -= timedelta(hours=1)
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "accepted")
        self.assertFalse(self.order.amazon_follow_up_date)

    def test_a_question_is_no_cancellation(self):
        self.account.auto_accept = "before_shipping"
        with self._refuse({"type": "ir.actions.act_window"}):
            self._ask()
        self.assertEqual((self.order.amazon_cancel_request, self.order.state), ("requested", "sale"))
        self.assertIn("asks for more", self._activities("follow_up").note)
        self.assertFalse(self.order.amazon_cancellation_ids)

    def test_an_unexpected_error_hides_no_request(self):
        self.account.auto_accept = "before_shipping"
        with (
            self._refuse(ValueError("odd")),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.sale_order"),
        ):
            self._ask()
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertIn("ValueError", self._activities("follow_up").note)

    def test_a_cancellation_at_amazon_that_odoo_refuses_is_shown_held_and_tried_again(self):
        self._read()
        with self._refuse():
            self.shop.buyer_cancel(self.at_amazon.order_id)
            self._read()
        self.assertEqual((self.order.amazon_fulfillment_status, self.order.state), ("cancelled", "sale"))
        self.assertTrue(self.order.picking_ids.amazon_hold)
        self.assertIn("The bookkeeping is closed.", self._activities("follow_up").note)
        self.order.amazon_follow_up_date -= timedelta(hours=1)
        self._read()
        self.assertEqual(self.order.state, "cancel")

    # === ENDS === #

    def test_the_end_of_a_request_says_who_showed_it(self):
        self._ask()
        self.shop.withdraw_request(self.at_amazon.order_id)
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "withdrawn")
        self.assertIn("no longer shown at Amazon: last shown on", self._notes(self.order))
        self.assertFalse(self._activities("request"))
        self.assertIn("the order itself", self.order.amazon_evidence)
        self.assertEqual(self.order.amazon_cancel_request_reason, "Changed mind", "what was seen stays")

    def test_what_a_shipment_overtook_is_told_and_needs_nobody(self):
        self._ask()
        self.assertTrue(self._activities("request"))
        self.shop.ship(self.at_amazon.order_id)
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "overtaken")
        self.assertIn("is overtaken: at Amazon what it asks for was shipped or cancelled", self._notes(self.order))
        self.assertFalse(self._activities("request"))

    def test_only_a_manager_puts_a_request_back(self):
        self._ask()
        self.shop.withdraw_request(self.at_amazon.order_id)
        self._read()
        with self.assertRaises(AccessError):
            self.order.with_user(self.user).action_amazon_restore_request()
        self.order.with_user(self.manager).action_amazon_restore_request()
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertTrue(self.order.picking_ids.amazon_hold)
        self.shop.touch(self.at_amazon, "OrderStatusChange", "Changed")
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "requested", "only a person ends it again")
        self.order.with_user(self.user).action_amazon_keep_order()
        self.assertEqual(self.order.amazon_cancel_request, "declined")
        self.assertFalse(self.order.picking_ids.amazon_hold)

    def test_nothing_to_put_back(self):
        self._read()
        with self.assertRaisesRegex(UserError, "no withdrawn request"):
            self.order.with_user(self.manager).action_amazon_restore_request()

    # === CLAIMS === #

    def test_a_claim_holds_until_the_order_is_read(self):
        self._read()
        asking = sources.search(self.at_amazon, shown_at=self.shop.now())
        self.shop.ask_to_cancel(self.at_amazon.order_id, "Changed mind")
        told = sources.notification(self.at_amazon)
        self.shop.withdraw_request(self.at_amazon.order_id)
        self.shop.advance(60)
        self.reader._apply(self.account, [told])
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertTrue(self.order.picking_ids.amazon_hold)
        self.assertTrue(self.order.amazon_read_wanted)
        self.reader._apply(self.account, [asking])
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "withdrawn")
        self.assertFalse(self.order.amazon_read_wanted)

    def test_no_rule_accepts_a_claim(self):
        self.account.auto_accept = "before_shipping"
        self._read()
        self.shop.ask_to_cancel(self.at_amazon.order_id, "Changed mind")
        self.reader._apply(self.account, [sources.notification(self.at_amazon)])
        self.assertEqual((self.order.amazon_cancel_request, self.order.state), ("requested", "sale"))
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "accepted")

    def test_a_notification_neither_cancels_nor_reopens(self):
        self._read()
        told = sources.notification(self.at_amazon, "OrderStatusChange")
        self.shop.buyer_cancel(self.at_amazon.order_id)
        self.reader._apply(self.account, [sources.notification(self.at_amazon, "OrderStatusChange")])
        self.assertEqual((self.order.amazon_fulfillment_status, self.order.state), ("unshipped", "sale"))
        self.assertTrue(self.order.amazon_read_wanted)
        self._read()
        self.assertEqual((self.order.amazon_fulfillment_status, self.order.state), ("cancelled", "cancel"))
        self.reader._apply(self.account, [told])
        self.assertEqual(self.order.amazon_fulfillment_status, "cancelled")

    def test_what_proves_nothing_is_read_again_after_longer_and_longer_pauses(self):
        self._ask()
        self.shop.withdraw_request(self.at_amazon.order_id)
        self.at_amazon.last_updated -= timedelta(days=1)  # a stale answer
        self.order._amazon_want_reading()
        self.amazon.calls.clear()
        pauses = []
        for tries in range(1, 5):
            self.assertIn(self.order, self.env["amazon.order.lookup"]._get_wanted(self.account))
            self.reader._apply(self.account, [sources.search(self.at_amazon, "get", self.shop.now())])
            self.assertEqual(self.order.amazon_read_tries, tries)
            self.assertNotIn(self.order, self.env["amazon.order.lookup"]._get_wanted(self.account))
            pauses.append(self.order.amazon_read_after - fields.Datetime.now())
            self.order.amazon_read_after = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(pauses[-1], timedelta(hours=3))
        self.assertEqual(self.order.amazon_cancel_request, "requested")

    def test_what_others_tell_is_no_reading(self):
        self._read()
        before = self.order.amazon_checked_date
        self.order.sudo().amazon_checked_date = before - timedelta(hours=1)
        self.reader._apply(self.account, [sources.notification(self.at_amazon, "OrderStatusChange")])
        self.assertEqual(self.order.amazon_checked_date, before - timedelta(hours=1))

    def test_a_silent_answer_about_an_accepted_request_is_asked_for_again(self):
        self._ask()
        changed = self.at_amazon.last_updated
        self.order.action_amazon_accept_cancellation()
        self.at_amazon.items[0].request_reason = None
        self.at_amazon.last_updated = changed
        self._send_and_follow(2)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertFalse(self.amazon.calls.count("createFeed"))
        self.at_amazon.items[0].request_reason = "Changed mind"
        self.order.amazon_cancellation_id.next_attempt_date = False  # the pause is over
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    # === CANCELLED IN ODOO ALONE === #

    def _cancel_in_odoo_alone(self):
        self._read()
        self.order.with_context(amazon_local_only=True)._action_cancel()
        self._ask()
        self.assertEqual(self.order.amazon_cancel_progress, "requested")

    def test_cancelled_in_odoo_alone_and_asked_for_then_told_too(self):
        self._cancel_in_odoo_alone()
        answer = self.order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertIn("told too", answer["params"]["message"])
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertEqual(self.order.amazon_cancellation_id.reason, "BuyerCanceled")
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_asked_for_while_the_cancellation_waits_is_told_once(self):
        self._read()
        self.order.action_cancel()
        self._ask()
        self.order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(self.order.amazon_cancel_request, "accepted")
        self.assertEqual(len(self.order.amazon_cancellation_ids), 1)
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.order.amazon_cancellation_id.reason, "BuyerCanceled")

    def test_cancelled_in_odoo_alone_and_asked_for_then_left(self):
        self._cancel_in_odoo_alone()
        self.order.with_user(self.user).action_amazon_keep_order()
        self.assertEqual((self.order.amazon_cancel_request, self.order.state), ("declined", "cancel"))
        self.assertFalse(self.order.amazon_cancellation_ids)
