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

    # === WHO SUPPLIES THE GOODS === #

    def _make_of_lamp(self):
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.mug.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": self.lamp.id, "product_qty": 1})],
            }
        )

    def _get_activity(self, supply, xml_id, words):
        """The one activity of a type on a document whose text holds these words."""
        of_type = supply.activity_ids.filtered(lambda a: a.activity_type_id == self.env.ref(xml_id))
        found = of_type.filtered(lambda a: words in f"{a.summary} {a.note}")
        self.assertEqual(len(found), 1)
        return found

    def test_who_supplies_is_told_of_the_request_and_of_its_decision(self):
        self._make_of_lamp()
        manufacture = self.warehouse.manufacture_pull_id.route_id
        buyer = self._create_user("vendors_buyer", "purchase.group_purchase_user", "mrp.group_mrp_user")
        supplies = []
        for routes in ((self.dropship,), (self.mto, self.buy), (self.mto, manufacture)):
            order = self._sell_by(*routes)
            [supply] = order.sudo()._amazon_get_supplies()
            supply.user_id = buyer
            supplies.append(supply)
            self._ask(order)
            activity = self._get_activity(supply, "sale_amazon_cancellation.mail_activity_supply", order.name)
            self.assertEqual(activity.user_id, buyer)
            self.assertIn(order.name, self._notes(supply))
            order.with_user(self.user).action_amazon_keep_order()
            self.assertFalse(activity.exists() and activity.active)
        self.assertEqual([supply._name for supply in supplies], ["purchase.order", "purchase.order", "mrp.production"])

    def test_who_supplies_is_to_stop_when_the_order_is_cancelled(self):
        self._make_of_lamp()
        manufacture = self.warehouse.manufacture_pull_id.route_id
        buyer = self._create_user("vendors_buyer", "purchase.group_purchase_user", "mrp.group_mrp_user")
        for routes in ((self.dropship,), (self.mto, self.buy), (self.mto, manufacture)):
            with self.subTest(routes):
                order = self._sell_by(*routes)
                self._read()
                [supply] = order.sudo()._amazon_get_supplies()
                supply.user_id = buyer
                if supply._name == "purchase.order":
                    supply.button_confirm()
                order.with_user(self.user).action_cancel()
                self.assertEqual(order.state, "cancel")
                activity = self._get_activity(supply, "mail.mail_activity_data_warning", order.name)
                self.assertEqual(activity.user_id, buyer)

    def test_undo_tells_who_supplies_that_the_goods_are_needed(self):
        self.account.undo_minutes = 5
        order = self._sell_by(self.dropship)
        purchase = self._purchase_of(order)
        purchase.button_confirm()
        picking = purchase.picking_ids
        self._ask(order)
        order.action_amazon_accept_cancellation()
        self.assertEqual(picking.state, "cancel")
        order.action_amazon_undo_cancellation()
        self.assertEqual((order.state, picking.state), ("sale", "assigned"))
        self.assertEqual(purchase.picking_ids, picking)
        self.assertEqual(self._purchase_of(order), purchase, "nothing is bought twice")
        warning = self.env.ref("mail.mail_activity_data_warning")
        self.assertNotIn(warning, purchase.activity_ids.activity_type_id)
        self.assertIn("was undone", self._notes(purchase))

    def test_salesperson_accepts_an_order_that_is_bought_for(self):
        """Odoo's own cancel asks for the vendor's order, which salespeople may not see."""
        for routes in ((self.dropship,), (self.mto, self.buy)):
            order = self._sell_by(*routes)
            self._purchase_of(order).button_confirm()
            self._ask(order)
            order.with_user(self.user).action_amazon_accept_cancellation()
            self.assertEqual(order.state, "cancel")
            self.assertEqual(order.amazon_cancellation_state, "scheduled")

    def test_confirming_a_supply_of_a_held_or_cancelled_order_asks_first(self):
        self._make_of_lamp()
        manufacture = self.warehouse.manufacture_pull_id.route_id
        buyer = self._create_user("vendors_buyer", "purchase.group_purchase_user", "mrp.group_mrp_user")
        for end in ("held", "cancelled"):
            for routes in ((self.dropship,), (self.mto, self.buy), (self.mto, manufacture)):
                with self.subTest(end=end, routes=routes):
                    order = self._sell_by(*routes)
                    [supply] = order.sudo()._amazon_get_supplies()
                    if supply._name == "mrp.production":
                        supply.write({"state": "draft"})  # as with an order that is planned by hand
                        supply.move_raw_ids.state = supply.move_finished_ids.state = "draft"
                    self.assertFalse(supply.amazon_supply_text)
                    self._ask(order)
                    if end == "cancelled":
                        order.action_amazon_accept_cancellation()
                    supply.invalidate_recordset(["amazon_supply_text"])
                    self.assertIn(order.name, supply.with_user(buyer).amazon_supply_text)
                    confirm = "button_confirm" if supply._name == "purchase.order" else "action_confirm"
                    forged = {"amazon_supply_anyway": "amazon_supply_anyway"}
                    action = getattr(supply.with_user(buyer).with_context(**forged), confirm)()
                    self.assertEqual(action["res_model"], "amazon.supply.dialog")
                    self.assertEqual(supply.state, "draft")
                    dialog = self.env["amazon.supply.dialog"].with_user(buyer).browse(action["res_id"])
                    self.assertIn(order.name, dialog.message)
                    with self.assertRaisesRegex(UserError, "Say why"):
                        dialog.action_confirm()
                    dialog.reason = "They go to stock"
                    dialog.action_confirm()
                    self.assertIn(supply.state, ("purchase", "confirmed"))
                    self.assertIn("They go to stock", self._notes(supply))

    def test_confirming_others_at_the_same_time_goes_on(self):
        held = self._purchase_of(self._sell_requested_by(self.dropship))
        free = self._purchase_of(self._sell_by(self.dropship, order_vals={"partner_id": self.vendor.id}))
        self.assertNotEqual(held, free)
        self.assertEqual((held | free).button_confirm()["res_model"], "amazon.supply.dialog")
        self.assertEqual((held | free).mapped("state"), ["draft", "purchase"])

    def _sell_requested_by(self, *routes):
        order = self._sell_by(*routes)
        self._ask(order)
        return order

    def test_the_dialog_confirms_nothing_else(self):
        dialog = self.env["amazon.supply.dialog"].create(
            {"supply_model": "sale.order", "supply_ids": self._sell().ids, "reason": "Why not"}
        )
        with self.assertRaises(UserError):
            dialog.action_confirm()
