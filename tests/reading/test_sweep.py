import io
import tracemalloc
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...spapi.const import REPORT_INVOICING
from ...spapi.order_report import OrderReport
from ...spapi.reading_plan import WHOLE, Search
from ..common import SELLER, AmazonCase
from ..sweep_common import SweepMixin

MODEL = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_sweep"


@tagged("post_install", "-at_install")
class TestSweep(SweepMixin, AmazonCase):
    """One report shows every open order, so whatever was missed is found."""

    def test_missed_request_is_found(self):
        order, other = self._sell(), self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.shop.advance(600)
        sweep = self._sweep()
        self.assertEqual((sweep.state, sweep.order_count, sweep.known_count, sweep.request_count), ("done", 2, 2, 1))
        self.assertEqual(order.amazon_cancel_request_reason, "Changed mind")
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(other.amazon_cancel_request)
        self.assertEqual(self.amazon.calls.count("searchOrders"), 0)
        log = self.env["amazon.cancellation.log"].search([("source", "=", "sweep")])
        self.assertEqual((log.read_count, log.known_count, log.requested_count), (2, 2, 1))

    def test_missed_withdrawal_is_found(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.shop.withdraw_request(order.client_order_ref)
        self.shop.advance(600)
        self._sweep()
        self.assertEqual(order.amazon_cancel_request, "requested", "a report cannot say no")
        self.assertTrue(order.amazon_read_wanted)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "withdrawn")

    def test_open_orders_that_the_report_lacks_are_read(self):
        """It shows open orders only: one that is missing was shipped or cancelled unseen."""
        order = self._sell()
        self._sell()
        self._read()
        self.shop.buyer_cancel(order.amazon_order_ref)
        self.account.last_sync_date = fields.Datetime.now() + timedelta(days=1)
        self.shop.advance(600)
        self._sweep()
        self.assertTrue(order.amazon_read_wanted)
        self._read()
        self.assertEqual(order.state, "cancel")
        self.assertFalse(order.amazon_read_wanted)

    def test_rhythm(self):
        self.account.sweep_rhythm = "never"
        self._sweep()
        self.assertFalse(self.account.sweep_ids)
        self.account.sweep_rhythm = "daily"
        self._sweep(runs=6)
        self.assertEqual(len(self.account.sweep_ids), 1)
        self._age_sweeps(timedelta(hours=25))
        self._sweep()
        self.assertEqual(len(self.account.sweep_ids), 2)

    def test_backlog_asks_for_a_report(self):
        self.account.sweep_rhythm = "never"
        self._read()
        cursor = self.account.cursor_ids
        end = fields.Datetime.now()
        window = cursor._make_window(Search(WHOLE, end - timedelta(hours=1), end))
        cursor.pending_window = {"window": window.to_dict(), "token": "x", "orders": 1900}
        self._sweep()
        self.assertFalse(self.account.sweep_ids)
        cursor.pending_window = {"window": window.to_dict(), "token": "x", "orders": 2000}
        self._sweep()
        self.assertEqual(len(self.account.sweep_ids), 1)

    @mute_logger(MODEL)
    def test_reports_that_fail_are_told_and_asked_for_again(self):
        for outcome, state in (("FATAL", "failed"), ("CANCELLED", "done")):
            with self.subTest(outcome):
                self.shop.switches.report_outcome = outcome
                sweep = self._sweep(4)
                self.assertEqual(sweep.state, state)
                self.assertTrue(sweep.message)
                self._age_sweeps(timedelta(hours=25))
        self.shop.switches.report_outcome = "DONE"
        self.assertEqual(self._sweep(4).state, "done")
        self.amazon.faults.add("createReport", "http", times=9, status=403)
        self._age_sweeps(timedelta(hours=25))
        self._sweep(1)
        self.assertIn("denied", self.account.sweep_message)
        self.amazon.faults.clear()
        self._sweep()
        self.assertFalse(self.account.sweep_message)

    def test_killed_in_the_middle_goes_on(self):
        orders = self.env["sale.order"].union(*(self._sell(confirm=False) for _order in range(5)))
        for order in orders:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.shop.advance(600)
        reader = type(self.env["amazon.order.reader"])
        apply, calls = reader._apply_and_commit, []

        def killed(*arguments):
            if len(calls) == 1:
                raise SystemExit
            calls.append(1)
            return apply(*arguments)

        with patch(f"{MODEL}.const.REPORT_BATCH", 2):
            with patch.object(reader, "_apply_and_commit", killed):
                try:  # assertRaises would roll back what is committed
                    self._sweep()
                except SystemExit:
                    killed = None
            self.assertIsNone(killed, "it was not killed")
            self.assertEqual(orders.mapped("amazon_cancel_request").count("requested"), 2)
            self._sweep()
        self.assertEqual(set(orders.mapped("amazon_cancel_request")), {"requested"})

    def test_report_without_the_columns_is_told(self):
        self.shop.switches.report_reasons = False
        self._sell()
        self.assertIn("Buyer Requested Cancel", self._sweep().message)

    def test_other_reports_and_encodings(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Größe passt nicht")
        self.shop.switches.report_encoding = "cp1252"
        self.shop.switches.report_spelling = "cancelation"
        self.account.sweep_report = REPORT_INVOICING
        self._advance_clock(600)
        self._sweep()
        self.assertEqual(order.amazon_cancel_request_reason, "Größe passt nicht")

    def test_by_hand(self):
        self.account.sweep_rhythm = "never"
        with self._own_transaction(self.account.with_user(self.manager)) as account:
            account.action_sweep_now()
            account.action_sweep_now()
        self.assertEqual(len(self.account.sweep_ids), 1)

    def test_tens_of_megabytes_are_never_held(self):
        """The reading of a 30 MB report needs a few MB of memory: the file is streamed, the orders come in parts."""
        columns = "order-id\torder-item-id\tis-buyer-requested-cancellation\tbuyer-requested-cancel-reason\tx\n"
        padding = "x" * 950
        file = io.BytesIO()
        file.write(columns.encode())
        for number in range(30000):
            file.write(f"902-{number:07d}-0000000\t{number:014d}\tFALSE\t\t{padding}\n".encode())
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        orders = sum(1 for _snapshot in OrderReport(file))
        self.assertEqual(orders, 30000)
        self.assertLess(tracemalloc.get_traced_memory()[1], 12 * 1024 * 1024)

    def test_seller_without_credentials_is_left_alone(self):
        self.account.write({"lwa_refresh_token": False, "cancel_channel": "file"})
        self._sweep()
        self.assertFalse(self.account.sweep_ids)
        self.assertEqual(self.amazon.calls.count("createReport"), 0)
        self.assertEqual(self.shop.seller(SELLER).region, "eu")
