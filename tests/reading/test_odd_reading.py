from odoo.tests import tagged

from ..weather_common import WeatherCase


@tagged("post_install", "-at_install")
class TestOddReading(WeatherCase):
    """One order that cannot be read stops no other reading."""

    def test_single_readings_go_on(self):
        for name in ("not found", "refused", "denied", "server error", "empty object", "broken off"):
            with self.subTest(name):
                self.amazon.faults.clear()
                self.bad, self.good = self._sell(), self._sell()
                fault = {**self.ODD[name], "order_id": self.bad.client_order_ref}
                self.amazon.faults.add("getOrder", fault.pop("kind"), times=1000, **fault)
                self.amazon.faults.add("searchOrders", "odd_json", body={"orders": []}, times=1000)
                self._run("read")
                self.assertEqual(self.account.sync_state, "ok")
                self.assertEqual(self.good.amazon_fulfillment_status, "unshipped")
                self.assertFalse(self.bad.amazon_fulfillment_status)

    def test_search_that_shows_orders_as_they_were(self):
        """An order whose time is before the window is an old copy: what changed since would never be told again."""
        self._advance_clock(3600)
        self._read()
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, "Changed mind")
        self.amazon.faults.add("searchOrders", "stale", times=1000)
        self.amazon.calls.clear()
        for _run in range(2):
            self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "requested")
        self.assertTrue(self.bad.picking_ids.amazon_hold)
        self.assertLessEqual(self.amazon.calls.count("getOrder"), 2 * 2)

    def test_request_in_an_order_of_which_a_part_cannot_be_read(self):
        """The goods are held, by the search as by a single reading; the other orders of the page are read, too."""
        for operation in ("searchOrders", "getOrder"):
            with self.subTest(operation):
                self.bad = self._sell()
                self._read()
                request = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "Changed mind"}}
                item_id = self.bad.order_line.amazon_item_ref
                items = [{"orderItemId": item_id, "quantityOrdered": "one", "cancellation": request}]
                self.shop.set_status(self.bad.amazon_order_ref, "UNSHIPPED")
                self._advance_clock(600)
                for odd in ("searchOrders", "getOrder") if operation == "searchOrders" else ("getOrder",):
                    fault = {"order_id": self.bad.amazon_order_ref, "body": items, "times": 1000}
                    self.amazon.faults.add(odd, "malformed_order", **fault)
                if operation == "getOrder":
                    self.bad._amazon_want_reading()
                self._run("read")
                self.assertEqual(self.bad.amazon_cancel_request, "requested")
                self.assertEqual(self.bad.amazon_cancel_request_reason, "Changed mind")
                self.assertTrue(self.bad.picking_ids.amazon_hold)
                self.assertTrue(self.bad.amazon_read_wanted)
                self.amazon.faults.clear()

    def _spoil_request(self, item_id, request, operations=("searchOrders", "getOrder")):
        """Have Amazon give a changed order whose one item has this request."""
        ref = self.bad.amazon_order_ref
        item = {"orderItemId": item_id, "quantityOrdered": 1, "cancellation": {"cancellationRequest": request}}
        self.shop.set_status(ref, "UNSHIPPED")
        self._advance_clock(600)
        for operation in operations:
            self.amazon.faults.add(operation, "malformed_order", order_id=ref, body=[item], times=1000)

    def test_request_that_is_only_a_flag_holds_and_no_rule_accepts_it(self):
        self.account.auto_accept = "before_shipping"
        self._spoil_request(self.bad.order_line.amazon_item_ref, True)
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "requested")
        self.assertTrue(self.bad.picking_ids.amazon_hold)
        self.assertTrue(self.bad.order_line.amazon_cancel_requested)
        self.assertEqual(self.bad.state, "sale")

    def test_request_that_cannot_be_read_is_seen_on_the_order_and_read_again(self):
        self._spoil_request(self.bad.order_line.amazon_item_ref, ["Changed mind"])
        self._run("read")
        self.assertFalse(self.bad.amazon_cancel_request)
        self.assertIn("not a whole answer", self.bad.amazon_evidence)
        self.assertTrue(self.bad.amazon_read_wanted)
        self.amazon.faults.clear()
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, "Changed mind")
        self._advance_clock(600)
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request_reason, "Changed mind")

    def test_request_that_cannot_be_read_ends_none(self):
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, "Changed mind")
        self._read()
        self._spoil_request(self.bad.order_line.amazon_item_ref, False)
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "requested")
        self.assertTrue(self.bad.picking_ids.amazon_hold)

    def test_request_for_an_item_whose_id_is_a_number_holds_until_the_order_says_no(self):
        """A number has lost the zeros at its beginning."""
        self._spoil_request(int(self.bad.order_line.amazon_item_ref), {"requester": "BUYER"})
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "requested")
        self.assertTrue(self.bad.picking_ids.amazon_hold)
        self.amazon.faults.clear()
        self.shop.set_status(self.bad.amazon_order_ref, "UNSHIPPED")
        self.bad._amazon_want_reading()
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "withdrawn")
        self.assertFalse(self.bad.amazon_read_wanted)

    def test_request_for_an_item_without_an_id_holds_and_amazon_is_told_the_true_items(self):
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, "Changed mind")
        self._spoil_request(None, {"requester": "BUYER", "cancelReason": "Changed mind"}, ["searchOrders"])
        self._run("read")
        self.assertEqual(self.bad.amazon_cancel_request, "requested")
        self.assertTrue(self.bad.picking_ids.amazon_hold)
        self.amazon.faults.clear()
        self.bad.action_amazon_accept_cancellation()
        self._cancel(self.good)
        self._send_and_follow()
        self.assertEqual(self._states(), ["confirmed", "confirmed"])
