from odoo import api, models


class AmazonOrderReader(models.AbstractModel):
    """Tells whoever ships which goods are wanted no more."""

    _inherit = "amazon.order.reader"

    @api.model
    def _on_items_cancelled(self, pairs):
        """Extend: say it on the orders and on their deliveries, and ask a person to take the items out."""
        result = super()._on_items_cancelled(pairs)
        self.env["sale.order"].union(*(order for order, _snapshot in pairs))._amazon_ask_to_take_out()
        return result
