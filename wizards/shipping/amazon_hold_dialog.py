from odoo import api, fields, models
from odoo.exceptions import UserError


class AmazonHoldDialog(models.TransientModel):
    """Stops the validation of deliveries whose buyer asked to cancel, or about which Amazon did not answer."""

    _name = "amazon.hold.dialog"
    _description = "Held Delivery"

    picking_ids = fields.Many2many("stock.picking", "amazon_hold_dialog_picking_rel", readonly=True)
    held_picking_ids = fields.Many2many(
        "stock.picking", "amazon_hold_dialog_held_picking_rel", string="Held", readonly=True
    )
    other_count = fields.Integer(compute="_compute_message")
    first_answer = fields.Char(compute="_compute_first_answer", help="The button that stands out.")
    message = fields.Text(compute="_compute_message")
    has_request = fields.Boolean(compute="_compute_message")
    unanswered = fields.Text(readonly=True, help="Why Amazon could not be asked.")
    ship_by = fields.Datetime(compute="_compute_message")
    reason = fields.Char(string="Why Ship Anyway")

    @api.depends("held_picking_ids", "picking_ids")
    def _compute_message(self):
        for dialog in self:
            held = dialog.held_picking_ids
            dialog.message = self._get_held_sudo(held)._amazon_get_hold_details()
            dialog.has_request = bool(self._get_requested_sudo(held))
            dialog.other_count = len(dialog.picking_ids - held)
            dialog.ship_by = min(filter(None, held.mapped("amazon_ship_by")), default=False)

    @api.depends("message", "has_request")
    @api.depends_context("uid")
    def _compute_first_answer(self):
        decides = self.env.user.has_group("sale_amazon_cancellation.group_amazon_user")
        for dialog in self:
            if decides:
                dialog.first_answer = "accept" if dialog.has_request else "leave"
            else:
                dialog.first_answer = "tell" if dialog.message else "leave"

    # === ACTION METHODS === #

    def action_release(self):
        """Keep the orders, for the reason given, and go on validating.

        Note: self.ensure_one()

        :return: What Odoo's own validation returns.
        :raise UserError: If the user is no manager of the Amazon accounts, or gives no reason.
        """
        self.ensure_one()
        if not self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager"):
            raise UserError(self.env._("Only a manager of the Amazon accounts can ship a held delivery."))
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the order is shipped although the buyer asked to cancel."))
        self.held_picking_ids._amazon_release_hold(reason)
        if self.unanswered:
            unanswered_sudo = self.held_picking_ids._amazon_get_orders_to_check()
            self.env["sale.order"].sudo().union(*unanswered_sudo.values())._amazon_release_hold(reason)
        return self.picking_ids.button_validate()

    def action_accept(self):
        """Accept the buyers' requests: cancel the orders, and with them these deliveries.

        Note: self.ensure_one()
        """
        self.ensure_one()
        orders = self.env["sale.order"].browse(self._get_requested_sudo(self.held_picking_ids).ids)
        return orders.action_amazon_accept_cancellation()

    def action_tell_salesperson(self):
        """Tell who must decide that the warehouse waits.

        Note: self.ensure_one()

        :return: A notification that names who was told.
        :rtype: dict
        """
        self.ensure_one()
        action = self.held_picking_ids.action_amazon_tell_salesperson()
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action

    def action_validate_others(self):
        """Leave the held deliveries, and validate the others.

        Note: self.ensure_one()

        :return: What Odoo's own validation returns.
        """
        self.ensure_one()
        others = self.picking_ids - self.held_picking_ids
        return others.with_context(button_validate_picking_ids=others.ids).button_validate()

    # === GETTERS === #

    @api.model
    def _get_held_sudo(self, pickings):
        return self.env["sale.order"].sudo().union(*pickings._amazon_get_held_orders().values())

    @api.model
    def _get_requested_sudo(self, pickings):
        return self._get_held_sudo(pickings).filtered(lambda order: order.amazon_cancel_request == "requested")
