"""A stand-in for Odoo Enterprise's connector, `sale_amazon`: the public names of its models and fields, and no work."""

from pathlib import Path

NAME = "sale_amazon"
_FILES = {
    "__init__.py": "from . import models\n",
    "__manifest__.py": """{
    "name": "Amazon Connector (stand-in)",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "depends": ["sale_management", "stock_delivery"],
    "data": ["ir.model.access.csv"],
}
""",
    "ir.model.access.csv": """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
access_amazon_account,account,model_amazon_account,sales_team.group_sale_manager,1,1,1,1
access_amazon_marketplace,marketplace,model_amazon_marketplace,base.group_user,1,0,0,0
access_amazon_offer,offer,model_amazon_offer,sales_team.group_sale_manager,1,1,1,1
""",
    "models.py": """from odoo import fields, models


class AmazonMarketplace(models.Model):
    _name = "amazon.marketplace"
    _description = "Amazon Marketplace"

    name = fields.Char(required=True)
    api_ref = fields.Char(required=True)
    region = fields.Selection([("us-east-1", "North America"), ("eu-west-1", "Europe"), ("us-west-2", "Far East")])


class AmazonAccount(models.Model):
    _name = "amazon.account"
    _description = "Amazon Account"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    seller_key = fields.Char()
    refresh_token = fields.Char(groups="base.group_system")
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    user_id = fields.Many2one("res.users")
    team_id = fields.Many2one("crm.team")
    location_id = fields.Many2one("stock.location")
    base_marketplace_id = fields.Many2one("amazon.marketplace")
    active_marketplace_ids = fields.Many2many("amazon.marketplace")
    last_orders_sync = fields.Datetime()
    offer_ids = fields.One2many("amazon.offer", "account_id")


class AmazonOffer(models.Model):
    _name = "amazon.offer"
    _description = "Amazon Offer"

    account_id = fields.Many2one("amazon.account", required=True)
    product_id = fields.Many2one("product.product")
    sku = fields.Char()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    amazon_order_ref = fields.Char("Amazon Reference", copy=False)
    amazon_channel = fields.Selection([("fbm", "Fulfillment by Merchant"), ("fba", "Fulfillment by Amazon")])

    _unique_amazon_order_ref = models.Constraint("UNIQUE(amazon_order_ref)", "There is an order of this reference.")


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    amazon_item_ref = fields.Char("Amazon Item Reference")
    amazon_offer_id = fields.Many2one("amazon.offer")


class StockPicking(models.Model):
    _inherit = "stock.picking"

    amazon_sync_status = fields.Selection([("pending", "Pending"), ("done", "Done"), ("error", "Error")])


class StockLocation(models.Model):
    _inherit = "stock.location"

    amazon_location = fields.Boolean()
""",
}


def write(addons: Path) -> None:
    """Write the addon into an addons path."""
    directory = addons / NAME
    directory.mkdir(parents=True)
    for name, content in _FILES.items():
        (directory / name).write_text(content)
