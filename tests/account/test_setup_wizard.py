from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ...dev.amazon.auth import CLIENT_ID, CLIENT_SECRET
from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestSetupWizard(AmazonCase):
    """From nothing to a working account, with a look at what it will do before it does it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls._create_user("amazon_system", "sales_team.group_sale_manager", "base.group_system")
        cls.account.unlink()

    def _sell(self, **values):
        order = super()._sell(**values)
        self._advance_clock(180)
        return order

    def _start(self, secret=CLIENT_SECRET):
        form = Form(self.env["amazon.cancellation.setup"].with_user(self.system))
        form.name = "My shop"
        form.seller_id = SELLER
        form.lwa_client_id = CLIENT_ID
        form.lwa_client_secret = secret
        form.lwa_refresh_token = f"Atzr|local-{SELLER}"
        return form.save()

    def _go_to(self, step):
        wizard = self._start()
        while wizard.step != step:
            wizard.action_next()
        return wizard

    def test_wrong_secret_makes_no_account(self):
        wizard = self._start(secret="wrong")
        with self.assertRaises(UserError, msg="the cause is told"):
            wizard.action_next()
        self.assertEqual(wizard.step, "connect")
        self.assertFalse(self.env["amazon.cancellation.account"].search([("active", "in", [True, False])]))

    def test_connect_fills_the_marketplaces_and_forgets_the_secrets(self):
        wizard = self._go_to("marketplaces")
        self.assertIn(self.germany, wizard.marketplace_ids)
        self.assertFalse(wizard.lwa_client_secret or wizard.lwa_refresh_token or wizard.lwa_client_id)
        self.assertFalse(wizard.account_id.active, "no scheduled action reads it yet")

    def test_match_check_counts(self):
        known, twice = self._sell(), self._sell()
        twice.copy({"client_order_ref": twice.client_order_ref})
        unknown = self.shop.add_order(SELLER)
        self.shop.ask_to_cancel(known.client_order_ref, "Changed mind")
        self._advance_clock(180)
        wizard = self._go_to("match")
        self.assertEqual((wizard.read_count, wizard.known_count), (3, 2))
        self.assertEqual((wizard.request_count, wizard.double_count), (1, 1))
        self.assertEqual(wizard.unknown_refs, unknown.order_id)
        self.assertFalse(known.amazon_order_ref, "nothing is written to the orders")

    def test_the_field_of_another_connector_is_found_by_what_stands_there(self):
        order = self._sell()
        order.write({"reference": f"AMZ-{order.client_order_ref}", "client_order_ref": False})
        wizard = self._go_to("match")
        self.assertEqual((wizard.order_ref_path, wizard.order_ref_prefix), ("reference", "AMZ-"))
        self.assertIn("(reference): 1", wizard.order_ref_message)
        self.assertEqual(wizard.known_count, 1)

    def test_a_field_that_is_chosen_by_hand_stays(self):
        order = self._sell()
        order.write({"reference": order.client_order_ref, "client_order_ref": False})
        wizard = self._go_to("match")
        wizard.order_ref_field_id = self.env["ir.model.fields"]._get("sale.order", "name")
        wizard.action_check_match()
        self.assertEqual((wizard.order_ref_path, wizard.known_count), ("name", 0))
        wizard.action_find_order_refs()
        self.assertEqual((wizard.order_ref_path, wizard.known_count), ("reference", 1))

    def test_dry_run_tells_all_and_writes_nothing(self):
        asked, gone, plain = self._sell(), self._sell(), self._sell()
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self.shop.buyer_cancel(gone.client_order_ref, "Bought elsewhere")
        self._advance_clock(180)
        messages = self.env["mail.message"].search_count([])
        wizard = self._go_to("dry_run")
        outcomes = {line.order_id: line.outcome for line in wizard.line_ids}
        self.assertEqual(outcomes, {asked: "requested", gone: "followed", plain: "linked"})
        self.assertEqual(wizard.line_ids.filtered(lambda line: line.order_id == asked).reason, "Changed mind")
        for order in asked | gone | plain:
            self.assertEqual(order.state, "sale")
            self.assertFalse(order.amazon_fulfillment_status or order.amazon_cancel_request or order.amazon_order_ref)
            self.assertFalse(order.activity_ids)
        self.assertFalse(self.env["amazon.order.cancellation"].search([("order_id", "in", (asked | gone).ids)]))
        written = self.env["mail.message"].search_count([]) - messages
        self.assertLessEqual(written, 2, "only the account's own messages")
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_dry_run_follows_the_rules(self):
        asked, gone = self._sell(), self._sell()
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self.shop.buyer_cancel(gone.client_order_ref, "Bought elsewhere")
        self._advance_clock(180)
        wizard = self._go_to("rules")
        wizard.write({"auto_accept": "before_shipping", "follow_amazon": False})
        wizard.action_next()
        outcomes = {line.order_id: line.outcome for line in wizard.line_ids}
        self.assertEqual(outcomes, {asked: "accepted", gone: "open_in_odoo"})
        wizard.action_back()
        wizard.write({"auto_accept": "never"})
        wizard.action_next()
        self.assertIn("requested", wizard.line_ids.mapped("outcome"))

    def test_finish_starts_the_account(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        wizard = self._go_to("dry_run")
        action = wizard.action_finish()
        account = self.env["amazon.cancellation.account"].browse(action["res_id"])
        self.assertTrue(account.active)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(account.sync_state, "ok")

    def test_only_system_administrators_set_up(self):
        manager = self.env["amazon.cancellation.setup"].with_user(self.manager)
        self.assertFalse(manager.has_access("create"))
