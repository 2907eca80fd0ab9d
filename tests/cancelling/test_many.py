from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase

CONST = "odoo.addons.sale_amazon_cancellation.const"
FEW, MANY = 3, 12


@tagged("post_install", "-at_install")
class TestMany(AmazonCase):
    """Of many orders Amazon is asked no call each: what was read of all tells, before sending and after."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch(f"{CONST}.SINGLE_READS_PER_RUN", FEW))
        self.startPatcher(patch(f"{CONST}.SEARCH_SHOWS_WITHIN", timedelta(0)))
        self.orders = self.env["sale.order"].union(*(self._sell() for _order in range(MANY)))
        for _run in range(2):  # a reading looks at so few orders that it has never seen
            self._read()
        self.amazon.calls.clear()

    def _wait(self):
        """Let two seconds pass since looks are due, as times are kept in whole seconds."""
        for cancellation in self.orders.amazon_cancellation_ids:
            for name in ("send_after", "next_check_date"):
                if cancellation[name]:
                    cancellation[name] -= timedelta(seconds=2)

    def _read_all(self):
        self._wait()
        self._read()

    def _count(self, *operations):
        return tuple(self.amazon.calls.count(operation) for operation in operations)

    def _get_states(self):
        return self.orders.amazon_cancellation_ids.mapped("state")

    def _told(self):
        """The orders that Amazon was told to cancel."""
        return {order_id for feed in self.shop.state.feeds.values() for order_id in feed.order_ids}

    # === THE CALLS === #

    def test_calls_do_not_grow_with_the_orders(self):
        self.orders.action_cancel()
        self._read_all()
        self._send_and_follow(5)
        self.assertEqual(set(self._get_states()), {"accepted"})
        self._read_all()
        self.assertEqual(set(self._get_states()), {"confirmed"})
        self.assertEqual(self._count("getOrder", "createFeed"), (0, 1))
        self.assertLessEqual(len(list(self.amazon.calls)), 12)
        self.assertFalse(self.shop.harms)

    def test_nothing_is_asked_beyond_the_allowance(self):
        self.shop.switches.rates = True
        self.orders.action_cancel()
        for _round in range(4):
            self._read_all()
            self._send_and_follow(2)
        self.assertEqual(set(self._get_states()), {"confirmed"})
        self.assertFalse([call for call in self.amazon.calls if call.status == 429])

    def test_a_feed_is_cut_by_its_size(self):
        self.orders.action_cancel()
        self._read_all()
        with patch("odoo.addons.sale_amazon_cancellation.spapi.acknowledgement.FEED_SIZE_LIMIT", 1024 + 2200):
            self._run("cancel", settle=False)
        feeds = self.env["amazon.cancellation.feed"].search([("seller_account_id", "=", self.account.id)])
        self.assertGreater(len(feeds), 1)
        self.assertEqual(len(feeds.cancellation_ids), MANY)
        self.assertLessEqual(max(len(feed.feed_attachment_id.raw) for feed in feeds), 1024 + 2200)
        self._send_and_follow()
        self._read_all()
        self.assertEqual(set(self._get_states()), {"confirmed"})

    def test_a_few_are_looked_at_each(self):
        few = self.orders[:FEW]
        few.action_cancel()
        self._send_and_follow()
        self.assertEqual(set(few.mapped("amazon_cancellation_state")), {"confirmed"})
        self.assertEqual(self._count("getOrder"), (2 * FEW,))

    # === WHAT IS NOT SENT === #

    def test_nothing_is_sent_by_what_was_read_before_the_decision(self):
        shipped = self.orders[0]
        self.shop.ship(shipped.amazon_order_ref)  # after the last reading
        self.orders.action_cancel()
        self._run("cancel", settle=False)
        self.assertFalse(self._told())
        self.assertTrue(all(self.account.cursor_ids.mapped("whole_wanted")), "all is read first")
        self._read_all()
        self._send_and_follow()
        self.assertEqual(self._told(), set((self.orders - shipped).mapped("amazon_order_ref")))
        self.assertEqual(shipped.amazon_cancellation_state, "refused")
        self.assertFalse(self.shop.harms)

    def test_an_old_reading_shows_nothing(self):
        self.orders.action_cancel()
        self._read_all()
        self._advance_clock(11 * 60)
        self._run("cancel", settle=False)
        self.assertFalse(self._told())

    def test_an_order_that_is_to_be_read_is_left_out(self):
        self.orders.action_cancel()
        self._read_all()
        doubtful = self.orders[0]
        doubtful._amazon_want_reading()
        self.shop.ship(doubtful.amazon_order_ref)
        self._run("cancel", settle=False)
        self.assertEqual(self._count("getOrder"), (1,), "it is looked at by itself")
        self._send_and_follow()
        self.assertNotIn(doubtful.amazon_order_ref, self._told())
        self.assertEqual(len(self._told()), MANY - 1)

    def test_who_undoes_in_time_is_obeyed(self):
        self.account.undo_minutes = 5
        self.orders.action_cancel()
        self._read_all()
        undone = self.orders[0]
        undone.amazon_cancellation_ids.with_user(self.user).action_withdraw()
        self.orders.amazon_cancellation_ids.send_after = fields.Datetime.now() - timedelta(minutes=1)
        self._read_all()
        self._send_and_follow()
        self.assertEqual(self._told(), set((self.orders - undone).mapped("amazon_order_ref")))
        self.assertEqual(self.shop.order(undone.amazon_order_ref).status, "UNSHIPPED")

    def test_a_request_meanwhile_is_the_reason(self):
        self.orders.action_cancel()
        self.shop.ask_to_cancel(self.orders[0].amazon_order_ref, "Changed mind")
        self._read_all()
        self._send_and_follow()
        self.assertEqual(self.orders[0].amazon_cancellation_ids.reason, "BuyerCanceled")

    # === WHAT NO READING SHOWS === #

    def test_many_wait_for_the_reading_for_an_hour_and_are_looked_at_then(self):
        self.orders.action_cancel()
        self._run("cancel", settle=False)
        self.assertEqual(self._count("getOrder", "createFeed"), (0, 0))
        self.orders.amazon_cancellation_ids.send_after = fields.Datetime.now() - timedelta(minutes=61)
        self.orders.amazon_checked_date = fields.Datetime.now() - timedelta(minutes=11)
        self._advance_clock(11 * 60)  # and the last reading is too old
        self._run("cancel", settle=False)
        self.assertEqual(self._count("getOrder", "createFeed"), (FEW, 1), "as many as in one run")

    def test_where_not_all_is_read_a_look_at_each_tells_at_once(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_cancel")
        shipped = self.orders[0]
        self.shop.ship(shipped.amazon_order_ref)  # told by a notification that never came
        self.account.cursor_ids.gap_until = fields.Datetime.now()
        self.orders.action_cancel()
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        for run in range(1, MANY // FEW):
            self._run("cancel", settle=False)
            self.assertEqual(self._count("getOrder"), (run * FEW,), "as many as in one run, without waiting an hour")
            triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            soon = fields.Datetime.now() + timedelta(minutes=1)
            self.assertTrue(any(at <= soon for at in triggers.mapped("call_at")), "the rest is looked at soon")
            triggers.unlink()
        self._send_and_follow()
        self.assertEqual(self._told(), set((self.orders - shipped).mapped("amazon_order_ref")))
        self.assertEqual(shipped.amazon_cancellation_state, "refused")
        self.assertFalse(self.account.cursor_ids.filtered("whole_wanted"), "a reading of all would show nothing")

    def test_what_was_sent_is_looked_at_only_when_the_search_had_its_time(self):
        self.orders.action_cancel()
        self._read_all()
        self._send_and_follow(4)
        for hours, looks in ((2, 0), (5, FEW)):
            self.orders.amazon_cancellation_ids.sent_date = fields.Datetime.now() - timedelta(hours=hours)
            self.orders.amazon_checked_date = fields.Datetime.now() - timedelta(hours=hours)
            self._advance_clock(60 * 60)
            self._run("cancel", settle=False)
            self.assertEqual(self._count("getOrder"), (looks,))

    def test_the_reading_is_asked_for_once(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_read")
        self.orders.action_cancel()
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        for _run in range(3):
            self._run("cancel", settle=False)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), 1)

    def test_what_amazon_accepted_and_did_not_do_is_sent_again(self):
        self.shop.plan_feed(carry_out=0)
        self.orders.action_cancel()
        self._read_all()
        self._send_and_follow(3)
        for _check in range(7):
            self.orders.amazon_cancellation_ids.next_check_date = fields.Datetime.now()
            self._read_all()
            self._run("cancel", settle=False)
        self.assertEqual(set(self._get_states()), {"scheduled"})
        self.orders.amazon_cancellation_ids.send_after = fields.Datetime.now()
        self._read_all()
        self._send_and_follow()
        self._read_all()
        self.assertEqual(set(self._get_states()), {"confirmed"})
        self.assertEqual(self._count("getOrder", "createFeed"), (0, 2))

    def test_a_feed_that_failed_is_told_from_what_was_read(self):
        self.shop.plan_feed(outcome="FATAL", carry_out=5)
        self.orders.action_cancel()
        self._read_all()
        self._send_and_follow(4)
        self._read_all()
        self.assertEqual(self._get_states().count("confirmed"), 5)
        self._run("cancel", settle=False)
        self.assertEqual(self._get_states().count("scheduled"), MANY - 5)
        self.assertEqual(self._count("getOrder"), (0,))
