from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestFamilies(AmazonCase):
    """Several sale orders that stand for one Amazon order: Amazon is told when all are cancelled, and then once."""

    def _sell_twins(self, ask=True, read=True, count=2):
        at_amazon = self.shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}])
        twins = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": at_amazon.order_id,
                    "order_line": [(0, 0, {"product_id": self.mug.id})],
                }
            ]
            * count
        )
        twins.action_confirm()
        if ask:
            self.shop.ask_to_cancel(at_amazon.order_id, "Changed mind")
        if read:
            self._read()
        return twins

    def _dialog(self, action, **values):
        dialog = Form(self.env[action["res_model"]].with_user(self.user).with_context(**action["context"]))
        for name, value in values.items():
            dialog[name] = value
        return dialog.save()

    def test_cancelling_one_cancels_in_odoo_alone_until_the_last(self):
        first, second = self._sell_twins(ask=False)
        first.with_user(self.user).action_cancel()
        self.assertEqual(first.amazon_cancel_progress, "untold")
        self.assertIn(second.name, self._notes(first))
        self.assertIn(first, self.env["sale.order"].search([("amazon_untold", "=", "family")]))
        self._send_and_follow(1)
        self.assertFalse((first | second).amazon_cancellation_ids)
        self.assertEqual(self.shop.order(first.client_order_ref).status, "UNSHIPPED")
        second.with_user(self.user).action_cancel()
        self.assertEqual(len((first | second).amazon_cancellation_ids), 1)
        self.assertFalse(first.amazon_untold)
        self._send_and_follow()
        self.assertEqual(self.shop.order(first.client_order_ref).status, "CANCELLED")
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)

    def test_before_the_first_reading_it_is_the_same(self):
        first, second = self._sell_twins(ask=False, read=False)
        first.action_cancel()
        self.assertFalse(first.amazon_cancellation_ids)
        second.action_cancel()
        self.assertEqual(len((first | second).amazon_cancellation_ids), 1)

    def test_one_that_came_in_later_stands_and_is_held(self):
        order = self._sell()
        self._read()
        late = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "client_order_ref": order.amazon_order_ref,
                "order_line": [(0, 0, {"product_id": self.mug.id})],
            }
        )
        late.action_confirm()
        order.action_cancel()
        self.assertFalse(order.amazon_cancellation_ids)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(late.amazon_cancel_request, "requested")
        self.assertTrue(late.picking_ids.amazon_hold)

    def test_cancelled_together_amazon_is_told_once(self):
        twins = self._sell_twins(ask=False)
        twins._action_cancel()
        self.assertEqual(len(twins.amazon_cancellation_ids), 1)
        self.assertFalse(any(twins.mapped("amazon_untold")))

    def test_they_show_each_other(self):
        first, second = self._sell_twins()
        self.assertEqual(first.amazon_family_names, second.name)
        self.assertFalse(self._sell().amazon_family_names)

    def test_accept_asks_for_a_choice_that_names_the_others(self):
        first, second = self._sell_twins()
        action = first.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(action["res_model"], "amazon.cancel.dialog")
        dialog = self.env["amazon.cancel.dialog"].with_user(self.user).create({"order_id": first.id})
        self.assertEqual(dialog.family_names, second.name)
        with self.assertRaisesRegex(UserError, second.name):
            dialog.action_confirm()
        self._dialog(action, family_choice="all").action_confirm()
        self.assertEqual((first | second).mapped("state"), ["cancel", "cancel"])
        self.assertEqual((first | second).amazon_cancellation_ids.mapped("reason"), ["BuyerCanceled"])

    def test_in_odoo_only_leaves_the_other_and_its_request(self):
        first, second = self._sell_twins()
        action = first.with_user(self.user).action_amazon_open_cancel()
        self._dialog(action, family_choice="one").action_confirm()
        self.assertEqual((first | second).mapped("state"), ["cancel", "sale"])
        self.assertFalse((first | second).amazon_cancellation_ids)
        self.assertEqual(second.amazon_cancel_request, "requested")

    def test_bulk_accept_leaves_them_out_unless_all_are_chosen(self):
        first, second = self._sell_twins()
        alone = self._sell()
        self.shop.ask_to_cancel(alone.client_order_ref, "Changed mind")
        self._read()
        message = (first | alone).action_amazon_accept_cancellation()["params"]["message"]
        self.assertIn(f"{second.name} stands for the same Amazon order", message)
        self.assertEqual((first | alone).mapped("state"), ["sale", "cancel"])
        (first | second).action_amazon_accept_cancellation()
        self.assertEqual(len((first | second).amazon_cancellation_ids), 1)

    def test_undo_brings_back_all_that_were_cancelled_together(self):
        self.account.undo_minutes = 5
        twins = self._sell_twins()
        twins.action_amazon_accept_cancellation()
        twins.amazon_cancellation_ids.with_user(self.user).action_withdraw()
        self.assertEqual(twins.mapped("state"), ["sale", "sale"])
        self.assertEqual(twins.mapped("amazon_cancel_request"), ["requested", "requested"])
        self.assertEqual(twins.picking_ids.mapped("state"), ["assigned", "assigned"])

    def test_undo_of_all_together_says_that_all_are_undone(self):
        """The first one's undo is the second one's, too."""
        self.account.undo_minutes = 5
        twins = self._sell_twins()
        twins.action_amazon_accept_cancellation()
        params = twins.with_user(self.user).action_amazon_undo_decision()["params"]
        self.assertEqual(params["type"], "success")
        self.assertIn("2 decisions are undone", params["message"])
        self.assertEqual(twins.mapped("amazon_cancel_request"), ["requested", "requested"])

    def test_reopening_one_withdraws_for_all(self):
        self.account.undo_minutes = 5
        first, second = self._sell_twins(ask=False)
        (first | second)._action_cancel()
        second.action_draft()
        self.assertEqual((first | second).amazon_cancellation_ids.state, "withdrawn")
        self.assertEqual(first.amazon_untold, "family")

    def test_when_the_other_is_deleted_a_person_can_tell_amazon(self):
        first, second = self._sell_twins(ask=False)
        second.with_context(amazon_local_only=True)._action_cancel()
        second.action_draft()
        first.action_cancel()
        with self.assertRaisesRegex(UserError, second.name), self.env.cr.savepoint():
            first.with_user(self.user).action_amazon_tell()
        second.unlink()
        self.assertEqual(first.amazon_cancel_progress, "untold", "nobody decided that Amazon is told")
        first.with_user(self.user).action_amazon_tell()
        self.assertFalse(first.amazon_untold)
        self._send_and_follow()
        self.assertEqual(first.amazon_cancellation_state, "confirmed")
        with self.assertRaises(UserError):
            first.action_amazon_tell()

    # === COMPANIES === #

    def _sell_in_two_companies(self):
        """One order of a seller whose account two companies have, imported into both."""
        company = self.env["res.company"].create({"name": "Branch House"})
        self.env.user.company_ids |= company
        account = self._create_account(name="Same shop", company_id=company.id)
        first = self._sell()
        second = first.with_company(company).create(
            {
                "company_id": company.id,
                "partner_id": self.partner.id,
                "client_order_ref": first.client_order_ref,
                "order_line": [(0, 0, {"product_id": self.mug.id})],
            }
        )
        second.action_confirm()
        self.shop.ask_to_cancel(first.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual((first | second).mapped("amazon_cancel_account_id"), self.account | account)
        self.assertEqual((first | second).mapped("amazon_cancel_request"), ["requested", "requested"])
        return first, second

    def test_another_company_that_keeps_the_order_is_heard(self):
        first, second = self._sell_in_two_companies()
        second.action_amazon_keep_order()
        action = first.with_user(self.user).action_amazon_accept_cancellation()
        dialog = self._dialog(action, family_choice="one")
        self.assertEqual(dialog.family_names, f"{second.name} (Branch House)")
        dialog.action_confirm()
        self._send_and_follow(2)
        self.assertEqual(self.shop.order(first.amazon_order_ref).status, "UNSHIPPED")
        self.assertEqual(first.amazon_cancel_progress, "untold")
        self.assertIn(f"{second.name} (Branch House)", self._notes(first))

    def test_an_archived_account_does_not_hide_another_company(self):
        first, second = self._sell_in_two_companies()
        second.action_amazon_keep_order()
        second.amazon_cancel_account_id.active = False
        first._action_cancel()
        self._send_and_follow(2)
        self.assertEqual(self.shop.order(first.amazon_order_ref).status, "UNSHIPPED")
        self.assertIn(second.name, self._notes(first))

    def test_when_the_last_company_cancels_amazon_is_told_once(self):
        first, second = self._sell_in_two_companies()
        first._action_cancel()
        second._action_cancel()
        self.assertFalse(first.amazon_untold)
        self._send_and_follow()
        self.assertEqual(self.shop.order(first.amazon_order_ref).status, "CANCELLED")
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)

    def test_orders_of_one_company_alone_stay_apart(self):
        company = self.env["res.company"].create({"name": "Branch House"})
        self._create_account(name="Same shop", company_id=company.id)
        orders = self._sell() | self._sell()
        for order in orders:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.env["sale.mass.cancel.orders"].create({"sale_order_ids": [(6, 0, orders.ids)]}).action_mass_cancel()
        self.assertEqual([len(order.amazon_cancellation_ids) for order in orders], [1, 1])
        self._send_and_follow()
        for order in orders:
            self.assertEqual(self.shop.order(order.client_order_ref).status, "CANCELLED")

    def test_an_order_that_is_named_twice_is_cancelled_once(self):
        order = self._sell()
        self._read()
        order.browse(order.ids * 2).action_cancel()
        self.assertEqual(len(order.amazon_cancellation_ids), 1)

    def test_cancelling_all_needs_the_right_to_the_other_company(self):
        first, second = self._sell_in_two_companies()
        dialog = self._dialog(first.with_user(self.user).action_amazon_accept_cancellation(), family_choice="all")
        with self.assertRaisesRegex(UserError, rf"{second.name} \(Branch House\)"):
            dialog.action_confirm()
        self.assertEqual((first | second).mapped("state"), ["sale", "sale"])
        self.user.company_ids |= second.company_id
        dialog.action_confirm()
        self.assertEqual((first | second).mapped("state"), ["cancel", "cancel"])
        self.assertEqual(len((first | second).amazon_cancellation_ids), 1)

    # === COPIES === #

    def test_a_copy_is_not_the_order_of_amazon(self):
        for field in ("client_order_ref", "origin"):
            order = self._sell()
            ref = order.client_order_ref
            order.write({"client_order_ref": False, "origin": False, field: ref})
            copies = order.copy()
            self._read()
            copies |= order.copy()
            self.assertFalse(copies.filtered("amazon_order_ref"))
            copies.action_cancel()
            self.shop.ask_to_cancel(ref, "Changed mind")
            self._read()
            self.assertFalse(copies.filtered("amazon_cancel_request"))
            self.assertFalse(order.amazon_duplicate)
            self.assertEqual(order.amazon_cancel_request, "requested")
            self.assertFalse(copies.amazon_cancellation_ids)

    def test_a_copy_keeps_an_origin_that_is_not_amazons(self):
        order = self._sell(order_vals={"origin": "Fair 2026"})
        self.assertEqual(order.copy().origin, "Fair 2026")
        self.assertEqual(order.copy({"origin": order.client_order_ref}).origin, order.client_order_ref)
