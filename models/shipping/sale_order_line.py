from odoo import models


class SaleOrderLine(models.Model):
    """Items that Amazon shows as cancelled while their orders go on: they stay here."""

    _name = "sale.order.line"
    _inherit = "sale.order.line"

    # === GETTERS === #

    def _amazon_filter_dropped(self):
        """The lines whose items are cancelled at Amazon, and were not taken out of their orders."""
        return self.filtered(lambda line: line.amazon_item_cancelled and line.product_uom_qty)

    def _amazon_get_names(self):
        """What the lines are about, in words.

        :rtype: str
        """
        return ", ".join(f"{line.product_uom_qty:g} × {line.product_id.display_name or line.name}" for line in self)
