from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.client import Credentials, SellerClient


class AmazonCancellationAccount(models.Model):
    """A seller's access to Amazon's Selling Partner API in one region, and the rules for its cancellations."""

    _name = "amazon.cancellation.account"
    _description = "Amazon Seller Account"
    _inherit = ["mail.thread", "mail.activity.mixin", "amazon.activity.mixin", "amazon.credentials.mixin"]
    _pasted_fields = ("seller_id", "lwa_client_id", "lwa_client_secret", "lwa_refresh_token")
    _check_company_auto = True
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
    region = fields.Selection(const.REGIONS, required=True, default="eu", tracking=True)
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
        string="LWA Client Secret", copy=False, groups="base.group_system", exportable=False
    )
    lwa_refresh_token = fields.Char(
        string="LWA Refresh Token",
        copy=False,
        groups="base.group_system",
        exportable=False,
        help="Issued when you authorise the application for this seller; it starts with Atzr|.",
    )

    _seller_unique = models.Constraint(
        "UNIQUE(seller_id, region, company_id)", "This company has an account for this seller and region already."
    )

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
        return super().create(vals_list)

    # === ACTION METHODS === #

    def action_test_connection(self):
        """Read the seller's marketplaces at Amazon, and fill them in where none is chosen yet.

        Note: self.ensure_one()

        :return: A notification, or the dialog that offers Amazon's marketplaces where they differ from the chosen ones.
        :rtype: dict
        :raise UserError: With the cause in words, if Amazon cannot be reached or refuses the access.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            with self._get_client() as client:
                client.check_login()
                participations = client.get_marketplace_participations()
        except spapi_errors.SpApiError as error:
            raise UserError(self._describe_error(error)) from error
        untold = [p.name or p.marketplace_id for p in participations if not p.is_told]
        if untold:
            raise UserError(
                self.env._(
                    "Amazon does not tell whether the seller takes part in %(marketplaces)s, so its answer proves "
                    "nothing. Try again later.",
                    marketplaces=", ".join(untold),
                )
            )
        sold_at = {p.marketplace_id for p in participations if p.participating and not p.suspended}
        marketplaces = self.env["amazon.cancellation.marketplace"].search(
            [("api_ref", "in", list(sold_at)), ("region", "=", self.region)]
        )
        if not self.marketplace_ids:
            self.marketplace_ids = marketplaces
        elif self.marketplace_ids != marketplaces:
            return self._get_marketplace_offer_action(marketplaces)
        return self._get_notification_action(
            self.env._(
                "Connected. Amazon lists these marketplaces for the seller: %(marketplaces)s",
                marketplaces=", ".join(marketplaces.mapped("name")) or self.env._("none"),
            ),
            "success" if marketplaces else "warning",
        )

    # === GETTERS === #

    @api.model
    @ormcache()
    def _is_used(self):
        """Whether there has been any account since Odoo started: without one, nobody pays for the addon with a query.

        :rtype: bool
        """
        return bool(self.sudo().with_context(active_test=False).search_count([], limit=1))

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

    def _get_client(self, budget=None, timeout=30.0):
        """Build the API client of this account, to be used as a context manager. Hook for proxies and time-outs.

        Note: self.ensure_one()

        :param RateBudget|None budget: What is left of Amazon's allowance; without it only Amazon's own 429 limits.
        :param float timeout: Seconds to wait for each answer.
        :rtype: SellerClient
        """
        self.ensure_one()
        account_sudo = self.sudo()  # the secrets are readable by system administrators alone
        return SellerClient(
            Credentials(
                region=account_sudo.region,
                seller_id=account_sudo.seller_id,
                lwa_client_id=account_sudo.lwa_client_id or "",
                lwa_client_secret=account_sudo.lwa_client_secret or "",
                lwa_refresh_token=account_sudo.lwa_refresh_token or "",
            ),
            timeout=timeout,
            budget=budget,
        )

    @api.model
    def _describe_error(self, error):
        """Say in the user's words what went wrong at Amazon and what to do.

        :param SpApiError error: An error of the wire; its text holds no secret.
        :rtype: str
        """
        env = self.env
        details = str(error)
        if isinstance(error, spapi_errors.CredentialsError):
            if error.kind == "grant":
                return env._(
                    "Amazon refused the refresh token: it is wrong, expired or revoked. Authorise the application "
                    "again in Seller Central and paste the new token. (%(details)s)",
                    details=details,
                )
            return env._(
                "Amazon refused the LWA client id or secret. Copy both again from the Developer Console; a secret "
                "expires after 180 days. (%(details)s)",
                details=details,
            )
        if isinstance(error, spapi_errors.AccessDenied):
            return env._(
                "Amazon denied the access: the application lacks a role (Inventory and Order Tracking), or the seller "
                "is not active in this marketplace. Grant the role and authorise the application again. (%(details)s)",
                details=details,
            )
        if isinstance(error, spapi_errors.Throttled):
            return env._("Amazon's rate limit is reached; reading goes on by itself. (%(details)s)", details=details)
        if isinstance(error, spapi_errors.Unreachable):
            return env._(
                "Amazon could not be reached or is out of order. Nothing is lost; it is tried again by itself. "
                "(%(details)s)",
                details=details,
            )
        if isinstance(error, spapi_errors.MalformedAnswer):
            return env._("Amazon's answer could not be understood. (%(details)s)", details=details)
        return env._("Amazon refused the request. (%(details)s)", details=details)

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
                "sticky": kind in ("danger", "warning"),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_marketplace_offer_action(self, marketplaces):
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
