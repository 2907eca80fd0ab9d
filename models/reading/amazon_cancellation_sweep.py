import logging
import tempfile
from collections import Counter
from datetime import UTC

from odoo import api, fields, models
from odoo.fields import Domain

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.const import REPORT_ACTIONABLE
from ...spapi.order_report import OrderReport
from ...tools import batched, to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationSweep(models.Model):
    """One order report of Amazon: all unshipped orders in one document, so whatever was missed before is found."""

    _name = "amazon.cancellation.sweep"
    _description = "Amazon Order Sweep"
    _order = "id desc"
    _rec_name = "report_ref"

    account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    report_type = fields.Char(required=True, readonly=True)
    report_ref = fields.Char(string="Report", readonly=True, help="Amazon's id of the report.")
    marketplace_refs = fields.Json(readonly=True)
    state = fields.Selection(
        [("requested", "Being made by Amazon"), ("done", "Applied"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="requested",
        index=True,
    )
    order_count = fields.Integer(string="Orders", readonly=True)
    known_count = fields.Integer(string="Known", readonly=True)
    request_count = fields.Integer(string="New Requests", readonly=True)
    message = fields.Text(readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _cron_sweep(self):
        """Request the reports that are due and apply those that Amazon has made, for every account."""
        accounts = self.env["amazon.cancellation.account"].search([("marketplace_ids", "!=", False)])
        accounts = accounts.filtered(lambda account: account._has_credentials())
        accounts._for_each(self._work)

    @api.model
    def _work(self, account):
        try:
            with account._get_client() as client:
                for sweep in self.search([("account_id", "=", account.id), ("state", "=", "requested")]):
                    sweep._follow(client)
                if self._is_due(account):
                    self._request(account, client)
        except spapi_errors.Throttled as error:
            self.env.cr.rollback()
            _logger.info("Amazon account %s: %s", account.id, error)
        except spapi_errors.SpApiError as error:
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", account.id, error)
            account.sweep_message = account._describe_error(error)
        else:
            account.sweep_message = False
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _request(self, account, client):
        """Ask Amazon for a report.

        :rtype: recordset of `amazon.cancellation.sweep`
        """
        refs = account.marketplace_ids.mapped("api_ref")
        report_type = account.sweep_report
        times = {}
        if report_type != REPORT_ACTIONABLE:
            end = client.now() - const.SEARCH_SETTLES_AFTER
            times = {"start": end - const.SWEEP_REPORT_SPAN, "end": end}
        report_ref = client.request_report(report_type, refs, **times)
        sweep = self.create(
            {
                "account_id": account.id,
                "report_type": report_type,
                "report_ref": report_ref,
                "marketplace_refs": refs,
            }
        )
        self.env["ir.cron"]._commit_progress()
        return sweep

    def _follow(self, client):
        """Look whether the report is made, and apply it.

        Note: self.ensure_one()
        """
        self.ensure_one()
        try:
            report = client.get_report(self.report_ref)
        except spapi_errors.NotFound as error:
            self._fail(str(error))
            return
        if report.status == "DONE" and report.document_id:
            try:
                self._apply(client, report)
            except spapi_errors.MalformedAnswer as error:
                self.env.cr.rollback()
                self._fail(self.account_id._describe_error(error))
        elif report.status == "CANCELLED":
            self.write({"state": "done", "message": self.env._("Amazon made no report, as there was nothing to tell.")})
        elif report.status == "FATAL":
            self._fail(self.env._("Amazon could not make the report."))
        elif self.create_date < fields.Datetime.now() - const.SWEEP_GIVEN_UP_AFTER:
            self._fail(self.env._("Amazon did not make the report in time."))
        self.env["ir.cron"]._commit_progress()

    def _apply(self, client, report):
        """Apply the report, streamed from a temporary file, in parts that are each committed.

        Note: self.ensure_one()

        :param Report report: A report that is made.
        """
        account, reader = self.account_id, self.env["amazon.order.reader"]
        counts, seen, start = Counter(calls=1), set(), self.env["amazon.cancellation.log"]._start()
        # Reports settle as late as searches do.
        true_for = (report.created or self.create_date.replace(tzinfo=UTC)) - const.SEARCH_SETTLES_AFTER
        with tempfile.TemporaryFile() as file:  # readable by nobody else: it holds buyers' addresses
            client.download_report(report.document_id, file)
            orders = OrderReport(file, as_of=true_for, marketplace_ids=self.marketplace_refs)
            for snapshots in batched(orders, const.REPORT_BATCH):
                counts.update(reader._apply_and_commit(account, snapshots))
                seen.update(snapshot.order_id for snapshot in snapshots)
            message = self._describe(orders)
        if self.report_type == REPORT_ACTIONABLE:
            self._want_missing(true_for, seen)
        self.write(
            {
                "state": "done",
                "order_count": counts["read"],
                "known_count": counts["known"],
                "request_count": counts["requested"],
                "message": message,
            }
        )
        self.env["amazon.cancellation.log"]._note(account, "sweep", start, counts, message)

    def _want_missing(self, true_for, seen):
        """Have the orders read one by one that are open in Odoo, and that the report of open orders does not show.

        Note: self.ensure_one()

        :param datetime true_for: What the report is true for, aware.
        :param set[str] seen: The Amazon order ids of the report.
        """
        open_orders = self.env["sale.order"].search(
            Domain("amazon_cancel_account_id", "=", self.account_id.id)
            & Domain("amazon_cancel_marketplace_id.api_ref", "in", self.marketplace_refs)
            & Domain("amazon_channel", "=", "fbm")
            & Domain("amazon_fulfillment_status", "in", ("unshipped", "partially_shipped"))
            & Domain("amazon_last_update", "<", to_naive_utc(true_for))
        )
        open_orders.filtered(lambda order: order.amazon_order_ref not in seen).write({"amazon_read_wanted": True})

    def _fail(self, message):
        self.write({"state": "failed", "message": message})
        SyncLog = self.env["amazon.cancellation.log"]
        SyncLog._note(self.account_id, "sweep", SyncLog._start(), {}, message, failed=True)

    @api.autovacuum
    def _gc_old(self):
        """Forget old sweeps."""
        self.search(
            [("state", "!=", "requested"), ("create_date", "<", fields.Datetime.now() - const.NOTIFICATIONS_KEPT)],
            limit=10000,
        ).unlink()

    # === GETTERS === #

    @api.model
    def _is_due(self, account):
        """Whether the account's rhythm, or a backlog that paging would take longer for, asks for a report now.

        :rtype: bool
        """
        latest = self.search([("account_id", "=", account.id)], limit=1)
        if latest.state == "requested":
            return False
        since = fields.Datetime.now() - latest.create_date if latest else None
        interval = const.SWEEP_INTERVALS.get(account.sweep_rhythm)
        if interval and (since is None or since >= interval):
            return True
        backlog = max(
            (cursor.pending_window.get("orders", 0) for cursor in account._get_cursors() if cursor.pending_window),
            default=0,
        )
        return backlog >= const.SWEEP_BACKLOG_ORDERS and (since is None or since >= const.SWEEP_BACKLOG_PAUSE)

    def _describe(self, orders):
        """What is to be said of the report, or False."""
        parts = []
        if not orders.tells_requests:
            parts.append(
                self.env._(
                    "The report does not tell buyers' requests: switch on the columns of Buyer Requested Cancel in "
                    "Seller Central, Orders, Order Reports."
                )
            )
        if orders.error_count:
            parts.append(self.env._("%(count)s rows could not be read.", count=orders.error_count))
            parts.append(self.account_id._describe_report_errors(orders.errors[:20]))
        return "\n".join(parts) or False
