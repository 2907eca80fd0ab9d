from odoo.tests import tagged
from odoo.tools import mute_logger

from ..weather_common import WeatherCase

SENDER = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"
FEED = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_feed"


@tagged("post_install", "-at_install")
class TestOddOrder(WeatherCase):
    """What is odd about one order pushes that order back, and stops no other."""

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
            "no answer to whether the buyer asks": {
                **without,
                "orderItems": [
                    {
                        "orderItemId": "1",
                        "quantityOrdered": 1,
                        "cancellation": {"cancellationRequest": {"requester": "SOMEBODY"}},
                    }
                ],
                "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
            },
        }
        fault = self.ODD.get(name) or {"kind": "odd_json", "body": {"order": bodies[name]}}
        return {**fault, "order_id": ref}

    @mute_logger(SENDER, FEED)
    def test_one_odd_answer_ends_nothing_and_stops_nobody(self):
        for name in (*self.ODD, "no items", "null items", "no data sets", "no answer to whether the buyer asks"):
            with self.subTest(name):
                self.bad, self.good = self._sell(), self._sell()
                self._read()
                self._cancel()
                fault = self._odd(name)
                self.amazon.faults.add("getOrder", fault.pop("kind"), **fault)
                self._run("cancel", settle=False)
                self.assertEqual(self.bad.amazon_cancellation_state, "scheduled")
                self.assertEqual(self.bad.amazon_cancellation_ids.failure_count, 1)
                message = self.bad.amazon_cancellation_ids.failure_message
                self.assertTrue(message)
                if name == "no items":
                    self.assertIn("without its items", message)
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
