from odoo import models


class SaleOrderLine(models.Model):
    """What the month-end check starts from: what was delivered without a transfer."""

    _inherit = "sale.order.line"

    _amazon_delivered_index = models.Index("(order_id) WHERE qty_delivered > 0 AND qty_delivered_method = 'manual'")
