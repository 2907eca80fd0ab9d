from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ... import const
from ...spapi import errors as spapi_errors
from ...spapi.client import Credentials, SellerClient


class AmazonSellerAccount(models.Model):
    """A seller's access to Amazon's Selling Partner API in one region, and the rules for its cancellations."""

    _name = "amazon.seller.account"
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
        "amazon.seller.marketplace",
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

    # === RULES === #
    cancel_channel = fields.Selection(
        [
            ("feed", "Feed (recommended)"),
            ("rest", "Order cancellation call"),
            ("file", "File that I upload in Seller Central"),
        ],
        string="Tell Amazon by",
        required=True,
        default="feed",
        tracking=True,
    )
    feed_interval_minutes = fields.Integer(
        string="Minutes Between Feeds",
        default=0,
        tracking=True,
        help="Amazon advises one feed in 20 minutes. With 0 a feed is sent as soon as something is due and Amazon's "
        "allowance permits: 15 at once, then one in 2 minutes.",
    )
    rest_refused_date = fields.Datetime(
        readonly=True, copy=False, help="When Amazon said that its cancellation call is not available for this account."
    )
    undo_minutes = fields.Integer(
        string="Undo Window",
        default=5,
        tracking=True,
        help="Minutes between the cancellation in Odoo and its sending to Amazon. Until then it can be undone.",
    )
    default_cancel_reason = fields.Selection(
        const.SELLER_CANCEL_REASONS,
        required=True,
        default="GeneralAdjustment",
        tracking=True,
        help="Told to Amazon where an order is cancelled without a dialog and its buyer did not ask for it. "
        "For every reason but No inventory Amazon puts the units back on the listing.",
    )
    auto_accept = fields.Selection(
        [
            ("never", "Never"),
            ("before_picking", "Before picking has started"),
            ("before_shipping", "Before anything has left"),
        ],
        string="Accept Requests Automatically",
        required=True,
        default="never",
        tracking=True,
    )
    follow_amazon = fields.Boolean(
        default=True,
        tracking=True,
        help="Cancel the Odoo order when Amazon shows the order as cancelled.",
    )
    hold_deliveries = fields.Boolean(
        default=True,
        tracking=True,
        help="Stop the validation of deliveries whose buyer asked to cancel.",
    )
    check_before_shipping = fields.Selection(
        [("off", "No"), ("warn", "Ask, and warn"), ("block", "Ask, and block")],
        required=True,
        default="off",
        tracking=True,
        help="Ask Amazon once more when a delivery is validated. Where Amazon does not answer within a few seconds, "
        "'warn' lets the delivery pass with a note and 'block' stops it with a dialog that a manager may override.",
    )
    credit_note_policy = fields.Selection(
        [("none", "Do nothing"), ("draft", "Draft credit note"), ("post", "Posted credit note")],
        string="Credit Notes",
        required=True,
        default="post",
        tracking=True,
        help="What happens with the posted, unpaid invoices of an order once Amazon shows it as cancelled.",
    )
    order_ref_field_id = fields.Many2one(
        "ir.model.fields",
        string="Order ID Field",
        ondelete="set null",
        domain=[("model", "=", "sale.order"), ("ttype", "=", "char"), ("store", "=", True)],
        help="Where another connector keeps the Amazon order id, if not in one of Odoo's own fields.",
    )
    # === STATE === #
    unknown_order_ids = fields.One2many("amazon.unknown.order", "account_id", string="Unknown Orders")
    unknown_order_count = fields.Integer(compute="_compute_unknown_order_count")
    open_request_count = fields.Integer(compute="_compute_open_request_count")
    cancel_message = fields.Text(
        string="Sending Problem",
        readonly=True,
        copy=False,
        help="Why cancellations cannot be sent now; empty when they can.",
    )
    _seller_unique = models.Constraint(
        "UNIQUE(seller_id, region, company_id)", "This company has an account for this seller and region already."
    )
    _undo_minutes_positive = models.Constraint(
        "CHECK(undo_minutes >= 0)", "The undo window is a number of minutes, zero or more."
    )
    _feed_interval_positive = models.Constraint(
        "CHECK(feed_interval_minutes >= 0)", "The time between feeds is a number of minutes, zero or more."
    )
    # === COMPUTE METHODS === #

    def _compute_unknown_order_count(self):
        counts = self._count_by_account("amazon.unknown.order", "account_id", [])
        for account in self:
            account.unknown_order_count = counts.get(account, 0)

    def _compute_open_request_count(self):
        counts = self._count_by_account(
            "sale.order", "amazon_seller_account_id", [("amazon_cancel_request", "=", "requested")]
        )
        for account in self:
            account.open_request_count = counts.get(account, 0)

    def _count_by_account(self, model, account_field, domain):
        """Count what the user may see of the accounts; who only administers the system may see no orders.

        :rtype: dict
        """
        if not self.env[model].has_access("read"):
            return {}
        domain = [(account_field, "in", self.ids), *domain]
        return dict(self.env[model]._read_group(domain, [account_field], ["__count"]))

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
        marketplaces = self.env["amazon.seller.marketplace"].search(
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

    def action_prepare_cancellation_file(self):
        """Write the file of all due cancellations, for the upload in Seller Central.

        Note: self.ensure_one()

        :return: The form of the file, with its download.
        :rtype: dict
        :raise UserError: If nothing is due.
        """
        self.ensure_one()
        self.check_access("write")
        due_sudo = (
            self.env["amazon.order.cancellation"].sudo()  # users only read the outbox
        ).search(self.env["amazon.cancellation.sender"]._get_due_domain(self), order="send_after, id")
        due_sudo = due_sudo.try_lock_for_update().filtered(lambda c: c.order_id.amazon_item_refs)
        if not due_sudo:
            raise UserError(self.env._("No cancellation is due: none is scheduled, or its undo window is still open."))
        feed = due_sudo.feed_id._prepare_file(self, due_sudo)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_amazon_cancellation.amazon_cancellation_feed_action"
        )
        return {**action, "res_id": feed.id, "view_mode": "form", "views": [(False, "form")]}

    def action_view_unknown_orders(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_unknown_order_action")
        return {**action, "domain": [("account_id", "=", self.id)]}

    def action_view_open_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return {
            **action,
            "domain": [("amazon_seller_account_id", "=", self.id)],
            "context": {"search_default_amazon_cancel_requested": 1},
        }

    # === BUSINESS METHODS === #

    def _on_rest_refused(self, error):
        """Fall back to the feed, and say so once.

        Note: self.ensure_one()

        :param SpApiError error: Amazon's refusal of its cancellation call.
        """
        self.ensure_one()
        if not self.rest_refused_date:
            self.message_post(
                body=self.env._(
                    "Amazon's order cancellation call is not available for this account (%(details)s). Cancellations "
                    "are sent by feed instead; the call is tried again from time to time.",
                    details=str(error),
                )
            )
        self.rest_refused_date = fields.Datetime.now()

    # === GETTERS === #

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

    def _is_rest_available(self):
        """Whether cancellations go by Amazon's cancellation call: chosen, and not refused lately.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        if self.cancel_channel != "rest":
            return False
        refused = self.rest_refused_date
        return not refused or refused + const.REST_REFUSAL_LASTS < fields.Datetime.now()

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
