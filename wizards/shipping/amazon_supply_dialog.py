from odoo import fields, models
from odoo.exceptions import UserError


class AmazonSupplyDialog(models.TransientModel):
    """Asks before goods are bought or made for orders that are cancelled, or whose buyers ask for that."""

    _name = "amazon.supply.dialog"
    _description = "Goods for an Order to Be Cancelled"

    supply_model = fields.Char(required=True, readonly=True)
    supply_ids = fields.Json(required=True, readonly=True, help="The documents that are asked about.")
    message = fields.Text(readonly=True)
    reason = fields.Char(string="Why Confirm Anyway")

    def action_confirm(self):
        """Confirm all the same, for the reason given.

        Note: self.ensure_one()

        :return: What Odoo's own confirmation returns.
        :raise UserError: If no reason is given.
        """
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why these goods are needed although an order is to be cancelled."))
        supplies = self.supply_model in self.env and self.env[self.supply_model].browse(self.supply_ids)
        if not isinstance(supplies, self.env.registry["amazon.supply.mixin"]):
            raise UserError(self.env._("Only vendors' orders and manufacturing orders are confirmed here."))
        supplies.check_access("write")
        answer = supplies._amazon_supply_anyway(reason)
        return answer if isinstance(answer, dict) and answer else {"type": "ir.actions.act_window_close"}
