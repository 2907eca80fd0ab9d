from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime


class SaleOrder(models.Model):
    """Whether the goods of an order may leave, and how far they are."""

    _inherit = "sale.order"

    amazon_released_cause = fields.Char(
        copy=False,
        readonly=True,
        help="What held the deliveries when a manager, or code, let them pass for a reason. Another cause holds again.",
    )

    # === BUSINESS METHODS === #

    def _amazon_release_hold(self, reason):
        """Let the goods of these orders pass, for what holds them now: a later request holds them again.

        :param str reason: Why, for the record.
        """
        requested = self.filtered(lambda order: order._amazon_get_hold_cause() == "requested")
        requested._amazon_keep(reason)
        for cause, orders in (self - requested).grouped(lambda order: order._amazon_get_hold_cause()).items():
            orders.amazon_released_cause = cause

    def _amazon_filter_unreleased(self):
        """The orders whose goods nobody let pass for what holds them now."""
        return self.filtered(lambda order: order.amazon_released_cause != order._amazon_get_hold_cause())

    # === GETTERS === #

    @api.model
    def _amazon_get_hold_domain(self):
        """The orders whose deliveries are held, unless they were released."""
        return Domain("amazon_cancel_account_id.hold_deliveries", "=", True) & (
            Domain("amazon_cancel_request", "=", "requested")
            | (Domain("amazon_fulfillment_status", "=", "cancelled") & Domain("state", "!=", "cancel"))
        )

    def _amazon_get_hold_cause(self):
        """What holds the goods: to be cancelled at Amazon, the buyer's open request, or that Amazon does not answer.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        if self.amazon_fulfillment_status == "cancelled":
            return "cancelled"
        if self.amazon_cancel_request == "requested":
            return "requested"
        return f"unanswered since {self.amazon_checked_date}"

    def _amazon_get_hold_title(self):
        """What the warehouse is to do with the deliveries of these held orders.

        :rtype: str
        """
        if all(order.amazon_fulfillment_status == "cancelled" for order in self):
            return self.env._("Do not ship: the order is cancelled at Amazon.")
        return self.env._("Do not ship: the buyer asks to cancel.")

    def _amazon_get_hold_text(self):
        """Why an order holds its deliveries, in words for the warehouse.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        if self.amazon_fulfillment_status == "cancelled":
            return self.env._("%(order)s: cancelled at Amazon", order=self.name)
        return self.env._(
            "%(order)s: %(reason)s",
            order=self.name,
            reason=self.amazon_cancel_request_reason or self.env._("no reason given"),
        )

    def _amazon_get_hold_details(self):
        """Who asked, when and why, one line for each order.

        :rtype: str
        """
        details = []
        for order in self:
            text = order._amazon_get_hold_text()
            if order.amazon_fulfillment_status != "cancelled":
                text = self.env._(
                    "%(buyer)s asked on %(date)s. %(text)s",
                    buyer=order.partner_id.name,
                    date=format_datetime(self.env, order.amazon_cancel_request_date, dt_format="short"),
                    text=text,
                )
            details.append(text)
        return "\n".join(details)

    def _amazon_get_goods_progress(self):
        """How far the goods of each order are, over all their moves: steps, dropships and returns included.

        What counts is where the goods are, not which moves are done: goods that came back have not left.

        :return: By order `none`, `picking` (picked, packed, or the picking list is printed) or `left`.
        :rtype: dict[recordset of `sale.order`, str]
        """
        orders_sudo = self.sudo()  # a sales user may not read the transfers
        fetched = orders_sudo._amazon_get_moves()
        return {
            order: order_sudo._amazon_get_moves().with_prefetch(fetched.ids)._amazon_get_progress()
            for order, order_sudo in zip(self, orders_sudo, strict=True)
        }

    def _amazon_get_moves(self):
        """All moves of the orders' goods: those that deliver, the steps before them, and what came back."""
        moves = self.order_line.move_ids | self.picking_ids.move_ids
        moves = moves.browse(moves._rollup_move_origs())
        return moves | moves.returned_move_ids
