from unittest.mock import patch

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestOneClick(AmazonCase):
    """A decision takes one click, asks only where a click is not enough, and can be taken back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.undo_minutes = 10

    def _sell_and_ask(self, part=False):
        order = self._sell(skus=("MUG", "LAMP") if part else ("MUG",))
        items = self.shop.order(order.client_order_ref).items
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind", item_ids=[items[0].item_id])
        return order

    def _click(self, orders, method, **context):
        return getattr(orders.with_user(self.user).with_context(**context), method)()

    def _open(self, action):
        return self.env[action["res_model"]].with_user(self.user).with_context(**action["context"]).create({})

    # === ACCEPT === #

    def test_accept_offers_undo_until_amazon_is_told(self):
        order = self._sell_and_ask()
        self._read()
        params = self._click(order, "action_amazon_accept_cancellation", amazon_ask=True)["params"]
        self.assertEqual(order.state, "cancel")
        self.assertEqual(params["undo_ids"], order.ids)
        self.assertTrue(0 < params["undo_seconds"] <= 600)
        self.assertIn(order, self.env["sale.order"].search([("amazon_just_decided", "=", True)]))
        action = self._click(order, "action_amazon_undo_decision")
        self.assertIn("undone", action["params"]["message"])
        self.assertEqual((order.state, order.amazon_cancel_request), ("sale", "requested"))
        self.assertNotIn(order, self.env["sale.order"].search([("amazon_just_decided", "=", True)]))

    def test_no_undo_is_offered_where_amazon_is_told_at_once(self):
        self.account.undo_minutes = 0
        order = self._sell_and_ask()
        self._read()
        action = self._click(order, "action_amazon_accept_cancellation", amazon_ask=True)
        self.assertEqual(order.state, "sale", "a click alone tells Amazon nothing that cannot be taken back")
        dialog = self._open(action)
        self.assertEqual(dialog.at_once_count, 1)
        params = dialog.action_confirm()["params"]
        self.assertEqual(order.state, "cancel")
        self.assertNotIn("undo_ids", params)

    def test_what_is_being_sent_is_not_undone_and_stops_no_other(self):
        sent, waiting = self._sell_and_ask(), self._sell_and_ask()
        self._read()
        self._click(sent | waiting, "action_amazon_accept_cancellation", amazon_bulk=True)
        cancellation = sent.amazon_cancellation_id
        self.env["amazon.cancellation.feed"]._create_with_document(self.account, cancellation, b"<AmazonEnvelope/>")
        self.assertFalse(sent.amazon_just_decided)
        message = self._click((sent | waiting).amazon_cancellation_ids, "action_undo")["params"]["message"]
        self.assertIn(sent.name, message)
        self.assertIn("no longer be undone", message)
        self.assertEqual((sent | waiting).mapped("state"), ["cancel", "sale"])
        with self.assertRaisesRegex(UserError, "no longer be undone"):
            self._click(sent, "action_amazon_undo_decision")

    # === A PART === #

    def test_one_that_amazon_cannot_cancel_stops_no_other(self):
        orders = self._sell_and_ask() | self._sell_and_ask() | self._sell_and_ask()
        alone, refused, _open = orders
        (alone | refused).with_context(amazon_local_only=True)._action_cancel()
        self._read()
        Guard, words = type(self.env["amazon.cancellation.guard"]), "The parcel has left."
        check = Guard._check

        def refuse_one(guard, checked):
            if refused in checked:
                raise UserError(words)
            return check(guard, checked)

        with patch.object(Guard, "_check", refuse_one):
            params = self._click(orders, "action_amazon_accept_cancellation", amazon_bulk=True)["params"]
        self.assertIn(words, params["message"])
        self.assertEqual(set(params["undo_ids"]), set((orders - refused).ids))
        self.assertEqual(set((orders - refused).mapped("amazon_cancellation_state")), {"scheduled"})
        self.assertEqual((refused.amazon_cancel_request, refused.amazon_cancellation_state), ("requested", False))

    def test_a_part_stands_apart(self):
        whole, part = self._sell_and_ask(), self._sell_and_ask(part=True)
        self._read()
        self.assertEqual((whole | part).mapped("amazon_request_scope"), ["whole", "part"])
        found = self.env["sale.order"].search([("amazon_request_scope", "=", "part")])
        self.assertIn(part, found)
        self.assertNotIn(whole, found)

    def test_a_part_is_asked_about_and_what_else_goes_is_named(self):
        whole, part = self._sell_and_ask(), self._sell_and_ask(part=True)
        self._read()
        action = self._click(whole | part, "action_amazon_accept_cancellation", amazon_bulk=True, amazon_ask=True)
        self.assertEqual((whole | part).mapped("state"), ["cancel", "sale"])
        dialog = self._open(action["params"]["next"])
        self.assertEqual(dialog.part_order_ids, part)
        self.assertEqual(part.amazon_cancel_rest, "1 × [LAMP] Lamp")
        dialog.action_confirm()
        self.assertEqual(part.state, "cancel")

    def test_several_parts_are_confirmed_together(self):
        parts = self._sell_and_ask(part=True) | self._sell_and_ask(part=True)
        self._read()
        dialog = self._open(self._click(parts, "action_amazon_accept_cancellation", amazon_bulk=True, amazon_ask=True))
        self.assertEqual(parts.mapped("state"), ["sale", "sale"])
        dialog.action_confirm()
        self.assertEqual(parts.mapped("state"), ["cancel", "cancel"])

    # === A SELECTION === #

    def _lose_two(self, orders):
        """Of a selection one order is deleted, and one becomes a colleague's, meanwhile."""
        deleted, anothers = orders[:2]
        every, own = map(self.env.ref, ("sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"))
        self.user.group_ids += own - every
        self.user.group_ids -= every
        (orders - anothers).user_id = self.user
        anothers.user_id = self.manager
        deleted.with_context(amazon_local_only=True)._action_cancel()
        deleted.amazon_cancel_request = False
        deleted.unlink()
        return orders[2:]

    def test_orders_that_are_lost_meanwhile_stop_no_other(self):
        for method, request in (
            ("action_amazon_accept_cancellation", "accepted"),
            ("action_amazon_keep_order", "declined"),
        ):
            with self.subTest(method):
                orders = self.env["sale.order"].union(*(self._sell_and_ask() for _number in range(4)))
                self._read()
                left = self._lose_two(orders)
                params = self._click(orders, method, amazon_bulk=True, amazon_ask=True)["params"]
                self.assertEqual(left.mapped("amazon_cancel_request"), [request] * 2)
                self.assertIn("Left alone: 2 orders", params["message"])
                self.assertEqual((params["type"], params["sticky"]), ("warning", True))
                self.assertEqual(params["undo_ids"], left.ids)
                params = self._click(orders, "action_amazon_undo_decision")["params"]
                self.assertEqual(left.mapped("amazon_cancel_request"), ["requested"] * 2)
                self.assertIn("Left alone: 2 orders", params["message"])

    def test_a_question_comes_after_what_is_said_of_lost_orders(self):
        orders = self.env["sale.order"].union(*(self._sell_and_ask(part=True) for _number in range(3)))
        self._read()
        left = self._lose_two(orders)
        params = self._click(orders, "action_amazon_accept_cancellation", amazon_bulk=True, amazon_ask=True)["params"]
        self.assertIn("Left alone: 2 orders", params["message"])
        self.assertEqual(self._open(params["next"]).order_ids, left)

    def test_nothing_left_of_a_selection_is_an_error(self):
        orders = self._sell_and_ask() | self._sell_and_ask()
        self._read()
        self.assertFalse(self._lose_two(orders))
        with self.assertRaises(AccessError):
            self._click(orders, "action_amazon_keep_order")
        with self.assertRaisesRegex(MissingError, "deleted"):
            self._click(orders[:1], "action_amazon_keep_order")

    def test_a_refusal_hides_no_question_about_the_others(self):
        refused, part = self._sell_and_ask(), self._sell_and_ask(part=True)
        self._read()
        words = "The parcel has left."
        with patch.object(type(self.env["amazon.cancellation.guard"]), "_check", side_effect=UserError(words)):
            params = self._click(
                refused | part, "action_amazon_accept_cancellation", amazon_bulk=True, amazon_ask=True
            )["params"]
        self.assertIn(words, params["message"])
        self.assertEqual(self._open(params["next"]).part_order_ids, part)
        self.assertEqual((refused | part).mapped("state"), ["sale", "sale"])

    # === KEEP === #

    def test_keep_demands_no_reason_and_offers_some(self):
        order = self._sell_and_ask()
        self._read()
        params = self._click(order, "action_amazon_keep_order")["params"]
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertFalse(order.amazon_keep_reason_id)
        reason = params["reasons"][1]
        self.assertEqual(reason.keys(), {"id", "name"}, "no more than what is shown")
        order.with_user(self.user).action_amazon_note_keep_reason(reason["id"])
        self.assertEqual(order.amazon_keep_reason_id.name, reason["name"])
        self.assertIn(reason["name"], self._notes(order))

    def test_a_reason_that_is_none_is_refused_in_words(self):
        order = self._sell_and_ask()
        self._read()
        self._click(order, "action_amazon_keep_order")
        for odd in ("x", None, [1], 0, 10**12):
            with self.subTest(odd=odd), self.assertRaisesRegex(UserError, "reason was deleted"):
                order.with_user(self.user).action_amazon_note_keep_reason(odd)

    def test_undo_of_a_keep_holds_the_delivery_again(self):
        order = self._sell_and_ask()
        self._read()
        self._click(order, "action_amazon_keep_order")
        order.with_user(self.user).action_amazon_note_keep_reason(self.env["amazon.keep.reason"].search([])[:1].id)
        self.assertIn(order, self.env["sale.order"].search([("amazon_just_decided", "=", True)]))
        self.assertFalse(order.picking_ids.amazon_hold)
        self._click(order, "action_amazon_undo_decision")
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(order.amazon_keep_reason_id or order.amazon_decided_date)
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertTrue(order._amazon_get_activities("request"), "somebody is asked again")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested", "a reading changes nothing of it")
        self._click(order, "action_amazon_keep_order")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "declined", "and it can be kept again")

    def test_undo_of_a_keep_after_a_manager_put_the_request_back(self):
        order = self._sell_and_ask()
        self._read()
        self.shop.withdraw_request(order.client_order_ref)
        self._read()
        order.with_user(self.manager).action_amazon_restore_request()
        self._click(order, "action_amazon_keep_order")
        self._click(order, "action_amazon_undo_decision")
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertTrue(order.picking_ids.amazon_hold)

    def test_a_keep_is_not_undone_after_the_buyer_withdrew(self):
        order = self._sell_and_ask()
        self._read()
        self._click(order, "action_amazon_keep_order")
        self.shop.withdraw_request(order.client_order_ref)
        self._read()
        with self.assertRaisesRegex(UserError, "no longer asks"):
            self._click(order, "action_amazon_undo_decision")
        self.assertEqual(order.amazon_cancel_request, "declined")

    def test_a_kept_and_an_accepted_order_are_undone_together(self):
        kept, accepted, open_one = (self._sell_and_ask() for _number in range(3))
        self._read()
        self._click(kept, "action_amazon_keep_order")
        self._click(accepted, "action_amazon_accept_cancellation")
        message = self._click(kept | accepted, "action_amazon_undo_decision")["params"]["message"]
        self.assertIn("2 decisions are undone", message)
        self.assertEqual((kept | accepted | open_one).mapped("amazon_cancel_request"), ["requested"] * 3)

    def test_who_may_not_decide_may_not_undo(self):
        order = self._sell_and_ask()
        self._read()
        self._click(order, "action_amazon_keep_order")
        packer = self._create_user("amazon_packer", "stock.group_stock_user")
        for method, *args in (("action_amazon_undo_decision",), ("action_amazon_note_keep_reason", 1)):
            with self.assertRaises(AccessError):
                getattr(order.with_user(packer), method)(*args)
