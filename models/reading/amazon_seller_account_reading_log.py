from odoo import api, fields, models

from ... import const


class AmazonSellerAccount(models.Model):
    """What the account's card shows, and the log of its readings."""

    _inherit = "amazon.seller.account"

    log_ids = fields.One2many("amazon.sync.log", "account_id", string="Readings")
    cancellation_rate = fields.Float(
        compute="_compute_cancellation_rate",
        help="The share of the orders of the last 7 days that you cancelled without the buyer's official request. "
        "Amazon's limit is 2.5 %.",
    )
    cancellation_rate_month = fields.Float(
        compute="_compute_cancellation_rate",
        help="The same of the last 30 days, which tells a bad week from a habit.",
    )
    cancellation_rate_high = fields.Boolean(compute="_compute_cancellation_rate")

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_cancellation_rate(self):
        for account in self:
            account.cancellation_rate = account._get_cancellation_rate(const.RATE_DAYS).rate
            account.cancellation_rate_month = account._get_cancellation_rate(const.RATE_MONTH_DAYS).rate
            account.cancellation_rate_high = account.cancellation_rate >= const.RATE_LIMIT

    # === ACTION METHODS === #

    def action_view_logs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_sync_log_action")
        return {**action, "domain": [("account_id", "=", self.id)], "context": {"search_default_month": 1}}
