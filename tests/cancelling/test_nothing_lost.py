from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestNothingLost(AmazonCase):
    """What was promised to Amazon, or asked by a buyer, outlives deleting, archiving and odd set-ups."""

    # === DELETING === #

    def test_an_order_that_amazon_is_to_be_told_of_is_not_deleted(self):
        self.account.undo_minutes = 5
        order = self._sell()
        self._read()
        order.action_cancel()
        with self.assertRaisesRegex(UserError, "still to be told"), self.env.cr.savepoint():
            order.unlink()
        order.amazon_cancellation_ids.send_after = "2020-01-01 00:00:00"
        self._run("cancel", settle=False)
        self.assertEqual(order.amazon_cancellation_state, "sent")
        with self.assertRaisesRegex(UserError, "has not shown it done yet"), self.env.cr.savepoint():
            order.unlink()

    def test_evidence_outlives_the_order(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self._send_and_follow()
        cancellation, name, ref = order.amazon_cancellation_ids, order.name, order.amazon_order_ref
        self.assertEqual(cancellation.state, "confirmed")
        order.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(cancellation.exists())
        self.assertEqual((cancellation.order_name, cancellation.amazon_order_ref), (name, ref))
        self.assertEqual(cancellation.partner_id, self.partner)
        self.assertEqual(cancellation.display_name, name)
        self.assertTrue(cancellation.timeline)

    def test_the_cancellation_of_a_deleted_order_says_so_where_it_is_to_be_undone(self):
        order = self._sell(confirm=False)
        self._read()
        order.action_cancel()
        cancellation = order.amazon_cancellation_ids
        cancellation._refuse("No.", try_once_more=False)
        order.unlink()
        with self.assertRaisesRegex(UserError, "deleted"):
            cancellation.with_user(self.manager).action_withdraw()

    def test_an_order_whose_buyer_asks_is_not_deleted(self):
        order = self._sell(confirm=False)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        with self.assertRaisesRegex(UserError, "asks to cancel"), self.env.cr.savepoint():
            order.unlink()
        order.action_amazon_keep_order()
        order.unlink()

    def test_an_order_whose_books_are_open_is_not_deleted(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self._send_and_follow()
        order.amazon_cancellation_ids.accounting_state = "to_review"
        with self.assertRaisesRegex(UserError, "books"):
            order.unlink()

    def test_the_types_of_activities_are_not_deleted(self):
        """Without that by which goods' suppliers are told, nobody could decide on a request any more."""
        types = self.env["mail.activity.type"].search([("res_model", "like", "amazon.")])
        types |= self.env.ref("sale_amazon_cancellation.mail_activity_supply")
        types |= self.env.ref("sale_amazon_cancellation.mail_activity_request")
        for activity_type in types:
            with self.assertRaisesRegex(UserError, "required"), self.env.cr.savepoint():
                activity_type.unlink()
        types.active = False  # no longer offered to people
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(len(order.activity_ids), 1)
        order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertFalse(order.activity_ids)

    def test_other_orders_are_deleted_as_ever(self):
        order = self.env["sale.order"].create({"partner_id": self.partner.id})
        order.unlink()
        self.assertFalse(order.exists())

    # === ACCOUNTS === #

    def test_an_account_with_open_work_is_not_archived(self):
        cancelled, asked = self._sell(), self._sell()
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self._read()
        cancelled.action_cancel()
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            self.account.active = False
        self.assertIn(cancelled.name, str(caught.exception))
        self.assertIn(asked.name, str(caught.exception))
        asked.action_amazon_keep_order()
        self._send_and_follow()
        self.account.active = False

    def test_cancelled_under_an_archived_account_a_person_is_told(self):
        self.account.manager_id = self.manager
        order = self._sell()
        self._read()
        self.account.active = False
        order.action_cancel()
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertIn("archived", order.amazon_cancellation_ids.amazon_message)
        self.assertEqual(order.amazon_cancellation_ids.activity_ids.user_id, self.manager)
        self.account.active = True
        order.amazon_cancellation_ids.action_retry()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def test_cancelled_before_it_is_known_which_account_it_is_of(self):
        self._add_other_account()
        order = self._sell()
        order.with_user(self.user).action_cancel()
        self.assertEqual(order.state, "cancel")
        self.assertEqual(order.amazon_untold, "account")
        self.assertEqual(order.amazon_cancel_progress, "untold")
        self.assertIn(order, self.env["sale.order"].search([("amazon_cancel_progress", "=", "untold")]))
        with self.assertRaisesRegex(UserError, "not told yet"), self.env.cr.savepoint():
            order.unlink()
        self._read()
        self.assertEqual(order.amazon_cancel_account_id, self.account)
        self.assertFalse(order.amazon_untold)
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def _add_other_account(self):
        self._create_account(seller_id="A2LOCALEU", name="Other shop", lwa_refresh_token="Atzr|local-A2LOCALEU")

    def test_cancelled_before_the_account_is_set_on_it(self):
        """As the order's own message advises."""
        self._add_other_account()
        order = self._sell()
        order.with_user(self.user).action_cancel()
        order.with_user(self.manager).amazon_cancel_account_id = self.account
        self.assertFalse(order.amazon_untold)
        self.assertEqual(order.amazon_cancellation_ids.amazon_order_ref, order.client_order_ref)
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def test_cancelled_after_the_account_is_set_on_it_and_before_it_is_read(self):
        self._add_other_account()
        order = self._sell()
        order.with_user(self.manager).amazon_cancel_account_id = self.account
        order.with_user(self.user).action_cancel()
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def test_cancelled_under_another_account_that_is_set_right_then(self):
        """Scheduled, or refused as that seller has no such order: who reads the order tells Amazon."""
        self._add_other_account()
        other = self.env["amazon.cancellation.account"].search([], order="id desc", limit=1)
        self.assertNotEqual(other, self.account)
        for refused in (False, True):
            order = self._sell(order_vals={"amazon_cancel_account_id": other.id})
            order.with_user(self.user).action_cancel()
            self.assertEqual(order.amazon_cancellation_ids.seller_account_id, other)
            if refused:
                order.amazon_cancellation_ids._refuse("Not found")
            order.with_user(self.manager).amazon_cancel_account_id = self.account
            if refused:
                order.with_user(self.manager).action_amazon_retry_cancellation()
            self._send_and_follow()
            self.assertEqual(order.amazon_cancellation_state, "confirmed")
            self.assertEqual(order.amazon_cancellation_ids.seller_account_id, self.account)

    def test_in_odoo_only_is_for_managers_whoever_calls(self):
        order = self._sell()
        self._read()
        with self.assertRaisesRegex(UserError, "Only a manager"), self.env.cr.savepoint():
            order.with_user(self.user).with_context(amazon_local_only=True).action_cancel()
        order.with_user(self.manager).with_context(amazon_local_only=True).action_cancel()
        self.assertFalse(order.amazon_cancellation_ids)

    # === BRANCHES === #

    def test_an_order_of_a_branch_is_found_by_its_companys_account(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        user = self.user.copy({"login": "branch_user", "company_ids": [(6, 0, branch.ids)], "company_id": branch.id})
        asked, quiet = (self._sell(order_vals={"company_id": branch.id, "user_id": user.id}) for _number in range(2))
        quiet.with_user(user).with_company(branch).action_cancel()
        self.assertEqual(quiet.amazon_cancellation_ids.seller_account_id, self.account)
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(asked.amazon_cancel_request, "requested")
        asked.with_user(user).with_company(branch).action_amazon_accept_cancellation()
        self._send_and_follow()
        self.assertEqual((asked | quiet).mapped("amazon_cancellation_state"), ["confirmed", "confirmed"])
        self.assertTrue(self.account.with_user(user).with_company(branch).has_access("read"))

    # === ONE TRANSACTION === #

    def test_cancelled_reopened_and_cancelled_in_one_transaction(self):
        self.account.undo_minutes = 5
        order = self._sell()
        self._read()
        order.action_cancel()
        order.action_draft()
        order.action_cancel()
        self.env.flush_all()
        self.assertEqual(sorted(order.amazon_cancellation_ids.mapped("state")), ["scheduled", "withdrawn"])
