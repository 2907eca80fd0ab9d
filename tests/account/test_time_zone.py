from datetime import UTC, datetime, timedelta, timezone

from odoo.fields import Domain
from odoo.tests import tagged

from ...spapi.window import SearchWindow
from ...tools import to_naive_utc
from ..common import AmazonCase

LATE = "2026-01-15 20:30:00"  # in Tokyo 5:30 of the next morning


@tagged("post_install", "-at_install")
class TestTimeZone(AmazonCase):
    """Times in texts are those of who reads them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user.tz = "Asia/Tokyo"
        cls.manager.tz = "America/New_York"

    def _sell_requested(self):
        order = self._sell(order_vals={"user_id": self.user.id})
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.amazon_cancel_request_date = LATE
        return order

    def test_times_of_any_zone_are_kept_in_utc(self):
        tokyo = timezone(timedelta(hours=9))
        self.assertEqual(str(to_naive_utc(datetime(2026, 1, 16, 5, 30, tzinfo=tokyo))), LATE)

    def test_held_delivery_tells_when_the_buyer_asked(self):
        order = self._sell_requested()
        in_tokyo = order.with_user(self.user)._amazon_get_hold_details().replace("\u202f", " ")
        in_new_york = order.with_user(self.manager)._amazon_get_hold_details().replace("\u202f", " ")
        self.assertIn("1/16/26, 5:30 AM", in_tokyo)
        self.assertIn("1/15/26, 3:30 PM", in_new_york)

    def test_evidence_is_dated_for_its_reader(self):
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        cancellation = order.amazon_cancellation_ids
        self.assertIn("01/16/2026 05:30", cancellation.with_user(self.user).timeline)
        self.assertIn("01/15/2026 03:30", cancellation.with_user(self.manager).timeline)

    def test_notice_is_due_on_the_day_of_who_is_to_decide(self):
        order = self._sell_requested()
        order.activity_ids.unlink()
        order.amazon_ship_by = LATE
        order._amazon_ask_to_decide()
        self.assertEqual(str(order._amazon_get_activities("request").date_deadline), "2026-01-16")

    def test_notice_for_somebody_without_a_time_zone_is_due_on_the_day_in_utc(self):
        self.user.tz, self.env.user.tz = False, "Pacific/Kiritimati"
        order = self._sell_requested()
        order.activity_ids.unlink()
        order.amazon_ship_by = LATE
        order._amazon_ask_to_decide()
        self.assertEqual(str(order._amazon_get_activities("request").date_deadline), "2026-01-15")
        self.assertEqual(order._amazon_get_activities("request").user_tz, self.user.tz)

    def test_calendars_show_a_deadline_on_the_day_of_who_reads_them(self):
        order = self._sell_requested()
        order.amazon_ship_by = LATE
        order.action_amazon_accept_cancellation()
        for record in order, order.amazon_cancellation_ids:
            for user, day, other_day in (
                (self.user, "2026-01-16", "2026-01-15"),
                (self.manager, "2026-01-15", "2026-01-16"),
            ):
                with self.subTest(model=record._name, tz=user.tz):
                    theirs = record.with_user(user)
                    self.assertEqual(str(theirs.amazon_calendar_date), day)
                    this = Domain("id", "=", record.id)
                    for found, shown in ((theirs, day), (theirs.browse(), other_day)):
                        not_before = Domain("amazon_calendar_date", ">=", shown)
                        not_after = Domain("amazon_calendar_date", "<=", shown)
                        self.assertEqual(theirs.search(this & not_before & not_after), found)
                        self.assertEqual(theirs.search(this & Domain("amazon_calendar_date", "=", shown)), found)
                    self.assertFalse(theirs.search(this & Domain("amazon_calendar_date", "=", False)))

    def test_notice_is_in_the_language_of_who_is_to_decide(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        name = "sale_amazon_cancellation.mail_activity_request"
        self.env.ref(name).with_context(lang="fr_FR").summary = "Décidez"
        self.user.lang = "fr_FR"
        self.assertEqual(self._sell_requested()._amazon_get_activities("request").summary, "Décidez")

    def test_progress_of_a_first_reading_begins_on_the_readers_day(self):
        self._read()
        start = datetime.fromisoformat(LATE).replace(tzinfo=UTC)
        window = SearchWindow(start, start + timedelta(days=1), tuple(self.germany.mapped("api_ref")))
        self.account._get_cursors().pending_window = {"window": window.to_dict(), "orders": 5}
        self.assertIn("01/16/2026", self.account.with_context(tz="Asia/Tokyo").sync_progress)
