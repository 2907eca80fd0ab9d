import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...dev.amazon.order_report import order_report
from ...dev.amazon.records import Report
from ...spapi.const import REPORT_ACTIONABLE, REPORT_INVOICING
from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestUpload(AmazonCase):
    """A seller without access to the API uploads the report that he downloaded in Seller Central."""

    def _report(self, report_type=REPORT_ACTIONABLE):
        now = self.shop.now()
        refs = [self.germany.api_ref]
        return order_report(self.shop, Report("r", SELLER, report_type, refs, now, now - timedelta(days=9), now))

    def _upload(self, content, user=None):
        wizard = self.env["amazon.cancellation.upload"].with_user(user or self.user)
        return wizard.create({"account_id": self.account.id, "file": base64.b64encode(content)})

    def test_preview_changes_nothing_and_apply_does(self):
        order, other = self._sell(), self._sell()
        self.shop.add_order(SELLER)
        self.shop.ask_to_cancel(order.client_order_ref, "Farbe gefällt nicht")
        wizard = self._upload(self._report())
        wizard.action_preview()
        self.assertEqual(
            [wizard.order_count, wizard.known_count, wizard.request_count, wizard.new_request_count],
            [3, 2, 1, 1],
        )
        self.assertFalse(order.amazon_cancel_request)
        wizard.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(order.amazon_cancel_request_reason, "Farbe gefällt nicht")
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertFalse(other.amazon_cancel_request)
        self.assertEqual(self.account.unknown_order_count, 1)
        self.assertFalse(self.amazon.calls.count("searchOrders"))
        log = self.env["amazon.cancellation.log"].search([("source", "=", "upload")])
        self.assertEqual((log.read_count, log.known_count, log.requested_count), (3, 2, 1))
        self.assertIn(self.user.name, log.message)
        order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(order.amazon_cancellation_ids.reason, "BuyerCanceled")

    def test_encodings_and_spellings(self):
        for encoding, spelling in (("utf-8", "cancellation"), ("cp1252", "cancelation"), ("utf-16", "cancellation")):
            with self.subTest(encoding=encoding, spelling=spelling):
                self.shop.switches.report_encoding = encoding
                self.shop.switches.report_spelling = spelling
                order = self._sell()
                self.shop.ask_to_cancel(order.client_order_ref, "Größe passt nicht")
                wizard = self._upload(self._report(REPORT_INVOICING))
                wizard.action_preview()
                wizard.action_apply()
                self.assertEqual(order.amazon_cancel_request_reason, "Größe passt nicht")

    def test_errors_by_line_number(self):
        order = self._sell(skus=("MUG", "LAMP"))
        self._sell()
        lines = self._report().decode().splitlines()
        self.assertEqual(len(lines), 4)
        lines[1] = lines[1].replace(order.client_order_ref, "12-34")
        cells = lines[3].split("\t")
        cells[lines[0].split("\t").index("order-item-id")] = "1.23E+13"
        lines[3] = "\t".join(cells)
        wizard = self._upload("\r\n".join(lines).encode())
        wizard.action_preview()
        self.assertEqual(wizard.error_count, 2)
        self.assertIn("Line 2:", wizard.errors)
        self.assertIn("Line 4:", wizard.errors)

    def test_no_report(self):
        for content in (b"", b"a\tb\n1\t2\n", b"\x89PNG\r\n\x1a\n\x00\x00"):
            with self.subTest(content), self.assertRaisesRegex(UserError, "no order report"):
                self._upload(content).action_preview()

    def test_columns_switched_off_are_told_and_withdraw_nothing(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.shop.switches.report_reasons = False
        wizard = self._upload(self._report())
        wizard.action_preview()
        self.assertFalse(wizard.tells_requests)
        wizard.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_a_file_ends_nothing(self):
        order = self._sell()
        self.shop.advance(1)
        content = self._report()
        self.shop.advance(3600)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        for date in (False, fields.Datetime.now()):
            wizard = self._upload(content)
            wizard.action_preview()
            self.assertFalse(wizard.report_date, "nobody guesses when the file was made")
            self.assertEqual(wizard.line_ids.mapped("kind"), ["stays"])
            wizard.report_date = date
            wizard.line_ids.end = True
            wizard.action_apply()
            self.assertEqual(order.amazon_cancel_request, "requested", "the order itself decides where it can be read")
            self.assertTrue(order.amazon_read_wanted)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_without_access_to_the_api_a_person_ends_what_files_told(self):
        self.account.write({"cancel_channel": "file", "lwa_refresh_token": False})
        order = self._sell()
        content = self._report()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        asking = self._upload(self._report())
        asking.action_preview()
        self.assertEqual(asking.line_ids.mapped("kind"), ["begins"])
        asking.action_apply()
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertFalse(asking.file, "buyers' addresses are not kept")
        silent = self._upload(content)
        silent.action_preview()
        silent.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested", "a file ends nothing by itself")
        silent = self._upload(content)
        silent.action_preview()
        silent.line_ids.end = True
        silent.action_apply()
        self.assertEqual(order.amazon_cancel_request, "withdrawn")
        self.assertFalse(order.picking_ids.amazon_hold)
        self.assertIn(self.user.name, self._notes(order))
        self.assertFalse(order.activity_ids)

    def test_a_file_of_another_account_ends_nothing_either(self):
        """What was told of an order that can be read is answered by the order, whatever a call puts into the upload."""
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        asking = self._upload(self._report())
        asking.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested")
        by_files = self._create_account(seller_id="A1FILES", cancel_channel="file", lwa_refresh_token=False)
        content = base64.b64encode(self._report())
        line = {"order_id": order.id, "kind": "stays", "end": True}
        forged = self.env["amazon.cancellation.upload"].with_user(self.user)
        forged = forged.create({"account_id": by_files.id, "file": content, "line_ids": [(0, 0, line)]})
        self.assertFalse(forged.has_api)
        forged.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)

    def test_dates_that_a_spreadsheet_changed_are_no_dates(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        lines = self._report().decode().replace("TRUE", "FALSE").splitlines()
        at = lines[0].split("\t").index("purchase-date")
        rows = [line.split("\t") for line in lines[1:]]
        for row in rows:
            row[at] = "01/11/2026 09:00"
        wizard = self._upload("\n".join([lines[0], *("\t".join(row) for row in rows)]).encode())
        wizard.action_preview()
        self.assertFalse(wizard.report_date or wizard.newest_order_date)
        wizard.action_apply()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)

    def test_a_salesperson_changes_only_what_is_theirs(self):
        own = self._create_user("amazon_own", "sales_team.group_sale_salesman")
        theirs, mine = self._sell(order_vals={"user_id": self.user.id}), self._sell(order_vals={"user_id": own.id})
        self.account.auto_accept = "before_shipping"
        for order in theirs | mine:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        wizard = self._upload(self._report(), own)
        wizard.action_preview()
        self.assertEqual((wizard.known_count, wizard.hidden_count), (1, 1))
        self.assertEqual(wizard.line_ids.order_id, mine)
        wizard.action_apply()
        self.assertFalse(theirs.amazon_cancel_request)
        self.assertEqual(mine.amazon_cancel_request, "requested", "held, but no rule accepts what a file tells")
        self.assertEqual(mine.state, "sale")
        self._read()
        self.assertEqual(mine.amazon_cancel_request, "accepted", "the order itself shows it")

    def test_of_several_accounts_none_is_taken_for_granted(self):
        """The orders of another account's file would be this one's from then on, and not be found by their own."""
        upload = self.env["amazon.cancellation.upload"].with_user(self.user)
        self.assertEqual(upload.default_get(["account_id"]), {"account_id": self.account.id})
        self._create_account(seller_id="A1OTHER")
        self.assertFalse(upload.default_get(["account_id"]).get("account_id"))

    def test_time_in_the_future_is_refused(self):
        self._sell()
        wizard = self._upload(self._report())
        wizard.action_preview()
        wizard.report_date = fields.Datetime.now() + timedelta(days=1)
        with self.assertRaisesRegex(UserError, "future"):
            wizard.action_apply()
