from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    amazon_hold = fields.Boolean(
        string="Held: Buyer Asked to Cancel",
        compute="_compute_amazon_hold",
        search="_search_amazon_hold",
        help="The buyer asked Amazon to cancel the order, and nobody has decided yet.",
    )
    amazon_held_order_ids = fields.Many2many("sale.order", compute="_compute_amazon_hold")
    amazon_hold_reason = fields.Char(compute="_compute_amazon_hold", string="Buyer's Reason")

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "move_ids.sale_line_id.order_id.amazon_cancel_request",
        "move_ids.move_dest_ids.sale_line_id.order_id.amazon_cancel_request",
        "sale_id.amazon_cancel_request",
    )
    def _compute_amazon_hold(self):
        for picking in self:
            held_sudo = picking._get_amazon_held_orders_sudo()
            picking.amazon_hold = bool(held_sudo)
            picking.amazon_held_order_ids = held_sudo.ids
            picking.amazon_hold_reason = "; ".join(
                f"{order.name}: {order.amazon_cancel_request_reason or self.env._('no reason given')}"
                for order in held_sudo
            )

    @api.model
    def _search_amazon_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        orders_sudo = (
            self.env["sale.order"]
            .sudo()  # stock users see no orders
            .search(
                [("amazon_cancel_request", "=", "requested"), ("amazon_seller_account_id.hold_deliveries", "=", True)]
            )
        )
        held = orders_sudo.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        return [("id", "in" if True in value else "not in", held.ids)]

    # === ACTION METHODS === #

    def _pre_action_done_hook(self):
        """Override of `stock`: stop before goods leave whose buyer asked to cancel."""
        held = self.filtered("amazon_hold")
        if held:
            return held._get_amazon_hold_action(self)
        return super()._pre_action_done_hook()

    # === GETTERS === #

    def _get_amazon_held_orders_sudo(self):
        """The orders, whose buyers asked to cancel, that these open transfers work for.

        :rtype: recordset of `sale.order` in superuser mode
        """
        open_sudo = self.sudo().filtered(lambda p: p.state not in ("done", "cancel"))  # stock users see no orders
        moves_sudo = steps_sudo = open_sudo.move_ids
        while steps_sudo:  # every step of a warehouse leads to the move that delivers
            steps_sudo = steps_sudo.move_dest_ids - moves_sudo
            moves_sudo |= steps_sudo
        return (moves_sudo.sale_line_id.order_id | open_sudo.sale_id).filtered(
            lambda order: order.amazon_cancel_request == "requested" and order.amazon_seller_account_id.hold_deliveries
        )

    def _get_amazon_hold_action(self, pickings):
        dialog = self.env["amazon.hold.dialog"].create(
            {"picking_ids": [(6, 0, pickings.ids)], "held_picking_ids": [(6, 0, self.ids)]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Held: the buyer asked to cancel"),
            "res_model": dialog._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }
