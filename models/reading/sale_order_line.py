from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "amazon.credentials.mixin", "amazon.protected.mixin"]
    _pasted_fields = ("amazon_item_ref",)
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
    amazon_item_quantity = fields.Integer(
        string="Units at Amazon", copy=False, readonly=True, help="How many units of the item Amazon shows as ordered."
    )
    amazon_quantity_per_unit = fields.Float(
        string="Quantity per Unit at Amazon",
        copy=False,
        readonly=True,
        digits=0,
        help="How much of the product, in its own unit, the line had for each unit when Amazon first showed the item.",
    )
    amazon_quantity_left = fields.Float(
        string="Left at Amazon",
        copy=False,
        readonly=True,
        digits="Product Unit",
        help="How much of the product, in its own unit, is left since Amazon lowered the item's quantity; 0 if it did "
        "not.",
    )
    amazon_cancel_words = fields.Char(string="Buyer's Reason", compute="_compute_amazon_cancel_words")

    # === COMPUTE METHODS === #

    @api.depends("amazon_cancel_reason")
    @api.depends_context("lang")
    def _compute_amazon_cancel_words(self):
        for line in self:
            line.amazon_cancel_words = self.env["amazon.cancellation.words"]._word_code(line.amazon_cancel_reason)

    amazon_cancel_badge = fields.Selection(
        [("asked", "Asked to cancel"), ("cancelled", "Cancelled at Amazon"), ("fewer", "Fewer at Amazon")],
        string="Asked to Cancel",
        compute="_compute_amazon_cancel_badge",
    )

    @api.depends("amazon_cancel_requested", "amazon_item_cancelled", "amazon_quantity_left")
    def _compute_amazon_cancel_badge(self):
        for line in self:
            fewer = "fewer" if line.amazon_quantity_left else False
            asked = "asked" if line.amazon_cancel_requested else fewer
            line.amazon_cancel_badge = "cancelled" if line.amazon_item_cancelled else asked

    def _amazon_update(self, item, order_goes_on, quantity_before):
        """Write what Amazon shows of the item.

        Note: self.ensure_one()

        :param ItemSnapshot item: The item of this line.
        :param bool order_goes_on: Whether the order itself was read, and is not cancelled as a whole.
        :param int|None quantity_before: The units that the reading before showed, else this one.
        :return: Whether the item, or some of it, is newly shown as cancelled.
        :rtype: bool
        """
        self.ensure_one()
        dropped = order_goes_on and item.is_cancelled
        quantity_before = self.amazon_item_quantity or quantity_before
        vals = {"amazon_item_ref": item.item_id, "amazon_item_cancelled": dropped}
        if order_goes_on and item.quantity and not dropped:
            vals.update(self._prepare_amazon_quantity_vals(item.quantity, quantity_before))
        if item.cancel_requested is not None:
            vals["amazon_cancel_requested"] = item.cancel_requested
            if item.cancel_reason or not item.cancel_requested:
                vals["amazon_cancel_reason"] = item.cancel_reason
        changed = {field: value for field, value in vals.items() if (self[field] or False) != (value or False)}
        if changed:
            self._amazon_write(changed)
        lowered = "amazon_quantity_left" in changed and item.quantity < quantity_before
        return lowered or (dropped and "amazon_item_cancelled" in changed)

    def _prepare_amazon_quantity_vals(self, quantity, quantity_before):
        """What is left of the line, where Amazon has lowered the item's quantity since it was first read.

        A line need not have the item's own quantity: a unit at Amazon may be a pack of six.

        Note: self.ensure_one()

        :param int quantity: The units that Amazon shows.
        :param int quantity_before: The units that it showed before, else the same.
        :rtype: dict
        """
        self.ensure_one()
        vals = {"amazon_item_quantity": quantity}
        per_unit = self.amazon_quantity_per_unit
        if not per_unit:
            per_unit = self._amazon_to_product_unit(self.product_uom_qty) / quantity_before
            vals["amazon_quantity_per_unit"] = per_unit
        if quantity < quantity_before or self.amazon_quantity_left:
            vals["amazon_quantity_left"] = quantity * per_unit
        return vals

    def _amazon_to_product_unit(self, quantity):
        """A quantity of this line in the product's own unit.

        Note: self.ensure_one()

        :rtype: float
        """
        return self.product_uom_id._compute_quantity(quantity, self.product_id.uom_id, round=False)

    def _amazon_get_names(self):
        """What the lines are about, in words.

        :rtype: str
        """
        return self._amazon_name_quantities({line: line.product_uom_qty for line in self})

    @api.model
    def _amazon_name_quantities(self, quantities):
        """So much of each product, in words.

        :param dict quantities: By line.
        :rtype: str
        """
        return ", ".join(
            f"{quantity:g} × {line.product_id.display_name or line.name}" for line, quantity in quantities.items()
        )

    def _amazon_filter_identified(self):
        """Override: until the order was read, who imports it may say which items of Amazon its lines are."""
        lines_sudo = self.sudo()  # whoever may write a line need not see what is known of its order
        return self.browse(lines_sudo.filtered("order_id.amazon_knowledge").ids)
