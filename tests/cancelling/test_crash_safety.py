from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.cancelling.amazon_cancellation_feed import AmazonCancellationFeed
from ..common import AmazonCase


class KilledError(Exception):
    """Stands for a worker that dies: what is not committed by then is gone."""


@tagged("post_install", "-at_install")
class TestCrashSafety(AmazonCase):
    """A crash, an outage or a lost answer at any point: sent once, or not at all, and always known which."""

    def setUp(self):
        super().setUp()
        self.order = self._sell()
        self._read()
        self.order.action_cancel()

    def _send_and_die(self, method):
        with (
            patch.object(AmazonCancellationFeed, method, side_effect=KilledError),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"),
        ):
            self._run("cancel", settle=False)

    def _assert_ends_confirmed(self, feeds):
        self._send_and_follow(6)
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.amazon.calls.count("createFeed"), feeds)
        self.assertFalse(self.shop.harms)

    def test_killed_before_the_upload(self):
        self._send_and_die("_submit")
        self.assertEqual(self.order.amazon_cancellation_ids.feed_id.state, "prepared")
        self._assert_ends_confirmed(feeds=1)

    def test_killed_after_create_feed(self):
        self._send_and_die("_on_submitted")
        self.assertEqual(self.order.amazon_cancellation_ids.feed_id.state, "promised")
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self._assert_ends_confirmed(feeds=1)

    def test_lost_answer_of_create_feed(self):
        self.amazon.faults.add("createFeed", "drop_after")
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_ids.feed_id.state, "promised")
        self._assert_ends_confirmed(feeds=1)

    def test_create_feed_that_never_arrived(self):
        self.amazon.faults.add("createFeed", "drop_before")
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_ids.feed_id.state, "promised")
        self._run("cancel", settle=False)
        self.assertEqual(self.order.amazon_cancellation_ids.feed_id.state, "promised", "it may yet appear")
        self._advance_clock(180)
        self._assert_ends_confirmed(feeds=2)
        self.assertEqual(self.order.amazon_cancellation_ids.attempt_count, 1)

    def test_a_feed_that_is_known_is_not_taken_for_the_lost_one(self):
        other = self._sell()
        self._read()
        self._run("cancel", settle=False)
        other.action_cancel()
        self.amazon.faults.add("createFeed", "drop_before")
        self._run("cancel", settle=False)
        self._run("cancel", settle=False)
        self.assertEqual(other.amazon_cancellation_ids.feed_id.state, "promised")
        self.assertEqual(other.amazon_cancellation_state, "scheduled")

    def test_refused_by_amazon_before_it_took_anything(self):
        for operation in ("createFeedDocument", "uploadDocument", "createFeed"):
            self.amazon.faults.add(operation, "http", status=400 if operation == "createFeed" else 503)
            self._run("cancel", settle=False)
            self.assertEqual(self.order.amazon_cancellation_state, "scheduled", operation)
            self.assertTrue(self.account.cancel_message, operation)
            feed = self.env["amazon.cancellation.feed"].search([], order="id desc", limit=1)
            self.assertEqual(feed.state, "abandoned")
            self.assertEqual("by itself" in feed.message, operation != "createFeed", feed.message)
        self._assert_ends_confirmed(feeds=2)
        self.assertFalse(self.account.cancel_message)

    def test_create_feed_that_something_in_between_answered(self):
        """A page that is not Amazon's: Amazon has nothing, so there is nothing to doubt."""
        self.amazon.faults.add("createFeed", "not_json", status=404)
        with mute_logger("odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"):
            self._run("cancel", settle=False)
        feed = self.env["amazon.cancellation.feed"].search([], order="id desc", limit=1)
        self.assertEqual(feed.state, "abandoned")
        self.assertEqual(self.order.amazon_cancellation_ids.attempt_count, 0)
        self._assert_ends_confirmed(feeds=2)

    def test_another_worker_takes_the_feed_over(self):
        """At each step: whoever comes second hands nothing over, and what is left is settled by the next run."""
        lock = AmazonCancellationFeed._lock_in_state
        for state in ("prepared", "promised", "submitted"):
            with self.subTest(state):
                self.amazon.calls.clear()
                self.order = self._sell()
                self._read()
                self.order.action_cancel()
                late = patch.object(
                    AmazonCancellationFeed,
                    "_lock_in_state",
                    lambda feed, wanted, state=state: wanted != state and lock(feed, wanted),
                )
                with late:
                    self._run("cancel", settle=False)
                    self._run("cancel", settle=False)
                self.assertEqual(self.amazon.calls.count("createFeed"), state == "submitted")
                self._advance_clock(180)
                self._assert_ends_confirmed(feeds=1)

    def test_killed_while_the_report_is_taken_in(self):
        self._run("cancel", settle=False)
        for _run in range(3):
            self._send_and_die("_take_in_report")
        self.assertEqual(self.order.amazon_cancellation_state, "sent")
        self._assert_ends_confirmed(feeds=1)

    def test_work_that_was_done_is_counted_before_a_kill(self):
        """Odoo leaves out a job that was killed three times without any progress."""
        for job in ("read", "cancel"):
            self._run(job)
            cron = self.env.ref(f"sale_amazon_cancellation.ir_cron_{job}")
            progress = self.env["ir.cron.progress"].search([("cron_id", "=", cron.id)], order="id desc", limit=1)
            self.assertGreater(progress.done, 1, "more than the account that is finished at the end")
            self.assertFalse(progress.remaining)

    def test_two_workers_never_send_one_order_twice(self):
        sender = self.env["amazon.cancellation.sender"]
        self.amazon.calls.clear()
        with patch.object(
            type(self.order.amazon_cancellation_ids), "try_lock_for_update", lambda records, **_kwargs: records.browse()
        ):
            self._run("cancel", settle=False)
        for operation in ("getOrder", "createFeed"):
            self.assertFalse(self.amazon.calls.count(operation), "rows that another worker holds are left to it")
        self.assertTrue(sender._get_accounts_with_work())
        self._assert_ends_confirmed(feeds=1)
