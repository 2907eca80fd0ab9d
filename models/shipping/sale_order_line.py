from odoo import models


class SaleOrderLine(models.Model):
    """Items that Amazon shows as cancelled while their orders go on: they stay here."""

    _name = "sale.order.line"
    _inherit = "sale.order.line"

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale`: held goods are not taken from their order with their line."""
        if "order_id" in vals:
            taken_sudo = self.sudo().filtered(lambda line: line.order_id.id != vals["order_id"])
            taken_sudo.move_ids._amazon_check_hold()  # whoever sells may not see the transfers
        return super().write(vals)

    # === GETTERS === #

    def _amazon_filter_dropped(self):
        """The lines whose items are cancelled at Amazon, all or some units, and were not taken out of their orders."""
        return self.filtered(lambda line: line._amazon_get_dropped_quantity() > 0)

    def _amazon_get_dropped_quantity(self):
        """How much of the line is cancelled at Amazon and still in the order, in the product's own unit.

        Note: self.ensure_one()

        :rtype: float
        """
        self.ensure_one()
        if not self.amazon_item_cancelled and not self.amazon_quantity_left:
            return 0.0
        ordered = self._amazon_to_product_unit(self.product_uom_qty)
        return self.product_id.uom_id.round(ordered - self._amazon_get_left_quantity())

    def _amazon_get_left_quantity(self):
        """How much of a line that is dropped may still be shipped, in the product's own unit.

        Note: self.ensure_one()

        :rtype: float
        """
        self.ensure_one()
        return 0.0 if self.amazon_item_cancelled else self.amazon_quantity_left

    def _amazon_get_dropped_names(self):
        """What is cancelled of these lines at Amazon, in words.

        :rtype: str
        """
        return self._amazon_name_quantities({line: line._amazon_get_dropped_quantity() for line in self})

    def _amazon_get_left_names(self):
        """What is left of these lines, in words.

        :rtype: str
        """
        return self._amazon_name_quantities({line: line._amazon_get_left_quantity() for line in self})

    def _amazon_get_drop_text(self, lost=()):
        """What is not to be shipped, in one sentence.

        :param Iterable[str] lost: The names of items that are no line's.
        :rtype: str
        """
        return self.env._(
            "Do not ship %(items)s: cancelled at Amazon, while the rest goes on.",
            items=", ".join(filter(None, [self._amazon_get_dropped_names(), *lost])),
        )
