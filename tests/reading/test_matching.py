from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .. import sources
from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestMatching(AmazonCase):
    """Which sale order an order of Amazon is: exact, within the company, and by hand where nothing fits."""

    def test_unknown_order_matched_by_hand(self):
        at_amazon = self.shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 2}])
        self.shop.ask_to_cancel(at_amazon.order_id, "Changed mind")
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "order_line": [(0, 0, {"product_id": self.mug.id})]}
        )
        self._read()
        entry = self.account.unknown_order_ids
        self.assertIn("2 × MUG", entry.item_summary)
        action = entry.with_user(self.manager).action_match()
        dialog = Form(self.env["amazon.match.dialog"].with_user(self.manager).with_context(**action["context"]))
        dialog.order_id = order.with_user(self.manager)
        dialog.save().action_match()
        self.assertEqual(order.amazon_order_ref, at_amazon.order_id)
        self.assertEqual(order.amazon_cancel_request, "requested", "what was read already is applied")
        self.assertEqual(order.order_line.amazon_item_ref, at_amazon.items[0].item_id)
        self.assertFalse(entry.exists())

    def test_matching_by_hand_refuses_what_is_matched(self):
        order = self._sell()
        self.shop.add_order(SELLER)
        self._read()
        entry = self.account.unknown_order_ids
        dialog = self.env["amazon.match.dialog"].create({"unknown_order_id": entry.id, "order_id": order.id})
        with self.assertRaisesRegex(UserError, "matched already"):
            dialog.action_match()
        with self.assertRaises(AccessError):
            dialog.with_user(self.user).action_match()

    def test_other_companies_orders_are_never_touched(self):
        ref = self.shop.add_order(SELLER).order_id
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "client_order_ref": ref, "company_id": company.id}
        )
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertFalse(stranger.amazon_cancel_request)
        self.assertEqual(self.account.unknown_order_ids.order_ref, ref)

    def test_a_branchs_order_that_no_reading_shows_is_read(self):
        """As one that was imported after its last change at Amazon; where its branch has an account, too, it is not."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        own, of_branch = self._sell(confirm=False), self._sell(confirm=False, order_vals={"company_id": branch.id})
        self.assertEqual(self.env["amazon.order.lookup"]._get_unread(self.account), own | of_branch)
        other = self._create_account(seller_id="A1OTHER", company_id=branch.id)
        self.assertEqual(self.env["amazon.order.lookup"]._get_unread(self.account), own)
        self.assertFalse(self.env["amazon.order.lookup"]._get_unread(other))
        of_branch.amazon_cancel_account_id = self.account
        self.assertEqual(self.env["amazon.order.lookup"]._get_unread(self.account), own | of_branch)

    def test_a_branchs_order_is_matched_by_hand(self):
        at_amazon = self.shop.add_order(SELLER)
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "company_id": branch.id})
        self._read()
        context = self.account.unknown_order_ids.action_match()["context"]
        dialog = Form(self.env["amazon.match.dialog"].with_context(**context))
        dialog.order_id = order
        dialog.save().action_match()
        self.assertEqual((order.amazon_order_ref, order.amazon_cancel_account_id), (at_amazon.order_id, self.account))

    def test_an_account_with_orders_stays_in_its_company(self):
        """It would find its orders no longer, and no request would be seen that their buyers make from then on."""
        order = self._sell()
        self._read()
        company = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, order.name), self.env.cr.savepoint():
            self.account.company_id = company
        self._create_account(seller_id="A1NEW").company_id = company

    def test_another_accounts_order_is_never_touched(self):
        """Two accounts of one company may know the same id, as after a change of accounts: each has its own orders."""
        ref = self.shop.add_order(SELLER).order_id
        other = self._create_account(seller_id="A1OTHER")
        stranger = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "amazon_order_ref": ref, "amazon_cancel_account_id": other.id}
        )
        matcher = self.env["amazon.order.matcher"]
        self.assertFalse(matcher._match(self.account, [ref]))
        self.assertEqual(matcher._match(other, [ref]), {ref: stranger})
        unread = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "client_order_ref": ref, "amazon_cancel_account_id": other.id}
        )
        self.assertFalse(matcher._match(self.account, [ref]), "nor one that was given to it and never read")
        self.assertEqual(matcher._match(other, [ref]), {ref: stranger | unread})

    def test_white_space_around_an_order_id_is_none_of_it(self):
        """Forms drop it, calls and imports do not: such an order, and one that came in twice by that, is held."""
        at_amazon = self.shop.add_order(SELLER)
        ref, item_ref = at_amazon.order_id, at_amazon.items[0].item_id
        line = {"product_id": self.mug.id, "amazon_item_ref": f"{item_ref}\t"}
        vals = {"partner_id": self.partner.id, "order_line": [(0, 0, line)]}
        first, second = self.env["sale.order"].create([{**vals, "amazon_order_ref": f" {ref}\n"}, vals])
        second.amazon_order_ref = f"\N{IDEOGRAPHIC SPACE}{ref} "
        (first | second).action_confirm()
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        for order in (first, second):
            self.assertEqual(order.amazon_cancel_request, "requested")
            self.assertTrue(order.amazon_duplicate)
            self.assertTrue(order.order_line.amazon_cancel_requested)

    def test_beside_the_community_connector(self):
        """It keeps the id in both fields, and its order imported again is no second match."""
        ref = self.shop.add_order(SELLER).order_id
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "client_order_ref": ref, "origin": f"Amazon {ref}"}
        )
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(order.amazon_duplicate)

    def test_custom_field_of_another_connector(self):
        ref = self.shop.add_order(SELLER).order_id
        self.account.order_ref_field_id = self.env["ir.model.fields"]._get("sale.order", "reference")
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "reference": ref})
        self._read()
        self.assertEqual(order.amazon_order_ref, ref)

    def test_duplicates_are_told_once_and_end(self):
        ref = self.shop.add_order(SELLER).order_id
        twins = self.env["sale.order"].create([{"partner_id": self.partner.id, "client_order_ref": ref}] * 2)
        for _run in range(2):
            self._read()
        self.assertEqual(twins.mapped("amazon_duplicate"), [True, True])
        [activity] = self.account._amazon_get_activities("duplicate")
        self.assertIn(ref, activity.summary)
        twins[0].with_context(amazon_local_only=True).action_cancel()
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertFalse(twins[1].amazon_duplicate)
        self.assertEqual(twins.mapped("amazon_cancel_request"), [False, "requested"])

    def test_shipped_orders_that_are_nobodys_are_not_looked_for_at_each_reading(self):
        """With the months they are hundreds of thousands. One that is imported late is found all the same."""
        ref = self.shop.add_order(SELLER).order_id
        self.shop.ship(ref)
        self._read()
        self.assertEqual(self.account.unknown_order_ids.amazon_status, "shipped")
        for _hour in range(2):  # the window of the second begins behind it
            self._advance_clock(3600)
            self._read()
        matcher = type(self.env["amazon.order.matcher"])
        with patch.object(matcher, "_match", autospec=True, side_effect=matcher._match) as match:
            self._read()
        asked = {asked_ref for call in match.call_args_list for asked_ref in call.args[2]}
        self.assertNotIn(ref, asked)
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "client_order_ref": ref})
        self._read()
        self.assertEqual(order.amazon_fulfillment_status, "shipped")
        self.assertFalse(self.account.unknown_order_ids)

    def test_what_was_told_before_the_import_is_joined(self):
        """Each source told a part of an order that was not in Odoo yet."""
        at_amazon = self.shop.add_order(SELLER)
        reader = self.env["amazon.order.reader"]
        reader._apply(self.account, [sources.search(at_amazon)])
        self.shop.advance(60)
        self.shop.ask_to_cancel(at_amazon.order_id, "Changed mind")
        reader._apply(self.account, [sources.notification(at_amazon)])
        self.shop.advance(60)
        reader._apply(self.account, sources.report(self.shop, at_amazon))
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "client_order_ref": at_amazon.order_id})
        self.account.unknown_order_ids._rematch()
        self.assertEqual(order.amazon_fulfillment_status, "unshipped")
        self.assertEqual(order.amazon_cancel_request_reason, "Changed mind")
        self.assertEqual(order.amazon_cancel_request_date, at_amazon.last_updated.replace(tzinfo=None))
