from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import const


class AmazonCancelDialog(models.TransientModel):
    """Asks for the reason before an order of Amazon is cancelled from its form."""

    _name = "amazon.cancel.dialog"
    _description = "Cancel an Amazon Order"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    official_request = fields.Boolean(compute="_compute_official_request")
    buyer_reason = fields.Char(related="order_id.amazon_cancel_request_reason")
    channel = fields.Selection(related="order_id.amazon_channel")
    reason = fields.Selection(const.SELLER_CANCEL_REASONS, string="Reason for Amazon")
    undo_text = fields.Char(compute="_compute_undo_text")
    rate_preview = fields.Char(compute="_compute_rate_preview", string="Cancellation Rate")
    rate_too_high = fields.Boolean(compute="_compute_rate_preview")
    local_only = fields.Boolean(
        string="In Odoo only", help="Cancel in Odoo and tell Amazon nothing. The order stays open at Amazon."
    )
    obstacle = fields.Text(compute="_compute_obstacle", help="Why Amazon would not cancel the order.")

    @api.depends("order_id")
    def _compute_official_request(self):
        for dialog in self:
            dialog.official_request = dialog.order_id.amazon_cancel_request == "requested"

    @api.depends("order_id")
    def _compute_obstacle(self):
        for dialog in self:
            dialog.obstacle = self.env["amazon.cancellation.guard"]._get_order_obstacle(dialog.order_id)

    @api.depends("order_id")
    def _compute_undo_text(self):
        for dialog in self:
            minutes = dialog.order_id.amazon_cancel_account_id.undo_minutes
            dialog.undo_text = minutes and self.env._(
                "Amazon is told in %(minutes)s minutes. Until then you can undo.", minutes=minutes
            )

    @api.depends("order_id")
    def _compute_rate_preview(self):
        for dialog in self:
            rate = dialog.order_id.amazon_cancel_account_id._get_cancellation_rate(const.RATE_DAYS)
            after = (rate.cancelled + 1) / max(rate.orders, 1)
            dialog.rate_too_high = after >= const.RATE_LIMIT
            dialog.rate_preview = self.env._(
                "Last %(days)s days: %(orders)s orders, %(cancelled)s cancelled by you (%(before).1f %%). "
                "With this one: %(after).1f %%. Amazon's limit: %(limit).1f %%.",
                days=const.RATE_DAYS,
                orders=rate.orders,
                cancelled=rate.cancelled,
                before=100 * rate.rate,
                after=100 * after,
                limit=100 * const.RATE_LIMIT,
            )

    def action_confirm(self):
        """Cancel the order with the chosen reason.

        Note: self.ensure_one()

        :raise UserError: If no reason is chosen, or the order can not be cancelled.
        """
        self.ensure_one()
        if self.local_only:
            if not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
                raise UserError(self.env._("Only a manager of the Amazon accounts can cancel in Odoo alone."))
            self.order_id.with_context(amazon_local_only=True).action_cancel()
            self.order_id._message_log(body=self.env._("Cancelled in Odoo only; Amazon is not told."))
            return {"type": "ir.actions.act_window_close"}
        if not self.official_request and not self.reason:
            raise UserError(self.env._("Choose the reason that Amazon is told."))
        self.order_id.with_context(amazon_cancel_reason=self.reason).action_cancel()
        return {"type": "ir.actions.act_window_close"}
