from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ... import const


class StockPicking(models.Model):
    """Deliveries, and the steps before them, of orders not to be shipped: they are marked, and do not validate."""

    _inherit = "stock.picking"

    amazon_hold = fields.Boolean(
        string="Held: Buyer Asked to Cancel",
        compute="_compute_amazon_hold",
        search="_search_amazon_hold",
        help="The buyer asked Amazon to cancel the order and nobody has decided yet, or it is cancelled at Amazon.",
    )
    amazon_held_order_ids = fields.Many2many("sale.order", compute="_compute_amazon_hold")
    amazon_hold_title = fields.Char(
        compute="_compute_amazon_hold", help="What the warehouse is to do, in one sentence."
    )
    amazon_hold_reason = fields.Char(string="Held Because", compute="_compute_amazon_hold")
    amazon_hold_since = fields.Datetime(string="Held Since", compute="_compute_amazon_hold")
    amazon_ship_by = fields.Datetime(
        string="Ship By", compute="_compute_amazon_hold", help="Amazon's latest ship date of the held orders."
    )
    amazon_hold_released = fields.Boolean(
        copy=False,
        readonly=True,
        groups="sale_amazon_cancellation.group_amazon_manager",
        help="A manager decided to ship although the order is cancelled at Amazon, or Amazon did not answer.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "amazon_hold_released",
        "move_ids.sale_line_id.order_id.amazon_cancel_request",
        "move_ids.move_dest_ids.sale_line_id.order_id.amazon_cancel_request",
        "sale_id.amazon_cancel_request",
        "sale_id.amazon_fulfillment_status",
    )
    @api.depends_context("lang", "tz")
    def _compute_amazon_hold(self):
        for picking in self:
            held_sudo = picking._get_amazon_held_orders_sudo()
            picking.amazon_hold = bool(held_sudo)
            picking.amazon_held_order_ids = held_sudo.ids
            picking.amazon_hold_title = bool(held_sudo) and self._get_amazon_hold_title(held_sudo)
            picking.amazon_hold_reason = "; ".join(picking._get_amazon_hold_text(order) for order in held_sudo)
            picking.amazon_hold_since = min(filter(None, held_sudo.mapped("amazon_cancel_request_date")), default=False)
            asked_sudo = held_sudo.filtered(lambda order: order.amazon_fulfillment_status != "cancelled")
            picking.amazon_ship_by = min(filter(None, asked_sudo.mapped("amazon_ship_by")), default=False)

    @api.model
    def _search_amazon_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        orders_sudo = self.env["sale.order"].sudo().search(self._get_amazon_hold_domain())  # stock users see no orders
        deliveries_sudo = orders_sudo.order_line.move_ids
        # Every step of a warehouse leads to the move that delivers.
        moves_sudo = deliveries_sudo.browse(deliveries_sudo._rollup_move_origs())
        candidates = moves_sudo.picking_id | orders_sudo.picking_ids
        held = candidates.filtered(lambda picking: picking.state not in ("done", "cancel"))
        held = held.filtered(lambda picking: not picking.amazon_hold_released)
        return [("id", "in" if True in value else "not in", held.ids)]

    # === ACTION METHODS === #

    def _pre_action_done_hook(self):
        """Override of `stock`: stop before goods leave whose buyer asked to cancel."""
        unanswered = self._amazon_check_before_shipping()
        gone = self.filtered(lambda picking: picking.state == "cancel")
        if gone:
            return self._get_amazon_gone_action(gone)
        stopped = self.filtered("amazon_hold") | self.browse(picking.id for picking in unanswered)
        if stopped:
            return stopped._get_amazon_hold_action(self, "\n".join(dict.fromkeys(unanswered.values())))
        return super()._pre_action_done_hook()

    # === BUSINESS METHODS === #

    def _amazon_check_before_shipping(self):
        """Read the orders of these deliveries at Amazon, unless they were just read.

        :return: Why Amazon could not be asked, by those deliveries that therefore must not be validated.
        :rtype: dict
        """
        deliveries = self.filtered(lambda p: p.picking_type_code == "outgoing" and p.state not in ("done", "cancel"))
        deliveries = deliveries.filtered(lambda p: not p.sudo().amazon_hold_released)  # a manager's field
        orders = self.env["sale.order"].with_user(SUPERUSER_ID)  # stock users see no orders, yet must be warned
        orders = orders.browse(deliveries._get_amazon_orders_sudo().filtered(self._is_amazon_check_due).ids)
        failures = {}
        for account, of_account in orders.grouped("amazon_cancel_account_id").items():
            failures.update(account._check_orders(of_account))
        unanswered = {}
        for delivery in deliveries:
            for order in delivery._get_amazon_orders_sudo():
                if order.id not in failures:
                    continue
                message = self.env._(
                    "Amazon could not be asked about %(order)s: %(error)s", order=order.name, error=failures[order.id]
                )
                if order.amazon_cancel_account_id.check_before_shipping == "block":
                    unanswered[delivery] = message
                else:
                    delivery._message_log(body=message)
        return unanswered

    def _is_amazon_check_due(self, order):
        fresh_since = fields.Datetime.now() - const.CHECK_IS_FRESH_FOR
        return (
            order.amazon_order_ref
            and order.amazon_channel != "fba"
            and order.amazon_cancel_account_id.check_before_shipping not in (False, "off")
            and not (order.amazon_checked_date and order.amazon_checked_date > fresh_since)
        )

    # === GETTERS === #

    @api.model
    def _get_amazon_hold_domain(self):
        """The orders whose deliveries are held."""
        return Domain("amazon_cancel_account_id.hold_deliveries", "=", True) & (
            Domain("amazon_cancel_request", "=", "requested")
            | (Domain("amazon_fulfillment_status", "=", "cancelled") & Domain("state", "!=", "cancel"))
        )

    def _get_amazon_orders_sudo(self):
        """The orders that these transfers work for, whatever step of the warehouse they are.

        :rtype: recordset of `sale.order` in superuser mode
        """
        pickings_sudo = self.sudo()  # stock users see no orders
        moves_sudo = pickings_sudo.move_ids
        moves_sudo = moves_sudo.browse(moves_sudo._rollup_move_dests())
        return moves_sudo.sale_line_id.order_id | pickings_sudo.sale_id

    def _get_amazon_held_orders_sudo(self):
        """The orders that must not be shipped and that these open transfers work for.

        :rtype: recordset of `sale.order` in superuser mode
        """
        pickings_sudo = self.sudo().filtered(lambda p: p.state not in ("done", "cancel") and not p.amazon_hold_released)
        return pickings_sudo._get_amazon_orders_sudo().filtered_domain(self._get_amazon_hold_domain())

    @api.model
    def _get_amazon_hold_title(self, orders):
        """What the warehouse is to do with the deliveries of held orders.

        :param recordset orders: Sale orders, in superuser mode.
        :rtype: str
        """
        if all(order.amazon_fulfillment_status == "cancelled" for order in orders):
            return self.env._("Do not ship: the order is cancelled at Amazon.")
        return self.env._("Do not ship: the buyer asks to cancel.")

    @api.model
    def _get_amazon_hold_text(self, order):
        """Why an order holds its deliveries, in words for the warehouse.

        :param recordset order: One sale order, in superuser mode.
        :rtype: str
        """
        if order.amazon_fulfillment_status == "cancelled":
            return self.env._("%(order)s: cancelled at Amazon", order=order.name)
        return self.env._(
            "%(order)s: %(reason)s",
            order=order.name,
            reason=order.amazon_cancel_request_reason or self.env._("no reason given"),
        )

    def _get_amazon_hold_details(self):
        """Who asked, when and why, one line for each held order.

        :rtype: str
        """
        details = []
        for order in self._get_amazon_held_orders_sudo():
            text = self._get_amazon_hold_text(order)
            if order.amazon_fulfillment_status != "cancelled":
                text = self.env._(
                    "%(buyer)s asked on %(date)s. %(text)s",
                    buyer=order.partner_id.name,
                    date=format_datetime(self.env, order.amazon_cancel_request_date, dt_format="short"),
                    text=text,
                )
            details.append(text)
        return "\n".join(details)

    def _get_amazon_hold_action(self, pickings, unanswered):
        """Open the dialog that stops the validation.

        :param recordset pickings: All transfers that are being validated; `self` are those that must not be.
        :param str unanswered: Why Amazon could not be asked, or nothing.
        :rtype: dict
        """
        dialog = self.env["amazon.hold.dialog"].create(
            {
                "picking_ids": [(6, 0, pickings.ids)],
                "held_picking_ids": [(6, 0, self.ids)],
                "unanswered": unanswered,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Do not ship"),
            "res_model": dialog._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
            "context": dict(self.env.context),  # for the flow that goes on after a release, such as a batch's
        }

    def _get_amazon_gone_action(self, gone):
        return self.env["amazon.cancellation.account"]._get_notification_action(
            self.env._(
                "Do not ship %(pickings)s: Amazon was just asked, and the order is cancelled there.",
                pickings=", ".join(gone.mapped("name")),
            ),
            "warning",
        )
