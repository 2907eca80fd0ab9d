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
