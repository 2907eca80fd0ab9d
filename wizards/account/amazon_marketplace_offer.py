from odoo import fields, models


class AmazonMarketplaceOffer(models.TransientModel):
    """Offers the marketplaces that Amazon lists, where the account's choice is another."""

    _name = "amazon.marketplace.offer"
    _description = "Marketplaces Listed by Amazon"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, readonly=True)
    chosen_marketplace_ids = fields.Many2many(related="account_id.marketplace_ids", string="Chosen Now")
    marketplace_ids = fields.Many2many("amazon.cancellation.marketplace", string="Listed by Amazon")

    def action_apply(self):
        """Take over Amazon's list.

        Note: self.ensure_one()
        """
        self.ensure_one()
        self.account_id.marketplace_ids = self.marketplace_ids
        return {"type": "ir.actions.act_window_close"}
