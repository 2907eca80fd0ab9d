from odoo import fields, models


class AmazonAskDialog(models.TransientModel):
    """Answers buyers who asked by message: only a request from "Your Orders" leaves the cancellation rate alone."""

    _name = "amazon.ask.dialog"
    _description = "Ask the Buyer to Use Your Orders"
    _inherit = ["amazon.buyer.mail.mixin"]
    _template_name = "mail_template_use_your_orders"

    order_ids = fields.Many2many("sale.order", "amazon_ask_dialog_order_rel", string="Orders", readonly=True)

    def action_confirm(self):
        """Write to the buyers.

        Note: self.ensure_one()

        :rtype: dict
        :raise UserError: If a buyer cannot be written to.
        """
        self.ensure_one()
        self._send_mails(self.order_ids)
        return {"type": "ir.actions.act_window_close"}
