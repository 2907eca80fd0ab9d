from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...dev.amazon.records import Feed, FeedPlan
from ..common import SELLER
from ..weather_common import WeatherCase

SENDER = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"
FEED = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_feed"


@tagged("post_install", "-at_install")
class TestLostAnswer(WeatherCase):
    """Whose feed it is shows its content; else the orders tell."""

    def _strange_feed(self, **options):
        """Another program of the seller sends a feed of the same type."""
        other = self.shop.add_order(SELLER, items=[{"sku": "LAMP", "quantity": 1}])
        document = self.shop.state.documents[next(iter(self.shop.state.documents))]
        values = {
            "feed_id": str(70000000 + self.shop.next_number()),
            "seller_id": SELLER,
            "feed_type": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
            "marketplace_ids": [self.germany.api_ref],
            "document_id": document.document_id,
            "created": self.shop.now(),
            "plan": FeedPlan(carry_out=0),
            **options,
        }
        feed = Feed(**values)
        self.shop.state.feeds[feed.feed_id] = feed
        return feed, other

    @mute_logger(SENDER, FEED)
    def test_another_programs_feed_is_not_adopted(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeed", "drop_before")
        self._run("cancel", settle=False)
        feed = self.bad.amazon_cancellation_ids.feed_id
        self.assertEqual(feed.state, "promised")
        stranger, _other = self._strange_feed()
        self._send_and_follow(5)
        self.assertEqual(self.bad.amazon_cancellation_state, "scheduled")
        self.assertNotEqual(feed.feed_ref, stranger.feed_id)
        self._advance_clock(1200)
        self._send_and_follow(6)
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")
        self.assertNotIn(stranger.feed_id, self.env["amazon.cancellation.feed"].search([]).mapped("feed_ref"))

    @mute_logger(SENDER, FEED)
    def test_feeds_of_another_time_or_marketplace_are_nothing_to_wait_for(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeed", "drop_before")
        self._run("cancel", settle=False)
        self._strange_feed(marketplace_ids=[self.france.api_ref], plan=FeedPlan(reads=None))
        self._strange_feed(created=self.shop.now() + timedelta(hours=1), plan=FeedPlan(reads=None))
        self._advance_clock(180)
        self._send_and_follow(6)
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")

    @mute_logger(SENDER, FEED)
    def test_feed_list_that_is_refused_leaves_the_doubt_to_the_orders(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeed", "drop_after")
        self._run("cancel", settle=False)
        self.amazon.faults.add("getFeeds", "http", status=403, times=1000)
        self._cancel(self.good)
        self._send_and_follow(6)
        self.assertEqual(self.good.amazon_cancellation_state, "confirmed", "the doubt of one stops no other")
        for _hours in range(4):
            self._pass(3)
            self._send_and_follow(4)
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")

    @mute_logger(SENDER, FEED)
    def test_unreadable_report_proves_nothing(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeed", "drop_before")
        self._run("cancel", settle=False)
        stranger, _other = self._strange_feed(plan=FeedPlan(carry_out=0, report_content=b"<html>Not here.</html>"))
        self._send_and_follow(5)
        self.assertEqual(self.bad.amazon_cancellation_state, "scheduled")
        self._advance_clock(1200)
        self._send_and_follow(6)
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")
        self.assertNotIn(stranger.feed_id, self.env["amazon.cancellation.feed"].search([]).mapped("feed_ref"))

    @mute_logger(SENDER, FEED)
    def test_own_words_prove_it(self):
        ref = self.bad.amazon_order_ref
        self.shop.plan_feed(refusals={ref: ["18028", "Not found."]})
        self._cancel(self.bad)
        self.amazon.faults.add("createFeed", "drop_after")
        self._run("cancel", settle=False)
        feed = self.bad.amazon_cancellation_ids.feed_id
        self._send_and_follow(6)
        self.assertEqual(feed.state, "done")
        self.assertTrue(feed.feed_ref)
        self.assertIn("18028", self.bad.amazon_cancellation_ids.amazon_message)
