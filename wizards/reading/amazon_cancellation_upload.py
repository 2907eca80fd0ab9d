import base64
import binascii
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ... import const, counted
from ...facts import fact as _lt
from ...spapi.errors import MalformedAnswer
from ...spapi.order_report import OrderReport
from ...tools import batched, to_naive_seconds

ERRORS_SHOWN = 50


class AmazonCancellationUpload(models.TransientModel):
    """Reads an order report that somebody downloaded in Seller Central: for sellers without access to the API."""

    _name = "amazon.cancellation.upload"
    _description = "Upload an Amazon Order Report"

    account_id = fields.Many2one(
        "amazon.cancellation.account",
        string="Amazon Account",
        required=True,
        default=lambda self: self._get_only_account(),
    )
    file = fields.Binary(string="Order Report", attachment=False)
    file_name = fields.Char()
    state = fields.Selection([("choose", "Choose"), ("preview", "Preview"), ("done", "Done")], default="choose")
    report_date = fields.Datetime(
        string="True For",
        help="When you downloaded the report. A file does not tell: without a time what it marks still counts at once, "
        "until the order is read at Amazon.",
    )
    newest_order_date = fields.Datetime(
        string="Newest Order", readonly=True, help="The file is not older than this, where its dates can be read."
    )
    has_api = fields.Boolean(compute="_compute_has_api")
    line_ids = fields.One2many("amazon.cancellation.upload.line", "upload_id", string="What Changes")
    hidden_count = fields.Integer(
        string="Not Yours", readonly=True, help="Orders in the file that you may not change in Odoo; they are left out."
    )
    order_count = fields.Integer(string="Orders in the File", readonly=True)
    known_count = fields.Integer(string="Known in Odoo", readonly=True)
    request_count = fields.Integer(string="Cancellation Requested", readonly=True)
    new_request_count = fields.Integer(string="New Requests", readonly=True)
    tells_requests = fields.Boolean(readonly=True)
    error_count = fields.Integer(string="Rows Left Out", readonly=True)
    errors = fields.Text(readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("account_id")
    def _compute_has_api(self):
        for upload in self:
            upload.has_api = bool(upload.account_id) and upload.account_id._has_credentials()

    # === ACTION METHODS === #

    def action_preview(self):
        """Read the file and show what it holds, without changing anything.

        Note: self.ensure_one()

        :raise UserError: If it is no order report.
        """
        self.ensure_one()
        newest, counts, lines = None, Counter(), []
        with self._open_report() as report:
            for snapshots in batched(report, const.REPORT_BATCH):
                newest = max(filter(None, (newest, *(snapshot.created for snapshot in snapshots))), default=None)
                mine, found, hidden = self._match(snapshots)
                requested = [snapshot for snapshot in mine if snapshot.cancel_requested]
                counts.update(known=len(found), requested=len(requested), hidden=hidden)
                lines += self._prepare_lines(mine, found)
            counts["new"] = sum(line["kind"] == "begins" for line in lines)
            self.line_ids.unlink()
            self.write(
                {
                    "state": "preview",
                    "newest_order_date": to_naive_seconds(newest),
                    "order_count": report.orders,
                    "known_count": counts["known"],
                    "request_count": counts["requested"],
                    "new_request_count": counts["new"],
                    "hidden_count": counts["hidden"],
                    "tells_requests": report.tells_requests,
                    "error_count": report.error_count,
                    "errors": self.env["amazon.cancellation.words"]._word(
                        *self.account_id._get_report_errors_facts(report.errors[:ERRORS_SHOWN])
                    ),
                    "line_ids": [(0, 0, vals) for vals in lines],
                }
            )
        return self._reopen()

    def action_apply(self):
        """Bring the sale orders up to date with the file: what it marks counts at once; it ends nothing by itself.

        Note: self.ensure_one()

        :raise UserError: If the file was removed, or the time lies in the future.
        """
        self.ensure_one()
        if self.report_date and self.report_date > fields.Datetime.now():
            raise UserError(self.env._("The report cannot be from the future: correct the time it is true for."))
        account = self.account_id.with_user(SUPERUSER_ID)  # reading writes what users may only see
        reader = account.env["amazon.order.reader"]
        true_for = self.report_date and self.report_date.replace(tzinfo=UTC)
        counts, start = Counter(), self.env["amazon.cancellation.log"]._start()
        with self._open_report() as report:
            for snapshots in batched(report, const.REPORT_BATCH):
                mine, _found, _hidden = self._match(snapshots)
                counts.update(reader._apply(account, [replace(s, shown_at=true_for or None) for s in mine]))
        # What another account's orders show, Amazon can be asked.
        ended = self.line_ids.filtered("end").order_id.filtered(
            lambda order: order.amazon_cancel_account_id == self.account_id
        )
        if not self.has_api:
            ended.check_access("write")
            ended.with_user(SUPERUSER_ID)._amazon_end_claims(self.env.user)
        fact = _lt(
            "%(user)s uploaded an order report: %(orders)s, %(known)s of them known; %(requests)s.",
            user=self.env.user.name,
            orders=counted.orders(counts["read"]),
            known=counts["known"],
            requests=counted.new_requests(counts["requested"]),
        )
        account = account._amazon_for_responsible()
        account.message_post(body=account.env["amazon.cancellation.words"]._word(fact))
        self.env["amazon.cancellation.log"]._note(account, "upload", start, counts, [fact])
        # The file holds buyers' addresses, and has served its purpose.
        self.write({"state": "done", "file": False, "new_request_count": counts["requested"]})
        return self._reopen()

    def action_view_requests(self):
        """Open the orders with an open request."""
        self.ensure_one()
        return self.account_id.action_view_open_requests()

    # === BUSINESS METHODS === #

    @contextmanager
    def _open_report(self):
        """The report in a temporary file, as it may be large and holds buyers' addresses.

        :raise UserError: If it is no order report.
        """
        self.account_id.check_access("read")
        try:
            content = base64.b64decode(self.file or b"")
        except binascii.Error as error:
            raise UserError(self.env._("The file could not be read.")) from error
        with tempfile.TemporaryFile() as file:
            file.write(content)
            del content
            try:
                marketplace_ids = self.account_id.marketplace_ids.mapped("api_ref")
                yield OrderReport(file, source="upload", marketplace_ids=marketplace_ids)
            except MalformedAnswer as error:
                raise UserError(
                    self.env._(
                        "This is no order report of Amazon: %(details)s Download the unshipped orders report in Seller "
                        "Central, Orders, Order Reports, and upload it unchanged.",
                        details=str(error),
                    )
                ) from error

    def _match(self, snapshots):
        """Leave out the orders that this user may not change.

        :param list[OrderSnapshot] snapshots: Orders of the file.
        :return: The snapshots that count, the sale orders by Amazon order id, and how many were left out.
        :rtype: tuple(list[OrderSnapshot], dict, int)
        """
        account_sudo = self.account_id.sudo()  # found whoever they belong to; what is not the user's is left out below
        found_sudo = account_sudo.env["amazon.order.matcher"]._match(account_sudo, [s.order_id for s in snapshots])
        mine, found = [], {}
        for snapshot in snapshots:
            orders = found_sudo.get(snapshot.order_id, self.env["sale.order"]).with_env(self.env)
            if orders == orders._filtered_access("write"):
                mine.append(snapshot)
                if orders:
                    found[snapshot.order_id] = orders
        return mine, found, len(snapshots) - len(mine)

    def _prepare_lines(self, snapshots, found):
        """What the file will and will not change.

        :rtype: list[dict]
        """
        lines, words = [], self.env["amazon.cancellation.words"]
        for snapshot in snapshots:
            for order in found.get(snapshot.order_id, ()):
                is_open = order.amazon_cancel_request == "requested"
                if snapshot.cancel_requested and not order.amazon_request_fingerprint:
                    kind = "closed" if order.amazon_fulfillment_status in ("shipped", "cancelled") else "begins"
                elif is_open and snapshot.cancel_requested is False:
                    kind = "stays"
                else:
                    continue
                lines.append({"order_id": order.id, "kind": kind, "reason": words._word_code(snapshot.cancel_reason)})
        return lines

    # === GETTERS === #

    @api.model
    def _get_only_account(self):
        """The account, if there is one alone: of several, the file's is for a person to say."""
        accounts = self.env["amazon.cancellation.account"].search([], limit=2)
        return accounts if len(accounts) == 1 else accounts.browse()

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Upload an Amazon Order Report"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class AmazonCancellationUploadLine(models.TransientModel):
    """What an uploaded report changes of one order, or does not change."""

    _name = "amazon.cancellation.upload.line"
    _description = "Uploaded Amazon Order"
    _order = "kind, id"

    upload_id = fields.Many2one("amazon.cancellation.upload", required=True, ondelete="cascade")
    order_id = fields.Many2one("sale.order", readonly=True, required=True, ondelete="cascade")
    partner_id = fields.Many2one(related="order_id.partner_id")
    kind = fields.Selection(
        [
            ("begins", "New request: the delivery is held"),
            ("closed", "Marked, but shipped or cancelled already: read at Amazon"),
            ("stays", "No longer marked in this file: still held"),
        ],
        string="What Follows",
        required=True,
        readonly=True,
    )
    reason = fields.Char(string="Buyer's Reason", readonly=True)
    end = fields.Boolean(
        string="End It", help="You have seen in Seller Central that the buyer no longer asks: the delivery is released."
    )
