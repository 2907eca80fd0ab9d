import logging
from datetime import timedelta

from babel.dates import format_timedelta
from markupsafe import escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.misc import babel_locale_parse, format_date

from ... import const, counted
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.const import REPORT_ACTIONABLE, REPORT_INVOICING, REPORT_ORDERS
from ...tools import to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationAccount(models.Model):
    """The reading of an account's orders: by search, the first and, with every source, the last resort; by the sources
    beside it; and being alive: an account that no longer sees new requests says so, to a person, once.
    """

    _name = "amazon.cancellation.account"
    _inherit = ["amazon.cancellation.account", "mail.alias.mixin.optional"]

    # === SEARCH === #
    reading_overlap_minutes = fields.Integer(
        string="Overlap",
        default=15,
        help="Minutes that a reading goes back behind the last one, as Amazon's search settles late. Where much "
        "changes, the frequent readings of open orders go back two minutes only.",
    )
    first_sync_days = fields.Integer(
        string="Look Back", default=30, help="Days that the first reading of the orders looks back."
    )
    # Fields of models that others may not read are for those who may.
    cursor_ids = fields.One2many(
        "amazon.cancellation.cursor",
        "account_id",
        string="Reading Positions",
        groups="sale_amazon_cancellation.group_amazon_manager,base.group_system",
    )
    last_sync_date = fields.Datetime(
        string="Orders Read Until",
        compute="_compute_last_sync_date",
        inverse="_inverse_last_sync_date",
        store=True,
        copy=False,
        help="Everything at Amazon that can hold a parcel, requests and cancellations, has been read up to this time, "
        "or was told by notifications that what was read has proven right.",
    )
    whole_sync_date = fields.Datetime(
        string="Shipped Orders Read Until",
        compute="_compute_whole_sync_date",
        store=True,
        copy=False,
        help="What is shipped holds no parcel: where much changes, it is read less often than requests are.",
    )
    last_sync_ago = fields.Char(string="Last Checked", compute="_compute_last_sync_ago")
    sync_failing = fields.Boolean(readonly=True, copy=False)
    sync_message = fields.Text(compute="_compute_worded")
    sync_message_facts = fields.Json(readonly=True, copy=False)
    sync_state = fields.Selection(
        [("never", "Never read"), ("ok", "Up to date"), ("late", "Late"), ("failing", "Failing")],
        compute="_compute_sync_state",
        search="_search_sync_state",
    )
    reading_forecast = fields.Text(
        string="Pace", compute="_compute_reading_forecast", compute_sudo=True, help="How far Amazon's allowance goes."
    )
    allowance_today = fields.Text(
        string="Calls Today",
        compute="_compute_allowance_today",
        compute_sudo=True,
        help="What Amazon's allowance went to since midnight (UTC).",
    )
    sync_progress = fields.Char(
        string="Being Read",
        compute="_compute_sync_progress",
        compute_sudo=True,  # salespersons read accounts, yet not the reading positions
        help="A reading that goes on in the next run.",
    )
    manager_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets an activity when the account no longer sees new requests, or needs a decision.",
    )

    # === MATCHING === #
    order_ref_path = fields.Char(
        string="Order ID Field",
        copy=False,
        tracking=True,
        help="Where another connector keeps the Amazon order id, if not in one of Odoo's own fields: a field of the "
        "sale order, or of records that are linked to it, as in amazon_bind_ids.external_id.",
    )
    order_ref_prefix = fields.Char(
        string="Before the Order ID", copy=False, trim=False, help="What the connector writes before each order id."
    )
    order_ref_suffix = fields.Char(
        string="After the Order ID", copy=False, trim=False, help="What the connector writes after each order id."
    )
    order_ref_field_id = fields.Many2one(
        "ir.model.fields",
        compute="_compute_order_ref_field_id",
        inverse="_inverse_order_ref_field_id",
        domain=[("model", "=", "sale.order"), ("ttype", "=", "char"), ("store", "=", True)],
        help="The Order ID Field where it is one of the sale order itself.",
    )
    order_ref_message = fields.Text(
        string="Order IDs Stand In",
        compute="_compute_worded",
        help="In which fields of the newest sale orders Amazon order ids were found, and how many.",
    )
    order_ref_message_facts = fields.Json(readonly=True, copy=False)
    order_ref_date = fields.Datetime(string="Looked For Order IDs", readonly=True, copy=False)
    unknown_order_ids = fields.One2many("amazon.cancellation.unknown", "account_id", string="Unknown Orders")
    unknown_order_count = fields.Integer(compute="_compute_unknown_order_count")

    # === SOURCES BESIDE THE SEARCH === #
    subscription_ids = fields.One2many(
        "amazon.cancellation.subscription",
        "account_id",
        string="Notifications",
        groups="sale_amazon_cancellation.group_amazon_manager,base.group_system",
    )
    subscription_state = fields.Selection(related="subscription_ids.state", string="Push")
    sweep_ids = fields.One2many("amazon.cancellation.sweep", "account_id", string="Sweeps")
    sweep_rhythm = fields.Selection(
        const.SWEEP_RHYTHMS,
        string="Sweep",
        required=True,
        default="daily",
        tracking=True,
        help="How often all open orders are read once more, which finds whatever was missed.",
    )
    sweep_method = fields.Selection(
        const.SWEEP_METHODS,
        string="Sweeps Are Made",
        required=True,
        readonly=True,
        copy=False,
        default="report",
        help="By one report, which needs a restricted role of Amazon's; without it by a search, which takes one call "
        "for 100 open orders. Test the connection after the application got the role.",
    )
    sweep_method_reason = fields.Text(
        string="Why Not by Report", compute="_compute_worded", help="What Amazon said; empty while reports are used."
    )
    sweep_method_reason_facts = fields.Json(readonly=True, copy=False)
    sweep_report = fields.Selection(
        [
            (REPORT_ACTIONABLE, "Unshipped orders"),
            (REPORT_ORDERS, "Orders of the last days"),
            (REPORT_INVOICING, "Orders of the last days, for invoicing"),
        ],
        required=True,
        default=REPORT_ACTIONABLE,
        help="The report of unshipped orders is the best choice: it shows each open order, however old.",
    )
    sweep_message = fields.Text(string="Sweep Problem", compute="_compute_sweep_message")
    source_ids = fields.One2many("amazon.cancellation.source", "account_id", string="Sources")
    net_count = fields.Integer(
        string="Working Sources",
        compute="_compute_nets",
        help="Sources from which requests are really heard. One that was never heard does not count.",
    )
    net_message = fields.Char(string="Requests Are Seen By", compute="_compute_nets")

    _reading_overlap_positive = models.Constraint(
        "CHECK(reading_overlap_minutes >= 0)", "The overlap is a number of minutes, zero or more."
    )
    _first_sync_days_range = models.Constraint(
        "CHECK(first_sync_days BETWEEN 1 AND 365)", "The first reading can look back 1 to 365 days."
    )

    # === COMPUTE METHODS === #

    @api.depends("cursor_ids.read_until", "cursor_ids.marketplace_id", "marketplace_ids")
    def _compute_last_sync_date(self):
        for account in self:
            read_until = account._get_cursors().mapped("read_until")
            complete = read_until and all(read_until) and len(read_until) == len(account.marketplace_ids)
            account.last_sync_date = min(read_until) if complete else False

    @api.depends("cursor_ids.read_until", "cursor_ids.shipped_until", "cursor_ids.marketplace_id", "marketplace_ids")
    def _compute_whole_sync_date(self):
        for account in self:
            cursors = account._get_cursors()
            complete = len(cursors) == len(account.marketplace_ids)
            account.whole_sync_date = complete and cursors._get_whole_until()

    def _inverse_last_sync_date(self):
        for account in self:
            account._ensure_cursors().sudo().write(
                {
                    "read_until": account.last_sync_date,
                    "shipped_until": account.last_sync_date,
                    "shipped_settled_until": False,
                    "pending_window": False,
                    "pending_shipped": False,
                }
            )

    @api.depends("last_sync_date")
    @api.depends_context("lang")
    def _compute_last_sync_ago(self):
        for account in self:
            account.last_sync_ago = account._format_ago(account.last_sync_date)

    @api.depends("last_sync_date", "sync_failing")
    @api.depends_context("uid")
    def _compute_sync_state(self):
        for account in self:
            late_before = account._get_late_before()
            if account.sync_failing:
                account.sync_state = "failing"
            elif not account.last_sync_date:
                account.sync_state = "never"
            else:
                account.sync_state = "late" if account.last_sync_date < late_before else "ok"

    def _search_sync_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        healthy = Domain("sync_failing", "=", False)
        # Few sellers have notifications, and few have many accounts.
        accounts_sudo = self.sudo()  # salespersons see no subscriptions; ids are compared only
        pushed = accounts_sudo.search([("subscription_ids.state", "=", "active")]).filtered(lambda a: a._is_pushed())
        late = Domain("id", "not in", pushed.ids) & Domain("last_sync_date", "<", self._get_late_before())
        if pushed:
            late |= Domain("id", "in", pushed.ids) & Domain("last_sync_date", "<", pushed[0]._get_late_before())
        domains = {
            "failing": Domain("sync_failing", "=", True),
            "never": healthy & Domain("last_sync_date", "=", False),
            "late": healthy & late,
            "ok": healthy & Domain("last_sync_date", "!=", False) & ~late,
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("cursor_ids.pending_window")
    @api.depends_context("lang", "tz")
    def _compute_sync_progress(self):
        for account in self:
            pending = account._get_cursors().filtered("pending_window")
            start = min((cursor._get_pending_start() for cursor in pending), default=None)
            orders = counted.orders(max((cursor.pending_window.get("orders", 0) for cursor in pending), default=0))
            account.sync_progress = bool(pending) and account.env._(
                "%(orders)s read so far of the changes since %(start)s; it goes on by itself.",
                orders=account.env["amazon.cancellation.words"]._word(orders),
                start=format_date(account.env, start.replace(tzinfo=None)),  # naive, to come in the user's time zone
            )

    @api.depends("last_sync_date", "whole_sync_date", "cursor_ids.pace")
    @api.depends_context("lang")
    def _compute_reading_forecast(self):
        forecast = self.env["amazon.reading.forecast"]
        for account in self:
            account.reading_forecast = bool(account.last_sync_date) and forecast._describe_reading(account)

    @api.depends_context("lang")
    def _compute_allowance_today(self):
        for account in self:
            account.allowance_today = self.env["amazon.reading.forecast"]._describe_spent(account)

    @api.depends("source_ids.message")
    @api.depends_context("lang")
    def _compute_sweep_message(self):
        for account in self:
            account.sweep_message = account.source_ids.filtered(lambda row: row.source == "sweep").message

    @api.depends("source_ids.last_heard_date", "source_ids.failing_since")
    @api.depends_context("lang", "uid")
    def _compute_nets(self):
        for account in self:
            working = account.source_ids.filtered(lambda source: source.state == "ok")
            account.net_count = len(working)
            account.net_message = working._get_names() or account.env._("no source")

    @api.depends("order_ref_path")
    def _compute_order_ref_field_id(self):
        fields_sudo = self.env["ir.model.fields"].sudo()  # a manager may not read the field registry
        for account in self:
            path = account.order_ref_path
            account.order_ref_field_id = path and "." not in path and fields_sudo._get("sale.order", path)

    def _inverse_order_ref_field_id(self):
        for account in self:
            account.order_ref_path = account.order_ref_field_id.sudo().name  # as above

    def _compute_unknown_order_count(self):
        counts = self._count_by_account("amazon.cancellation.unknown", "account_id", [])
        for account in self:
            account.unknown_order_count = counts.get(account, 0)

    # === CONSTRAINT METHODS === #

    @api.constrains("order_ref_path")
    def _check_order_ref_path(self):
        for account in self.filtered("order_ref_path"):
            if not self.env["amazon.order.finder"]._is_usable(account.order_ref_path):
                raise ValidationError(
                    self.env._(
                        "%(path)s: name a text that is stored on the sale order, or on records linked to it, as in "
                        "amazon_bind_ids.external_id.",
                        path=account.order_ref_path,
                    )
                )

    @api.constrains("company_id")
    def _check_company_of_orders(self):
        """An account finds the orders of its own company alone: the others' requests would not be seen any more."""
        orders_sudo = self.env["sale.order"].sudo()  # of all salespersons and companies
        for account in self:
            of_company = Domain("company_id", "child_of", account.company_id.id)
            stranger_sudo = orders_sudo.search(
                Domain("amazon_cancel_account_id", "=", account.id) & ~of_company, limit=1
            )
            stranger_sudo._check_company(["amazon_cancel_account_id"])

    # === ACTION METHODS === #

    def action_find_order_refs(self):
        """Look where Amazon order ids stand in the newest sale orders, and choose the field that holds the most.

        Note: self.ensure_one()

        :return: A notification with the counts.
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        Finder = self.env["amazon.order.finder"]
        places = Finder._look(self)
        if places:
            Finder._choose(self, places[0])
            self.with_user(SUPERUSER_ID).unknown_order_ids._rematch()  # reading writes orders that the user may not see
        return self._get_notification_action(self.order_ref_message, "success" if places else "warning")

    def action_sync_now(self):
        """Read what changed at Amazon since the last reading, now, as far as Amazon's allowance goes.

        :return: A notification with the outcome; failures are also kept on the account.
        :rtype: dict
        """
        self.check_access("write")
        for account in self.with_user(SUPERUSER_ID):  # reading writes orders that the user may not even see
            account._read_orders()
        self.invalidate_recordset()
        failing = self.filtered("sync_failing")
        waits = {account: account._describe_wait() for account in self - failing}
        return self._get_notification_action(
            "\n".join(
                " ".join(filter(None, (f"{account.name}: {account.sync_message}", waits.get(account))))
                for account in failing or self
            ),
            "danger" if failing else "warning" if any(waits.values()) else "success",
        )

    def action_open_subscription(self):
        """Open the set-up of the account's notifications.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notifications"),
            "res_model": "amazon.cancellation.subscription",
            "view_mode": "form",
            "res_id": self.subscription_ids[:1].id,
            "context": {"default_account_id": self.id},
        }

    def action_sweep_now(self):
        """Read all open orders once more, as far as Amazon lets it be done now; the scheduled action does the rest.

        Note: self.ensure_one()

        :return: A notification of what is done, under way or refused.
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        account = self.with_user(SUPERUSER_ID)  # a sweep writes orders that the user may not even see
        try:
            sweep = account.env["amazon.cancellation.sweep"]._sweep_now(account)
        except spapi_errors.CredentialsError as error:
            raise UserError(self._describe_error(error)) from error
        self.invalidate_recordset()
        account.env.ref("sale_amazon_cancellation.ir_cron_sweep")._trigger()
        return self._get_notification_action(*sweep.with_env(self.env)._describe_progress())

    def action_view_sweeps(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_order_sweep_action")
        return {**action, "domain": [("account_id", "=", self.id)]}

    def action_view_logs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_sync_log_action")
        return {**action, "domain": [("account_id", "=", self.id)], "context": {"search_default_month": 1}}

    def action_view_unknown_orders(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_unknown_order_action")
        return {**action, "domain": [("account_id", "=", self.id)]}

    # === BUSINESS METHODS: MATCHING === #

    def _on_written(self, vals):
        """Extension: by which fields orders are known is cached, and searched quickly."""
        if "order_ref_path" in vals:
            self.env.registry.clear_cache()
            self.env["amazon.order.finder"]._sync_indexes()
        return super()._on_written(vals)

    # === BUSINESS METHODS: SEARCH === #

    @api.model
    def _cron_read_orders(self):
        """Read every account's changed orders, as units of work; one account's failure does not stop the others."""
        accounts = self.search([("active", "=", True)]).filtered(
            lambda a: not a._works_by_files() or a._has_credentials()
        )
        self.env["amazon.order.finder"]._sync_indexes()
        self.env["amazon.order.follow.up"]._do_late()
        self.env["amazon.cancellation.unit"]._run("read", accounts)

    def _for_each(self, work):
        """Do a scheduled action's work for each account; one account's failure does not stop the others.

        :param callable work: What to do with one account; it commits by itself.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(self))
        for done, account in enumerate(self, start=1):
            try:
                work(account)
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Amazon account %s: a scheduled action failed", account.id)
            cron._commit_progress(1, remaining=len(self) - done)

    def _read_orders(self, keep_budget=False):
        """Read this account's changed orders and keep the outcome on the account. Commits page by page.

        Note: self.ensure_one()

        :param bool keep_budget: Whether to read by the plan that keeps some of Amazon's allowance, and to leave alone
            for a while what keeps failing; else everything, as a person asks for it.
        """
        self.ensure_one()
        start, counts = self.env["amazon.cancellation.log"]._start(), {}
        if not self.marketplace_ids:
            facts = [_lt("Choose the marketplaces first: test the connection.")]
            self._set_sync_outcome(start, counts, facts, failing=True)
            return
        cursors = self._ensure_cursors()
        self.env["ir.cron"]._commit_progress()
        if not cursors.try_lock_for_update():
            return  # another worker is reading this account
        if keep_budget:
            cursors = cursors._filter_due()
        else:
            cursors.whole_wanted = True
            self.env["ir.cron"]._commit_progress()  # wanted also where nothing can be read now
            if not cursors.try_lock_for_update():
                return
        positions = cursors._get_positions()
        try:
            purpose = "reading" if keep_budget else "person"
            with self._open_client(purpose=purpose) as client:
                facts, counts = cursors._read(client)
        except spapi_errors.SpApiError as error:
            # Nothing half-applied stays: what was read completely is committed already.
            self.env.cr.rollback()
            _logger.warning("Amazon account %s: %s", self.id, error)
            lasting = isinstance(error, (spapi_errors.CredentialsError, spapi_errors.AccessDenied))
            facts = [self._get_error_facts(error, retried=True)]
            self._set_sync_outcome(start, counts, facts, failing=True, lasting=lasting)
        except Exception as error:
            self.env.cr.rollback()
            if isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY) and cursors._get_positions() != positions:
                _logger.info("Amazon account %s is read by another worker, too, which goes on with it", self.id)
                return
            _logger.exception("Amazon account %s: reading the orders failed", self.id)
            facts = [
                _lt(
                    "Reading stopped at an unexpected error (%(error)s). See the server log.",
                    error=type(error).__name__,
                )
            ]
            self._set_sync_outcome(start, counts, facts, failing=True)
        else:
            if counts.get("waits") and not counts.get("calls"):
                self._on_nothing_due(start, counts)
                return
            self.env["amazon.order.finder"]._find_unknown(self)
            self._get_cursors()._tell_refused_alone()
            failures = self._get_cursors().filtered("message")
            if failures:
                facts = [
                    [f"{', '.join(cursors.marketplace_id.mapped('name'))}:", *cursors[:1].message_facts]
                    for cursors in failures.grouped("message").values()  # what is the same for all is said once
                ]
            for cursor in self._get_cursors().filtered("detour_message_facts") - failures:
                facts.append([f"{cursor.marketplace_id.name}:", *cursor.detour_message_facts])
            self._set_sync_outcome(start, counts, facts or self.sync_message_facts, failing=bool(failures))

    def _on_nothing_due(self, start, counts):
        """The plan had nothing to search for now, which tells nothing of the search; single orders may have been read.

        Note: self.ensure_one()
        """
        self.ensure_one()
        if counts.get("read"):
            self.env["amazon.cancellation.log"]._note(self, "lookup", start, counts)
        self._watch()
        self.env["ir.cron"]._commit_progress()

    def _set_sync_outcome(self, start, counts, facts, failing, lasting=False):
        """Keep what became of a reading, on the account and in the log.

        Note: self.ensure_one()

        :param tuple start: What the log's `_start` returned when it began.
        :param dict counts: What it found; empty where it broke off.
        :param list facts: What is to be said.
        :param bool failing: Whether new requests are not seen.
        :param bool lasting: Whether only a person can end the failure.
        """
        self.env["amazon.cancellation.log"]._note(self, "search", start, counts, facts, failing)
        self.write({"sync_message_facts": facts, "sync_failing": failing})
        Source = self.env["amazon.cancellation.source"]
        if failing:
            Source._note_failed(self, "search", facts)
        else:
            Source._note_heard(self, "search")
        self._watch(lasting)
        self.env["ir.cron"]._commit_progress()

    def _plan_reading(self, throttled):
        """Plan the next run of the reading job: it never waits for Amazon's rate limit inside a worker.

        :param Throttled throttled: Amazon's 429, or the own count's.
        """
        if isinstance(throttled, spapi_errors.TimeIsUp):
            return  # its next turn comes by itself, after the others'
        at = fields.Datetime.now() + throttled.get_pause(const.THROTTLED_PAUSE)
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()  # managers may not see the jobs
        cron_sudo._trigger(at=at)

    def _describe_wait(self):
        """When what a person asked for and Amazon's allowance did not let through is read, in words; empty if all was.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        wait = self.env["amazon.cancellation.allowance"]._look(self).wait("searchOrders", self._get_amazon_time())
        if not wait or not any(self.sudo()._get_cursors().mapped("whole_wanted")):
            return ""
        again = self._get_error_facts(spapi_errors.Throttled("", operation="searchOrders"), retried=True)[-1]
        again = self.env["amazon.cancellation.words"]._word(again)
        when = format_timedelta(wait, add_direction=True, locale=babel_locale_parse(self.env.lang))
        return f"({when})" if again in (self.sync_message or "") else f"{again} ({when})"

    def _want_whole_reading(self):
        """Have everything read soon, the shipped orders, too: then many orders are fresh without a call for each."""
        self._get_cursors().sudo().write({"whole_wanted": True})  # positions are not written by users
        self.env.ref("sale_amazon_cancellation.ir_cron_read").sudo()._trigger()  # managers may not see the jobs

    def _ensure_cursors(self):
        """Make the missing reading positions.

        :return: The positions of the chosen marketplaces.
        :rtype: recordset of `amazon.cancellation.cursor`
        """
        self.ensure_one()
        missing = self.marketplace_ids - self.cursor_ids.marketplace_id
        self.env["amazon.cancellation.cursor"].sudo().create(  # a manager may set the date, yet never write positions
            [{"account_id": self.id, "marketplace_id": marketplace.id} for marketplace in missing]
        )
        return self._get_cursors()

    # === BUSINESS METHODS: BEING ALIVE === #

    @api.model
    def _cron_watch(self):
        """Look whether the accounts still see new requests, even where the reading action itself no longer runs."""
        accounts = self.search([("marketplace_ids", "!=", False)])
        accounts.filtered(lambda a: a._has_credentials() or a._works_by_files())._for_each(
            lambda account: account._watch()
        )

    @api.model
    def _cron_test_connections(self):
        """Try once a week what Amazon lets the accounts do: a role that is taken away shows before it is missed."""
        self.search([("active", "=", True)]).filtered(lambda account: account._has_credentials())._for_each(
            lambda account: account._look_at_connection()
        )

    def _look_at_connection(self):
        """Try what Amazon lets this account do and keep it; tell the manager once of what no longer works.

        Nothing else follows: what works goes on as it is.

        Note: self.ensure_one()
        """
        self.ensure_one()
        Access = self.env["amazon.cancellation.access"].with_context(amazon_only_look=True)
        disturbed = set(self.finding_ids.filtered(lambda finding: finding.state == "disturbed").mapped("operation"))
        findings = Access._check(self)
        self._keep_findings(findings)
        lost = self.finding_ids.filtered("lost")
        passing = lost.filtered(lambda row: row.state == "disturbed" and row.operation not in disturbed)
        told = self._amazon_get_activities("access")
        if lost - passing:
            operations = (lost - passing).mapped("operation")
            facts = self._get_findings_facts(
                [finding for finding in findings if finding.operation in operations], self._get_seller_central_url()
            )
            account = self._amazon_for_responsible()
            self._ask_manager(
                "access",
                account.env._("Amazon refuses what worked before"),
                account.env["amazon.cancellation.words"]._word(*facts),
            )
        elif told and not lost:
            told.action_feedback(feedback=self._amazon_for_responsible().connection_message)
        if passing:
            cron = self.env.ref("sale_amazon_cancellation.ir_cron_test_connections")
            cron._trigger(at=fields.Datetime.now() + const.DISTURBED_TEST_PAUSE)

    def _watch(self, lasting=False):
        """Tell the manager once when the account goes blind, and note when it sees again.

        Note: self.ensure_one()

        :param bool lasting: Whether it is known already that only a person can end the failure.
        """
        self.ensure_one()
        told = self._amazon_get_activities("blind")
        account = self._amazon_for_responsible()
        if told and self.sync_state == "ok":
            told.action_feedback(feedback=account.env._("The orders are read again; nothing was lost."))
        elif not told and (lasting or self._is_blind()):
            self._ask_manager(
                "blind",
                account.env._("New cancellation requests are not seen"),
                account.env._(
                    "%(account)s was last read completely: %(ago)s. %(message)s Requests are still seen by: %(nets)s.",
                    nets=account.net_message,
                    account=self.name,
                    ago=account.last_sync_ago or account.env._("never"),
                    message=account.sync_message
                    if self.sync_failing
                    else account.env._(
                        "The scheduled action that reads the orders does not run: ask the administrator."
                    ),
                ),
            )

    def _ask_manager(self, xml_name, summary, note):
        """Give the account's manager an activity, unless the same one is open.

        :param str xml_name: The activity type's name after `mail_activity_`.
        :param str summary: In the manager's language: see `_amazon_for_responsible`.
        :param str note: Likewise; plain text.
        """
        for account in self:
            if summary in account._amazon_get_activities(xml_name).mapped("summary"):
                continue
            account._amazon_for_responsible().activity_schedule(
                f"sale_amazon_cancellation.mail_activity_{xml_name}",
                summary=summary,
                note=escape(note),  # it may hold Amazon's or the buyer's words
                user_id=account._get_manager().id,
            )

    # === BUSINESS METHODS: SOURCES BESIDE THE SEARCH === #

    def _on_created(self):
        """Override: an account tells of each of its sources, and searches by its field, from the beginning."""
        if any(account.order_ref_path for account in self):
            self._on_written({"order_ref_path"})
        self.env["amazon.cancellation.source"]._ensure(self)
        return super()._on_created()

    def _on_report_refused(self, facts):
        """Sweep by search from now on, and say so once.

        Note: self.ensure_one()

        :param dict|list facts: What Amazon refused.
        """
        self.ensure_one()
        if self.sweep_method == "report":
            account = self._amazon_for_responsible()
            account.message_post(
                body=account.env._(
                    "Amazon gives no report of the open orders, so they are swept by search. %(reason)s",
                    reason=account.env["amazon.cancellation.words"]._word(facts),
                )
            )
        self.write({"sweep_method": "search", "sweep_method_reason_facts": [facts]})

    def _on_report_given(self):
        """Sweep by report from now on: the application has the role."""
        self.filtered(lambda account: account.sweep_method != "report").write(
            {"sweep_method": "report", "sweep_method_reason_facts": False}
        )

    def _alias_get_creation_values(self):
        """Override of `mail`: mails to the account's alias are kept as Amazon's mails of the account."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("amazon.cancellation.mail")
        if self.id:
            values["alias_defaults"] = {"account_id": self.id}
        return values

    # === GETTERS === #

    def _works_by_files(self):
        """Hook: whether the seller works by files, and so may have no access to Amazon.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return False

    def _is_region_proven(self):
        """Override: orders were read in it."""
        return bool(self.last_sync_date)

    def _is_source_set_up(self, source):
        """Whether a source is wanted and has what it needs.

        Note: self.ensure_one()

        :param str source: A key of `const.SOURCES`.
        :rtype: bool
        """
        self.ensure_one()
        if source == "mail":
            return bool(self.alias_name)
        if source == "push":
            return self.subscription_state == "active"
        wanted = self.sweep_rhythm != "never" if source == "sweep" else True
        return wanted and bool(self.marketplace_ids) and self._has_credentials()

    def _get_source_limit(self, source):
        """How long a source may be silent, or False where it speaks only when there is something to say.

        Note: self.ensure_one()

        :rtype: timedelta|bool
        """
        self.ensure_one()
        if source == "search":
            return fields.Datetime.now() - self._get_late_before()
        interval = source == "sweep" and const.SWEEP_INTERVALS.get(self.sweep_rhythm)
        return interval and interval + const.SWEEP_IS_LATE_AFTER

    def _get_readable_marketplaces(self):
        """The chosen marketplaces without those that fail while others are read; all where all fail."""
        self.ensure_one()
        failing = self._get_cursors().filtered("message").marketplace_id
        return (self.marketplace_ids - failing) or self.marketplace_ids

    def _get_cursors(self):
        """The reading positions of the chosen marketplaces; those of marketplaces no longer chosen are kept aside."""
        self.ensure_one()
        return self.cursor_ids.filtered(lambda cursor: cursor.marketplace_id in self.marketplace_ids)

    def _get_reading_overlap(self):
        self.ensure_one()
        return timedelta(minutes=self.reading_overlap_minutes)

    def _get_first_read_start(self, now):
        """Where the very first reading starts.

        :param datetime now: Amazon's time, naive UTC.
        """
        self.ensure_one()
        return now - timedelta(days=self.first_sync_days)

    def _is_blind(self):
        """Whether changes have not been read for longer than a passing disturbance lasts.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        read_until = self.last_sync_date or (self.sync_failing and self.create_date)
        return bool(read_until) and read_until < self._get_late_before()

    def _get_late_before(self):
        """A reading that reaches no further than this is late.

        :rtype: datetime
        """
        pushed = len(self) == 1 and self._is_pushed()
        return fields.Datetime.now() - (const.PROVING_IS_LATE_AFTER if pushed else const.READING_IS_LATE_AFTER)

    def _is_pushed(self):
        """Whether notifications tell what is new, so that the search only proves that nothing is missed.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return self.sudo().subscription_ids._is_healthy()  # salespersons see no subscriptions

    def _get_gap_until(self):
        """Up to when not everything was read, as notifications told it; False where everything was.

        Note: self.ensure_one()

        :rtype: datetime|bool
        """
        self.ensure_one()
        cursors_sudo = self.sudo()._get_cursors()  # who sees orders may see no reading positions
        return max(filter(None, cursors_sudo.mapped("gap_until")), default=False)

    def _get_received_until(self, now):
        """Up to when all notifications were received.

        Note: self.ensure_one()

        :param datetime now: Amazon's time, aware.
        :return: Amazon's time, naive UTC, or None.
        :rtype: datetime|None
        """
        self.ensure_one()
        emptied = self.sudo().subscription_ids.emptied_date  # as above
        return (emptied or None) and to_naive_utc(now).replace(microsecond=0) - (fields.Datetime.now() - emptied)

    def _is_shipping_told_until(self, moment):
        """Whether it is known of all orders that were shipped up to a time, without a search for them: notifications
        told it, and the last report of the open orders has shown that few were missed, which are read themselves.

        Note: self.ensure_one()

        :param datetime moment: For when the report is true, naive UTC.
        :rtype: bool
        """
        self.ensure_one()
        sweep = self.env["amazon.cancellation.sweep"]._get_last_told(self)
        return self._is_pushed() and sweep.told_until == moment and sweep.missing_count <= const.MISSING_READ_THEMSELVES

    def _amazon_get_responsible(self):
        """Override: the account's manager."""
        return self._get_manager()

    def _get_manager(self):
        """Who looks after the account: who is named, made it, or administers Odoo; where all of these have left,
        another manager of its company.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        admin = self.env.ref("base.user_admin")
        person = (self.manager_id | self.create_uid | admin).filtered("active")[:1]
        if person:
            return person
        users_sudo = self.env["res.users"].sudo()  # whoever asks
        group = self.env.ref("sale_amazon_cancellation.group_amazon_manager")
        managers = [("all_group_ids", "in", group.ids), ("company_ids", "in", self.company_id.ids)]
        return self.env["res.users"].browse(users_sudo.search(managers, order="id", limit=1).ids) or admin

    @api.model
    def _format_ago(self, moment):
        """How long ago a moment is, in the user's language, or False.

        :param datetime moment: Naive UTC, or False.
        :rtype: str|bool
        """
        if not moment:
            return False
        passed = max(fields.Datetime.now() - moment, const.SMALLEST_AGO)
        return format_timedelta(-passed, add_direction=True, locale=babel_locale_parse(self.env.lang))

    @api.model
    def _get_report_errors_facts(self, errors):
        """Why rows of an order report could not be read, one line for each.

        :rtype: list[dict]
        """
        return [_lt("Line %(line)s: %(message)s", line=error.line, message=error.message) for error in errors]
