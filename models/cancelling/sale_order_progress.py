from odoo import api, fields, models

from ... import const


class SaleOrder(models.Model):
    """What screens show of a request and its cancellation, in one place instead of four fields."""

    _inherit = "sale.order"

    amazon_cancel_progress = fields.Selection(
        const.CANCEL_PROGRESS,
        string="Amazon Cancellation Progress",
        compute="_compute_amazon_cancel_progress",
        store=True,
        index="btree_not_null",
        group_expand=True,
        help="The buyer's request and what became of it, for badges and columns.",
    )
    amazon_cancel_items = fields.Char(
        string="Items Asked For", compute="_compute_amazon_cancel_items", help="What the buyer wants cancelled."
    )
    amazon_cancel_partial = fields.Boolean(
        compute="_compute_amazon_cancel_items",
        help="The buyer asks for a part of the items, while Amazon cancels whole orders only.",
    )
    amazon_open_though_cancelled = fields.Boolean(
        compute="_compute_amazon_open_though_cancelled",
        help="Cancelled at Amazon, yet open in Odoo: not to be shipped.",
    )
    amazon_cancellation_message = fields.Text(related="amazon_cancellation_id.amazon_message")
    amazon_cancellation_send_after = fields.Datetime(
        related="amazon_cancellation_id.send_after", string="Amazon Is Told At"
    )
    amazon_cancellation_next_attempt = fields.Datetime(related="amazon_cancellation_id.next_attempt_date")

    # === COMPUTE METHODS === #

    @api.depends("state", "amazon_cancel_request", "amazon_cancellation_state")
    def _compute_amazon_cancel_progress(self):
        of_cancellation = {**dict.fromkeys(const.OPEN_CANCELLATION_STATES, "cancelling")}
        of_cancellation.update(refused="refused", confirmed="cancelled")
        of_request = {"requested": "requested", "declined": "kept", "withdrawn": "withdrawn", "overtaken": "overtaken"}
        for order in self:
            if order.state == "cancel":
                progress = of_cancellation.get(order.amazon_cancellation_state)
            else:
                progress = of_request.get(order.amazon_cancel_request)
            order.amazon_cancel_progress = progress or False

    @api.depends("amazon_request_fingerprint", "amazon_item_refs", "order_line.amazon_cancel_requested")
    def _compute_amazon_cancel_items(self):
        for order in self:
            asked = set(order.amazon_request_fingerprint or {})
            order.amazon_cancel_partial = bool(asked) and asked != set(order.amazon_item_refs or [])
            order.amazon_cancel_items = ", ".join(
                f"{line.product_uom_qty:g} × {line.product_id.display_name or line.name}"
                for line in order.order_line
                if line.amazon_cancel_requested
            )

    @api.depends("state", "amazon_status")
    def _compute_amazon_open_though_cancelled(self):
        for order in self:
            order.amazon_open_though_cancelled = order.amazon_status == "cancelled" and order.state != "cancel"

    # === ACTION METHODS === #

    def action_amazon_retry_cancellation(self):
        """Send the refused cancellation once more.

        Note: self.ensure_one()

        :raise UserError: If the user may not, or there is nothing to send.
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_retry()
