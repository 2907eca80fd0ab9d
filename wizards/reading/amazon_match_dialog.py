from odoo import fields, models
from odoo.exceptions import UserError


class AmazonMatchDialog(models.TransientModel):
    """Says by hand which sale order an order of Amazon is."""

    _name = "amazon.match.dialog"
    _description = "Match an Amazon Order by Hand"

    unknown_order_id = fields.Many2one("amazon.cancellation.unknown", required=True, readonly=True, ondelete="cascade")
    account_id = fields.Many2one(related="unknown_order_id.account_id")
    company_id = fields.Many2one(related="unknown_order_id.company_id")
    order_ref = fields.Char(related="unknown_order_id.order_ref")
    item_summary = fields.Text(related="unknown_order_id.item_summary")
    order_id = fields.Many2one(
        "sale.order",
        required=True,
        domain="[('company_id', 'child_of', company_id), ('amazon_order_ref', '=', False), "
        "('amazon_linked_ref', '=', False), ('state', '!=', 'cancel')]",
        help="The sale orders of the company that are not matched yet.",
    )

    def action_match(self):
        """Link the sale order, and bring it up to date with what was read of the order already.

        Note: self.ensure_one()

        :raise UserError: If the sale order belongs to another company or stands for an order of Amazon already.
        """
        self.ensure_one()
        order = self.order_id
        order.check_access("write")
        company_ids = self.env["amazon.order.matcher"]._get_company_ids(self.company_id.id)
        if order.company_id.id not in company_ids or order._amazon_get_ref():
            raise UserError(
                self.env._("%(order)s is matched already, or belongs to another company.", order=order.name)
            )
        unknown_sudo = self.unknown_order_id.sudo()  # reading writes what the user may not
        order._amazon_write({"amazon_order_ref": self.order_ref, "amazon_cancel_account_id": self.account_id.id})
        order._amazon_log(
            lambda order: order.env._("Matched by hand with the Amazon order %(ref)s.", ref=self.order_ref)
        )
        unknown_sudo._rematch()
        return {"type": "ir.actions.act_window_close"}
