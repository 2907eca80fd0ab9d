from odoo import models


class MrpProduction(models.Model):
    """Manufacturing orders of orders that are to be cancelled."""

    _name = "mrp.production"
    _inherit = ["mrp.production", "amazon.supply.mixin"]

    def action_confirm(self):
        """Override of `mrp`: ask first where an order is to be cancelled; the others are confirmed."""
        asked, question = self._amazon_ask_before_supply()
        result = super(MrpProduction, self - asked).action_confirm()
        return question if asked else result

    def _amazon_confirm_supply(self):
        return self.action_confirm()

    def _amazon_get_supplied_orders(self):
        return self.reference_ids.sale_ids | self.sale_line_id.order_id
