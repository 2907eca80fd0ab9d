from odoo import api, fields, models

from ... import const
from ...spapi.const import REPORT_ACTIONABLE, REPORT_INVOICING, REPORT_ORDERS


class AmazonSellerAccount(models.Model):
    """The sources beside the search: notifications, order reports, Amazon's mails to the seller."""

    _name = "amazon.seller.account"
    _inherit = ["amazon.seller.account", "mail.alias.mixin.optional"]

    subscription_ids = fields.One2many("amazon.notification.subscription", "account_id", string="Notifications")
    subscription_state = fields.Selection(related="subscription_ids.state", string="Push")
    sweep_ids = fields.One2many("amazon.order.sweep", "account_id", string="Sweeps")
    sweep_rhythm = fields.Selection(
        const.SWEEP_RHYTHMS,
        string="Sweep",
        required=True,
        default="daily",
        tracking=True,
        help="How often all unshipped orders are read by a report, which finds whatever was missed. A long backlog is "
        "read so anyway.",
    )
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
    sweep_message = fields.Text(string="Sweep Problem", readonly=True, copy=False)
    mail_ids = fields.One2many("amazon.order.mail", "account_id", string="Amazon's Mails")

    # === ACTION METHODS === #

    def action_open_subscription(self):
        """Open the set-up of the account's notifications.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notifications"),
            "res_model": "amazon.notification.subscription",
            "view_mode": "form",
            "res_id": self.subscription_ids[:1].id,
            "context": {"default_account_id": self.id},
        }

    def action_sweep_now(self):
        """Have the report of all open orders requested, and applied as soon as Amazon has made it.

        :return: A notification.
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        account = self.sudo()  # managers may not see the jobs, nor write sweeps
        Sweep = account.env["amazon.order.sweep"]
        if not Sweep.search_count([("account_id", "=", account.id), ("state", "=", "requested")], limit=1):
            with account._get_client() as client:
                Sweep._request(account, client)
        account.env.ref("sale_amazon_cancellation.ir_cron_sweep")._trigger()
        return self._get_notification_action(
            self.env._("The report is requested. Amazon needs a few minutes; it is applied by itself."), "success"
        )

    def action_view_sweeps(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_order_sweep_action")
        return {**action, "domain": [("account_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _alias_get_creation_values(self):
        """Override of `mail`: mails to the account's alias are kept as Amazon's mails of the account."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("amazon.order.mail")
        if self.id:
            values["alias_defaults"] = {"account_id": self.id}
        return values

    # === GETTERS === #

    @api.model
    def _describe_report_errors(self, errors):
        """Why rows of an order report could not be read, one line for each.

        :rtype: str
        """
        return "\n".join(
            self.env._("Line %(line)s: %(message)s", line=error.line, message=error.message) for error in errors
        )
