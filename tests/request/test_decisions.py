from unittest.mock import patch

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestDecisions(AmazonCase):
    """Who decides on a request, how, and what it leaves behind."""

    def _sell_and_ask(self, **kwargs):
        order = self._sell(**kwargs)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        return order

    # === DIALOG === #

    def test_dialog_fixes_the_reason_of_an_official_request(self):
        order = self._sell_and_ask()
        self._read()
        action = order.with_user(self.user).action_amazon_open_cancel()
        dialog = Form(self.env[action["res_model"]].with_user(self.user).with_context(**action["context"])).save()
        self.assertTrue(dialog.official_request)
        dialog.action_confirm()
        self.assertEqual(order.amazon_cancellation_ids.reason, "BuyerCanceled")

    def test_dialog_requires_a_reason_without_a_request(self):
        order = self._sell()
        self._read()
        action = order.with_user(self.user).action_amazon_open_cancel()
        Dialog = self.env[action["res_model"]].with_user(self.user).with_context(**action["context"])
        offered = [value for value, _label in Dialog._fields["reason"].selection]
        self.assertNotIn("BuyerCanceled", offered)
        with self.assertRaisesRegex(UserError, "Choose the reason"):
            Dialog.create({}).action_confirm()
        Dialog.create({"reason": "NoInventory"}).action_confirm()
        self.assertEqual(order.amazon_cancellation_ids.reason, "NoInventory")

    def test_dialog_shows_what_it_does_to_the_cancellation_rate(self):
        orders = self.env["sale.order"].union(*(self._sell(confirm=False) for _number in range(10)))
        self._read()
        dialog = self.env["amazon.cancel.dialog"].with_user(self.user).create({"order_id": orders[0].id})
        before = self.account._get_cancellation_rate(7)
        self.assertIn(f"{before.orders} orders, {before.cancelled} cancelled by you", dialog.rate_preview)
        self.assertTrue(dialog.rate_too_high, "one in ten is above 2.5 %")
        self.assertIn("Amazon's limit: 2.5%.", dialog.rate_preview)
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn("2,5\xa0%", dialog.with_context(lang="de_DE").rate_preview)

    def test_who_is_told_of_a_refusal_can_try_again(self):
        self.account.manager_id = self.manager
        order = self._sell()
        self._read()
        order.with_user(self.user).action_cancel()
        self.shop.ship(order.amazon_order_ref)
        self._send_and_follow(1)
        self.assertEqual(order.amazon_cancellation_ids.activity_ids.user_id, self.manager)

    def test_in_odoo_only_is_for_managers(self):
        order = self._sell()
        self._read()
        Dialog = self.env["amazon.cancel.dialog"]
        values = {"order_id": order.id, "local_only": True}
        with self.assertRaises(UserError):
            Dialog.with_user(self.user).create(values).action_confirm()
        Dialog.with_user(self.manager).create(values).action_confirm()
        self.assertEqual(order.state, "cancel")
        self.assertFalse(order.amazon_cancellation_ids)

    def test_delivered_order_is_refused_to_users_and_warned_to_managers(self):
        order = self._sell()
        self._read()
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        order.picking_ids.button_validate()
        with self.assertRaisesRegex(UserError, "A delivery is done in Odoo"):
            order.with_user(self.user).action_cancel()
        order.with_user(self.manager).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertIn("Ask for the goods back", self._notes(order))

    def test_odoos_own_condition_of_cancel_stays(self):
        arch = self.env["sale.order"]._get_view(self.env.ref("sale.view_order_form").id)[0]
        [button] = arch.xpath("//header//button[@name='action_cancel']")
        core = self.env.ref("sale.view_order_form").arch_db
        [condition] = etree.fromstring(core).xpath("//header//button[@name='action_cancel']/@invisible")
        self.assertIn(condition, button.get("invisible"))
        self.assertIn("amazon_cancel_account_id", button.get("invisible"))

    # === KEEPING === #

    def test_keep_dialog_offers_reasons_and_writes_to_the_buyer(self):
        self.partner.email = "abc123@marketplace.amazon.de"
        order = self._sell_and_ask()
        self._read()
        action = order.with_user(self.user).action_amazon_open_keep()
        self.assertEqual(action["name"], "Keep the order")
        Dialog = self.env[action["res_model"]].with_user(self.user).with_context(**action["context"])
        dialog = Dialog.create({"reason": "It is at the carrier"})
        self.assertTrue(dialog.notify_buyer, "as the button says")
        self.assertTrue(dialog.subject.startswith("[Important]"))
        dialog.action_confirm()
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.assertIn("It is at the carrier", self._notes(order))
        mail = self.env["mail.mail"].search([("model", "=", "sale.order"), ("res_id", "=", order.id)])
        self.assertEqual(mail.email_to, "abc123@marketplace.amazon.de")
        self.assertTrue(mail.subject.startswith("[Important]"))

    def test_mail_names_the_order_whose_id_another_app_leaves_out(self):
        self.partner.email = "abc123@marketplace.amazon.de"
        order = self._sell_and_ask()
        self._read()
        ref = order.amazon_order_ref
        order.write({"amazon_linked_ref": ref, "amazon_order_ref": False})
        for dialog in self.env["amazon.keep.dialog"], self.env["amazon.ask.dialog"]:
            mail = dialog.create({"order_ids": order.ids})
            self.assertIn(ref, mail.subject)
            self.assertIn(ref, mail.body)

    def test_buyer_without_a_relay_address_is_not_written_to(self):
        self.partner.email = "anna@example.com"
        order = self._sell_and_ask()
        self._read()
        action = order.action_amazon_open_keep()
        keeping = self.env[action["res_model"]].with_context(**action["context"]).create({})
        self.assertFalse(keeping.notify_buyer)
        action = order.action_amazon_open_ask_buyer()
        dialog = self.env[action["res_model"]].with_context(**action["context"]).create({})
        with self.assertRaisesRegex(UserError, "no address at Amazon's mail relay"):
            dialog.action_confirm()
        self.partner.email = "abc123@marketplace.amazon.co.uk"
        dialog.action_confirm()
        mail = self.env["mail.mail"].search([("model", "=", "sale.order"), ("res_id", "=", order.id)])
        self.assertIn("Your Orders", mail.body_html)

    def test_an_address_is_that_of_one_order(self):
        with self.assertRaises(ValueError):
            (self._sell() | self._sell())._amazon_get_relay_address()

    # === SEVERAL === #

    def test_nothing_is_decided_where_nobody_asks(self):
        order = self._sell()
        self._read()
        for name in ("accept_cancellation", "keep_order", "open_keep"):
            with self.assertRaisesRegex(UserError, "None of the selected orders has an open"):
                getattr(order.with_user(self.user), f"action_amazon_{name}")()

    def test_selection_says_what_was_done_and_what_not_and_why(self):
        wanted, shipped, quiet = self._sell_and_ask(), self._sell_and_ask(), self._sell()
        self._read()
        shipped.amazon_fulfillment_status = "partially_shipped"
        action = (wanted | shipped | quiet).action_amazon_accept_cancellation()
        self.assertEqual(wanted.state, "cancel")
        self.assertEqual((shipped | quiet).mapped("state"), ["sale", "sale"])
        message = action["params"]["message"]
        self.assertIn("1 cancelled", message)
        self.assertIn(shipped.name, message)
        self.assertIn("refund the rest", message)
        self.assertIn(quiet.name, message)

    def test_bulk_leaves_out_what_is_asked_for_in_part(self):
        whole, part = self._sell_and_ask(), self._sell(skus=("MUG", "LAMP"))
        item = self.shop.order(part.client_order_ref).items[0]
        self.shop.ask_to_cancel(part.client_order_ref, "Too many", item_ids=[item.item_id])
        self._read()
        message = (whole | part).with_user(self.user).action_amazon_accept_cancellation()["params"]["message"]
        self.assertEqual((whole | part).mapped("state"), ["cancel", "sale"])
        self.assertIn(f"{part.name}: only a part is asked for (1 × [MUG] Mug)", message)
        with self.assertRaisesRegex(UserError, "only a part"):
            part.with_context(amazon_bulk=True).action_amazon_accept_cancellation()  # chosen alone in a list
        self.assertEqual((whole | part).mapped("amazon_cancel_part"), [False, "Only a part"])
        part.action_amazon_accept_cancellation()  # on its form, whose banner says it
        self.assertEqual(part.state, "cancel")

    def _ask_first(self, asked):
        """Cancelling as with an app that asks first for some orders, as OCA's sale_cancel_confirm does."""
        cancel = self.registry["sale.order"]._action_cancel

        def _action_cancel(orders):
            if orders & asked and not orders.env.context.get("confirmed"):
                return {"type": "ir.actions.act_window", "res_model": "cancel.confirm"}
            return cancel(orders)

        return patch.object(self.registry["sale.order"], "_action_cancel", _action_cancel)

    def test_a_question_is_passed_on_and_nothing_is_claimed(self):
        order = self._sell_and_ask()
        self._read()
        with self._ask_first(order):
            self.assertEqual(order.action_amazon_accept_cancellation()["res_model"], "cancel.confirm")
            self.assertEqual(order.state, "sale")
            self.assertEqual(order.amazon_cancel_request, "requested")
            dialog = self.env["amazon.cancel.dialog"].create({"order_id": order.id})
            self.assertEqual(dialog.action_confirm()["res_model"], "cancel.confirm")
            order.with_context(confirmed=True)._action_cancel()
        self.assertEqual(order.amazon_cancellation_ids.reason, "BuyerCanceled")

    def test_in_bulk_a_question_stops_no_other(self):
        asked, free, third = self._sell_and_ask(), self._sell_and_ask(), self._sell_and_ask()
        self._read()
        with self._ask_first(asked):
            message = (asked | free | third).action_amazon_accept_cancellation()["params"]["message"]
        self.assertIn("2 cancelled", message)
        self.assertIn(f"{asked.name}: another app asks something first", message)
        self.assertEqual((asked | free | third).mapped("state"), ["sale", "cancel", "cancel"])

    def test_a_rule_that_meets_a_question_leaves_it_to_a_person(self):
        self.account.auto_accept = "before_picking"
        order = self._sell_and_ask()
        with self._ask_first(order):
            self._read()
        self.assertEqual((order.state, order.amazon_cancel_request), ("sale", "requested"))
        self.assertNotIn("rule of the account", self._notes(order))
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertTrue(order.activity_ids)

    def test_following_amazon_that_meets_a_question_claims_nothing(self):
        order = self._sell()
        self._read()
        self.shop.buyer_cancel(order.amazon_order_ref, "Changed mind")
        with self._ask_first(order):
            self._read()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.amazon_cancellation_ids)
        self.assertTrue(order.picking_ids.amazon_hold)
        self.assertTrue(order.activity_ids.filtered(lambda a: "asks something first" in (a.summary or "")))

    def test_hold_dialog_says_that_only_a_part_is_asked_for(self):
        order = self._sell(skus=("MUG", "LAMP"))
        item = self.shop.order(order.client_order_ref).items[0]
        self.shop.ask_to_cancel(order.client_order_ref, "Too many", item_ids=[item.item_id])
        self._read()
        dialog = self.env["amazon.hold.dialog"].browse(order.picking_ids.button_validate()["res_id"])
        self.assertIn("Only a part is asked for: 1 × [MUG] Mug", dialog.message)

    # === RIGHTS AND KNOWLEDGE === #

    def test_salesperson_accepts_an_order_with_a_draft_invoice(self):
        order = self._sell_and_ask(order_vals={"user_id": self.user.id})
        invoice = order._create_invoices()
        self._read()
        salesperson = self._create_user("amazon_own", "sales_team.group_sale_salesman")
        order.user_id = salesperson
        order.with_user(salesperson).action_amazon_accept_cancellation()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(invoice.state, "cancel")
        self.assertEqual(order.amazon_cancellation_ids.decided_by_id, salesperson)

    def test_fba_order_that_amazon_cancelled_can_be_cancelled(self):
        self.account.follow_amazon = False
        order = self._sell()
        self._read()
        order.write({"amazon_channel": "fba", "amazon_fulfillment_status": "cancelled"})
        order.with_user(self.user).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def test_old_reading_does_not_refuse_who_may_know_better(self):
        for who, passes in ((self.user, False), (self.manager, True), (self.env.user, True)):
            order = self._sell()
            self._read()
            order.write(
                {"amazon_fulfillment_status": "partially_shipped", "amazon_checked_date": "2020-01-01 00:00:00"}
            )
            if not passes:
                with self.assertRaisesRegex(UserError, "A part is shipped"):
                    order.with_user(who).action_cancel()
                continue
            order.with_user(who).action_cancel()
            self._send_and_follow()
            self.assertEqual(order.amazon_cancellation_state, "confirmed", "Amazon was asked afresh, and did it")
            order = self._sell()
            self.shop.ship(order.client_order_ref)
            self._read()
            order.amazon_checked_date = "2020-01-01 00:00:00"
            order.with_user(who).action_cancel()
            self._send_and_follow()
            self.assertEqual(order.amazon_cancellation_state, "refused", "Amazon was asked afresh, and it is shipped")
            self.assertFalse(self.shop.harms)

    def test_locked_order_can_be_accepted(self):
        order = self._sell_and_ask()
        order.action_lock()
        self._read()
        order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(order.state, "cancel")

    # === RULE === #

    def test_rule_never(self):
        order = self._sell_and_ask()
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_rule_before_picking(self):
        self.account.write({"auto_accept": "before_picking", "undo_minutes": 5})
        untouched, picked, printed = self._sell_and_ask(), self._sell_and_ask(), self._sell_and_ask()
        picked.picking_ids.move_ids.picked = True
        printed.picking_ids.printed = True
        self._read()
        self.assertEqual(untouched.state, "cancel")
        self.assertEqual(untouched.amazon_cancellation_state, "scheduled")
        self.assertGreater(untouched.amazon_cancellation_ids.send_after, self.env.cr.now())
        self.assertIn("rule of the account", self._notes(untouched))
        self.assertEqual((picked | printed).mapped("amazon_cancel_request"), ["requested"] * 2)

    def test_rule_before_shipping(self):
        self.account.auto_accept = "before_shipping"
        picked, left = self._sell_and_ask(), self._sell_and_ask()
        picked.picking_ids.move_ids.picked = True
        left.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        left.picking_ids.button_validate()
        self._read()
        self.assertEqual(picked.state, "cancel")
        self.assertEqual(left.amazon_cancel_request, "requested")

    def test_rule_leaves_a_request_for_some_items_to_a_person(self):
        self.account.auto_accept = "before_shipping"
        order = self._sell(skus=("MUG", "LAMP"))
        item = self.shop.order(order.client_order_ref).items[0]
        self.shop.ask_to_cancel(order.client_order_ref, "Too many", item_ids=[item.item_id])
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(order.state, "sale")
