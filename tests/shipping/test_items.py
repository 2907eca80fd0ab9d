from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AmazonCase


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
