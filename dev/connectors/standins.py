"""Ten lines for each connector: the fields in which it keeps what it knows of an order of Amazon."""

from __future__ import annotations

import dataclasses
from pathlib import Path

_MANIFEST = '{"name": "Stand-in", "depends": ["sale_stock"], "license": "LGPL-3", "data": ["ir.model.access.csv"]}\n'
_ACCESS = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink\n"
_HEAD = "from odoo import fields, models\n\n\n"
_ORDER = """class SaleOrder(models.Model):
    _inherit = "sale.order"
    {fields}
"""
_LINE = """

class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"
    {fields}
"""
_MODEL = """

class {name}(models.Model):
    _name = "{model}"
    _description = "Stand-in"
    {fields}
"""


@dataclasses.dataclass(frozen=True)
class StandIn:
    """A connector as far as orders are found by it.

    :ivar path: where its order id stands, as the addon is to find it; empty where it needs no choice.
    :ivar source: its ``models.py``.
    :ivar item_path: where its item id stands, seen from an order line.
    """

    path: str
    source: str
    item_path: str = ""


def _plain(field: str, *, options: str = "", line_field: str = "") -> StandIn:
    """A connector that has a text on the order, and maybe one on its lines."""
    source = _HEAD + _ORDER.format(fields=f"{field} = fields.Char({options})")
    if line_field:
        source += _LINE.format(fields=f"{line_field} = fields.Char()")
    return StandIn(field, source, line_field)


def _bound(bindings: str, model: str, link: str, field: str) -> StandIn:
    """A connector that links a record of its own to the order."""
    name = "".join(word.title() for word in model.split("."))
    source = _HEAD + _ORDER.format(fields=f'{bindings} = fields.One2many("{model}", "{link}")')
    source += _MODEL.format(
        name=name,
        model=model,
        fields=f'{link} = fields.Many2one("sale.order", ondelete="cascade")\n    {field} = fields.Char()',
    )
    return StandIn(f"{bindings}.{field}", source)


_ENTERPRISE = StandIn(
    "",
    _HEAD
    + _ORDER.format(
        fields="""amazon_order_ref = fields.Char(readonly=True)
    amazon_channel = fields.Selection([("fbm", "Fulfillment by Merchant"), ("fba", "Fulfillment by Amazon")])
    _unique_amazon_order_ref = models.Constraint("UNIQUE(amazon_order_ref)", "Once only")"""
    )
    + _LINE.format(fields="amazon_item_ref = fields.Char()"),
    "amazon_item_ref",
)
_OCA_SOURCE = (
    _HEAD
    + _ORDER.format(fields='amazon_bind_ids = fields.One2many("amazon.sale.order", "odoo_id")')
    + _LINE.format(fields='amazon_bind_ids = fields.One2many("amazon.sale.order.line", "odoo_id")')
    + _MODEL.format(
        name="AmazonSaleOrder",
        model="amazon.sale.order",
        fields="""_inherits = {"sale.order": "odoo_id"}
    odoo_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    id_amazon_order = fields.Char()""",
    )
    + _MODEL.format(
        name="AmazonSaleOrderLine",
        model="amazon.sale.order.line",
        fields='odoo_id = fields.Many2one("sale.order.line", ondelete="cascade")\n    id_item = fields.Char()',
    )
)

STAND_INS = {
    # Odoo Enterprise's connector.
    "sale_amazon": _ENTERPRISE,
    "amazon_ept": _plain("amz_order_reference", line_field="amazon_order_item_id"),
    "amazon_ept_10": _plain("amazon_reference", options="size=350", line_field="amz_order_line_ref"),
    "connector_amazon": StandIn("amazon_bind_ids.id_amazon_order", _OCA_SOURCE, "amazon_bind_ids.id_item"),
    "odoo_multi_channel_sale": _bound("channel_mapping_ids", "channel.order.mappings", "order_name", "store_order_id"),
    "amazon_orders": _plain("amazon_seller_order_id", options="index=True"),
    "marketplace_orders": _plain("marketplace_order_id"),
    "connector_lengow": _bound("lengow_bind_ids", "lengow.sale.order", "odoo_id", "lengow_marketplace_order_id"),
    "sale_ecommerce": _plain("ecommerce_order_ref"),
}
# One that computes what Enterprise stores, and lets nobody search it: in a database of its own.
COMPUTED = "amazon_computed_ref"
_COMPUTED_SOURCE = _HEAD + _ORDER.format(
    fields="""amazon_order_ref = fields.Char(compute="_compute_amazon_order_ref")

    def _compute_amazon_order_ref(self):
        for order in self:
            order.amazon_order_ref = (order.reference or "").removeprefix("AMZ ") or False"""
)


def write(directory: Path) -> None:
    """Write an addon for each stand-in into the directory, which is then an addons path."""
    for name, stand_in in {**STAND_INS, COMPUTED: StandIn("", _COMPUTED_SOURCE)}.items():
        addon = directory / name
        addon.mkdir(parents=True)
        (addon / "__manifest__.py").write_text(_MANIFEST)
        (addon / "__init__.py").write_text("from . import models\n")
        (addon / "models.py").write_text(stand_in.source)
        (addon / "ir.model.access.csv").write_text(_ACCESS)
