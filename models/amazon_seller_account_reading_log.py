from odoo import api, fields, models

from .. import const


class AmazonSellerAccount(models.Model):
    """What the account's card shows, and the log of its readings."""

    _inherit = "amazon.seller.account"

    log_ids = fields.One2many("amazon.sync.log", "account_id", string="Readings")
    sync_counts = fields.Json(readonly=True, copy=False, help="What the last reading found.")
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

    # === BUSINESS METHODS === #

    def _read_orders(self, keep_budget=False):
        """Override of this addon: note when the reading begins."""
        self.sync_counts = False
        account = self.with_context(amazon_sync_start=self.env["amazon.sync.log"]._start())
        return super(AmazonSellerAccount, account)._read_orders(keep_budget)

    def _set_sync_outcome(self, message, failing, lasting=False):
        """Override of this addon: every reading leaves an entry in the log."""
        start = self.env.context.get("amazon_sync_start")
        if start:
            self.env["amazon.sync.log"]._note(self, "search", start, self.sync_counts or {}, message, failing)
        return super()._set_sync_outcome(message, failing, lasting)

    def _read_single_orders(self, client, orders):
        """Override of this addon: log it, unless it is a part of a search, whose entry counts it."""
        start = self.env["amazon.sync.log"]._start()
        counts = super()._read_single_orders(client, orders)
        if orders and not self.env.context.get("amazon_sync_start"):
            self.env["amazon.sync.log"]._note(self, "lookup", start, {**counts, "calls": len(orders)})
        return counts


class AmazonOrderCursor(models.Model):
    _inherit = "amazon.order.cursor"

    def _summarise(self, counts, throttled):
        """Override of this addon: keep the counts for the log."""
        self.account_id.sync_counts = dict(counts)
        return super()._summarise(counts, throttled)
