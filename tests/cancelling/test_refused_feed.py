from odoo.tests import tagged
from odoo.tools import mute_logger

from ..weather_common import WeatherCase

SENDER = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"
FEED = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_feed"


@tagged("post_install", "-at_install")
class TestRefusedFeed(WeatherCase):
    """What of a feed Amazon does not take is found, and stands alone."""

    def _refuse(self, status=400, times=1000, **options):
        body = {"errors": [{"code": "InvalidInput" if status == 400 else "Unauthorized", "message": "Not this."}]}
        self.amazon.faults.add("createFeed", "http", status=status, body=body, times=times, **options)

    @mute_logger(SENDER, FEED)
    def test_one_marketplace_of_two(self):
        self.account.marketplace_ids |= self.france
        french = self._sell(marketplace_id=self.france.api_ref)
        self._read()
        for status in (400, 403):
            with self.subTest(status):
                self.amazon.faults.clear()
                german, french = self._sell(), self._sell(marketplace_id=self.france.api_ref)
                self._read()
                self._refuse(status, marketplace_id=self.france.api_ref)
                self._cancel(german | french)
                self._send_and_follow(6)
                self.assertEqual(german.amazon_cancellation_state, "confirmed")
                self.assertEqual(french.amazon_cancellation_state, "scheduled")
                self.assertIn(self.france.name, self.account.cancel_message)
                self.assertTrue(french.amazon_cancellation_ids.failure_count)
                self.bad, self.good = german, french
                self.amazon.faults.clear()
                self._pass(2)
                self._send_and_follow(6)
                self.assertEqual(french.amazon_cancellation_state, "confirmed")
                self.assertFalse(self.account.cancel_message)

    @mute_logger(SENDER, FEED)
    def test_bad_part_stands_alone(self):
        orders = self.bad | self.good
        for _order in range(6):
            orders |= self._sell()
        self._read()
        self._cancel(orders)
        bad_ref = self.bad.amazon_order_ref
        self.shop.switches.refused_in_feeds = [bad_ref]
        self._send_and_follow(8)
        self.assertEqual(set((orders - self.bad).mapped("amazon_cancellation_state")), {"confirmed"})
        self.assertEqual(self.bad.amazon_cancellation_state, "scheduled")
        self.assertEqual(self.bad.amazon_cancellation_ids.attempt_count, 0)
        self.assertTrue(self.bad.amazon_cancellation_ids.failure_message)
        self.shop.switches.refused_in_feeds = []
        self._pass(1)
        self._send_and_follow(6)
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")

    @mute_logger(SENDER, FEED)
    def test_feed_that_cannot_be_looked_at_stops_nothing(self):
        self._cancel(self.bad)
        self._run("cancel", settle=False)
        for status in (400, 403, 404, 500):
            self.amazon.faults.add("getFeed", "http", status=status)
        self._cancel(self.good)
        self._run("cancel", settle=False)
        self.assertEqual(self.good.amazon_cancellation_state, "sent")
        for _hour in range(6):
            self._pass(3)
            self._send_and_follow(2)
        self.assertEqual(self._states(), ["confirmed", "confirmed"])

    @mute_logger(SENDER, FEED)
    def test_feed_that_cannot_be_looked_at_is_left_alone_for_longer_each_time(self):
        self._cancel(self.bad)
        self._run("cancel", settle=False)
        feed = self.bad.amazon_cancellation_ids.feed_id
        self.amazon.faults.add("getFeed", "http", status=404, times=3)
        dates = []
        for _look in range(3):
            feed.next_look_date = False
            self._run("cancel", settle=False)
            dates.append(feed.next_look_date)
        self.assertEqual(feed.failure_count, 3)
        self.assertEqual(dates, sorted(set(dates)))
        feed.next_look_date = False
        self._run("cancel", settle=False)
        self.assertFalse(feed.failure_count or feed.next_look_date, "it is looked at again")
