from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestItems(AmazonCase):
    """An item that is cancelled alone is told, and stays in the house; the rest of its order goes on."""

    def setUp(self):
        super().setUp()
        self.order = self._sell(skus=("MUG", "LAMP"))
        self._read()
        self.mug_line, self.lamp_line = self.order.order_line
        self.picking = self.order.picking_ids
        self.packer = self._create_user("packer", "stock.group_stock_user")

    def _cancel_mug(self):
        self.shop.cancel_items(self.order.client_order_ref, [self.mug_line.amazon_item_ref])
        self._read()

    def _ship(self):
        return self.picking.with_user(self.packer).with_context(cancel_backorder=True)._action_done()

    def test_it_is_told_and_does_not_leave(self):
        self._cancel_mug()
        self.assertEqual((self.order.state, self.order.amazon_fulfillment_status), ("sale", "unshipped"))
        self.assertEqual(self.mug_line.amazon_cancel_badge, "cancelled")
        self.assertFalse(self.lamp_line.amazon_cancel_badge)
        words = "Do not ship 1 × [MUG] Mug: cancelled at Amazon"
        self.assertIn(words, self._notes(self.order))
        self.assertIn(words, self._notes(self.picking))
        self.assertIn(words, str(self.order.activity_ids.note))
        self.assertIn(words, self.picking.with_user(self.packer).amazon_dropped_text)
        report = self.env["ir.actions.report"].with_user(self.packer)
        page, _type = report._render_qweb_html("stock.report_picking", self.picking.ids)
        self.assertIn(words, page.decode())
        self.picking.move_ids.write({"quantity": 1, "picked": True})
        with self.assertRaisesRegex(UserError, r"Do not ship 1 × \[MUG\] Mug"):
            self._ship()

    def test_the_rest_is_shipped_without_it(self):
        self._cancel_mug()
        self.picking.move_ids.write({"quantity": 1, "picked": True})
        self.picking.move_ids.filtered(lambda move: move.product_id == self.mug).quantity = 0
        self._ship()
        self.assertEqual((self.mug_line.qty_delivered, self.lamp_line.qty_delivered), (0, 1))

    def test_it_is_taken_out_of_the_order(self):
        self._cancel_mug()
        self.mug_line.with_user(self.manager).product_uom_qty = 0
        self.assertFalse(self.order.amazon_dropped_items)
        self.assertFalse(self.picking.amazon_dropped_text)
        self.picking.move_ids.filtered("product_uom_qty").write({"quantity": 1, "picked": True})
        self._ship()
        self.assertEqual((self.mug_line.qty_delivered, self.lamp_line.qty_delivered), (0, 1))

    def test_it_was_asked_for_before(self):
        """The seller cancels a part in Seller Central, as the buyer asked: the request is over, the item stays."""
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind", [self.mug_line.amazon_item_ref])
        self._read()
        self.shop.cancel_items(self.order.client_order_ref, [self.mug_line.amazon_item_ref], "MERCHANT")
        self._read()
        self.assertEqual(self.order.amazon_cancel_request, "overtaken")
        self.assertFalse(self.picking.amazon_hold)
        self.picking.move_ids.write({"quantity": 1, "picked": True})
        with self.assertRaisesRegex(UserError, r"Do not ship 1 × \[MUG\] Mug"):
            self._ship()

    def test_an_item_of_which_no_line_is_known_is_told_by_its_name(self):
        """The seller sells two items as one product."""
        items = [{"sku": sku, "title": title, "quantity": 1} for sku, title in (("A-1", "Blue cup"), ("A-2", "Saucer"))]
        order = self._sell(items=items)
        self._read()
        self.assertFalse(order.order_line.amazon_item_ref)
        item_id = self.shop.order(order.client_order_ref).items[1].item_id
        self.shop.cancel_items(order.client_order_ref, [item_id])
        self._read()
        words = "Do not ship Saucer: cancelled at Amazon"
        self.assertIn(words, self._notes(order))
        self.assertIn(words, self._notes(order.picking_ids))
        self.assertIn(words, str(order.activity_ids.note))
        self.shop.touch(self.shop.order(order.client_order_ref), "OrderStatusChange", "Changed")
        self._read()
        self.assertEqual(self._notes(order).count(words), 1)

    def test_an_item_that_was_never_imported_is_nobodys_work(self):
        at_amazon = self.shop.add_order(SELLER, items=[{"sku": sku, "quantity": 1} for sku in ("MUG", "LAMP")])
        self.shop.cancel_items(at_amazon.order_id, [at_amazon.items[1].item_id])
        order = self.order.create(
            {
                "partner_id": self.partner.id,
                "client_order_ref": at_amazon.order_id,
                "order_line": [(0, 0, {"product_id": self.mug.id})],
            }
        )
        order.action_confirm()
        self._read()
        self.assertEqual(order.order_line.amazon_item_ref, at_amazon.items[0].item_id)
        self.assertFalse(order.activity_ids)

    def test_it_is_told_once(self):
        self._cancel_mug()
        self.shop.touch(self.shop.order(self.order.client_order_ref), "OrderStatusChange", "Changed")
        self._read()
        self.assertEqual(len(self.order.activity_ids), 1)
        self.assertEqual(self._notes(self.picking).count("Do not ship"), 1)

    def test_an_order_that_is_cancelled_as_a_whole_needs_no_word_of_its_items(self):
        self.account.follow_amazon = False
        self._cancel_mug()
        self.shop.amazon_cancel(self.order.client_order_ref)
        self._read()
        self.assertFalse(any(self.order.order_line.mapped("amazon_item_cancelled")))
        self.assertTrue(self.picking.amazon_hold)


@tagged("post_install", "-at_install")
class TestFewerUnits(AmazonCase):
    """Some units of an item are cancelled at Amazon: as many stay in the house, the others may leave."""

    def setUp(self):
        super().setUp()
        self.order = self._sell(confirm=False, items=[{"sku": "MUG", "quantity": 3}])
        self.line = self.order.order_line
        self.line.product_uom_qty = 3
        self.order.action_confirm()
        self._read()
        self.picking = self.order.picking_ids
        self.packer = self._create_user("packer", "stock.group_stock_user")

    def _lower(self, quantity):
        self.shop.lower_quantity(self.order.client_order_ref, self.line.amazon_item_ref, quantity)
        self._read()

    def _ship(self, quantity, picking=None):
        picking = picking or self.picking
        picking.move_ids.write({"quantity": quantity, "picked": True})
        return picking.with_user(self.packer)._action_done()

    def test_it_is_told_and_does_not_leave(self):
        self._lower(1)
        self.assertEqual(self.line.amazon_cancel_badge, "fewer")
        words = "Do not ship 2 × [MUG] Mug: cancelled at Amazon"
        self.assertIn(words, self._notes(self.order))
        self.assertIn(words, self._notes(self.picking))
        self.assertIn("what is left: 1 × [MUG] Mug", str(self.order.activity_ids.note))
        with self.assertRaisesRegex(UserError, r"Do not ship 2 × \[MUG\] Mug"):
            self._ship(3)
        self.assertEqual(self.line.qty_delivered, 0)

    def test_what_is_left_is_shipped_and_no_more(self):
        self._lower(1)
        self._ship(1)
        self.assertEqual(self.line.qty_delivered, 1)
        rest = self.order.picking_ids - self.picking
        self.assertEqual(rest.move_ids.product_uom_qty, 2)
        with self.assertRaisesRegex(UserError, "Do not ship 2 ×"):
            self._ship(1, rest)
        with self.assertRaisesRegex(UserError, "Do not ship 2 ×"):
            self.picking.move_ids.with_user(self.packer).quantity = 3

    def test_the_order_is_set_to_what_is_left(self):
        self._lower(1)
        self.line.with_user(self.manager).product_uom_qty = 1
        self.assertFalse(self.order.amazon_dropped_items)
        self.picking.action_assign()
        self._ship(1)
        self.assertEqual(self.line.qty_delivered, 1)

    def test_each_lowering_is_told(self):
        self._lower(2)
        self._lower(1)
        self.assertIn("Do not ship 1 ×", self._notes(self.order))
        self.assertIn("Do not ship 2 ×", self._notes(self.order))
        self.assertEqual(len(self.order.activity_ids), 1)

    def test_more_in_odoo_alone_is_no_business_of_amazon(self):
        self.line.product_uom_qty = 5
        self.shop.touch(self.shop.order(self.order.client_order_ref), "OrderStatusChange", "Changed")
        self._read()
        self.picking.action_assign()
        self._ship(5)
        self.assertEqual(self.line.qty_delivered, 5)

    def test_who_imports_may_set_the_order_first(self):
        self.line.product_uom_qty = 1
        self._lower(1)
        self.assertFalse(self.order.amazon_dropped_items)
        self.assertFalse(self.order.activity_ids)
        self.picking.action_assign()
        self._ship(1)
        self.assertEqual(self.line.qty_delivered, 1)

    def test_an_order_that_was_read_before_an_update_of_the_addon(self):
        self.line._amazon_write({"amazon_item_quantity": 0, "amazon_quantity_per_unit": 0})
        self._lower(1)
        self.assertEqual(self.order.amazon_dropped_items, "2 × [MUG] Mug")
        self.assertEqual(len(self.order.activity_ids), 1)

    def test_a_unit_at_amazon_may_be_a_pack(self):
        order = self._sell(confirm=False, items=[{"sku": "MUG", "quantity": 2}])
        order.order_line.write({"product_uom_qty": 1, "product_uom_id": self.env.ref("uom.product_uom_dozen").id})
        order.action_confirm()
        self._read()
        self.shop.lower_quantity(order.client_order_ref, order.order_line.amazon_item_ref, 1)
        self._read()
        self.assertEqual(order.amazon_dropped_items, "6 × [MUG] Mug")
        with self.assertRaisesRegex(UserError, "Do not ship 6 ×"), self.env.cr.savepoint():
            self._ship(7, order.picking_ids)
        self._ship(6, order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 0.5)

    def test_what_came_back_may_be_sent_again(self):
        self._ship(2)
        self.assertEqual(self.line.qty_delivered, 2)
        self._lower(2)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=self.picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.picked = True
        back._action_done()
        rest = self.order.picking_ids - self.picking - back
        self._ship(1, rest)
        self.assertEqual(self.line.qty_delivered, 2)
