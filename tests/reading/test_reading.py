from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import SELLER, AmazonCase


@tagged("post_install", "-at_install")
class TestReading(AmazonCase):
    """What Amazon shows reaches the orders; an outage is never 'no data'."""

    def test_outage_moves_nothing_and_is_told(self):
        order = self._sell()
        self._read()
        before = self.account.last_sync_date
        self.assertEqual(self.account.sync_state, "ok")
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        for kind in ("not_json", "http", "empty", "odd_json", "message", "errors_object", "drop_before", "bad_utf8"):
            with self.subTest(kind):
                self.amazon.faults.add("searchOrders", kind)
                self._read()
                self.assertEqual(self.account.last_sync_date, before)
                self.assertEqual(self.account.sync_state, "failing")
                self.assertTrue(self.account.sync_message)
                self.assertFalse(order.amazon_cancel_request)
        self._read()
        self.assertEqual(self.account.sync_state, "ok")
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_failing_second_page_keeps_the_first_and_the_position(self):
        orders = [self._sell(confirm=False) for _number in range(120)]
        for order in orders:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.amazon.faults.add("searchOrders", "slow", times=1, delay=0)
        self.amazon.faults.add("searchOrders", "http", times=1, status=503)
        self._read()
        self.assertFalse(self.account.last_sync_date)
        self.assertEqual(self.account.sync_state, "failing")
        self._read()
        self.assertEqual({order.amazon_cancel_request for order in orders}, {"requested"})
        self.assertTrue(self.account.last_sync_date)

    def test_one_call_for_a_hundred_orders(self):
        self._read()
        self.amazon.calls.clear()
        for _number in range(100):
            self.shop.add_order(SELLER)
        self._read()
        self.assertEqual(self.amazon.calls.count("searchOrders"), 1)
        self.assertEqual(self.amazon.calls.count("getOrder"), 0)

    def test_one_marketplace_blinds_no_other(self):
        self.account.marketplace_ids |= self.france
        german = self._sell()
        french = self._sell(marketplace_id=self.france.api_ref)
        self._read()
        for order in german | french:
            self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self.amazon.faults.add("searchOrders", "http", times=9, status=403, marketplace_id=self.france.api_ref)
        self._read()
        self.assertEqual(german.amazon_cancel_request, "requested")
        self.assertFalse(french.amazon_cancel_request)
        self.assertEqual(self.account.sync_state, "failing")
        self.assertIn(self.france.name, self.account.sync_message)
        self.amazon.faults.clear()
        self._read()
        self.assertEqual(french.amazon_cancel_request, "requested")
        self.assertEqual(self.account.sync_state, "ok")

    def test_request_withdrawn_by_the_buyer(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertTrue(order.picking_ids.amazon_hold)
        self.shop.withdraw_request(order.amazon_order_ref)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "withdrawn")
        self.assertFalse(order.picking_ids.amazon_hold)
        self.assertFalse(any(order.order_line.mapped("amazon_cancel_requested")))

    def test_request_overtaken_by_shipping(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.shop.ship(order.amazon_order_ref)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "overtaken")

    def test_new_request_after_declined(self):
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.action_amazon_keep_order()
        self.shop.withdraw_request(order.amazon_order_ref)
        self._read()
        self.assertEqual(order.amazon_cancel_request, "declined")
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_partial_request_shows_on_its_line(self):
        order = self._sell(skus=("MUG", "LAMP"))
        item = self.shop.order(order.client_order_ref).items[1]
        self.shop.ask_to_cancel(order.client_order_ref, "Too bright", item_ids=[item.item_id])
        self._read()
        self.assertEqual(order.order_line.mapped("amazon_cancel_requested"), [False, True])
        self.assertEqual(order.order_line.mapped("amazon_cancel_reason"), [False, "Too bright"])
        self.assertEqual(order.order_line[1].amazon_item_ref, item.item_id)

    def test_matching(self):
        refs = [self.shop.add_order(SELLER).order_id for _number in range(5)]
        for ref in refs:
            self.shop.ask_to_cancel(ref, "Changed mind")
        vals = {"partner_id": self.partner.id}
        by_ref, by_client_ref, by_origin, by_prefix, stranger = self.env["sale.order"].create(
            [
                {**vals, "amazon_order_ref": refs[0]},
                {**vals, "client_order_ref": refs[1]},
                {**vals, "origin": refs[2]},
                {**vals, "origin": f"Amazon {refs[3]}"},
                {**vals, "origin": f"{refs[4]}-copy"},
            ]
        )
        self._read()
        found = by_ref | by_client_ref | by_origin | by_prefix
        self.assertEqual(found.mapped("amazon_cancel_request"), ["requested"] * 4)
        self.assertEqual(found.mapped("amazon_order_ref"), refs[:4])
        self.assertEqual(found.amazon_cancel_account_id, self.account)
        self.assertFalse(stranger.amazon_order_ref)
        self.assertEqual(self.account.unknown_order_ids.mapped("order_ref"), refs[4:])

    def test_order_imported_after_its_request_was_read(self):
        ref = self.shop.add_order(SELLER).order_id
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.shop.advance(3600)
        self.assertEqual(self.account.unknown_order_count, 1)
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "client_order_ref": ref})
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(self.account.unknown_order_ids)

    def test_what_was_read_before_the_import_holds_the_goods_as_soon_as_there_are_any(self):
        """An order is often asked for before it is imported; and a workflow may ship it before the next reading."""
        refs = [self.shop.add_order(SELLER).order_id for _number in range(3)]
        self.shop.ask_to_cancel(refs[0], "Changed mind")
        self.shop.buyer_cancel(refs[1], "Changed mind")
        self._read()
        asked, cancelled, quiet = orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partner.id,
                    "user_id": self.user.id,
                    "origin": f"Amazon {ref}",
                    "order_line": [(0, 0, {"product_id": self.mug.id})],
                }
                for ref in refs
            ]
        )
        orders.with_user(self.user).action_confirm()
        self.assertEqual([order.picking_ids.amazon_hold for order in orders], [True, True, False])
        self.assertEqual(asked.amazon_cancel_request, "requested")
        self.assertFalse(self.account.unknown_order_ids)
        self.assertIs(quiet.picking_ids.button_validate(), True)
        self._read()
        self.assertEqual(cancelled.state, "cancel")
        self.assertTrue(asked._amazon_get_activities("request"))

    def test_duplicates_are_flagged_and_not_cancelled(self):
        ref = self.shop.add_order(SELLER).order_id
        twins = self.env["sale.order"].create([{"partner_id": self.partner.id, "client_order_ref": ref}] * 2)
        self.shop.buyer_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual(twins.mapped("amazon_duplicate"), [True, True])
        self.assertEqual(twins.mapped("state"), ["draft", "draft"])

    def test_older_snapshot_overwrites_nothing(self):
        order = self._sell()
        with self._own_transaction(self.account) as account:
            with account._open_client() as client:
                older = client.get_order(order.client_order_ref)
        self.shop.advance(60)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.env["amazon.order.reader"]._apply(self.account, [older])
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_rate_limit_plans_the_next_run_and_is_no_failure(self):
        self._sell()
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_read")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        self.amazon.faults.add("searchOrders", "throttled")
        self._read()
        self.assertNotEqual(self.account.sync_state, "failing")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_amazon_clock_ahead_of_ours(self):
        order = self._sell()
        self._read()
        self.shop.advance(timedelta(days=2).total_seconds())
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_one_account_failing_does_not_stop_the_others(self):
        failing = self._create_account(
            name="Revoked",
            seller_id="A1LOCALNA",
            region="na",
            lwa_refresh_token="Atzr|local-A1LOCALNA",
            marketplace_ids=[(6, 0, self.env.ref("sale_amazon_cancellation.marketplace_us").ids)],
        )
        self.shop.seller("A1LOCALNA").authorisation_revoked = True
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual(failing.sync_state, "failing")
        self.assertIn("refresh token", failing.sync_message)
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_secrets_stay_out_of_messages(self):
        self.account.lwa_client_secret = "wrong-but-secret"
        self._read()
        self.assertEqual(self.account.sync_state, "failing")
        for secret in ("wrong-but-secret", "Atzr|local"):
            self.assertNotIn(secret, self.account.sync_message)


@tagged("post_install", "-at_install")
class TestConnection(AmazonCase):
    """Test connection tells the causes apart."""

    def test_fills_the_marketplaces_once(self):
        self.account.marketplace_ids = False
        action = self.account.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn(self.germany, self.account.marketplace_ids)

    def test_offers_other_marketplaces(self):
        action = self.account.action_test_connection()
        offer = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(self.account.marketplace_ids, self.germany)
        offer.action_apply()
        self.assertIn(self.france, self.account.marketplace_ids)

    def test_wrong_secret(self):
        self.account.lwa_client_secret = "wrong"
        with self.assertRaisesRegex(UserError, "client id or secret"):
            self.account.action_test_connection()

    def test_missing_secret(self):
        self.account.lwa_client_secret = False
        with self.assertRaisesRegex(UserError, "client id or secret"):
            self.account.action_test_connection()

    def test_revoked_token(self):
        self.shop.seller(SELLER).authorisation_revoked = True
        with self.assertRaisesRegex(UserError, "refresh token"):
            self.account.action_test_connection()

    def test_missing_role(self):
        self.shop.seller(SELLER).denied_operations = ["searchOrders"]
        with self.assertRaisesRegex(UserError, "lacks a role"):
            self.account.action_test_connection()

    def test_unreachable(self):
        self.amazon.faults.add("getMarketplaceParticipations", "drop_before")
        with self.assertRaisesRegex(UserError, "could not be reached"):
            self.account.action_test_connection()
