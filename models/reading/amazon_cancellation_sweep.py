import logging
import tempfile
from collections import Counter
from datetime import UTC

from odoo import api, fields, models
from odoo.fields import Domain

from ... import const, counted
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.client import CreationWindow
from ...spapi.const import REPORT_ACTIONABLE
from ...spapi.order_report import OrderReport
from ...spapi.refusal import Refusal, get_refusal
from ...tools import batched, to_naive_seconds, to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationSweep(models.Model):
    """All open orders, read once more: by a report where Amazon gives it, else by a search over their creation. So
    whatever was missed before is found.
    """

    _name = "amazon.cancellation.sweep"
    _description = "Amazon Order Sweep"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "id desc"
    _rec_name = "create_date"

    account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    method = fields.Selection(const.SWEEP_METHODS, required=True, readonly=True, default="report")
    report_type = fields.Char(readonly=True)
    report_ref = fields.Char(string="Report", readonly=True, help="Amazon's id of the report.")
    marketplace_refs = fields.Json(readonly=True)
    pending_window = fields.Json(readonly=True, help="The search, and Amazon's token of its next page.")
    seen_refs = fields.Json(readonly=True, help="The orders that the search has shown so far.")
    state = fields.Selection(
        [("requested", "Under way"), ("done", "Applied"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="requested",
        index=True,
    )
    call_count = fields.Integer(string="Calls", readonly=True)
    order_count = fields.Integer(string="Orders", readonly=True)
    known_count = fields.Integer(string="Known", readonly=True)
    request_count = fields.Integer(string="New Requests", readonly=True)
    told_until = fields.Datetime(
        readonly=True, help="Up to this time it showed all open orders, with the requests; empty where it did not."
    )
    missing_count = fields.Integer(string="Missing", readonly=True, help="Open orders in Odoo that it did not show.")
    message = fields.Text(compute="_compute_worded")
    message_facts = fields.Json(readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _cron_sweep(self):
        """Begin the sweeps that are due and go on with those under way, for every account."""
        accounts = self.env["amazon.cancellation.account"].search([("marketplace_ids", "!=", False)])
        accounts = accounts.filtered(lambda account: account._has_credentials())
        self.env["amazon.cancellation.unit"]._run("sweep", accounts)

    @api.model
    def _work(self, account):
        """Do what is to be done for one account."""
        with account._open_client(purpose="sweep") as client:
            for sweep in self._get_under_way(account):
                sweep._go_on(client)
            if self._is_due(account):
                self._begin(account)._go_on(client)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _sweep_now(self, account):
        """Go on with the account's sweep, or begin one; where Amazon gives no report, the one by search.

        :return: The sweep.
        """
        with account._open_client(purpose="sweep") as client:
            sweep = self._get_under_way(account)[:1] or self._begin(account)
            sweep._go_on(client)
            if sweep.state == "failed" and sweep.method != account.sweep_method:
                sweep = self._begin(account)
                sweep._go_on(client)
        return sweep

    @api.model
    def _try_report(self, account, client):
        """Ask for a report to see whether Amazon gives it; it is applied as any other.

        :raise SpApiError: If it does not.
        """
        under_way = self._get_under_way(account).filtered(lambda sweep: sweep.method == "report")[:1]
        sweep = under_way or self._begin(account, method="report")
        try:
            sweep._request(client)  # a report under way gives way to a newer one
        except spapi_errors.SpApiError as error:
            (sweep - under_way).unlink()
            # A look of its own accord flips nothing: the next sweep finds out by itself.
            if get_refusal(error) is Refusal.ACCESS and not self.env.context.get("amazon_only_look"):
                account._on_report_refused(
                    account._get_error_facts(error, report_type=account.sweep_report, region_works=True)
                )
            raise
        account._on_report_given()

    @api.model
    def _begin(self, account, method=None):
        """Note that a sweep is wanted; nothing is asked of Amazon yet.

        :param str method: A key of `const.SWEEP_METHODS`; the account's own by default.
        :return: The sweep.
        """
        method = method or account.sweep_method
        return self.create(
            {
                "account_id": account.id,
                "method": method,
                "report_type": method == "report" and account.sweep_report,
                "marketplace_refs": account._get_readable_marketplaces().mapped("api_ref"),
            }
        )

    def _go_on(self, client):
        """Do the next step that Amazon allows. What Amazon refuses ends the sweep; a passing disturbance does not.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.env["ir.cron"]._commit_progress()  # what is rolled back below is this step alone
        try:
            if self.method == "search":
                self._read_by_search(client)
            elif not self.report_ref:
                self._request(client)
            else:
                self._follow(client)
        except spapi_errors.Throttled as error:
            self.env.cr.rollback()
            _logger.info("Amazon account %s: %s", self.account_id.id, error)
        except (spapi_errors.Unreachable, spapi_errors.CredentialsError) as error:
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", self.account_id.id, error)
            facts = [self.account_id._get_error_facts(error, retried=True)]
            self.env["amazon.cancellation.source"]._note_failed(self.account_id, "sweep", facts)
        except spapi_errors.SpApiError as error:
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", self.account_id.id, error)
            self._refuse(error)
        # Each page of a search is written: only one that stands still is given up.
        if self.state == "requested" and self.write_date < fields.Datetime.now() - const.SWEEP_GIVEN_UP_AFTER:
            self._fail([_lt("Amazon did not let it end in time.")])
        self.env["ir.cron"]._commit_progress()

    # === BUSINESS METHODS: BY REPORT === #

    def _request(self, client):
        """Ask Amazon for the report.

        Note: self.ensure_one()
        """
        self.ensure_one()
        times = {}
        if self.report_type != REPORT_ACTIONABLE:
            end = client.now() - const.SEARCH_SETTLES_AFTER
            times = {"start": end - const.SWEEP_REPORT_SPAN, "end": end}
        self.report_ref = client.request_report(self.report_type, self.marketplace_refs, **times)
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_sweep").sudo()  # managers may not see the jobs
        cron_sudo._trigger(at=fields.Datetime.now() + const.REPORT_IS_MADE_WITHIN)

    def _follow(self, client):
        """Look whether the report is made, and apply it.

        Note: self.ensure_one()
        """
        self.ensure_one()
        report = client.get_report(self.report_ref)
        if report.status == "DONE" and report.document_id:
            self._apply(client, report)
        elif report.status == "CANCELLED":
            self._end([_lt("Amazon made no report, as there was nothing to tell.")])
        elif report.status == "FATAL":
            self._fail([_lt("Amazon could not make the report.")])

    def _apply(self, client, report):
        """Apply the report, streamed from a temporary file, in parts that are each committed.

        Note: self.ensure_one()

        :param Report report: A report that is made.
        """
        account, reader = self.account_id, self.env["amazon.order.reader"]
        counts, seen = Counter(calls=1), set()
        # Reports settle as late as searches do.
        true_for = (report.created or self.create_date.replace(tzinfo=UTC)) - const.SEARCH_SETTLES_AFTER
        with tempfile.TemporaryFile() as file:  # readable by nobody else: it holds buyers' addresses
            client.download_report(report.document_id, file)
            orders = OrderReport(file, as_of=true_for, marketplace_ids=self.marketplace_refs)
            for snapshots in batched(orders, const.REPORT_BATCH):
                counts.update(reader._apply_and_commit(account, snapshots))
                seen.update(snapshot.order_id for snapshot in snapshots)
            facts = self._get_facts(orders)
        if self.report_type == REPORT_ACTIONABLE:
            if orders.tells_verges:
                self.env["sale.order"]._amazon_note_verges(account, orders.verges)
            missing = self._get_open_orders(true_for).filtered(lambda order: order._amazon_get_ref() not in seen)
            self._note_told(missing, orders.tells_requests and not orders.error_count and true_for)
        self._count(counts)
        self._end(facts)
        if self.told_until and not self.account_id._get_cursors()._is_small():
            self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()._trigger()  # managers may not see the jobs

    # === BUSINESS METHODS: BY SEARCH === #

    def _read_by_search(self, client):
        """Read the open orders page by page, as far as Amazon's allowance has calls to spare. Commits each page.

        Note: self.ensure_one()
        """
        self.ensure_one()
        account, reader = self.account_id, self.env["amazon.order.reader"]
        corrected = False
        while client.budget.left("searchOrders", client.now()) > const.SWEEP_CALLS_SPARED:
            window, token = self._get_window(client)
            asked = client.now()
            try:
                page = client.search_orders(window, token)
            except spapi_errors.InvalidRequest:
                if corrected or (not token and client.now() >= asked):
                    raise
                corrected = True  # our clock ran ahead of Amazon's, which its answer has told
                self.pending_window = False  # or the page token expired: read again from the first page
                self.env["ir.cron"]._commit_progress()
                continue
            counts = reader._apply_and_commit(account, page.orders)
            reader._want(account, [order_id for order_id, _problem in page.malformed if order_id])
            self._count(counts + Counter(calls=1))
            seen = [*((self.seen_refs or ()) if token else ()), *(order.order_id for order in page.orders)]
            if not page.next_token:
                missing = self._get_open_orders(window.last_updated_before).filtered(
                    lambda order, seen=frozenset(seen): order._amazon_get_ref() not in seen
                )
                self._note_told(missing, window.last_updated_before)
                self.seen_refs = False
                self._end()
                return
            self.pending_window = {"window": window.to_dict(), "token": page.next_token}
            self.seen_refs = seen
            self.env["ir.cron"]._commit_progress()

    def _get_window(self, client):
        """The search over all open orders, and the page to go on from.

        :rtype: tuple(CreationWindow, str|None)
        """
        if self.pending_window:
            return CreationWindow.from_dict(self.pending_window["window"]), self.pending_window["token"]
        end = client.now() - const.SEARCH_SETTLES_AFTER
        return (
            CreationWindow(
                end - const.SWEEP_SEARCH_SPAN,
                end,
                tuple(self.marketplace_refs),
                statuses=const.OPEN_ORDER_STATUSES,
            ),
            None,
        )

    # === BUSINESS METHODS: ENDS === #

    def _count(self, counts):
        self.write(
            {
                "call_count": self.call_count + counts["calls"],
                "order_count": self.order_count + counts["read"],
                "known_count": self.known_count + counts["known"],
                "request_count": self.request_count + counts["requested"],
            }
        )

    def _note_told(self, missing, until):
        """Note up to when all open orders were shown, and have those read that were not: they are closed by now.

        Few are read one by one. Of many, the search shows most, and in a while the few that are left.

        Note: self.ensure_one()

        :param recordset missing: Open orders in Odoo that were not shown.
        :param datetime until: Aware, or False where not all was shown.
        """
        self.ensure_one()
        urgent = missing.filtered_domain(missing._amazon_get_urgent_domain())
        few = len(missing) <= const.MISSING_READ_AT_ONCE
        (missing if few else urgent)._amazon_want_reading()
        if not few:
            (missing - urgent)._amazon_want_reading(after=fields.Datetime.now() + const.MISSING_READ_WITHIN)
        self.write({"missing_count": len(missing), "told_until": until and to_naive_seconds(until)})
        if until:
            cursors = self.account_id._get_cursors()
            cursors = cursors.filtered(lambda cursor: cursor.marketplace_id.api_ref in self.marketplace_refs)
            cursors._close_gap(self.told_until)

    def _end(self, facts=False):
        """Note that the sweep has told what there is to tell.

        Note: self.ensure_one()

        :param list facts: What else is to be said, or False.
        """
        self.ensure_one()
        self.write({"state": "done", "message_facts": facts, "pending_window": False})
        self._log(facts)
        self.env["amazon.cancellation.source"]._note_heard(self.account_id, "sweep")

    def _refuse(self, error):
        """End the sweep with what Amazon refused; without the role for reports, the account sweeps by search.

        Note: self.ensure_one()

        :param SpApiError error: Amazon's refusal.
        """
        self.ensure_one()
        facts = self.account_id._get_error_facts(error, report_type=self.report_type or None)
        if self.method == "report" and get_refusal(error) is Refusal.ACCESS:
            self.account_id._on_report_refused(facts)
        self._fail([facts])

    def _fail(self, facts):
        """End the sweep without a result.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.write({"state": "failed", "message_facts": facts, "pending_window": False})
        self._log(facts, failed=True)
        self.env["amazon.cancellation.source"]._note_failed(self.account_id, "sweep", facts)

    def _log(self, facts, failed=False):
        SyncLog = self.env["amazon.cancellation.log"]
        counts = {
            "calls": self.call_count,
            "read": self.order_count,
            "known": self.known_count,
            "requested": self.request_count,
        }
        SyncLog._note(self.account_id, "sweep", SyncLog._start(), counts, facts, failed=failed)

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
        """Whether the account's rhythm, or a backlog that paging would take longer for, asks for a sweep now.

        One that failed is tried again after a pause that grows, or at once by the other method.

        :rtype: bool
        """
        latest = self.search([("account_id", "=", account.id)], limit=len(const.SWEEP_FAILURE_PAUSES))
        if latest[:1].state == "requested":
            return False
        since = fields.Datetime.now() - latest[:1].create_date if latest else None
        failures = 0
        for sweep in latest:
            if sweep.state != "failed" or sweep.method != account.sweep_method:
                break
            failures += 1
        if failures and since < const.SWEEP_FAILURE_PAUSES[failures - 1]:
            return False
        interval = const.SWEEP_INTERVALS.get(account.sweep_rhythm)
        if interval and (since is None or since >= interval or latest[:1].state == "failed"):
            return True
        by_report = account.sweep_method == "report"  # a search would only take calls from the one that is behind
        wanted = by_report and any(account._get_cursors().mapped("report_wanted"))
        if wanted and (since is None or since >= const.WANTED_REPORT_PAUSE):
            return True
        cursors = account._get_cursors()
        if by_report and not cursors._is_small() and cursors._get_situation_now().plan().report:
            return True
        backlog = max(
            (cursor.pending_window.get("orders", 0) for cursor in account._get_cursors() if cursor.pending_window),
            default=0,
        )
        return (
            by_report
            and backlog >= const.SWEEP_BACKLOG_ORDERS
            and (since is None or since >= const.SWEEP_BACKLOG_PAUSE)
        )

    @api.model
    def _get_last_told(self, account):
        """The last sweep that showed all open orders with the requests, or none."""
        return self.search([("account_id", "=", account.id), ("told_until", "!=", False)], limit=1)

    @api.model
    def _get_reports(self, account, marketplaces):
        """What a plan of the reading is to know of the reports of open orders.

        :param recordset account: The account that is read.
        :param recordset marketplaces: Those that are read together.
        :rtype: dict
        """
        if account.sweep_method != "report" or account.sweep_report != REPORT_ACTIONABLE:
            return {}
        latest = self.search([("account_id", "=", account.id), ("method", "=", "report")], limit=2)
        told = self._get_last_told(account)
        ended = latest.filtered(lambda sweep: sweep.state != "requested")[:1]
        return {
            "reported": bool(told) and ended == told,
            "report_age": fields.Datetime.now() - latest[:1].create_date if latest else None,
            "told_until": ({*marketplaces.mapped("api_ref")} <= {*(told.marketplace_refs or ())} and told.told_until)
            or None,
        }

    @api.model
    def _get_under_way(self, account):
        return self.search([("account_id", "=", account.id), ("state", "=", "requested")], order="id")

    def _describe_progress(self):
        """What is to be said to who asked for the sweep.

        Note: self.ensure_one()

        :return: A message, and what kind it is.
        :rtype: tuple(str, str)
        """
        self.ensure_one()
        if self.state == "failed":
            return self.message, "danger"
        if self.state == "done":
            return (
                self.env["amazon.cancellation.words"]._word(
                    _lt(
                        "%(orders)s read, %(known)s of them known; %(requests)s.",
                        orders=counted.open_orders(self.order_count),
                        known=self.known_count,
                        requests=counted.new_requests(self.request_count),
                    )
                ),
                "success",
            )
        if self.account_id.sweep_message:
            return self.account_id.sweep_message, "warning"
        if self.method == "search":
            return self.env._("The open orders are read as fast as Amazon's rate limit lets it be."), "info"
        if not self.report_ref:
            return self.env._(
                "Amazon's rate limit is reached; the report is requested as soon as it lets us."
            ), "warning"
        return self.env._("The report is requested. Amazon needs a few minutes; it is applied by itself."), "success"

    def _get_open_orders(self, true_for):
        """The orders that are open in Odoo, and that a sweep of all open orders shows therefore.

        Note: self.ensure_one()

        :param datetime true_for: What the sweep is true for, aware.
        :rtype: recordset of `sale.order`
        """
        self.ensure_one()
        return self.env["sale.order"].search(
            Domain("amazon_cancel_account_id", "=", self.account_id.id)
            & Domain("amazon_cancel_marketplace_id.api_ref", "in", self.marketplace_refs)
            & Domain("amazon_channel", "=", "fbm")
            & Domain("amazon_fulfillment_status", "in", const.OPEN_ORDER_STATUSES)
            & Domain("amazon_last_update", "<", to_naive_utc(true_for))
        )

    def _get_facts(self, orders):
        """What is to be said of the report.

        :rtype: list
        """
        parts = []
        if not orders.tells_requests:
            parts.append(
                _lt(
                    "The report does not tell buyers' requests: switch on the columns of Buyer Requested Cancel in "
                    "Seller Central, Orders, Order Reports."
                )
            )
        if orders.error_count:
            parts.append(_lt("%(rows)s not readable:", rows=counted.rows(orders.error_count)))
            parts += self.account_id._get_report_errors_facts(orders.errors[:20])
        return parts
