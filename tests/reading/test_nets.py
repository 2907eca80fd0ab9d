from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...spapi.queue import NotificationQueue
from ..common import SELLER, AmazonCase

SUBSCRIPTION = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_subscription"


@tagged("post_install", "-at_install")
class TestNets(AmazonCase):
    """Each source tells whether it is alive; one that was never heard is not counted as a net."""

    def _states(self):
        self.env.invalidate_all()
        return {source.source: source.state for source in self.account.source_ids}

    def _source(self, name):
        return self.account.source_ids.filtered(lambda source: source.source == name)

    def test_a_new_account_has_no_net(self):
        self.assertEqual(self._states(), {"search": "waiting", "push": "unset", "sweep": "waiting", "mail": "unset"})
        self.assertEqual(self.account.net_count, 0)
        self.assertEqual(self.account.net_message, "no source")

    def test_search(self):
        self._read()
        self.assertEqual(self._states()["search"], "ok")
        self.assertEqual((self.account.net_count, self.account.net_message), (1, "Search"))
        self.assertEqual(self.account.with_user(self.user).net_message, "Search", "salespersons see it, too")
        self.shop.seller(SELLER).authorisation_revoked = True
        self._advance_clock(3700)
        self._read()
        since = self._source("search").failing_since
        self.assertTrue(since)
        self._read()
        self.assertEqual(self._source("search").failing_since, since, "it says since when, not the last time")
        self.assertIn("refresh token", self._source("search").message)
        self.assertEqual((self._states()["search"], self.account.net_count), ("failing", 0))

    def test_a_search_that_no_longer_runs_is_silent(self):
        self._read()
        self._source("search").last_heard_date = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual((self._states()["search"], self.account.net_count), ("late", 0))

    def test_sweep(self):
        self._sell()
        for _run in range(4):
            self._run("sweep", settle=False)
        self.assertEqual(self._states()["sweep"], "ok")
        self._source("sweep").last_heard_date = fields.Datetime.now() - timedelta(hours=37)
        self.assertEqual(self._states()["sweep"], "late")
        self.account.sweep_rhythm = "never"
        self.assertEqual(self._states()["sweep"], "unset")

    def test_mail(self):
        self.env["mail.alias.domain"].create({"name": "example.com"})
        self.account.alias_name = "amazon-orders"
        self.assertEqual(self._states()["mail"], "waiting")
        order = self._sell()
        self.env["amazon.cancellation.mail"].message_new(
            {"subject": f"Order {order.client_order_ref}", "email_from": "a@amazon.de", "body": ""},
            {"account_id": self.account.id},
        )
        self.assertEqual(self._states()["mail"], "ok")

    @mute_logger(SUBSCRIPTION)
    def test_push(self):
        subscription = self.env["amazon.cancellation.subscription"].create(
            {"account_id": self.account.id, "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders", "listen": False}
        )
        self.assertEqual(self._states()["push"], "unset")
        subscription.state = "active"
        with patch.object(NotificationQueue, "receive", lambda self, **options: []):
            self._run("receive", settle=False)
        self.assertEqual(self._states()["push"], "waiting", "it answers, and was never heard")
        with patch.object(NotificationQueue, "receive", side_effect=ValueError):
            self._run("receive", settle=False)
        self.assertEqual(self._states()["push"], "failing")
        with patch.object(NotificationQueue, "receive", lambda self, **options: []):
            self._run("receive", settle=False)
        self.assertEqual(self._states()["push"], "waiting")
        self.assertEqual(self.account.net_count, 0)

    def test_the_blind_account_says_which_sources_still_see(self):
        self._sell()
        for _run in range(4):
            self._run("sweep", settle=False)
        self._read()
        self.shop.seller(SELLER).authorisation_revoked = True
        self._advance_clock(3700)
        self._read()
        [activity] = self.account._amazon_get_activities("blind")
        self.assertIn("Requests are still seen by: Sweep", activity.note)

    def test_nobody_writes_them_by_hand(self):
        source = self._source("search").with_user(self.manager)
        self.assertTrue(source.has_access("read"))
        self.assertFalse(source.has_access("write"))
