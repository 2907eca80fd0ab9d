from odoo import models


class SaleOrder(models.Model):
    """What the books still need of an order."""

    _inherit = "sale.order"

    def _amazon_get_deletion_obstacle(self):
        """Extension of the stage before: an order stays as long as its books are not settled."""
        obstacle = super()._amazon_get_deletion_obstacle()
        cancellations_sudo = self.sudo().amazon_cancellation_ids  # of whoever deletes
        if not obstacle and any(c.accounting_pending or c.accounting_state == "to_review" for c in cancellations_sudo):
            return self.env._("the books of its cancellation are to be settled first.")
        return obstacle
