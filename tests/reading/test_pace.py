from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ... import const
from ...spapi.reading_plan import CANCELLED, OFTEN, SHIPPED, WHOLE, Pace, Search
from .. import sources
from ..common import AmazonCase
from ..sweep_common import SweepMixin

LARGE = Pace(420, 100, 420, 100)  # 10,000 orders a day, of which few are shipped
HUGE = Pace(4200, 10500, 4200, 10500)  # more than Amazon lets anyone search for


@tagged("post_install", "-at_install")
class TestPace(SweepMixin, AmazonCase):
    """What is read, and when, follows the seller's pace; what can hold a parcel comes first."""

    def setUp(self):
        super().setUp()
        self.order, self.other = self._sell(), self._sell()
        self._read()
        self.cursor = self.account.cursor_ids

    def _set_pace(self, pace):
        self.cursor.pace = pace.to_dict()

    def _search(self, change=None):
        """Read, and give the statuses that were searched for.

        :param callable change: What changes last before that.
        """
        self.amazon.calls.clear()
        self._advance_clock(300)
        if change:
            change()
        self._read()
        self.account.invalidate_recordset()
        calls = self.amazon.calls.of("searchOrders")
        return [tuple(call.params.get("fulfillmentStatuses", "").split(",")) for call in calls]

    # === TWO POSITIONS === #

    def test_a_small_seller_has_one_position(self):
        self.shop.ship(self.order.amazon_order_ref)
        self._advance_clock(300)
        self._read()
        self.assertEqual(self.order.amazon_fulfillment_status, "shipped")
        self.assertEqual(self.cursor.read_until, self.cursor.shipped_until)
        self.assertTrue(self.cursor.pace["often_day"])

    def test_requests_are_read_often_and_shipped_orders_every_hour(self):
        self._set_pace(LARGE)
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")
        self.shop.ship(self.other.amazon_order_ref)
        shipped_until = self.cursor.shipped_until
        self.assertEqual(self._search(), [OFTEN])
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertEqual(self.other.amazon_fulfillment_status, "unshipped")
        self.assertEqual(self.cursor.shipped_until, shipped_until)
        self.assertGreater(self.cursor.read_until, shipped_until)
        self.assertEqual(self.account.whole_sync_date, shipped_until, "that it lags is not hidden")
        self.assertEqual(self.other.amazon_last_checked, shipped_until)
        self._advance_clock(3600)
        self.assertEqual(self._search(), [OFTEN], "what was left out for an hour comes first")
        self.assertEqual(self._search(), [OFTEN, SHIPPED])
        self.assertEqual(self.other.amazon_fulfillment_status, "shipped")

    def test_an_order_cancelled_at_amazon_is_read_often(self):
        self._set_pace(LARGE)
        self.shop.buyer_cancel(self.order.amazon_order_ref)
        self._search()
        self.assertEqual(self.order.state, "cancel")

    def test_a_person_gets_everything(self):
        self._set_pace(LARGE)
        self.shop.ship(self.order.amazon_order_ref)
        self._advance_clock(300)
        with self._own_transaction(self.account) as account:
            account.action_sync_now()
        self.order.invalidate_recordset()
        self.assertEqual(self.order.amazon_fulfillment_status, "shipped")

    def test_a_person_spends_from_the_same_allowance_and_is_told_when_the_rest_is_read(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_read")
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")
        self._advance_clock(300)
        self.amazon.calls.clear()
        with self._own_transaction(self.account.with_user(self.manager)) as account:
            with account.sudo()._open_client() as client:
                client.budget.empty("searchOrders", client.now(), timedelta(minutes=7))
            account.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]).unlink()
            told = account.action_sync_now()["params"]
            planned = account.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]).mapped("call_at")
        self.assertFalse(self.amazon.calls.count("searchOrders"), "Amazon would refuse it, and others need the calls")
        self.assertEqual(told["type"], "warning")
        self.assertIn("it is tried again by itself. (in 7 minutes)", told["message"])
        self.assertEqual([round((at - fields.Datetime.now()).total_seconds() / 60) for at in planned], [7])
        self.assertEqual(self._search(lambda: self._advance_clock(300)), [WHOLE], "and it is read then")
        self.order.invalidate_recordset()
        self.assertEqual(self.order.amazon_cancel_request, "requested")

    def test_a_person_gets_what_is_new_where_amazons_clock_is_ahead(self):
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")
        self.shop.advance(300)
        with (
            patch.object(type(self.account), "_is_pushed", return_value=True),
            self._own_transaction(self.account) as account,
        ):
            account.action_sync_now()
        self.order.invalidate_recordset()
        self.assertEqual(self.order.amazon_cancel_request, "requested")

    def test_everything_is_read_where_the_freshness_of_many_is_wanted(self):
        self._set_pace(LARGE)
        self.assertFalse(self.order._amazon_filter_fresh(self.cursor.read_until + timedelta(minutes=1)))
        self.account._want_whole_reading()
        moment = self.cursor.read_until + timedelta(minutes=1)
        self._search()
        self.assertTrue(self.order._amazon_filter_fresh(moment))
        self.assertFalse(self.cursor.whole_wanted)

    def test_late_is_what_can_hold_a_parcel(self):
        self.cursor.shipped_until = fields.Datetime.now()
        self.cursor.read_until = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(self.account.sync_state, "late")

    # === REPORTS === #

    def test_a_report_moves_the_position_of_a_backlog(self):
        self._sweep()
        self.assertTrue(self.account.sweep_ids.told_until)
        self._age_sweeps(timedelta(hours=20))
        self._set_pace(HUGE)
        self.cursor.read_until -= timedelta(hours=6)
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")
        self.shop.buyer_cancel(self.other.amazon_order_ref)
        self._sweep()
        self.assertEqual(len(self.account.sweep_ids), 2, "before the next one of the account's rhythm")
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        told_until = self.account.sweep_ids[0].told_until
        self.assertLess(self.cursor.read_until, told_until, "what was cancelled is not known yet")
        self.assertEqual(self._search()[:1], [CANCELLED])
        self.assertGreaterEqual(self.cursor.read_until, told_until)
        self.assertEqual(self.other.state, "cancel")

    def test_a_report_without_the_requests_moves_nothing(self):
        self.shop.switches.report_reasons = False
        self._sweep()
        self.assertEqual(self.account.sweep_ids.state, "done")
        self.assertFalse(self.account.sweep_ids.told_until)

    # === NOTIFICATIONS === #

    def test_beside_notifications_the_search_only_proves(self):
        with patch.object(type(self.account.subscription_ids), "_is_healthy", lambda subscriptions: True):
            until = self.cursor.read_until
            self.assertFalse(self._search())
            self.assertEqual(self.cursor.read_until, until)
            self.cursor.read_until = fields.Datetime.now() - timedelta(minutes=50)
            self.assertEqual(self.account.sync_state, "ok")
            self.assertIn(self.account, self.account.search([("sync_state", "=", "ok")]))
            self.cursor.read_until = fields.Datetime.now() - timedelta(minutes=70)
            self.assertEqual(self.account.sync_state, "late")
        self.cursor.read_until = fields.Datetime.now() - timedelta(minutes=50)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.sync_state, "late")

    def test_notifications_count_as_long_as_they_come_and_are_received(self):
        subscription = self.env["amazon.cancellation.subscription"].create(
            {"account_id": self.account.id, "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders"}
        )
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_receive")
        now = fields.Datetime.now()
        healthy = {
            "state": "active",
            "last_received_date": now,
            "emptied_date": now,
            "message_facts": False,
            "doubt": {"until": str(now - timedelta(minutes=1)), "facts": []},
        }
        subscription.write(healthy)
        cron.lastcall = now
        self.assertTrue(self.account._is_pushed())
        for vals in (
            {"message_facts": ["denied"]},
            {"last_received_date": now - timedelta(hours=3)},
            {"last_received_date": False},
            {"emptied_date": now - timedelta(minutes=11)},
            {"emptied_date": False},
            {"doubt": {"until": str(now + timedelta(minutes=1)), "facts": []}},
        ):
            subscription.write({**healthy, **vals})
            self.assertFalse(self.account._is_pushed(), vals)
        subscription.write(healthy)
        cron.lastcall = now - timedelta(hours=1)
        self.assertFalse(self.account._is_pushed(), "nobody receives")

    def _push(self, pace=HUGE, behind=timedelta(minutes=40)):
        """Notifications that can be relied on, half an hour after the search last proved them."""
        subscription = self.env["amazon.cancellation.subscription"].create(
            {"account_id": self.account.id, "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders"}
        )
        now = fields.Datetime.now()
        subscription.write({"state": "active", "last_received_date": now, "emptied_date": now})
        self.env.ref("sale_amazon_cancellation.ir_cron_receive").lastcall = now
        self._set_pace(pace)
        self.cursor.write({"read_until": now - behind, "shipped_until": now - behind})
        return subscription

    def _ask(self):
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")

    def _ask_and_tell(self):
        self._ask()
        self._tell(self.order)

    def _tell(self, order):
        """A notification of an order's change, as the queue's messages come."""
        subscription = self.account.subscription_ids
        subscription._apply_snapshots([sources.notification(self.shop.order(order.amazon_order_ref))])
        self.env["amazon.cancellation.notification"].create(
            {
                "subscription_id": subscription.id,
                "notification_ref": f"{order.amazon_order_ref} {self.shop.now()}",
                "order_ref": order.amazon_order_ref,
                "state": "applied",
            }
        )

    def test_many_more_than_a_page_are_proven_by_one_page_of_the_newest(self):
        self._push()
        before = self.cursor.read_until
        self.assertEqual(self._search(self._ask_and_tell), [OFTEN])
        [call] = self.amazon.calls.of("searchOrders")
        self.assertGreater(call.params["lastUpdatedAfter"], f"{before + timedelta(minutes=20):%Y-%m-%dT%H:%M}")
        self.assertGreater(self.cursor.read_until, before + timedelta(minutes=30), "what was told is counted as known")
        self.assertEqual(self.cursor.shipped_until, self.cursor.read_until)
        self.assertEqual(self.cursor.gap_until, self.cursor.read_until, "that not all was read is not hidden")
        self.assertFalse(self._search(), "not again before half an hour is over")
        self.account.invalidate_recordset()
        self.assertIn("proves the newest of it", self.account.reading_forecast)

    def test_a_change_that_no_notification_told_ends_the_reliance(self):
        self._push()
        before = self.cursor.read_until
        self.assertEqual(self._search(self._ask), [OFTEN])
        self.assertEqual(self.order.amazon_cancel_request, "requested")
        self.assertEqual(self.cursor.read_until, before, "nobody showed what came before")
        self.assertFalse(self.account._is_pushed())
        self.account.invalidate_recordset()
        self.assertIn(f"missed a change ({self.order.amazon_order_ref})", self.account.reading_forecast)
        self.assertIn(OFTEN, self._search())
        after = self.amazon.calls.of("searchOrders")[0].params["lastUpdatedAfter"]
        self.assertLess(after, f"{before:%Y-%m-%dT%H:%M:%S}", "all of it is read")
        self.assertGreater(self.cursor.read_until, before)
        self.assertFalse(self.cursor.gap_until)

    def test_a_notification_of_an_earlier_change_does_not_count(self):
        subscription = self._push()
        self._tell(self.order)
        self.env.cr.execute("UPDATE amazon_cancellation_notification SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        self._search(self._ask)
        self.assertTrue(subscription.doubt)

    def test_a_page_that_shows_nothing_proves_nothing(self):
        self._push()
        self.shop.advance(7200)
        self.assertEqual(self._search(), [OFTEN, OFTEN], "all of it is read instead")
        before, both = self.amazon.calls.of("searchOrders")
        self.assertLess(both.params["lastUpdatedAfter"], before.params["lastUpdatedAfter"])

    def test_what_was_told_only_is_not_taken_for_read(self):
        self._push()
        self.other.amazon_checked_date -= timedelta(hours=1)
        self._search(self._ask_and_tell)
        moment = self.cursor.read_until - timedelta(minutes=1)
        self.assertFalse(self.other._amazon_filter_fresh(moment), "it may be shipped, and the notification lost")
        self.assertEqual(self.other.amazon_last_checked, self.other.amazon_checked_date)
        self._sweep()
        self.assertFalse(self.cursor.gap_until, "a sweep has shown all open orders")
        self.other.invalidate_recordset()
        self.assertTrue(self.other._amazon_filter_fresh(moment))

    def test_a_window_from_before_notifications_is_not_paged_on(self):
        self._push()
        window = self.cursor._make_window(
            Search(OFTEN, fields.Datetime.now() - timedelta(days=3), self.cursor.read_until)
        )
        self.cursor.pending_window = {"window": window.to_dict(), "token": "of a long backlog", "orders": 5000}
        self.assertEqual(self._search(self._ask_and_tell), [OFTEN])
        self.assertNotIn("paginationToken", self.amazon.calls.of("searchOrders")[0].params)

    # === WHAT WOULD COST A CALL AN ORDER === #

    def test_many_that_a_sweep_misses_wait_for_the_search(self):
        with patch.object(const, "MISSING_READ_AT_ONCE", 1):
            sweep = self.env["amazon.cancellation.sweep"]._begin(self.account)
            sweep._note_told(self.order | self.other, False)
        self.assertTrue(self.order.amazon_read_wanted)
        self.assertGreater(self.order.amazon_read_after, fields.Datetime.now())
        self.assertFalse(self.order._amazon_filter_fresh(self.order.amazon_checked_date), "it is doubtful meanwhile")
        self.shop.ship(self.order.amazon_order_ref)
        self.amazon.calls.clear()
        self._advance_clock(300)
        self._read()
        self.assertFalse(self.order.amazon_read_wanted, "the search has shown it")
        self.assertFalse(self.amazon.calls.count("getOrder"))

    def test_a_sweep_by_search_knows_whom_it_has_shown(self):
        self.account.sweep_method = "search"
        self._sweep()
        self.assertEqual(self.account.sweep_ids.state, "done")
        self.assertEqual(self.account.sweep_ids.missing_count, 0)
        self.assertFalse((self.order | self.other).filtered("amazon_read_wanted"))

    def test_an_import_is_left_to_the_search(self):
        with patch.object(const, "SINGLE_READS_PER_RUN", 2):
            new = [self._sell() for _number in range(3)]
            self.account.last_sync_date = new[0].create_date - timedelta(minutes=5)
            self.assertFalse(self.env["amazon.order.lookup"]._get_unread(self.account))
            self.account.last_sync_date = new[0].create_date + timedelta(minutes=5)
            self.assertEqual(len(self.env["amazon.order.lookup"]._get_unread(self.account)), 2)

    def _import(self, count, **vals):
        """Orders that came into Odoo three hours after all that notifications told of them."""
        new = self.env["sale.order"].union(*(self._sell(**vals) for _number in range(count)))
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = create_date - interval '3 hours' WHERE id = ANY(%s)", [new.ids]
        )
        self.env.invalidate_all()
        return new

    def test_an_import_that_no_search_shows_is_searched_for(self):
        self._push()
        new = self._import(4)
        with patch.object(const, "SINGLE_READS_PER_RUN", 2):
            self._search(self._ask_and_tell)
        self.assertEqual(self.amazon.calls.count("getOrder"), 1, "of the order that a notification tells of")
        self.assertEqual(len([c for c in self.amazon.calls.of("searchOrders") if "createdAfter" in c.params]), 1)
        self.assertEqual(new.mapped("amazon_fulfillment_status"), ["unshipped"] * 4)
        self.assertTrue(all(new.mapped("amazon_checked_date")))

    def test_what_the_search_for_an_import_does_not_show_is_read_one_by_one(self):
        self._push()
        new = self._import(3) | self._import(1, fulfilled_by="AMAZON")
        with patch.object(const, "SINGLE_READS_PER_RUN", 2):
            self._search(self._ask_and_tell)
        self.assertEqual(new.filtered("amazon_checked_date"), new)
        self.assertEqual(new[3].amazon_channel, "fba")

    def test_a_search_for_an_import_leaves_calls_to_the_others(self):
        self._push()
        new = self._import(4)
        with patch.object(const, "SINGLE_READS_PER_RUN", 2), patch.object(const, "IMPORT_CALLS_SPARED", 20):
            self._search(self._ask_and_tell)
        self.assertFalse([c for c in self.amazon.calls.of("searchOrders") if "createdAfter" in c.params])
        self.assertEqual(len(new.filtered("amazon_checked_date")), 1, "as far as single looks go")

    # === WHAT THE ACCOUNT SHOWS === #

    def test_the_allowance_and_the_forecast_in_words(self):
        self._set_pace(LARGE)
        with self._own_transaction(self.account) as account:
            account.action_sync_now()
        self.account.invalidate_recordset()
        self.assertRegex(self.account.allowance_today, r"Search: \d+ of 48\d calls \(.*asked for by a person \d")
        self.assertIn("enough until about 34000 orders a day", self.account.reading_forecast)
        self.assertNotIn("notifications", self.account.reading_forecast)
        self._set_pace(HUGE)
        self.account.invalidate_recordset()
        self.assertIn("Switch on notifications for more", self.account.reading_forecast)
