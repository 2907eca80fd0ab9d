from odoo import fields, models
from odoo.exceptions import UserError

from ...spapi.const import ORDER_ID


class AmazonRelinkDialog(models.TransientModel):
    """Lets a manager say which other order of Amazon a sale order stands for, after it was read."""

    _name = "amazon.relink.dialog"
    _description = "Change the Amazon Order"

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, default=lambda self: self.env.context.get("active_id")
    )
    current_order_ref = fields.Char(related="order_id.amazon_order_ref", string="Amazon Order Now")
    order_ref = fields.Char(string="New Amazon Order", required=True, help="As in 902-1234567-1234567.")

    def action_confirm(self):
        """Change the order, and read it.

        Note: self.ensure_one()

        :raise UserError: If this is no Amazon order id, or the order can not be read.
        """
        self.ensure_one()
        order_ref = (self.order_ref or "").strip()
        if not ORDER_ID.fullmatch(order_ref):
            raise UserError(self.env._("%(ref)s is no Amazon order id, as in 902-1234567-1234567.", ref=order_ref))
        self.order_id._amazon_relink(order_ref)
        return {"type": "ir.actions.act_window_close"}
