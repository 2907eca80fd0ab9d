from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BesideCase


@tagged("post_install", "-at_install")
class TestGoodsBeside(BesideCase):
    """Held goods do not leave by the ways of other departments either."""

    _addons = ("purchase_stock", "stock_dropshipping", "sale_mrp", "stock_picking_batch")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.mug.write({"seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 3})]})
        cls.dropship = cls.env.ref("stock_dropshipping.route_drop_shipping")
        cls.buy = cls.env.ref("purchase_stock.route_warehouse0_buy")
        cls.mto = cls.warehouse.mto_pull_id.route_id
        cls.mto.active = True

    def _sell_by(self, *routes, **values):
        self.mug.route_ids = [Command.set([route.id for route in routes])]
        return self._sell(**values)

    def _purchase_of(self, order):
        return self.env["purchase.order"].search(
            [("order_line.product_id", "=", self.mug.id)], order="id desc", limit=1
        )

    def test_dropship_is_held(self):
        order = self._sell_by(self.dropship)
        purchase = self._purchase_of(order)
        purchase.button_confirm()
        self._ask(order)
        self.assertEqual(purchase.picking_ids.picking_type_code, "dropship")
        self.assertTrue(purchase.picking_ids.amazon_hold)
        self.assertIn(purchase.picking_ids, self.env["stock.picking"].search([("amazon_hold", "=", True)]))
        self.assertEqual(purchase.picking_ids.button_validate()["res_model"], "amazon.hold.dialog")
        with self.assertRaises(UserError):
            self._pick(purchase.picking_ids)

    def test_finished_dropship_has_left_until_it_is_back(self):
        self.account.auto_accept = "before_shipping"
        order = self._sell_by(self.dropship)
        self.assertEqual(order._amazon_get_goods_progress(), {order: "none"})
        purchase = self._purchase_of(order)
        purchase.button_confirm()
        self._pick(purchase.picking_ids)
        self.assertEqual(order._amazon_get_goods_progress(), {order: "left"})
        self._ask(order)
        self.assertEqual(order.state, "sale", "the rule leaves it to a person")
        with self.assertRaisesRegex(UserError, "A delivery is done"):
            order.with_user(self.user).action_cancel()
        wizard = self.env["stock.return.picking"].with_context(
            active_id=purchase.picking_ids.id, active_model="stock.picking"
        )
        wizard = wizard.create({"picking_id": purchase.picking_ids.id})
        wizard.product_return_moves.quantity = 1
        self._pick(wizard._create_return())
        self.assertEqual(order._amazon_get_goods_progress(), {order: "none"})

    def test_vendors_receipt_for_the_order_is_welcome_and_its_delivery_is_held(self):
        self.warehouse.reception_steps = "two_steps"
        order = self._sell_by(self.mto, self.buy)
        purchase = self._purchase_of(order)
        purchase.button_confirm()
        self._ask(order)
        receipt = purchase.picking_ids
        self.assertFalse(receipt.amazon_hold)
        self.assertIs(receipt.button_validate(), True)
        store = receipt.move_ids.move_dest_ids.picking_id.filtered(lambda p: p.picking_type_code == "internal")
        self.assertTrue(store)
        self.assertFalse(store.amazon_hold)
        self._pick(store)
        delivery = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        self.assertEqual(delivery.state, "assigned")
        self.assertTrue(delivery.amazon_hold)

    def test_kit_is_held_and_leaves_as_its_parts(self):
        part = self.env["product.product"].create({"name": "Part", "type": "consu", "is_storable": True})
        self.env["stock.quant"]._update_available_quantity(part, self.warehouse.lot_stock_id, 10)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.mug.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [Command.create({"product_id": part.id, "product_qty": 2})],
            }
        )
        order = self._sell()
        self._ask(order)
        self.assertEqual(order.picking_ids.move_ids.product_id, part)
        self.assertTrue(order.picking_ids.amazon_hold)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._pick(order.picking_ids, 2)
        order.action_amazon_keep_order()
        self._pick(order.picking_ids, 2)
        self.assertEqual(order._amazon_get_goods_progress(), {order: "left"})

    def test_what_is_made_for_the_order_may_be_finished_and_its_delivery_is_held(self):
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.mug.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": self.lamp.id, "product_qty": 1})],
            }
        )
        order = self._sell_by(self.mto, self.warehouse.manufacture_pull_id.route_id)
        production = self.env["mrp.production"].search([("product_id", "=", self.mug.id)], order="id desc", limit=1)
        self._ask(order)
        production.qty_producing = 1
        production._set_qty_producing()
        production.button_mark_done()
        self.assertEqual(production.state, "done")
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertEqual(order._amazon_get_goods_progress(), {order: "none"})
