from odoo import models


class StockLocation(models.Model):
    """Places that goods reach when they leave the company."""

    _inherit = "stock.location"

    def _amazon_is_outside(self):
        """Whether goods here are a buyer's, or on their way to one.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return self.usage == "customer" or (self.usage == "transit" and not self.company_id)
