from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import SELLER, AmazonCase

READER = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account"


@tagged("post_install", "-at_install")
class TestAlive(AmazonCase):
    """An account that no longer sees new requests says so, to a person, once, and says when it sees again."""

    def _activities(self, name="blind"):
        return self.account._amazon_get_activities(name)

    def test_revoked_token_tells_the_manager_once_and_the_recovery(self):
        self.account.manager_id = self.manager
        self._read()
        self.shop.seller(SELLER).authorisation_revoked = True
        self.shop.advance(3700)
        for _run in range(3):
            self._read()
        [activity] = self._activities()
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("refresh token", activity.note)
        self.shop.seller(SELLER).authorisation_revoked = False
        self._read()
        self.assertFalse(self._activities())
        self.assertTrue(self.account.message_ids.filtered(lambda m: "nothing was lost" in m.body))

    def test_passing_disturbance_tells_nobody(self):
        self._read()
        self.amazon.faults.add("searchOrders", "http", times=9, status=503)
        self._read()
        self.assertEqual(self.account.sync_state, "failing")
        self.assertFalse(self._activities())

    def test_long_disturbance_tells_the_manager(self):
        self._read()
        self.account.cursor_ids.read_until = fields.Datetime.now() - timedelta(hours=1)
        self.amazon.faults.add("searchOrders", "http", times=9, status=503)
        self._read()
        self.assertEqual(len(self._activities()), 1)

    def test_scheduled_action_that_does_not_run_is_noticed(self):
        self._read()
        self._run("watch")
        self.assertFalse(self._activities())
        self.account.cursor_ids.read_until = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(self.account.sync_state, "late")
        self._run("watch")
        self._run("watch")
        self.assertEqual(len(self._activities()), 1)
        self.assertIn("does not run", self._activities().note)
        self._read()
        self.assertFalse(self._activities())

    def test_a_salesperson_finds_the_accounts_that_are_late(self):
        self._read()
        accounts = self.account.with_user(self.user)
        self.assertEqual(accounts.search([("sync_state", "=", "ok")]), self.account)
        self.assertFalse(accounts.search([("sync_state", "in", ["late", "failing"])]))

    def test_last_checked_in_words(self):
        self.account.cursor_ids.unlink()
        self.assertFalse(self.account.last_sync_ago)
        self._read()
        self.account.cursor_ids.read_until = fields.Datetime.now() - timedelta(minutes=7)
        self.assertEqual(self.account.with_context(lang="en_US").last_sync_ago, "7 minutes ago")

    def test_last_checked_of_an_order_whose_marketplace_is_read_no_more(self):
        order = self._sell()
        self._read()
        checked = order.amazon_checked_date = fields.Datetime.now() - timedelta(days=3)
        self.account.marketplace_ids = self.france
        self._read()
        self.assertGreater(self.account.last_sync_date, checked)
        self.assertEqual(order.amazon_last_checked, checked)

    def test_last_checked_of_an_order_that_did_not_change(self):
        """A reading that shows no change of an order has checked it too."""
        order = self._sell()
        self._read()
        order.amazon_checked_date = fields.Datetime.now() - timedelta(days=3)
        self.assertEqual(order.amazon_last_checked, self.account.last_sync_date)

    def test_any_exception_of_one_account_stops_no_other(self):
        other = self._create_account(
            name="Odd", seller_id="A1LOCALNA", region="na", marketplace_ids=False, lwa_refresh_token="Atzr|x"
        )
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        read = type(self.account)._read_orders

        def fail(account, **options):
            if account == other:
                raise ZeroDivisionError
            return read(account, **options)

        with patch.object(type(self.account), "_read_orders", fail), mute_logger(READER):
            self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_failing_marketplace_is_left_alone_for_longer_and_longer(self):
        self.account.marketplace_ids |= self.france
        self._read()
        self.amazon.faults.add("searchOrders", "http", times=99, status=403, marketplace_id=self.france.api_ref)
        for _run in range(3):
            self._read()
        cursor = self.account.cursor_ids.filtered(lambda c: c.marketplace_id == self.france)
        self.assertEqual(cursor.failure_count, 2)
        self.assertGreater(cursor.retry_date, fields.Datetime.now())
        self.assertEqual(self.account.sync_state, "failing", "it is still said")
        self.amazon.calls.clear()
        self._read()
        self.assertEqual(self.amazon.calls.count("searchOrders"), 1)
        self.amazon.faults.clear()
        with self._own_transaction(self.account) as account:
            account.action_sync_now()  # a person asks at once
        self.assertEqual(self.account.sync_state, "ok")
        self.assertFalse(cursor.retry_date)

    def test_outage_of_all_marketplaces_is_asked_every_time(self):
        self.account.marketplace_ids |= self.france
        self.amazon.faults.add("searchOrders", "http", times=99, status=503)
        for _run in range(3):
            self._read()
        self.amazon.faults.clear()
        self._read()
        self.assertEqual(self.account.sync_state, "ok")

    def _read_the_first_of_two_pages(self, throttled):
        """Begin a first reading of 150 orders, of which Amazon gives one page before it throttles so many calls."""
        self._read()  # logs in
        self.account.cursor_ids.unlink()
        with self.shop.change():
            for _order in range(150):
                self.shop.add_order(SELLER)
        self.amazon.faults.add("searchOrders", "slow", times=1, delay=0)
        self.amazon.faults.add("searchOrders", "throttled", times=throttled)
        self._read()

    def test_progress_of_a_long_reading(self):
        self._read_the_first_of_two_pages(throttled=9)
        self.assertEqual(self.account.sync_state, "never", self.account.sync_message)
        self.assertIn("rate limit is reached", self.account.sync_message)
        self.assertIn("100 orders read so far", self.account.sync_progress)
        self.amazon.faults.clear()
        self.env["amazon.cancellation.allowance"].search([]).unlink()
        self._read()
        self.assertFalse(self.account.sync_progress)
        self.assertEqual(self.account.sync_state, "ok")

    def test_expired_access_token_and_page_token(self):
        self._read_the_first_of_two_pages(throttled=1)
        self.env["amazon.cancellation.allowance"].search([]).unlink()
        self.shop.advance(25 * 3600)  # the page token lives 24 hours, the access token one
        self._read()
        self.assertEqual(self.account.sync_state, "ok")
        self.assertEqual(self.account.unknown_order_count, 150)
