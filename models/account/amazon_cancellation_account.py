from contextlib import contextmanager
from datetime import UTC, datetime

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ... import const
from ...facts import fact as _lt
from ...spapi.client import Credentials, SellerClient
from ...spapi.clock import get_now
from ...spapi.endpoints import get_api_endpoint
from ...spapi.errors import CredentialsError


class AmazonCancellationAccount(models.Model):
    """A seller's access to Amazon's Selling Partner API in one region, and the rules for its cancellations."""

    _name = "amazon.cancellation.account"
    _description = "Amazon Seller Account"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "amazon.activity.mixin",
        "amazon.credentials.mixin",
        "amazon.protected.mixin",
        "amazon.worded.mixin",
    ]
    # All else is for managers to set.
    _protected_fields = (
        "cancel_message",
        "cancel_message_facts",
        "connection_date",
        "connection_message",
        "connection_message_facts",
        "last_sync_date",
        "order_ref_date",
        "order_ref_message",
        "order_ref_message_facts",
        "proof_message",
        "proof_message_facts",
        "rest_refused_date",
        "sweep_method",
        "sweep_method_reason",
        "sweep_method_reason_facts",
        "sync_failing",
        "sync_message",
        "sync_message_facts",
        "whole_sync_date",
    )
    _pasted_fields = ("seller_id", "lwa_client_id", "lwa_client_secret", "lwa_refresh_token")
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of
    _order = "company_id, name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, tracking=True)

    # === CONNECTION === #
    seller_id = fields.Char(
        string="Seller ID",
        required=True,
        copy=False,
        tracking=True,
        help="Your Merchant Token: Seller Central, Settings, Account Info, Merchant Token.",
    )
    region = fields.Selection(
        const.REGIONS,
        required=True,
        default="eu",
        tracking=True,
        help="Each of Amazon's regions has a refresh token, and so an account, of its own.",
    )
    marketplace_ids = fields.Many2many(
        "amazon.cancellation.marketplace",
        string="Marketplaces",
        domain="[('region', '=', region)]",
        help="The marketplaces whose orders are read. Test the connection to let Amazon fill them in.",
    )
    lwa_client_id = fields.Char(
        string="LWA Client ID",
        copy=False,
        groups="base.group_system",
        exportable=False,
        help="Login with Amazon client identifier of your Selling Partner API application.",
    )
    lwa_client_secret = fields.Char(
        string="LWA Client Secret",
        copy=False,
        groups="base.group_system",
        exportable=False,
        help="It expires after 180 days: make a new one in the Solution Provider Portal, and paste it here.",
    )
    lwa_refresh_token = fields.Char(
        string="LWA Refresh Token",
        copy=False,
        groups="base.group_system",
        exportable=False,
        help="Issued when you authorise the application for this seller; it starts with Atzr|.",
    )

    connection_message = fields.Text(
        string="Last Connection Test",
        compute="_compute_worded",
        help="What Amazon lets the application do, and what not.",
    )
    connection_message_facts = fields.Json(readonly=True, copy=False)
    connection_date = fields.Datetime(string="Tested", readonly=True, copy=False)
    finding_ids = fields.One2many(
        "amazon.cancellation.finding", "account_id", string="What Amazon Lets the Application Do", readonly=True
    )
    connection_state = fields.Selection(
        [("works", "Connected"), ("limited", "Connected, with less"), ("failing", "Something is refused")],
        string="Connection",
        compute="_compute_connection_state",
        store=True,
        help="By the last connection test, which is made once a week, too.",
    )
    setup_step = fields.Selection(
        const.SETUP_STEPS, string="Set-up Left At", readonly=True, copy=False, help="Empty once the account works."
    )

    work_message = fields.Text(
        string="Failing Work",
        compute="_compute_work_message",
        compute_sudo=True,  # salespersons read accounts, yet not the units of work
        help="Which kinds of work failed again and again, or were never ended, and when they are tried again.",
    )

    _seller_unique = models.Constraint(
        "UNIQUE(seller_id, region, company_id)", "This company has an account for this seller and region already."
    )

    # === COMPUTE METHODS === #

    @api.depends("finding_ids.state", "finding_ids.needed")
    def _compute_connection_state(self):
        for account in self:
            failed = account.finding_ids.filtered(lambda finding: finding.state != "works")
            limited = failed and "limited"
            account.connection_state = account.finding_ids and (
                "failing" if any(failed.mapped("needed")) else limited or "works"
            )

    @api.depends_context("lang", "tz")
    def _compute_work_message(self):
        units = self.env["amazon.cancellation.unit"].search(
            [("account_id", "in", self._origin.ids), ("failure_count", ">", 1)], order="kind"
        )
        for account in self:
            of_account = units.filtered(lambda unit, account=account: unit.account_id == account._origin)
            account.work_message = "\n".join(unit._describe_failures() for unit in of_account)

    # === CONSTRAINT METHODS === #

    @api.constrains("marketplace_ids", "region")
    def _check_marketplace_region(self):
        for account in self:
            strangers = account.marketplace_ids.filtered(lambda m, account=account: m.region != account.region)
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(marketplaces)s: not in the region of the account %(account)s. Make one account per region.",
                        marketplaces=", ".join(strangers.mapped("name")),
                        account=account.name,
                    )
                )

    @api.onchange("region")
    def _onchange_region(self):
        self.marketplace_ids = self.marketplace_ids.filtered(lambda m: m.region == self.region)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: from the first account on, orders and deliveries are looked at."""
        self.env.registry.clear_cache()
        accounts = super().create(vals_list)
        accounts._on_created()
        return accounts

    def write(self, vals):
        """Override of `base`: what follows from other options."""
        result = super().write(vals)
        self._on_written(vals)
        return result

    def unlink(self):
        """Override of `base`: by which fields orders are known is cached."""
        self.env.registry.clear_cache()
        return super().unlink()

    # === ACTION METHODS === #

    def action_test_connection(self):
        """Try, call by call, what Amazon lets this account do, and fill in the marketplaces where none is chosen yet.

        Note: self.ensure_one()

        :return: A notification, or the dialog that offers Amazon's marketplaces where they differ from the chosen ones.
        :rtype: dict
        :raise UserError: With the cause in words, if reading the orders or telling cancellations does not work.
        """
        self.ensure_one()
        self.check_access("write")
        findings = self._test_access()
        listed = self._get_listed_marketplaces(findings)
        if listed and listed != self.marketplace_ids:
            return self._open_marketplace_offer(listed)
        message = self.env._("Connected.") + "\n" + self.connection_message
        if self.marketplace_ids:
            message += "\n" + self.env._(
                "Marketplaces: %(marketplaces)s", marketplaces=", ".join(self.marketplace_ids.mapped("name"))
            )
        else:
            message += "\n" + self.env._("Choose the marketplaces by hand, and test again.")
        works = self.marketplace_ids and not any(finding.problem for finding in findings)
        return self._get_notification_action(message, "success" if works else "warning")

    def action_go_on_setup(self):
        """Open the set-up where it was left.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return self.env["amazon.cancellation.setup"]._resume(self)

    def action_throw_away_setup(self):
        """Delete the account of a set-up that was left, with its secrets.

        :return: The list of accounts.
        :raise UserError: If an account works already.
        """
        if any(not account.setup_step for account in self):
            raise UserError(self.env._("Only a set-up that was left can be thrown away; archive the account instead."))
        self.unlink()
        return self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_seller_account_action")

    def action_view_units(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_amazon_cancellation.amazon_cancellation_unit_action"
        )
        return {**action, "domain": [("account_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _leave_out(self, marketplaces):
        """Choose these marketplaces no longer, as Amazon does not give their orders.

        :param recordset marketplaces: Marketplaces.
        """
        self.marketplace_ids -= marketplaces

    def _on_created(self):
        """Hook: these accounts are new."""

    def _on_written(self, vals):
        """Hook: these accounts were changed.

        :param dict vals: What was written.
        """

    def _test_access(self):
        """Try what Amazon lets this account do, keep it, and fill in the marketplaces where none is chosen yet.

        Note: self.ensure_one()

        :rtype: list[AccessFinding]
        :raise UserError: If something does not work without which the addon is of no use.
        """
        self.ensure_one()
        findings = self.env["amazon.cancellation.access"]._check(self)
        if any(finding.needed and finding.problem for finding in findings):
            facts = self._get_findings_facts(findings, self._get_seller_central_url())
            raise UserError(self.env["amazon.cancellation.words"]._word(*facts))
        self._keep_findings(findings)
        return findings

    def _keep_findings(self, findings):
        """Keep what a connection test found, in place of the one before.

        Note: self.ensure_one()

        :param list[AccessFinding] findings: What was found.
        """
        self.ensure_one()
        before_sudo = self.finding_ids.sudo()  # who connects accounts writes no findings
        worked = before_sudo.filtered(lambda finding: finding.lost or finding.state == "works").mapped("operation")
        before_sudo.unlink()
        before_sudo.create(
            [
                {
                    "account_id": self.id,
                    "sequence": number,
                    "operation": finding.operation,
                    "feature_facts": [finding.feature],
                    "needed": finding.needed,
                    "lost": bool(finding.problem) and (finding.needed or finding.operation in worked),
                    "state": finding.state,
                    "message_facts": [finding.problem] if finding.problem else False,
                }
                for number, finding in enumerate(findings)
            ]
        )
        self._amazon_write(
            {"connection_message_facts": self._get_findings_facts(findings), "connection_date": fields.Datetime.now()}
        )

    # === GETTERS === #

    @api.model
    @ormcache()
    def _is_used(self):
        """Whether there has been any account since Odoo started: without one, nobody pays for the addon with a query.

        :rtype: bool
        """
        return bool(self.sudo().with_context(active_test=False).search_count([], limit=1))

    def _get_same_seller_sudo(self):
        """The accounts of the same seller in the same region, of whatever company, archived ones too; the oldest first.

        Note: self.ensure_one()
        """
        self.ensure_one()
        accounts_sudo = self.sudo().with_context(active_test=False)
        return accounts_sudo.search([("seller_id", "=", self.seller_id), ("region", "=", self.region)], order="id")

    @api.model
    def _get_listed_marketplaces(self, findings):
        """The marketplaces that Amazon listed in a test, none where it did not.

        :param list[AccessFinding] findings: What `_test_access` found.
        """
        Marketplace = self.env["amazon.cancellation.marketplace"]
        return next(
            (f.result for f in findings if f.operation == "getMarketplaceParticipations" and f.result), Marketplace
        )

    @api.model
    def _get_findings_facts(self, findings, seller_central=None):
        """The findings, a line for each thing that the addon does at Amazon.

        :param list[AccessFinding] findings: What a test found.

        :param str seller_central: The address of Seller Central, to name the page where something is mended.
        :rtype: list
        """
        by_feature = {}
        for finding in findings:  # of several calls for one thing the one that does not work counts
            if not by_feature.setdefault(str(finding.feature), finding).problem:
                by_feature[str(finding.feature)] = finding
        pages = const.SELLER_CENTRAL_PAGES if seller_central else {}
        return [
            [*finding.line, *([f"{seller_central}{pages[finding.state]}"] if finding.state in pages else [])]
            for finding in by_feature.values()
        ]

    def _get_seller_central_url(self):
        """The address of the seller's Seller Central.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        return self.marketplace_ids[:1].seller_central_url or const.SELLER_CENTRAL_URLS.get(self.region)

    def _count_by_account(self, model, account_field, domain):
        """Count what the user may see of the accounts; who only administers the system may see no orders.

        :rtype: dict
        """
        if not self.env[model].has_access("read"):
            return {}
        domain = [(account_field, "in", self.ids), *domain]
        return dict(self.env[model]._read_group(domain, [account_field], ["__count"]))

    def _has_credentials(self):
        """Whether this account can ask Amazon at all; a seller who works by files may have none.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        account_sudo = self.sudo()  # the secrets are readable by system administrators alone
        return bool(account_sudo.lwa_client_id and account_sudo.lwa_client_secret and account_sudo.lwa_refresh_token)

    @contextmanager
    def _open_client(self, timeout=30.0, insist=False, purpose="other"):
        """The one way to Amazon: the client of this account, which spends from the allowance that all callers share.

        Note: self.ensure_one()

        :param float timeout: Seconds to wait for each answer.
        :param bool insist: Whether to ask also where nothing is left by our own count, as a person waits: then Amazon's
            own limit decides.
        :param str purpose: What the calls are for, a key of `const.ALLOWANCE_PURPOSES`.
        :return: The client, closed at the end.
        :rtype: SellerClient
        :raise CredentialsError: If a credential is missing.
        """
        self.ensure_one()
        budget = self.env["amazon.cancellation.allowance"]._share(self, insist, purpose)
        with self._get_client(budget, timeout) as client:
            yield client

    def _get_client(self, budget, timeout):
        """Build the API client of this account. Hook for proxies and time-outs; who asks Amazon calls `_open_client`.

        Note: self.ensure_one()

        :param SharedBudget budget: What is left of Amazon's allowance.
        :param float timeout: Seconds to wait for each answer.
        :rtype: SellerClient
        """
        self.ensure_one()
        return SellerClient(self._get_credentials(), timeout=timeout, budget=budget)

    def _get_credentials(self):
        """What this account logs in with.

        Note: self.ensure_one()

        :rtype: Credentials
        """
        self.ensure_one()
        account_sudo = self.sudo()  # the secrets are readable by system administrators alone
        return Credentials(
            region=account_sudo.region,
            seller_id=account_sudo.seller_id,
            lwa_client_id=account_sudo.lwa_client_id or "",
            lwa_client_secret=account_sudo.lwa_client_secret or "",
            lwa_refresh_token=account_sudo.lwa_refresh_token or "",
        )

    def _describe_error(self, error, **context):
        """Say in the user's words what went wrong at Amazon and what to do, to be shown now.

        :param SpApiError error: An error of the wire; its text holds no secret.
        :param context: As of `_get_error_facts`.
        :rtype: str
        """
        return self.env["amazon.cancellation.words"]._word(self._get_error_facts(error, **context))

    def _get_error_facts(self, error, report_type=None, region_works=False, retried=False, details=None):
        """What went wrong at Amazon and what to do, to be kept and worded for who reads it.

        :param SpApiError error: An error of the wire; its text holds no secret.
        :param str report_type: What report it was about.
        :param bool region_works: Whether something else has just shown that the region is right.
        :param bool retried: Whether a scheduled action asks again by itself.
        :param dict details: What the answer lacked, as a fact; by default what the wire says of it.
        :rtype: dict|list
        """
        if isinstance(error, CredentialsError) and self._is_neutralized_copy():
            return _lt(
                "This database is a neutralized copy, without access to Amazon: it reads nothing and cancels nothing. "
                "To work with it, enter an access of its own, such as that of a test account."
            )
        return self.env["amazon.cancellation.refusal"]._get_facts(
            error,
            region=self.region,
            report_type=report_type,
            region_works=region_works or self._is_region_proven(),
            retried=retried,
            details=details,
        )

    def _is_neutralized_copy(self):
        """Whether the database was neutralized, and has no access to Amazon since.

        :rtype: bool
        """
        neutralized = self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized")
        return bool(neutralized) and not any(account._has_credentials() for account in self)

    def _is_region_proven(self):
        """Hook: whether Amazon has answered in this account's region, so that it is not the reason of a refusal.

        :rtype: bool
        """
        return False

    def _get_amazon_time(self):
        """Now, by Amazon's clock as far as its answers told it; by ours without an account.

        :return: Aware UTC.
        :rtype: datetime
        """
        return get_now(get_api_endpoint(self.region)) if self.region else datetime.now(UTC)

    @api.model
    def _get_notification_action(self, message, kind):
        """A message on the screen, above the page that is loaded anew; a problem stays until it is closed.

        :param str kind: `success`, `info`, `warning` or `danger`.
        :rtype: dict
        """
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "className": "o_amazon_message",
                "sticky": kind in ("danger", "warning"),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _open_marketplace_offer(self, marketplaces):
        offer = self.env["amazon.marketplace.offer"].create(
            {"account_id": self.id, "marketplace_ids": [(6, 0, marketplaces.ids)]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Marketplaces at Amazon"),
            "res_model": offer._name,
            "res_id": offer.id,
            "view_mode": "form",
            "target": "new",
        }
