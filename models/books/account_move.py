from odoo import api, fields, models

from ...tools import OwnIds


class AccountMove(models.Model):
    _inherit = "account.move"

    # What the month-end check starts from.
    _amazon_open_index = models.Index(
        "(id) WHERE move_type IN ('out_invoice', 'out_receipt') AND state = 'posted' AND amount_residual_signed > 0"
    )

    amazon_request_text = fields.Char(
        compute="_compute_amazon_request_text",
        compute_sudo=True,
        help="The orders of this invoice whose buyers asked Amazon to cancel, while nobody has decided.",
    )

    # === COMPUTE METHODS === #

    @api.depends("move_type", "state", "line_ids.sale_line_ids.order_id.amazon_cancel_request")
    def _compute_amazon_request_text(self):
        for move in self:
            orders = move._get_amazon_requested_orders()
            move.amazon_request_text = "; ".join(
                f"{order.name}: {order.amazon_cancel_request_words or self.env._('no reason given')}"
                for order in orders
            )

    # === ACTION METHODS === #

    def action_amazon_open_requests(self):
        """Open the orders of this invoice whose buyers asked to cancel.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        orders = self._get_amazon_requested_orders()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        action["domain"] = [("id", "in", orders.ids)]
        if len(orders) == 1:
            action.update(res_id=orders.id, views=[(False, "form")])
        return action

    # === BUSINESS METHODS === #

    def button_cancel(self):
        """Override of `account`: a draft that also bills other orders outlives the cancellation of one of them."""
        shared_ids = self.env.context.get("amazon_shared_draft_ids")
        kept = self.browse(shared_ids if isinstance(shared_ids, OwnIds) else ())
        return super(AccountMove, self - kept).button_cancel()

    def _post(self, soft=True):
        """Override of `account`: a credit note that an accountant confirms may end the review of a cancellation."""
        posted = super()._post(soft)
        orders = posted.filtered(lambda move: move.move_type == "out_refund").line_ids.sale_line_ids.order_id
        if orders.amazon_cancellation_id:  # a column of the order: others cost nothing
            cancellations_sudo = orders.amazon_cancellation_id.sudo()  # accountants only read the outbox
            self.env["amazon.cancellation.accounting"]._refresh(cancellations_sudo)
        return posted

    # === GETTERS === #

    def _get_amazon_requested_orders(self):
        """The orders with an open request that this invoice bills.

        Note: self.ensure_one()

        :rtype: recordset of `sale.order`
        """
        self.ensure_one()
        if self.move_type not in ("out_invoice", "out_receipt") or self.state == "cancel":
            return self.env["sale.order"]
        return self.line_ids.sale_line_ids.order_id.filtered(lambda o: o.amazon_cancel_request == "requested")
