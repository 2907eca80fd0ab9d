from datetime import timedelta
from email.utils import format_datetime

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...spapi.clock import note_date
from ..common import AmazonCase

JOBS = ("read", "cancel", "accounting", "watch", "receive", "sweep", "remind")


@tagged("post_install", "-at_install")
class TestStarts(AmazonCase):
    """No scheduled action starts more often than its interval or its due work asks for."""

    def setUp(self):
        super().setUp()
        self.orders = [self._sell() for _number in range(5)]
        self._read()
        self.crons = self.env["ir.cron"].union(
            *(self.env.ref(f"sale_amazon_cancellation.ir_cron_{name}") for name in JOBS)
        )

    def _count_starts(self, jobs=JOBS, rounds=3):
        """Run each job a few times, as its interval does, and count the runs that it plans for at once by itself."""
        self._clear_triggers()
        for _round in range(rounds):
            for job in jobs:
                self._run(job, settle=False)
        soon = fields.Datetime.now() + timedelta(seconds=30)
        return self.env["ir.cron.trigger"].search_count([("cron_id", "in", self.crons.ids), ("call_at", "<=", soon)])

    def _clear_triggers(self):
        self.env["ir.cron.trigger"].search([("cron_id", "in", self.crons.ids)]).unlink()

    def test_open_cancellations_of_every_state_start_nothing(self):
        in_undo_window, sent, accepted, refused, withdrawn = self.orders
        for order in self.orders:
            order.action_cancel()
        later = fields.Datetime.now() + timedelta(hours=1)
        in_undo_window.amazon_cancellation_ids.send_after = later
        sent.amazon_cancellation_ids.write({"state": "sent", "next_check_date": later})
        accepted.amazon_cancellation_ids.write({"state": "accepted", "next_check_date": later})
        refused.amazon_cancellation_ids.write({"state": "refused", "next_attempt_date": later})
        withdrawn.amazon_cancellation_ids.state = "withdrawn"
        self.assertEqual(self._count_starts(), 0)

    def test_sent_feed_that_amazon_works_on_starts_nothing(self):
        self.shop.plan_feed(reads=None)
        self.orders[0].action_cancel()
        self._run("cancel", settle=False)
        self.assertEqual(self.orders[0].amazon_cancellation_state, "sent")
        self.assertEqual(self._count_starts(), 0)

    def test_waiting_for_the_next_feed_plans_one_moment(self):
        self.account.feed_interval_minutes = 20
        self.orders[0].action_cancel()
        self._run("cancel", settle=False)
        self._clear_triggers()
        for _round in range(2):
            self._run("cancel", settle=False)
        self.assertFalse(
            self.env["ir.cron.trigger"].search([("cron_id", "in", self.crons.ids)]), "nothing waits for a feed"
        )
        self.orders[1].action_cancel()
        self.assertEqual(self._count_starts(["cancel"]), 0)

    @mute_logger("odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender")
    def test_rate_limit_is_waited_for_whatever_the_clocks_show(self):
        self.orders[0].action_cancel()
        self.shop.clock.set(self.shop.now() - timedelta(minutes=20))  # what Amazon names then lies in our past
        note_date(self.amazon.url, format_datetime(self.shop.now()))
        self.amazon.faults.add("getOrder", "throttled", times=10)
        self.assertEqual(self._count_starts(["cancel"]), 0)
        self.amazon.faults.clear()
        self.amazon.faults.add("searchOrders", "throttled", times=10)
        self.assertEqual(self._count_starts(["read"]), 0)
