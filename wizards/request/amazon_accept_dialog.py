from odoo import api, fields, models


class AmazonAcceptDialog(models.TransientModel):
    """Asks before more is cancelled than the buyers asked for, or what cannot be undone."""

    _name = "amazon.accept.dialog"
    _description = "Cancel Orders at Amazon"

    order_ids = fields.Many2many("sale.order", "amazon_accept_dialog_order_rel", string="Orders", readonly=True)
    part_order_ids = fields.Many2many("sale.order", compute="_compute_parts", string="Only a Part Is Asked For")
    at_once_count = fields.Integer(compute="_compute_parts", help="Of how many Amazon is told at once.")
    all_at_once = fields.Boolean(compute="_compute_parts")

    @api.depends("order_ids")
    def _compute_parts(self):
        for dialog in self:
            requested = dialog.order_ids.filtered(lambda order: order.amazon_cancel_request == "requested")
            dialog.part_order_ids = requested.filtered(lambda order: order.amazon_request_scope == "part")
            dialog.at_once_count = len(requested.filtered(lambda order: order._amazon_is_told_at_once()))
            dialog.all_at_once = dialog.at_once_count == len(requested)

    def action_confirm(self):
        """Cancel the orders as a whole.

        Note: self.ensure_one()

        :return: As `action_amazon_accept_cancellation`.
        :rtype: dict
        :raise UserError: If none could be cancelled.
        """
        self.ensure_one()
        orders = self.order_ids
        action = orders._amazon_accept(orders._amazon_get_requested(), parts_known=True)
        if action.get("type") == "ir.actions.client":
            action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action
