from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import const


class SaleOrder(models.Model):
    """The cancellation: whatever way an order is cancelled or reopened, Amazon is to know; and what became of it."""

    _inherit = "sale.order"

    amazon_cancellation_ids = fields.One2many(
        "amazon.order.cancellation", "order_id", string="Amazon Cancellations", readonly=True
    )
    amazon_cancellation_id = fields.Many2one(
        "amazon.order.cancellation",
        compute="_compute_amazon_cancellation",
        store=True,
        help="The latest cancellation of this order.",
    )
    amazon_cancellation_state = fields.Selection(
        related="amazon_cancellation_id.state", string="Cancellation at Amazon", store=True
    )
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

    @api.depends("amazon_cancellation_ids")
    def _compute_amazon_cancellation(self):
        for order in self:
            order.amazon_cancellation_id = order.amazon_cancellation_ids.sorted("id")[-1:]

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

    @api.depends("state", "amazon_fulfillment_status")
    def _compute_amazon_open_though_cancelled(self):
        for order in self:
            order.amazon_open_though_cancelled = (
                order.amazon_fulfillment_status == "cancelled" and order.state != "cancel"
            )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: whatever way an order of Amazon is cancelled or reopened, Amazon is to know."""
        if "state" not in vals:
            return super().write(vals)
        cancelled = self.filtered(lambda order: vals["state"] == "cancel" and order.state != "cancel")
        reopened = self.filtered(lambda order: vals["state"] != "cancel" and order.state == "cancel")
        states = {order.id: order.state for order in cancelled}
        cancelled = cancelled._amazon_filter_to_tell()
        self.env["amazon.cancellation.guard"]._check(cancelled)
        reopened._amazon_check_reopen()
        result = super().write(vals)
        cancelled._amazon_schedule_cancellation(states)
        return result

    # === CORE BUSINESS METHODS === #

    def _action_cancel(self):
        """Override of `sale`: the user decides on an order of Amazon; what follows in other apps is done by the system.

        A salesperson may neither read a vendor's orders nor cancel a draft invoice, which Odoo does on the way.
        """
        to_tell = self._amazon_filter_to_tell()
        if not to_tell or self.env.su:
            return super()._action_cancel()
        to_tell.check_access("write")
        self.env["amazon.cancellation.guard"]._check(to_tell)
        results = [super(SaleOrder, orders)._action_cancel() for orders in (self - to_tell, to_tell.sudo()) if orders]
        return next((result for result in results if result is not True), True)

    # === ACTION METHODS === #

    def action_amazon_open_cancel(self):
        """Open the dialog that asks for the reason before an order of Amazon is cancelled.

        Note: self.ensure_one()
        """
        self.ensure_one()
        if self.locked:
            raise UserError(self.env._("You cannot cancel a locked order. Please unlock it first."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel the order in Odoo and at Amazon"),
            "res_model": "amazon.cancel.dialog",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_amazon_undo_cancellation(self):
        """Undo the cancellation while it is not sent: the order is again as it was before.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_withdraw()

    def action_amazon_retry_cancellation(self):
        """Send the refused cancellation once more.

        Note: self.ensure_one()

        :raise UserError: If the user may not, or there is nothing to send.
        """
        self.ensure_one()
        return self.amazon_cancellation_id.action_retry()

    # === BUSINESS METHODS: FOLLOWING AMAZON === #

    def _amazon_follow_cancelled(self):
        """Cancel the orders that Amazon shows as cancelled, where the account follows Amazon; nothing is sent."""
        followed = self.filtered(
            lambda order: (
                order.state != "cancel" and order.amazon_cancel_account_id.follow_amazon and not order.amazon_duplicate
            )
        )
        progress = followed._amazon_get_goods_progress()
        gone = followed.filtered(lambda order: progress[order] == "left")
        gone._amazon_warn_goods_on_the_way()
        followed -= gone
        if not followed:
            return
        states = {order.id: order.state for order in followed}
        followed.with_context(amazon_local_only=True, disable_cancel_warning=True)._action_cancel()
        self.env["amazon.order.cancellation"]._create_confirmed(followed, states)
        followed._message_log_batch({order.id: order._amazon_get_cancelled_text() for order in followed})
        picked = followed.filtered(lambda order: progress[order] == "picking")
        body = self.env._("Goods of this order were picked already: put them back.")
        picked._message_log_batch({order.id: body for order in picked})

    def _amazon_warn_goods_on_the_way(self):
        for order in self._amazon_filter_without_activity("goods_on_the_way"):
            order._amazon_schedule_activity(
                "goods_on_the_way",
                summary=self.env._("Cancelled at Amazon, but delivered"),
                note=self.env._(
                    "%(text)s The goods are on their way already: ask for them back, or refund the buyer.",
                    text=order._amazon_get_cancelled_text(),
                ),
            )

    # === BUSINESS METHODS: TELLING AMAZON === #

    def _amazon_filter_to_tell(self):
        """The orders whose cancellation in Odoo concerns Amazon."""
        if self.env.context.get("amazon_local_only"):
            return self.browse()
        self._amazon_identify()
        return self.filtered(lambda order: order.amazon_order_ref and order.amazon_cancel_account_id)

    def _amazon_schedule_cancellation(self, states):
        """Write the outbox in the transaction that cancels; nobody is called. A scheduled action sends.

        :param dict states: The state of each order before, by order id.
        """
        requested = self.filtered(lambda order: order.amazon_cancel_request == "requested")
        self.env["amazon.order.cancellation"]._schedule(self, states)
        self.env["amazon.cancellation.guard"]._warn(self)
        requested.amazon_cancel_request = "accepted"

    def _amazon_check_reopen(self):
        """Withdraw what is not sent yet; refuse to reopen what was promised to Amazon.

        :raise UserError: If the cancellation was sent already.
        """
        self.amazon_cancellation_ids._withdraw_for_reopening()
