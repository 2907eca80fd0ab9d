from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ... import const
from ...facts import fact as _lt


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

    amazon_decision = fields.Char(
        string="Decision",
        compute="_compute_amazon_decision",
        help="What was decided on the buyer's request to cancel, for the warehouse.",
    )
    amazon_waiting = fields.Boolean(
        compute="_compute_amazon_decision", help="Who must decide was told that the warehouse waits."
    )

    amazon_dropped_text = fields.Char(
        string="Not to Be Shipped",
        compute="_compute_amazon_dropped_text",
        help="What of the order is cancelled at Amazon, while the rest goes on.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "state",
        "move_ids.sale_line_id.order_id.amazon_cancel_request",
        "move_ids.move_dest_ids.sale_line_id.order_id.amazon_cancel_request",
        "sale_id.amazon_cancel_request",
        "sale_id.amazon_fulfillment_status",
        "sale_id.amazon_released_cause",
        "sale_id.state",
    )
    @api.depends_context("lang", "tz")
    def _compute_amazon_hold(self):
        held = self._amazon_get_held_orders()
        nothing = self.env["sale.order"]
        for picking in self:
            held_sudo = held.get(picking, nothing)
            picking.amazon_hold = bool(held_sudo)
            picking.amazon_held_order_ids = held_sudo.ids
            picking.amazon_hold_title = bool(held_sudo) and held_sudo._amazon_get_hold_title()
            picking.amazon_hold_reason = "; ".join(order._amazon_get_hold_text() for order in held_sudo)
            picking.amazon_hold_since = min(filter(None, held_sudo.mapped("amazon_cancel_request_date")), default=False)
            asked_sudo = held_sudo.filtered(lambda order: order.amazon_fulfillment_status != "cancelled")
            picking.amazon_ship_by = min(filter(None, asked_sudo.mapped("amazon_ship_by")), default=False)

    @api.model
    def _search_amazon_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        orders_sudo = self.env["sale.order"].sudo()  # stock users see no orders
        standing_sudo = orders_sudo.search(orders_sudo._amazon_get_hold_domain(cancelled=False))
        pickings_sudo = standing_sudo._amazon_get_moves().picking_id
        pickings_sudo |= self.sudo().search(
            Domain("state", "not in", const.PAST_MOVES)
            & Domain("sale_id", "any", orders_sudo._amazon_get_hold_domain(cancelled=True))
        )
        held = pickings_sudo._amazon_get_held_orders()
        return [("id", "in" if True in value else "not in", [picking.id for picking in held])]

    @api.depends("state", "sale_id.amazon_cancel_request", "amazon_hold")
    @api.depends_context("lang")
    def _compute_amazon_decision(self):
        self.amazon_decision = False
        self.amazon_waiting = False
        if not self.env["amazon.cancellation.account"]._is_used():
            return
        for picking in self:
            order_sudo = picking.sale_id.sudo()  # stock users see no orders
            if order_sudo.amazon_cancel_request == "declined" and picking.state not in ("done", "cancel"):
                picking.amazon_decision = self.env._("Decided: the order is kept. Ship it.")
            elif order_sudo.amazon_cancel_request == "accepted" and picking.state == "cancel":
                picking.amazon_decision = self.env._("Decided: the order is cancelled. Put the goods back.")
            if picking.amazon_hold:
                held_sudo = order_sudo.browse(picking.amazon_held_order_ids.ids)
                picking.amazon_waiting = not held_sudo._amazon_filter_without_activity("warehouse")

    @api.depends(
        "state",
        "move_ids.sale_line_id.amazon_item_cancelled",
        "move_ids.sale_line_id.amazon_quantity_left",
        "move_ids.sale_line_id.product_uom_qty",
        "sale_id.amazon_cancel_account_id",
    )
    @api.depends_context("lang")
    def _compute_amazon_dropped_text(self):
        self.amazon_dropped_text = False
        if not self.env["amazon.cancellation.account"]._is_used():
            return
        for picking_sudo in self.sudo():  # stock users see no orders
            if picking_sudo.state in const.PAST_MOVES or not picking_sudo.sale_id.amazon_cancel_account_id:
                continue
            dropped_sudo = picking_sudo.sale_id.order_line._amazon_filter_dropped()
            if dropped_sudo:
                leaving_sudo = picking_sudo.move_ids._amazon_filter_leaving(dropped_sudo).sale_line_id
                picking_sudo.amazon_dropped_text = bool(leaving_sudo) and leaving_sudo._amazon_get_drop_text()

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `stock`: a held transfer is not called done, either; Odoo itself computes it."""
        if vals.get("state") == "done":
            self.move_ids._amazon_check_hold()
        return super().write(vals)

    # === ACTION METHODS === #

    def action_amazon_tell_salesperson(self):
        """Tell who must decide that the warehouse waits before these transfers; once until it is decided.

        :return: A notification that names who was told.
        :rtype: dict
        :raise UserError: If nothing is held.
        """
        self.check_access("write")
        held = self._amazon_get_held_orders()
        if not held:
            raise UserError(self.env._("Nothing is held any more: the request is decided. Load the page anew."))
        orders_sudo = self.env["sale.order"].sudo().union(*held.values())  # stock users see no orders
        told_sudo = orders_sudo._amazon_on_warehouse_waits(self.browse(picking.id for picking in held))
        people = ", ".join(dict.fromkeys(order._amazon_get_responsible().name for order in orders_sudo))
        message = (
            self.env._("%(people)s was told. This page shows the decision as soon as it is taken.", people=people)
            if told_sudo
            else self.env._("%(people)s was told already, and has not decided yet.", people=people)
        )
        return self.env["amazon.cancellation.account"]._get_notification_action(message, "info")

    def _pre_action_done_hook(self):
        """Override of `stock`: stop before goods leave whose buyer asked to cancel."""
        if not self._amazon_may_stop():
            return super()._pre_action_done_hook()
        unanswered = self._amazon_check_before_shipping()
        gone = self.filtered(lambda picking: picking.state == "cancel")
        if gone:
            return self._amazon_get_gone_action(gone)
        stopped = self.filtered("amazon_hold") | self.browse(picking.id for picking in unanswered)
        if stopped:
            return stopped._amazon_open_hold_dialog(self, "\n".join(dict.fromkeys(unanswered.values())))
        return super()._pre_action_done_hook()

    # === BUSINESS METHODS === #

    def _amazon_check_before_shipping(self):
        """Read the orders of these deliveries at Amazon, unless they were just read.

        :return: Why Amazon could not be asked, by those deliveries that therefore must not be validated.
        :rtype: dict
        """
        orders_by_picking = self._amazon_get_orders_to_check()
        orders = self.env["sale.order"].with_user(SUPERUSER_ID)  # stock users see no orders, yet must be warned
        orders = orders.union(*orders_by_picking.values()).filtered(self._is_amazon_check_due)
        failures = {}
        for account, of_account in orders.grouped("amazon_cancel_account_id").items():
            failures.update(account.env["amazon.order.lookup"]._read_now(account, of_account))
        unanswered = {}
        for delivery in self:
            for order in orders_by_picking.get(delivery.id, ()):
                if order.id not in failures:
                    continue
                fact = _lt(
                    "Amazon could not be asked about %(order)s: %(error)s", order=order.name, error=failures[order.id]
                )
                if order.amazon_cancel_account_id.check_before_shipping == "block":
                    words = self.env["amazon.cancellation.words"]._word(fact)
                    unanswered[delivery] = "\n".join(filter(None, (unanswered.get(delivery), words)))
                else:
                    words = order._amazon_for_responsible().env["amazon.cancellation.words"]
                    delivery._message_log(body=words._word(fact))
        return unanswered

    def _is_amazon_check_due(self, order):
        return order._amazon_filter_unreleased() and not order._amazon_is_just_read()

    def _amazon_release_hold(self, reason):
        """Let these transfers pass, for what holds them now. For code that must pass, too: it says why.

        :param str reason: Why, for the record.
        """
        held = self._amazon_get_held_orders()
        self.env["sale.order"].sudo().union(*held.values())._amazon_release_hold(reason)
        for picking in self:
            env = held[picking][:1]._amazon_for_responsible().env if held.get(picking) else self.env
            picking._message_log(body=env._("Released to be shipped: %(reason)s", reason=reason))

    # === GETTERS === #

    def _amazon_get_held_orders(self):
        """The orders that must not be shipped and that these open transfers bring nearer to their buyers.

        :return: By held transfer, the orders in superuser mode.
        :rtype: dict[recordset of `stock.picking`, recordset of `sale.order`]
        """
        found = self.env["stock.move"]._amazon_search_orders(
            "picking_id", self._origin.ids, self.env["sale.order"]._amazon_get_hold_domain()
        )
        held = {
            picking: found.get(picking._origin.id, self.env["sale.order"])._amazon_filter_unreleased()
            for picking in self
        }
        return {picking: orders for picking, orders in held.items() if orders}

    def _amazon_get_orders_to_check(self):
        """The orders whose accounts want Amazon to be asked before these transfers bring their goods out of the house.

        :return: The orders in superuser mode, by transfer id.
        :rtype: dict[int, recordset of `sale.order`]
        """
        leaving = self.filtered(lambda picking: picking.picking_type_code in ("outgoing", "dropship"))
        return self.env["stock.move"]._amazon_search_orders(
            "picking_id",
            leaving.ids,
            self.env["sale.order"]._amazon_get_check_domain(),
        )

    def _amazon_may_stop(self):
        """Whether one of these transfers is held, or to be looked at: ordinary ones cost this one look.

        :rtype: bool
        """
        SaleOrder = self.env["sale.order"]
        domain = SaleOrder._amazon_get_hold_domain() | SaleOrder._amazon_get_check_domain()
        return bool(self.env["stock.move"]._amazon_search_orders("picking_id", self._origin.ids, domain))

    def _amazon_open_hold_dialog(self, pickings, unanswered):
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

    def _amazon_get_gone_action(self, gone):
        return self.env["amazon.cancellation.account"]._get_notification_action(
            self.env._(
                "Do not ship %(pickings)s: Amazon was just asked, and the order is cancelled there.",
                pickings=", ".join(gone.mapped("name")),
            ),
            "warning",
        )
