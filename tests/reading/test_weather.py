"""Bad weather: an error stops only what it is about, and a passing one decides nothing."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...dev.amazon.records import Feed, FeedPlan
from ...models.reading import amazon_cancellation_cursor as cursor
from ...spapi.client import SearchWindow
from ..common import SELLER, AmazonCase

SENDER = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"
READER = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"
FEED = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_feed"
DATES = ("send_after", "next_check_date", "next_attempt_date", "last_attempt_date")
NO_RESULT = """<?xml version="1.0"?><AmazonEnvelope><MessageType>ProcessingReport</MessageType><Message><MessageID>1
</MessageID><ProcessingReport><DocumentTransactionID>1</DocumentTransactionID><StatusCode>{status}</StatusCode>
<ProcessingSummary><MessagesProcessed>{processed}</MessagesProcessed><MessagesSuccessful>{successful}
</MessagesSuccessful><MessagesWithError>{errors}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning>
</ProcessingSummary>{results}</ProcessingReport></Message></AmazonEnvelope>"""


def _make_small(self):
    object.__setattr__(self, "page_size", 3)
    SearchWindow.__post_init__(self)


class WeatherCase(AmazonCase):
    def setUp(self):
        super().setUp()
        self.bad, self.good = self._sell(), self._sell()
        self._read()

    def _cancel(self, orders=None):
        for order in orders or self.bad | self.good:
            order.action_cancel()

    def _states(self):
        return [self.bad.amazon_cancellation_state, self.good.amazon_cancellation_state]

    def _pass(self, hours):
        """Let time pass: whatever is planned comes nearer by so much, at Amazon and in Odoo."""
        self.shop.advance(hours * 3600)
        passed = timedelta(hours=hours)
        for cancellation in (self.bad | self.good).amazon_cancellation_ids:
            cancellation.write({name: cancellation[name] - passed for name in DATES if cancellation[name]})
            since = (cancellation.failure_repeated or {}).get("since")
            if since:
                earlier = str(fields.Datetime.to_datetime(since) - passed)
                cancellation.failure_repeated = {**cancellation.failure_repeated, "since": earlier}
            feed = cancellation.feed_id
            feed.write({name: feed[name] - passed for name in ("next_look_date",) if feed[name]})
        self.env.flush_all()
        self.env.cr.execute("UPDATE amazon_cancellation_feed SET create_date = create_date - interval '1 day'")


@tagged("post_install", "-at_install")
class TestOddOrder(WeatherCase):
    """What is odd about one order pushes that order back, and stops no other."""

    ODD = {
        "not found": {"kind": "http", "status": 404, "body": {"errors": [{"code": "NotFound", "message": "No."}]}},
        "empty object": {"kind": "odd_json", "body": {}},
        "null": {"kind": "odd_json", "body": {"order": None}},
        "list": {"kind": "odd_json", "body": []},
        "another order": {"kind": "odd_json", "body": {"order": {"orderId": "902-0000000-0000009"}}},
        "refused": {"kind": "http", "status": 400, "body": {"errors": [{"code": "InvalidInput", "message": "No."}]}},
        "denied": {"kind": "message"},
        "server error": {"kind": "http", "status": 500},
        "gateway": {"kind": "not_json", "status": 502},
        "broken off": {"kind": "drop_after"},
    }

    def _odd(self, name):
        ref = self.bad.amazon_order_ref
        without = {"orderId": ref, "lastUpdatedTime": "2026-11-20T10:00:00Z", "createdTime": "2026-11-20T10:00:00Z"}
        bodies = {
            "no items": {**without, "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"}},
            "null items": {
                **without,
                "orderItems": None,
                "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
            },
            "no data sets": {**without, "orderItems": [{"orderItemId": "1", "quantityOrdered": 1}]},
        }
        fault = self.ODD.get(name) or {"kind": "odd_json", "body": {"order": bodies[name]}}
        return {**fault, "order_id": ref}

    @mute_logger(SENDER, FEED)
    def test_one_odd_answer_ends_nothing_and_stops_nobody(self):
        for name in (*self.ODD, "no items", "null items", "no data sets"):
            with self.subTest(name):
                self.bad, self.good = self._sell(), self._sell()
                self._read()
                self._cancel()
                fault = self._odd(name)
                self.amazon.faults.add("getOrder", fault.pop("kind"), **fault)
                self._run("cancel", settle=False)
                self.assertEqual(self.bad.amazon_cancellation_state, "scheduled")
                self.assertEqual(self.bad.amazon_cancellation_ids.failure_count, 1)
                self.assertTrue(self.bad.amazon_cancellation_ids.failure_message)
                self._pass(1)
                self._send_and_follow(6)
                self.assertEqual(self._states(), ["confirmed", "confirmed"])
                self.assertFalse(self.bad.amazon_cancellation_ids.failure_count)
                self.assertFalse(self.shop.harms)

    @mute_logger(SENDER, FEED)
    def test_lasting_oddity_never_stops_the_others(self):
        for name in (*self.ODD, "no items", "no data sets"):
            with self.subTest(name):
                self.amazon.faults.clear()
                self.bad, self.good = self._sell(), self._sell()
                self._read()
                self._cancel(self.bad)
                fault = self._odd(name)
                self.amazon.faults.add("getOrder", fault.pop("kind"), times=1000, **fault)
                self._run("cancel", settle=False)
                self._cancel(self.good)
                self._send_and_follow(6)
                self.assertEqual(self._states(), ["scheduled", "confirmed"])
        self.amazon.faults.clear()

    @mute_logger(SENDER)
    def test_pauses_grow_and_calls_are_bounded(self):
        self._cancel(self.bad)
        self.amazon.faults.add("getOrder", "odd_json", body={}, times=1000)
        self.amazon.calls.clear()
        for _run in range(30):
            self._run("cancel", settle=False)
        self.assertEqual(self.amazon.calls.count("getOrder"), 2)
        for _hour in range(24):
            self._pass(1)
            self._run("cancel", settle=False)
        self.assertLess(self.amazon.calls.count("getOrder"), 14)
        self.assertEqual(self.bad.amazon_cancellation_state, "scheduled", "an odd answer is no refusal")

    @mute_logger(SENDER)
    def test_third_same_refusal_over_hours_is_amazons_no(self):
        self._cancel(self.bad)
        fault = self._odd("not found")
        self.amazon.faults.add("getOrder", fault.pop("kind"), times=1000, **fault)
        for _run in range(30):
            self._run("cancel", settle=False)
        self.assertEqual(self.bad.amazon_cancellation_state, "scheduled", "within minutes nothing is decided")
        for _hour in range(5):
            self._pass(1)
            self._run("cancel", settle=False)
        cancellation = self.bad.amazon_cancellation_ids
        self.assertEqual(cancellation.state, "refused")
        self.assertEqual(len(cancellation.activity_ids), 1)
        self.assertTrue(cancellation.last_attempt_date)

        self.amazon.faults.clear()
        self._pass(25)
        self._send_and_follow(6)
        self.assertEqual(cancellation.state, "confirmed", "tried once more after a day")
        self.assertFalse(cancellation.activity_ids)

    @mute_logger(SENDER)
    def test_tried_once_more_and_no_oftener(self):
        self._cancel(self.bad)
        fault = self._odd("not found")
        self.amazon.faults.add("getOrder", fault.pop("kind"), times=10000, **fault)
        for _day in range(4):
            for _hour in range(24):
                self._pass(1)
                self._run("cancel", settle=False)
        self.assertEqual(self.bad.amazon_cancellation_state, "refused")
        calls = self.amazon.calls.count("getOrder")
        for _hour in range(48):
            self._pass(1)
            self._run("cancel", settle=False)
        self.assertEqual(self.amazon.calls.count("getOrder"), calls)

    @mute_logger(SENDER)
    def test_outage_is_no_order_of_its_own(self):
        """Where all fail, nothing is held against any of them, and few calls are made."""
        orders = self.bad | self.good
        for _order in range(8):
            orders |= self._sell()
        self._read()
        self._cancel(orders)
        self.amazon.calls.clear()
        self.amazon.faults.add("getOrder", "http", status=503, times=3)
        self._run("cancel", settle=False)
        self.assertEqual(self.amazon.calls.count("getOrder"), 3)
        self.assertTrue(self.account.cancel_message)
        self.assertFalse(any(orders.amazon_cancellation_ids.mapped("failure_repeated")))
        self._send_and_follow(6)
        self.assertEqual(set(orders.mapped("amazon_cancellation_state")), {"confirmed"})
        self.assertFalse(self.account.cancel_message)

    def test_login_without_a_token_decides_nothing(self):
        self._cancel()
        with mute_logger(SENDER):
            self.env["amazon.cancellation.account"].browse(self.account.id)
            self.amazon.faults.add("login", "odd_json", body={}, times=3)
            self._forget_tokens()
            self._run("cancel", settle=False)
        self.assertEqual(self._states(), ["scheduled", "scheduled"])
        self.assertFalse(any((self.bad | self.good).amazon_cancellation_ids.mapped("failure_count")))
        self.amazon.faults.clear()
        self._send_and_follow(6)
        self.assertEqual(self._states(), ["confirmed", "confirmed"])

    def _forget_tokens(self):
        with self.account._open_client() as client:
            client._tokens.forget()

    @mute_logger(SENDER)
    def test_order_read_back_oddly_stops_no_other(self):
        self._cancel()
        self.shop.plan_feed(carry_out=0)
        self._run("cancel", settle=False)
        fault = self._odd("server error")
        self.amazon.faults.add("getOrder", fault.pop("kind"), times=1000, **fault)
        self._send_and_follow(4)
        self.assertEqual(self._states(), ["accepted", "accepted"])
        self.assertTrue(self.bad.amazon_cancellation_ids.failure_count)
        self.assertFalse(self.good.amazon_cancellation_ids.failure_count)
        self.assertTrue(self.good.amazon_cancellation_ids.check_count)


@tagged("post_install", "-at_install")
class TestOddReading(WeatherCase):
    """One order that cannot be read stops no other reading."""

    def test_single_readings_go_on(self):
        for name in ("not found", "refused", "denied", "server error", "empty object", "broken off"):
            with self.subTest(name):
                self.amazon.faults.clear()
                self.bad, self.good = self._sell(), self._sell()
                fault = {**TestOddOrder.ODD[name], "order_id": self.bad.client_order_ref}
                self.amazon.faults.add("getOrder", fault.pop("kind"), times=1000, **fault)
                self.amazon.faults.add("searchOrders", "odd_json", body={"orders": []}, times=1000)
                self._run("read")
                self.assertEqual(self.account.sync_state, "ok")
                self.assertEqual(self.good.amazon_fulfillment_status, "unshipped")
                self.assertFalse(self.bad.amazon_fulfillment_status)


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


@tagged("post_install", "-at_install")
class TestReports(WeatherCase):
    """A report that does not say what Amazon did with our messages is not believed."""

    def test_not_accepted(self):
        anonymous = "<Result><ResultCode>Error</ResultCode><ResultDescription>No file</ResultDescription></Result>"
        cases = {
            "nothing processed": NO_RESULT.format(status="Complete", processed=0, successful=0, errors=0, results=""),
            "error untold": NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=""),
            "of nobody": NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=anonymous),
            "not at its end": NO_RESULT.format(status="Processing", processed=1, successful=1, errors=0, results=""),
        }
        for name, content in cases.items():
            with self.subTest(name):
                self.bad = self._sell()
                self._read()
                self.shop.plan_feed(carry_out=0, report_content=content.encode())
                self._cancel(self.bad)
                self._send_and_follow(4)
                self.assertIn(self.bad.amazon_cancellation_state, ("scheduled", "refused"), "read, and sent again")
                self.assertTrue(self.bad.amazon_cancellation_ids.amazon_message)
                self._pass(1)
                self._send_and_follow(6)
                self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")

    def test_words_of_japan_and_of_nobody_are_kept(self):
        words = "注文が見つかりません"
        result = f"<Result><ResultCode>Error</ResultCode><ResultDescription>{words}</ResultDescription></Result>"
        content = NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=result)
        content = content.replace('version="1.0"', 'version="1.0" encoding="windows-31j"').encode("cp932")
        self.shop.plan_feed(carry_out=0, report_content=content)
        self._cancel(self.bad)
        self._send_and_follow(4)
        self.assertIn(words, self.bad.amazon_cancellation_ids.amazon_message)

    def test_every_state_has_a_way_out(self):
        self.shop.plan_feed(carry_out=0)
        self._cancel(self.bad)
        self._send_and_follow(5)
        cancellation = self.bad.amazon_cancellation_ids
        self.assertEqual(cancellation.state, "accepted")
        cancellation.with_user(self.manager).action_retry()
        self._send_and_follow(5)
        self.assertEqual(cancellation.state, "confirmed")
        with self.assertRaises(UserError):
            cancellation.with_user(self.manager).action_retry()

    def test_refused_is_withdrawn_by_a_person(self):
        self._cancel(self.bad)
        cancellation = self.bad.amazon_cancellation_ids
        cancellation._refuse("No.")
        cancellation.with_user(self.manager).action_withdraw()
        self.assertEqual((cancellation.state, self.bad.state), ("withdrawn", "sale"))
        self.assertFalse(cancellation.activity_ids)
        self._pass(48)
        self._send_and_follow()
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_cancel_call_that_says_nothing(self):
        self.account.write({"cancel_channel": "rest", "default_cancel_reason": "NoInventory"})
        for status, body in ((204, b""), (200, b"{}"), (200, b"")):
            with self.subTest(status=status, body=body):
                self.shop.switches.rest_cancellation = 202
                self.bad = self._sell()
                self._read()
                self._cancel(self.bad)
                self.amazon.faults.add("cancelOrder", "raw", status=status, body=body)
                self._run("cancel", settle=False)
                self.assertEqual(self.bad.amazon_cancellation_state, "sent", "not accepted")
                for _hour in range(4):
                    self._pass(1)
                    self._send_and_follow(2)
                self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")


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
        self.assertIn(self.bad.amazon_cancellation_state, ("scheduled", "confirmed", "sent", "accepted", "refused"))
        with self.assertRaises(AssertionError):
            self.assertEqual(self.bad.amazon_cancellation_ids.feed_id.state, "promised")

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


@tagged("post_install", "-at_install")
class TestReadingAround(WeatherCase):
    """What Amazon refuses of a search is read around, within few calls, and said."""

    REFUSED = {"errors": [{"code": "InvalidInput", "message": "Not so."}]}

    def setUp(self):
        super().setUp()
        small = type("SmallWindow", (SearchWindow,), {"page_size": 3, "__post_init__": _make_small})
        self.startPatcher(patch.object(cursor, "SearchWindow", small))

    def _refuse(self, parameter, contains="", **options):
        values = {"kind": "http", "status": 400, "body": self.REFUSED, "times": 1000, **options}
        self.amazon.faults.add("searchOrders", parameter=parameter, contains=contains, **values)

    def _ask(self, count, apart=60):
        """Orders whose buyers ask, one after the other.

        :param int apart: Seconds between two of them.
        """
        orders = self.env["sale.order"]
        for _number in range(count):
            order = self._sell()
            self.shop.advance(apart)
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
            orders |= order
        return orders

    def _read_until_seen(self, orders, runs=8):
        """Read as the scheduler does until all requests are seen; gives the searches that it took."""
        self.amazon.calls.clear()
        for _run in range(runs):
            self._run("read")
            if set(orders.mapped("amazon_cancel_request")) == {"requested"}:
                break
        self.assertEqual(set(orders.mapped("amazon_cancel_request")), {"requested"})
        return self.amazon.calls.count("searchOrders")

    def test_page_token_refused_for_good(self):
        orders = self._ask(10)
        self._refuse("paginationToken")
        self.assertLess(self._read_until_seen(orders), 30)
        self.assertEqual(self.account.sync_state, "ok")
        self.assertIn("smaller windows", self.account.sync_message)
        before = self.amazon.calls.count("searchOrders")
        for _run in range(3):
            self._run("read")
        self.assertLess(self.amazon.calls.count("searchOrders") - before, 3 * 9, "no loop")

    def test_page_token_refused_once(self):
        orders = self._ask(4)
        self._refuse("paginationToken", times=1)
        self.assertLess(self._read_until_seen(orders), 8)
        self.assertFalse(self.account.cursor_ids.detour_message)

    def test_data_set_refused(self):
        for name in ("FULFILLMENT", "CANCELLATION"):
            with self.subTest(name):
                self.amazon.faults.clear()
                self.account.cursor_ids.write({"detour": False, "detour_message": False})
                orders = self._ask(2)
                self._refuse("includedData", name)
                self._run("read")
                self._read_until_seen(orders)
                self._run("read")
                self.assertEqual(self.account.sync_state, "ok")
                self.assertIn(name, self.account.sync_message)

    def test_without_a_data_set_only_a_yes_counts(self):
        [order] = self._ask(1)
        self._run("read")
        self._refuse("includedData", "CANCELLATION")
        self.amazon.faults.add("getOrder", "http", status=500, times=1000)
        self.shop.touch(self.shop.order(order.amazon_order_ref), "OrderStatusChange", "Touched")
        for _run in range(3):
            self._run("read")
            self.assertEqual(order.amazon_cancel_request, "requested")

    def test_one_status_refused_of_several(self):
        orders = self._ask(2)
        self._refuse("fulfillmentStatuses", ",")
        self._run("read")
        self._read_until_seen(orders)
        self.assertIn("each status", self.account.sync_message)

    def test_all_refused_is_said_and_bounded_and_a_report_is_asked_for(self):
        self._refuse("marketplaceIds")
        self.amazon.calls.clear()
        for _run in range(4):
            self.account.cursor_ids.retry_date = False
            self._run("read")
        self.assertEqual(self.account.sync_state, "failing")
        self.assertLessEqual(self.amazon.calls.count("searchOrders"), 4 * 12)
        self.assertTrue(self.account.cursor_ids.report_wanted)
        self.account.sweep_rhythm = "never"
        self.env["amazon.cancellation.sweep"].search([]).write({"state": "done"})
        for _run in range(3):
            self._run("sweep")
        self.assertEqual(self.amazon.calls.count("createReport"), 1)
        self.amazon.faults.clear()
        self.account.cursor_ids.retry_date = False
        self._run("read")
        self.assertEqual(self.account.sync_state, "ok")
        self.assertFalse(self.account.cursor_ids.report_wanted)

    def test_usual_way_is_taken_again(self):
        self._refuse("includedData", "FULFILLMENT")
        for _run in range(2):
            self._run("read")
        self.assertTrue(self.account.cursor_ids.detour_message)
        self.amazon.faults.clear()
        self.account.cursor_ids.detour = {**self.account.cursor_ids.detour, "until": "2020-01-01 00:00:00"}
        self._run("read")
        self.assertFalse(self.account.cursor_ids.detour_message)
        self.assertNotIn("refuses", self.account.sync_message)

    @mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account")
    def test_login_that_fails_is_the_accounts(self):
        with self.account._open_client() as client:
            client._tokens.forget()
        self.amazon.faults.add("login", "odd_json", body={}, times=1000)
        self.amazon.calls.clear()
        self._run("read")
        self.assertEqual(self.amazon.calls.count("login"), 1)
        self.assertEqual(self.account.sync_state, "failing")
        self.assertFalse(self.account.cursor_ids.failure_count)


@tagged("post_install", "-at_install")
class TestContention(AmazonCase):
    """Others who write the same orders all the time starve no reading."""

    def setUp(self):
        super().setUp()
        self.orders = self.env["sale.order"].union(*(self._sell() for _number in range(12)))
        self._read()
        for order in self.orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self.tries = []

    def _read_against(self, is_busy):
        """Read while a batch cannot be serialised if `is_busy` says so of its orders."""
        original = type(self.env["amazon.order.reader"])._show_batch

        def show(reader, account, applied):
            orders = reader.env["sale.order"].union(*(order for order, *_read in applied))
            self.tries.append(len(orders))
            if is_busy(orders):
                raise SerializationFailure("could not serialize access due to concurrent update")
            return original(reader, account, applied)

        reader = type(self.env["amazon.order.reader"])
        with patch.object(reader, "_show_batch", show), mute_logger(READER):
            self._read()

    def test_page_is_applied_in_smaller_and_smaller_parts(self):
        self._read_against(lambda orders: len(orders) > 3)
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertLess(len(self.tries), 20)

    def test_one_busy_order_keeps_no_other_from_being_shown(self):
        busy, others = self.orders[5], self.orders - self.orders[5]
        self._read_against(lambda orders: busy in orders)
        self.assertEqual(set(others.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertTrue(busy.amazon_read_wanted)
        self._read()
        self.assertEqual(busy.amazon_cancel_request, "requested")

    def test_an_order_that_is_busy_for_a_moment_has_tries_of_its_own(self):
        busy = self.orders[5]
        alone = iter(range(3))
        self._read_against(lambda orders: busy in orders and (len(orders) > 1 or next(alone, None) is not None))
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})


@tagged("post_install", "-at_install")
class TestLateTelling(WeatherCase):
    """What is due and not told is said, to a person, once."""

    def _is_found(self, state):
        return self.account in self.env["amazon.cancellation.account"].search([("cancel_state", "=", state)])

    def test_sending_action_that_does_not_run(self):
        self._cancel(self.bad)
        self._run("watch", settle=False)
        self.assertEqual(self.account.cancel_state, "ok")
        self._pass(2)
        for _watch in range(3):
            self._run("watch", settle=False)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "late")
        self.assertTrue(self._is_found("late"))
        self.assertFalse(self._is_found("ok"))
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn(self.bad.name, activity.note)
        self._send_and_follow(6)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "ok")
        self.assertFalse(self.account._amazon_get_activities("untold"))

    @mute_logger(SENDER)
    def test_reason_is_told(self):
        self.amazon.faults.add("createFeedDocument", "http", status=400, times=1000)
        self._cancel(self.bad)
        self._run("cancel", settle=False)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "failing")
        self._pass(2)
        self._run("cancel", settle=False)
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn("refused the request", activity.note)

    @mute_logger(SENDER)
    def test_problem_is_over_with_the_last_cancellation(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeedDocument", "http", status=503)
        self._run("cancel", settle=False)
        self.assertTrue(self.account.cancel_message)
        self.shop.seller_cancel(self.bad.amazon_order_ref)
        self._read()
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")
        self._run("cancel", settle=False)
        self.assertFalse(self.account.cancel_message)

    def test_file_that_nobody_uploads(self):
        self.account.write({"cancel_channel": "file"})
        self._cancel(self.bad)
        self._pass(2)
        self._run("watch", settle=False)
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn("file", activity.note)


@tagged("post_install", "-at_install")
class TestForeignWords(WeatherCase):
    """Words of the buyer's and of Amazon's are shown as words."""

    WORDS = '<a href="https://evil.test">click</a><img src="https://evil.test/x.png">'

    def test_amazons_words_in_activities(self):
        self._cancel(self.bad)
        cancellation = self.bad.amazon_cancellation_ids
        cancellation._refuse(self.WORDS)
        self._assert_plain(cancellation.activity_ids.note)
        self._assert_plain(self.bad.message_ids[0].body)

    def test_amazons_words_on_the_account(self):
        self.account._ask_manager("blind", "Blind", f"Amazon says: {self.WORDS}")
        self._assert_plain(self.account.activity_ids.note)

    def test_buyers_words(self):
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertIn("evil", self.bad.amazon_cancel_request_reason)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")
        for message in self.bad.message_ids:
            self._assert_plain(message.body or "")

    def test_buyers_words_on_goods_that_are_gone(self):
        self.bad.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        self.bad.picking_ids.button_validate()
        self.shop.buyer_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertTrue(self.bad.activity_ids)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")

    def _assert_plain(self, html):
        self.assertNotIn("<a ", html)
        self.assertNotIn("<img", html)
