from odoo import models


class SaleOrderLine(models.Model):
    """Items that Amazon shows as cancelled while their orders go on: they stay here."""

    _name = "sale.order.line"
    _inherit = "sale.order.line"

    # === GETTERS === #

    def _amazon_filter_dropped(self):
        """The lines whose items are cancelled at Amazon, and were not taken out of their orders."""
        return self.filtered(lambda line: line.amazon_item_cancelled and line.product_uom_qty)

    def _amazon_get_drop_text(self):
        """What is not to be shipped, in one sentence.

        :rtype: str
        """
        return self.env._(
            "Do not ship %(items)s: cancelled at Amazon, while the rest goes on.", items=self._amazon_get_names()
        )
