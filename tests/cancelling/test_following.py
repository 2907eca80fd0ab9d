from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestFollowing(AmazonCase):
    """A feed that ended in some way is not believed: the order at Amazon is."""

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self._read()

    @property
    def cancellation(self):
        return self.order.amazon_cancellation_ids

    def _cancel(self, **plan):
        if plan:
            self.shop.plan_feed(**plan)
        self.order.action_cancel()
        self._send_and_follow()

    def _next_attempt(self):
        """Let the pause before the next attempt pass."""
        past = "2020-01-01 00:00:00"
        for field in ("send_after", "next_check_date", "next_attempt_date"):
            if self.cancellation[field]:
                self.cancellation[field] = past
        self._send_and_follow()

    def test_fatal_that_did_nothing_is_sent_again(self):
        self._cancel(outcome="FATAL", carry_out=0)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertGreater(self.cancellation.send_after, self.env.cr.now())
        self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.cancellation.attempt_count, 2)

    def test_fatal_that_did_it_all_the_same(self):
        self._cancel(outcome="FATAL", carry_out=1)
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_cancelled_feed(self):
        self._cancel(outcome="CANCELLED", carry_out=0)
        self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_done_without_a_report(self):
        self._cancel(report=False)
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_report_without_a_summary(self):
        self._cancel(summary=False)
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_opaque_error_of_an_order_that_is_cancelled(self):
        self.order.action_cancel()
        self.shop.plan_feed(refusals={self.order.amazon_order_ref: ["99999", "Something happened."]})
        self._run("cancel", settle=False)
        self.shop.seller_cancel(self.order.amazon_order_ref, "NoInventory")
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_accepted_is_not_confirmed(self):
        self._cancel(settle_reads=8)
        self.assertEqual(self.order.amazon_cancellation_state, "accepted")
        self.assertFalse(self.cancellation.confirmed_date)
        for _check in range(4):
            self.cancellation.next_check_date = "2020-01-01 00:00:00"
            self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "accepted")
        self.assertEqual(len(self.cancellation.activity_ids), 1, "somebody is told, once")
        self.cancellation.next_check_date = "2020-01-01 00:00:00"
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled", "sent again after the last look")
        for _attempt in range(10):
            self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.cancellation.activity_ids)
        self.assertFalse(self.shop.harms)

    def test_accepted_and_never_done_ends_with_words(self):
        ref = self.order.amazon_order_ref
        for _attempt in range(20):
            self.shop.plan_feed(carry_out=0)
        self.order.action_cancel()
        for _attempt in range(26):
            self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "refused")
        self.assertIn("accepted", self.cancellation.amazon_message)
        self.assertEqual(self.cancellation.attempt_count, 4)
        self.assertEqual(len(self.cancellation.activity_ids), 1)
        self.assertLessEqual(self.amazon.calls.count("createFeed"), 4)
        self.shop.state.feed_plans.clear()
        self.cancellation.with_user(self.manager).action_retry()
        self._send_and_follow()
        self.assertEqual(self.shop.order(ref).status, "CANCELLED")
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")

    def test_stuck_feed_is_doubted_after_hours(self):
        self._cancel(reads=None)
        self.assertEqual(self.order.amazon_cancellation_state, "sent")
        self._advance_clock(9 * 3600)
        self._send_and_follow(2)
        self.assertEqual(self.cancellation.feed_id.id, False)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.shop.harms)

    def test_refused_is_sent_again_until_the_limit_then_a_person_is_told(self):
        ref = self.order.amazon_order_ref
        for _attempt in range(4):
            self.shop.plan_feed(refusals={ref: ["18028", "Not found."]})
        self.order.action_cancel()
        self._send_and_follow()
        for attempt in range(1, 4):
            self.assertEqual(self.order.amazon_cancellation_state, "refused")
            self.assertEqual(self.cancellation.attempt_count, attempt)
            self.assertFalse(self.cancellation.activity_ids)
            self._next_attempt()
        self.assertEqual(self.order.amazon_cancellation_state, "refused")
        self.assertFalse(self.cancellation.next_attempt_date)
        self.assertEqual(len(self.cancellation.activity_ids), 1)
        self.assertEqual(self.amazon.calls.count("createFeed"), 4)

        self.cancellation.with_user(self.manager).action_retry()
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.cancellation.activity_ids, "done with the retry")

    def test_refused_and_cancelled_at_amazon_in_another_way(self):
        self.shop.plan_feed(refusals={self.order.amazon_order_ref: ["18028", "Not now."]})
        self.order.action_cancel()
        self._send_and_follow()
        self.assertEqual(self.order.amazon_cancellation_state, "refused")
        self.shop.seller_cancel(self.order.amazon_order_ref, "NoInventory")
        self._read()
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertTrue(self.cancellation.confirmed_date)

    def test_refused_of_an_order_that_is_sold_again_is_never_confirmed(self):
        """What the seller cancels in Seller Central later is not what was refused here."""
        self.account.follow_amazon = False
        self.shop.plan_feed(refusals={self.order.amazon_order_ref: ["18028", "Not now."]})
        self._cancel()
        self.assertEqual(self.order.amazon_cancellation_state, "refused")
        self.order.action_draft()
        self.order.action_confirm()
        self.shop.seller_cancel(self.order.amazon_order_ref, "NoInventory")
        self._read()
        self.assertEqual(self.order.amazon_fulfillment_status, "cancelled")
        self.assertEqual((self.order.state, self.cancellation.state), ("sale", "withdrawn"))
        self.assertFalse(self.cancellation.confirmed_date)

    def test_order_that_the_buyer_cancels_alone_leaves_one_piece_of_evidence(self):
        self.shop.buyer_cancel(self.order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(self.order.state, "cancel")
        self.assertEqual(self.cancellation.mapped("origin"), ["amazon"])
        self.assertEqual(self.cancellation.state, "confirmed")
        self._send_and_follow()
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_one_feed_for_all_that_are_due(self):
        orders = self.order | self._sell() | self._sell(skus=("MUG", "LAMP"))
        self._read()
        self.env["sale.mass.cancel.orders"].create({"sale_order_ids": [(6, 0, orders.ids)]}).action_mass_cancel()
        self._send_and_follow()
        self.assertEqual(set(orders.mapped("amazon_cancellation_state")), {"confirmed"})
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)
        feed = orders.amazon_cancellation_ids.feed_id
        names = (feed.feed_attachment_id | feed.report_attachment_id).mapped("name")
        self.assertEqual(names, [f"{feed.id}-cancellations.xml", f"{feed.id}-report.xml"])

    def test_rhythm_of_feeds(self):
        self.account.feed_interval_minutes = 20
        self._cancel()
        other = self._sell()
        self._read()
        other.action_cancel()
        self._send_and_follow(2)
        self.assertEqual(other.amazon_cancellation_state, "scheduled")
        self.account.feed_interval_minutes = 0
        self._send_and_follow()
        self.assertEqual(other.amazon_cancellation_state, "confirmed")

    def test_goods_on_the_way_are_not_cancelled_but_told(self):
        self.order.picking_ids.move_ids.quantity = 1
        self.order.picking_ids.move_ids.picked = True
        self.order.picking_ids.button_validate()
        self.shop.buyer_cancel(self.order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(len(self.order.activity_ids), 1)
        self._read()
        self.assertEqual(len(self.order.activity_ids), 1, "told once")

    def test_account_that_does_not_follow(self):
        self.account.follow_amazon = False
        self.shop.buyer_cancel(self.order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(self.order.amazon_fulfillment_status, "cancelled")
