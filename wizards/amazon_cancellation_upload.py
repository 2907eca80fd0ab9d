import base64
import binascii
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from .. import const
from ..spapi.errors import MalformedAnswer
from ..spapi.order_report import OrderReport
from ..tools import batched, to_naive_utc

ERRORS_SHOWN = 50


class AmazonCancellationUpload(models.TransientModel):
    """Reads an order report that somebody downloaded in Seller Central: for sellers without access to the API."""

    _name = "amazon.cancellation.upload"
    _description = "Upload an Amazon Order Report"

    account_id = fields.Many2one(
        "amazon.cancellation.account",
        string="Amazon Account",
        required=True,
        default=lambda self: self.env["amazon.cancellation.account"].search([], limit=1),
    )
    file = fields.Binary(string="Order Report", attachment=False)
    file_name = fields.Char()
    state = fields.Selection([("choose", "Choose"), ("preview", "Preview"), ("done", "Done")], default="choose")
    report_date = fields.Datetime(
        string="True For",
        help="When the report was made. From the file itself Odoo can only tell that it is not older than its newest "
        "order; set it to the time of your download where you know it.",
    )
    order_count = fields.Integer(string="Orders in the File", readonly=True)
    known_count = fields.Integer(string="Known in Odoo", readonly=True)
    request_count = fields.Integer(string="Cancellation Requested", readonly=True)
    new_request_count = fields.Integer(string="New Requests", readonly=True)
    tells_requests = fields.Boolean(readonly=True)
    error_count = fields.Integer(string="Rows Left Out", readonly=True)
    errors = fields.Text(readonly=True)

    # === ACTION METHODS === #

    def action_preview(self):
        """Read the file and show what it holds, without changing anything.

        Note: self.ensure_one()

        :raise UserError: If it is no order report.
        """
        self.ensure_one()
        newest, counts = None, Counter()
        with self._open_report() as report:
            for snapshots in batched(report, const.REPORT_BATCH):
                newest = max(filter(None, (newest, *(snapshot.created for snapshot in snapshots))), default=None)
                counts.update(self._count(snapshots))
            self.write(
                {
                    "state": "preview",
                    "report_date": (
                        to_naive_utc(min(newest, datetime.now(UTC))).replace(microsecond=0)
                        if newest
                        else fields.Datetime.now()
                    ),
                    "order_count": report.orders,
                    "known_count": counts["known"],
                    "request_count": counts["requested"],
                    "new_request_count": counts["new"],
                    "tells_requests": report.tells_requests,
                    "error_count": report.error_count,
                    "errors": self.account_id._describe_report_errors(report.errors[:ERRORS_SHOWN]),
                }
            )
        return self._reopen()

    def action_apply(self):
        """Bring the sale orders up to date with the file.

        Note: self.ensure_one()

        :raise UserError: If the file was removed, or the time lies in the future.
        """
        self.ensure_one()
        if not self.report_date or self.report_date > fields.Datetime.now():
            raise UserError(self.env._("The report cannot be from the future: correct the time it is true for."))
        account = self.account_id.with_user(SUPERUSER_ID)  # reading writes orders that the user may not even see
        reader = account.env["amazon.order.reader"]
        true_for = self.report_date.replace(tzinfo=UTC)
        counts, start = Counter(), self.env["amazon.cancellation.log"]._start()
        with self._open_report() as report:
            for snapshots in batched(report, const.REPORT_BATCH):
                counts.update(reader._apply(account, [replace(s, last_updated=true_for) for s in snapshots]))
        message = self.env._(
            "%(user)s uploaded an order report: %(read)s orders, %(known)s of them known; "
            "%(requested)s new cancellation requests.",
            user=self.env.user.name,
            read=counts["read"],
            known=counts["known"],
            requested=counts["requested"],
        )
        account.message_post(body=message)
        self.env["amazon.cancellation.log"]._note(account, "upload", start, counts, message)
        self.write({"state": "done", "new_request_count": counts["requested"]})
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

    def _count(self, snapshots):
        account = self.account_id.sudo()  # counts only, whoever the orders belong to
        found = account.env["amazon.order.matcher"]._match(account, [snapshot.order_id for snapshot in snapshots])
        requested = [snapshot for snapshot in snapshots if snapshot.cancel_requested]
        new = [s for s in requested if any(not order.amazon_request_fingerprint for order in found.get(s.order_id, ()))]
        return Counter(known=len(found), requested=len(requested), new=len(new))

    # === GETTERS === #

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Upload an Amazon Order Report"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
