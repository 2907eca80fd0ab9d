from odoo import models


class PurchaseOrder(models.Model):
    """Vendors' orders, to stock or from the vendor to the buyer, of orders that are to be cancelled."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "amazon.supply.mixin"]

    def button_confirm(self):
        """Override of `purchase`: ask first where an order is to be cancelled; the others are confirmed."""
        asked, question = self._amazon_ask_before_supply()
        result = super(PurchaseOrder, self - asked).button_confirm()
        return question if asked else result

    def button_approve(self, force=False):
        """Override of `purchase`: the second signature asks, too."""
        asked, question = self._amazon_ask_before_supply()
        result = super(PurchaseOrder, self - asked).button_approve(force=force)
        return question if asked else result

    def _amazon_confirm_supply(self):
        to_approve = self.filtered(lambda order: order.state == "to approve")
        if to_approve:
            to_approve.button_approve()
        return (self - to_approve).button_confirm()

    def _amazon_get_supplied_orders(self):
        return self._get_sale_orders()
