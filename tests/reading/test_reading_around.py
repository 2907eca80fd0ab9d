from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.reading import amazon_cancellation_cursor as cursor
from ...spapi.client import SearchWindow
from ..weather_common import WeatherCase


def _make_small(self):
    object.__setattr__(self, "page_size", 3)
    SearchWindow.__post_init__(self)


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
                self.account.cursor_ids.write({"detour": False, "detour_message_facts": False})
                orders = self._ask(2)
                self._refuse("includedData", name)
                self._run("read")
                self._read_until_seen(orders)
                self._run("read")
                self.assertEqual(self.account.sync_state, "ok")
                self.assertIn(name, self.account.sync_message)

    def test_without_a_data_set_the_orders_themselves_are_asked(self):
        [order] = self._ask(1)
        self._run("read")
        order.action_amazon_keep_order()
        self._refuse("includedData", "CANCELLATION")
        self._run("read")
        self.shop.withdraw_request(order.amazon_order_ref)
        self.shop.advance(60)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Too late")
        for _run in range(3):
            self._run("read")
        self.assertEqual(order.amazon_cancel_request_reason, "Too late")

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
