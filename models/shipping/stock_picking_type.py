from odoo import fields, models
from odoo.fields import Domain


class StockPickingType(models.Model):
    """How many transfers of each kind must not go on, on the overview of the warehouse."""

    _inherit = "stock.picking.type"

    amazon_held_count = fields.Integer(string="Held", compute="_compute_amazon_held_count")

    def _compute_amazon_held_count(self):
        counts = {}
        if self.env["amazon.cancellation.account"]._is_used():
            held = self.env["stock.picking"]._read_group(
                self._get_amazon_held_domain(), ["picking_type_id"], ["__count"]
            )
            counts = dict(held)
        for picking_type in self:
            picking_type.amazon_held_count = counts.get(picking_type, 0)

    def action_amazon_view_held(self):
        """Open the held transfers of this kind.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        held_list = self.env.ref("sale_amazon_cancellation.amazon_held_picking_view_list")
        views = [(held_list.id if mode == "list" else view_id, mode) for view_id, mode in action["views"]]
        return {**action, "views": views, "domain": list(self._get_amazon_held_domain()), "context": {}}

    def _get_amazon_held_domain(self):
        return Domain("picking_type_id", "in", self.ids) & Domain("amazon_hold", "=", True)
