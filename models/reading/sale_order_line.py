from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "amazon.protected.mixin"]
    _identity_fields = ("amazon_item_ref",)

    amazon_item_ref = fields.Char(string="Amazon Item", copy=False, help="Amazon's order item id.")
    amazon_cancel_requested = fields.Boolean(
        string="Cancellation Requested", copy=False, readonly=True, help="The buyer asks to cancel this item."
    )
    amazon_cancel_reason = fields.Char(string="Buyer's Reason as Told", copy=False, readonly=True)
    amazon_item_cancelled = fields.Boolean(
        string="Cancelled at Amazon",
        copy=False,
        readonly=True,
        help="Amazon shows this item as cancelled, while the order goes on. It is not to be shipped.",
    )
    amazon_cancel_words = fields.Char(string="Buyer's Reason", compute="_compute_amazon_cancel_words")

    # === COMPUTE METHODS === #

    @api.depends("amazon_cancel_reason")
    @api.depends_context("lang")
    def _compute_amazon_cancel_words(self):
        for line in self:
            line.amazon_cancel_words = self.env["amazon.cancellation.words"]._word_code(line.amazon_cancel_reason)

    amazon_cancel_badge = fields.Selection(
        [("asked", "Asked to cancel"), ("cancelled", "Cancelled at Amazon")],
        string="Asked to Cancel",
        compute="_compute_amazon_cancel_badge",
    )

    @api.depends("amazon_cancel_requested", "amazon_item_cancelled")
    def _compute_amazon_cancel_badge(self):
        for line in self:
            asked = "asked" if line.amazon_cancel_requested else False
            line.amazon_cancel_badge = "cancelled" if line.amazon_item_cancelled else asked

    def _amazon_update(self, item, order_goes_on):
        """Write what Amazon shows of the item.

        Note: self.ensure_one()

        :param ItemSnapshot item: The item of this line.
        :param bool order_goes_on: Whether the order itself was read, and is not cancelled as a whole.
        :return: Whether the item is newly shown as cancelled.
        :rtype: bool
        """
        self.ensure_one()
        dropped = order_goes_on and item.is_cancelled
        vals = {"amazon_item_ref": item.item_id, "amazon_item_cancelled": dropped}
        if item.cancel_requested is not None:
            vals["amazon_cancel_requested"] = item.cancel_requested
            if item.cancel_reason or not item.cancel_requested:
                vals["amazon_cancel_reason"] = item.cancel_reason
        changed = {field: value for field, value in vals.items() if (self[field] or False) != (value or False)}
        if changed:
            self._amazon_write(changed)
        return dropped and "amazon_item_cancelled" in changed

    def _amazon_get_names(self):
        """What the lines are about, in words.

        :rtype: str
        """
        return ", ".join(f"{line.product_uom_qty:g} × {line.product_id.display_name or line.name}" for line in self)

    def _amazon_filter_identified(self):
        """Override: until the order was read, who imports it may say which items of Amazon its lines are."""
        lines_sudo = self.sudo()  # whoever may write a line need not see what is known of its order
        return self.browse(lines_sudo.filtered("order_id.amazon_knowledge").ids)
