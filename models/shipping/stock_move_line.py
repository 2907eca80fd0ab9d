from odoo import models


class StockMoveLine(models.Model):
    """The last gate: where goods are moved, whoever asks for it and by whatever way."""

    _inherit = "stock.move.line"

    def _action_done(self):
        """Override of `stock`: held goods do not move towards the buyer."""
        self.filtered("quantity").move_id._amazon_check_hold()
        return super()._action_done()
