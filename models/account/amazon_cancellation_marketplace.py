from odoo import api, fields, models, tools

from ...const import REGIONS


class AmazonCancellationMarketplace(models.Model):
    """A marketplace of Amazon, as listed in the Selling Partner API documentation ("Marketplace IDs")."""

    _name = "amazon.cancellation.marketplace"
    _description = "Amazon Marketplace"
    _order = "region, name"
    _rec_names_search = ["name", "api_ref"]

    name = fields.Char(required=True)
    api_ref = fields.Char(string="Marketplace ID", required=True, help="Amazon's own identifier of the marketplace.")
    region = fields.Selection(REGIONS, required=True)
    seller_central_url = fields.Char(
        string="Seller Central",
        help="Address of Seller Central for this marketplace, used to open an order there.",
    )

    _api_ref_unique = models.Constraint("UNIQUE(api_ref)", "This Amazon marketplace exists already.")

    @api.model
    @tools.ormcache("api_ref")
    def _get_by_api_ref(self, api_ref):
        """The id of a marketplace by Amazon's identifier, or False where it is not one of ours.

        :rtype: int|bool
        """
        return self.search([("api_ref", "=", api_ref)]).id

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
