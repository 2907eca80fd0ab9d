from odoo import fields, models


class SaleOrder(models.Model):
    """When a buyer's request was decided, for the analysis."""

    _inherit = "sale.order"

    amazon_decided_date = fields.Datetime(
        string="Decided On", copy=False, readonly=True, help="When the request was accepted or declined."
    )

    def write(self, vals):
        """Override of `sale`: note the time of a decision, whoever takes it."""
        request = vals.get("amazon_cancel_request")
        if request in ("accepted", "declined"):
            vals = {"amazon_decided_date": fields.Datetime.now(), **vals}
        elif request == "requested":
            vals = {"amazon_decided_date": False, **vals}
        return super().write(vals)
