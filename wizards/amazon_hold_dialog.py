from odoo import api, fields, models
from odoo.exceptions import UserError


class AmazonHoldDialog(models.TransientModel):
    """Stops the validation of deliveries whose buyer asked to cancel."""

    _name = "amazon.hold.dialog"
    _description = "Held Delivery"

    picking_ids = fields.Many2many("stock.picking", "amazon_hold_dialog_picking_rel", readonly=True)
    held_picking_ids = fields.Many2many(
        "stock.picking", "amazon_hold_dialog_held_picking_rel", string="Held", readonly=True
    )
    message = fields.Text(compute="_compute_message")
    reason = fields.Char(string="Why Ship Anyway")

    @api.depends("held_picking_ids")
    def _compute_message(self):
        for dialog in self:
            dialog.message = "\n".join(
                f"{picking.name}: {picking.amazon_hold_reason}" for picking in dialog.held_picking_ids
            )

    def action_release(self):
        """Keep the orders, for the reason given, and go on validating.

        Note: self.ensure_one()

        :raise UserError: If the user is no manager of the Amazon accounts, or gives no reason.
        """
        self.ensure_one()
        if not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            raise UserError(self.env._("Only a manager of the Amazon accounts can ship a held delivery."))
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why the order is shipped although the buyer asked to cancel."))
        self.held_picking_ids._get_amazon_held_orders_sudo()._amazon_keep(self.reason)
        return self.picking_ids.button_validate()

    def action_accept(self):
        """Accept the buyers' requests: cancel the orders, and with them these deliveries.

        Note: self.ensure_one()
        """
        self.ensure_one()
        orders = self.env["sale.order"].browse(self.held_picking_ids._get_amazon_held_orders_sudo().ids)
        return orders.action_amazon_accept_cancellation()
