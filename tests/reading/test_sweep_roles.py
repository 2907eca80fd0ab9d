import re
from datetime import timedelta
from email.utils import format_datetime
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...dev.amazon.role_names import INVENTORY, SHIPPING
from ...spapi.clock import note_date
from ..common import SELLER, AmazonCase
from ..sweep_common import SweepMixin

MODEL = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_sweep"


@tagged("post_install", "-at_install")
class TestSweepRoles(SweepMixin, AmazonCase):
    """Without the restricted role the open orders are swept by search, and the account says so."""

    def _source(self, name="sweep"):
        return self.account.source_ids.filtered(lambda source: source.source == name)

    # === BY REPORT, WITH THE ROLE === #

    def test_each_report_is_opened_by_a_token_that_is_not_kept(self):
        self._sell()
        sweep = self._sweep(4)
        self.assertEqual((sweep.state, sweep.method), ("done", "report"))
        self.assertEqual(self.amazon.calls.count("createRestrictedDataToken"), 1)
        restricted = next(text for text, token in self.shop.state.tokens.items() if token.paths)
        self.env.flush_all()
        for table in ("amazon_cancellation_sweep", "amazon_cancellation_account", "amazon_cancellation_log"):
            self.env.cr.execute(f"SELECT count(*) FROM {table} WHERE {table}::text LIKE %s", [f"%{restricted}%"])
            self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertEqual(self._source().state, "ok")

    def test_what_amazon_is_about_to_do_is_shown_first(self):
        calm, late, gone = self._sell(), self._sell(), self._sell()
        for order in calm | late | gone:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.shop.order(late.client_order_ref).verge_of_late_shipment = True
        self.shop.order(gone.client_order_ref).verge_of_cancellation = True
        self._read()
        self.assertFalse((calm | late | gone).filtered("amazon_verge"), "the search does not tell it")
        self._sweep(4)
        self.assertEqual((calm | late | gone).mapped("amazon_verge"), [False, "late", "cancellation"])
        arch = self.env["sale.order"].get_view(
            self.env.ref("sale_amazon_cancellation.amazon_request_view_list").id, "list"
        )["arch"]
        [order_by] = re.findall('default_order="(.*?)"', arch)
        found = self.env["sale.order"].search([("amazon_cancel_request", "=", "requested")], order=order_by)
        self.assertEqual(found, gone | late | calm)
        self._read()
        self.assertEqual(late.amazon_verge, "late", "nor does the search take it back")
        self.shop.order(late.client_order_ref).verge_of_late_shipment = False
        self.shop.ship(gone.client_order_ref)
        self._age_sweeps(timedelta(hours=25))
        self._sweep(4)
        self.assertFalse((late | gone).filtered("amazon_verge"))

    def test_a_warning_of_an_order_that_another_module_renamed_stops_no_report(self):
        order, other = self._sell(), self._sell()
        self._read()
        before = order.amazon_order_ref
        order.write({"amazon_linked_ref": before, "amazon_order_ref": "902-0000000-0000009"})
        self.env["sale.order"]._amazon_note_verges(self.account, {before: "late", other.amazon_order_ref: "late"})
        self.assertEqual((order | other).mapped("amazon_verge"), [False, "late"])

    # === WITHOUT THE ROLE === #

    @mute_logger(MODEL)
    def test_refused_ends_as_failed_with_the_role_and_the_search_takes_over(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._advance_clock(180)
        for refused_at in ("createReport", "createRestrictedDataToken"):
            with self.subTest(refused_at):
                self.account.sweep_ids.unlink()
                self.account.write({"sweep_method": "report", "sweep_method_reason_facts": False})
                self.shop.set_roles(INVENTORY)
                self.shop.switches.report_role_at = refused_at
                for _run in range(5):
                    self._sweep(1)
                by_search, by_report = self.account.sweep_ids
                self.assertEqual((by_report.method, by_report.state), ("report", "failed"))
                self.assertIn(SHIPPING, by_report.message)
                self.assertEqual((by_search.method, by_search.state), ("search", "done"))
                self.assertEqual(self.account.sweep_method, "search")
                self.assertIn(SHIPPING, self.account.sweep_method_reason)
                self.assertEqual(self._source().state, "ok")
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(order.amazon_cancel_request_reason, "Changed mind")

    @mute_logger(MODEL)
    def test_nothing_is_asked_again_and_again(self):
        self.shop.set_roles(INVENTORY)
        self._sweep(2)
        self.amazon.calls.clear()
        self._sweep(4)
        self.assertEqual(len(self.amazon.calls), 0)
        self.assertEqual(len(self.account.sweep_ids), 2)

    @mute_logger(MODEL)
    def test_with_the_role_given_later_reports_are_used_again(self):
        self.shop.set_roles(INVENTORY)
        self._sweep(2)
        self.shop.set_roles(INVENTORY, SHIPPING)
        self.account.marketplace_ids = self.env["amazon.cancellation.marketplace"].search([("region", "=", "eu")])
        self.account.action_test_connection()
        self.assertEqual(self.account.sweep_method, "report")
        self.assertFalse(self.account.sweep_method_reason)
        self.assertEqual(self._sweep(4).state, "done")

    # === BY SEARCH === #

    def test_open_orders_are_found_however_long_ago_they_changed(self):
        self.account.sweep_method = "search"
        order, other = self._sell(), self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._advance_clock(timedelta(days=20).total_seconds())
        sweep = self._sweep(1)
        self.assertEqual((sweep.state, sweep.order_count, sweep.known_count, sweep.request_count), ("done", 2, 2, 1))
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(other.amazon_cancel_request)
        log = self.env["amazon.cancellation.log"].search([("source", "=", "sweep")])
        self.assertEqual((log.read_count, log.call_count), (2, 1))

    def test_pages_wait_for_what_the_search_for_news_needs(self):
        """Half of Amazon's allowance stays for the search for what is new; the sweep goes on when there is more."""
        self.account.sweep_method = "search"
        with self.shop.change():
            for _number in range(1150):
                self.shop.add_order(SELLER, sku="MUG")
        self._advance_clock(600)
        sweep = self._sweep(1)
        self.assertEqual(sweep.state, "requested")
        self.assertEqual(self.amazon.calls.count("searchOrders"), 10)
        self._sweep(1)
        self.assertEqual(self.amazon.calls.count("searchOrders"), 10, "nothing is asked before there is more")
        self._advance_clock(600)
        sweep = self._sweep(1)
        self.assertEqual(sweep.state, "done")
        self.assertEqual(sweep.order_count, 1150)
        self.assertEqual(sweep.call_count, 12)

    def test_a_page_token_that_expired_begins_again(self):
        self.account.sweep_method = "search"
        with self.shop.change():
            for _number in range(1150):
                self.shop.add_order(SELLER, sku="MUG")
        self._advance_clock(600)
        self._sweep(1)
        self._advance_clock(timedelta(hours=25).total_seconds())
        sweep = self._sweep(2)
        self.assertEqual(sweep.state, "requested")
        self._advance_clock(3600)
        self.assertEqual(self._sweep(2).state, "done")

    def test_open_orders_that_the_search_does_not_show_are_read(self):
        self.account.sweep_method = "search"
        order = self._sell()
        self._sell()
        self._read()
        self.shop.buyer_cancel(order.amazon_order_ref)
        self.account.last_sync_date = fields.Datetime.now() + timedelta(days=1)
        self.env.cr.execute("UPDATE sale_order SET amazon_checked_date = amazon_checked_date - interval '1 hour'")
        self.env.invalidate_all()
        self._advance_clock(600)
        self._sweep(1)
        self.assertTrue(order.amazon_read_wanted)
        self._read()
        self.assertEqual(order.state, "cancel")

    def test_an_order_whose_id_stands_in_the_link_alone_is_not_missing(self):
        """As where another module keeps the order id, and leaves it empty."""
        self.account.sweep_method = "search"
        order = self._sell()
        self._read()
        order.write({"amazon_linked_ref": order.amazon_order_ref, "amazon_order_ref": False})
        self._advance_clock(600)
        sweep = self._sweep(1)
        self.assertEqual((sweep.state, sweep.known_count, sweep.missing_count), ("done", 1, 0))
        self.assertFalse(order.amazon_read_wanted)

    def test_open_orders_that_were_never_read_themselves_are_read(self):
        """As one of which a notification alone told."""
        self.account.sweep_method = "search"
        order = self._sell()
        self._read()
        self.shop.buyer_cancel(order.amazon_order_ref)
        order.amazon_checked_date = False
        self._advance_clock(600)
        self.assertEqual(self._sweep(1).state, "done")
        self.assertTrue(order.amazon_read_wanted)

    def test_a_failing_marketplace_is_left_out(self):
        self.account.write({"sweep_method": "search", "marketplace_ids": [(4, self.france.id)]})
        self._sell()
        self.shop.seller(SELLER).marketplace_ids.remove(self.france.api_ref)
        self._read()
        sweep = self._sweep(1)
        self.assertEqual((sweep.state, sweep.marketplace_refs), ("done", [self.germany.api_ref]))

    # === FAILURES === #

    @mute_logger(MODEL)
    def test_a_failing_sweep_is_tried_after_longer_and_longer_pauses(self):
        self.shop.switches.report_outcome = "FATAL"
        self._sweep(4)
        self.assertEqual(len(self.account.sweep_ids), 1)
        self._age_sweeps(timedelta(minutes=61))
        self._sweep(4)
        self.assertEqual(len(self.account.sweep_ids), 2)
        self._age_sweeps(timedelta(minutes=61))
        self._sweep(4)
        self.assertEqual(len(self.account.sweep_ids), 2, "the second pause is longer")
        self._age_sweeps(timedelta(hours=4))
        self.shop.switches.report_outcome = "DONE"
        self.assertEqual(self._sweep(4).state, "done")

    @mute_logger(MODEL)
    def test_failing_shows_in_the_health_until_it_works(self):
        self._read()
        self.shop.switches.report_outcome = "FATAL"
        self._sweep(4)
        source = self._source()
        self.assertEqual(source.state, "failing")
        self.assertTrue(source.failing_since)
        self.assertIn("could not make the report", source.message)
        self.assertNotIn("Sweep", self.account.net_message)
        self.shop.switches.report_outcome = "DONE"
        self._age_sweeps(timedelta(hours=2))
        self._sweep(4)
        self.env.invalidate_all()
        self.assertEqual((source.state, source.message), ("ok", False))
        self.assertIn("Sweep", self.account.net_message)

    @mute_logger(MODEL)
    def test_a_disturbance_ends_no_sweep(self):
        self._sell()
        self._sweep(1)
        self.amazon.faults.add("getReport", "http", times=2, status=503)
        sweep = self._sweep(2)
        self.assertEqual(sweep.state, "requested")
        self.assertEqual(self._source().state, "failing")
        self.assertEqual(self._sweep(3).state, "done")
        self.assertEqual(self._source().state, "ok")

    @mute_logger(MODEL)
    def test_one_refused_report_blocks_no_other(self):
        """As a database of the version before holds it: a report that is refused for ever."""
        old = self.env["amazon.cancellation.sweep"].create(
            {"account_id": self.account.id, "report_type": self.account.sweep_report, "report_ref": "1"}
        )
        self._sell()
        self._sweep(2)
        self.assertEqual(old.state, "failed")
        self._age_sweeps(timedelta(hours=2))
        self.assertEqual(self._sweep(4).state, "done")

    @mute_logger(MODEL)
    def test_our_clock_ahead_of_amazons_fails_nothing(self):
        self._sell()
        self.account.sweep_method = "search"
        self._read()
        note_date(self.amazon.url, format_datetime(self.shop.now() + timedelta(minutes=30)))
        sweep = self._sweep(1)
        self.assertEqual(sweep.state, "done", sweep.message)

    @mute_logger(MODEL)
    def test_a_sweep_that_stands_still_is_given_up(self):
        self._sweep(1)
        self.amazon.faults.add("getReport", "http", times=99, status=503)
        self.env.flush_all()
        self.env.cr.execute("UPDATE amazon_cancellation_sweep SET write_date = write_date - interval '9 hours'")
        self.env.invalidate_all()
        sweep = self._sweep(1)
        self.assertEqual(sweep.state, "failed")

    @mute_logger(MODEL)
    def test_a_report_that_cannot_be_understood_is_told_as_such(self):
        self._sweep(1)
        with patch("odoo.addons.sale_amazon_cancellation.dev.amazon.reports.order_report", lambda *_: b"nothing"):
            sweep = self._sweep(4)
        self.assertEqual(sweep.state, "failed")
        self.assertIn("could not be understood", sweep.message)
        self.assertNotIn("queue", sweep.message)

    # === BY HAND === #

    def _sweep_now(self):
        with self._own_transaction(self.account.with_user(self.manager)) as account:
            return account.action_sweep_now()["params"]

    def test_sweep_now_says_what_is_done(self):
        self._sell()
        self._advance_clock(600)
        self.assertIn("requested", self._sweep_now()["message"])
        self.assertEqual([call.status for call in self.amazon.calls.of("createReport")][-1:], [202])

    @mute_logger(MODEL)
    def test_sweep_now_without_the_role_searches_at_once(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.shop.set_roles(INVENTORY)
        self._advance_clock(600)
        said = self._sweep_now()
        self.assertIn("1 open order read", said["message"])
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertNotIn("report is requested", said["message"])

    def test_sweep_now_without_the_access_says_what_is_missing(self):
        self.account.lwa_refresh_token = False
        with self.assertRaisesRegex(UserError, "refresh token is missing"):
            self.account.action_sweep_now()

    @mute_logger(MODEL)
    def test_sweep_now_says_that_amazon_is_out_of_order(self):
        self.amazon.faults.add("createReport", "http", status=503)
        said = self._sweep_now()
        self.assertIn("HTTP 503", said["message"])
        self.assertEqual(said["type"], "warning")
