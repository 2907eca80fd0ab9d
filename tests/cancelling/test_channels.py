from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestCancellationCall(AmazonCase):
    """The account tells Amazon by its order cancellation call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.write({"cancel_channel": "rest", "default_cancel_reason": "NoInventory"})

    def test_cancelled_by_call(self):
        self.shop.switches.rest_cancellation = 202
        order = self._sell()
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        order.action_amazon_accept_cancellation()
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.amazon.calls.count("cancelOrder"), 1)
        self.assertFalse(self.amazon.calls.count("createFeed"))
        self.assertFalse(self.shop.harms)

    def test_not_available_falls_back_to_the_feed_and_says_so_once(self):
        for status in (403, 404, 405):
            with self.subTest(status):
                self.account.rest_refused_date = False
                self.shop.switches.rest_cancellation = status
                orders = self._sell() | self._sell()
                self._read()
                before = self.account.message_ids
                self.amazon.calls.clear()
                for order in orders:
                    order.action_cancel()
                self._send_and_follow()
                self.assertEqual(orders.mapped("amazon_cancellation_state"), ["confirmed", "confirmed"])
                self.assertEqual(self.amazon.calls.count("cancelOrder"), 1, "not asked again for each order")
                self.assertEqual(self.amazon.calls.count("createFeed"), 1)
                notes = (self.account.message_ids - before).filtered(lambda m: "not available" in (m.body or ""))
                self.assertEqual(len(notes), 1)

    def test_reason_without_a_code_goes_by_feed(self):
        self.shop.switches.rest_cancellation = 202
        order = self._sell()
        self._read()
        order.with_context(amazon_cancel_reason="GeneralAdjustment").action_cancel()
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.amazon.calls.count("cancelOrder"))

    def test_lost_answer_is_read_back_and_not_repeated(self):
        self.shop.switches.rest_cancellation = 202
        order = self._sell()
        self._read()
        order.action_cancel()
        self.amazon.faults.add("cancelOrder", "drop_after")
        self._run("cancel", settle=False)
        self.assertEqual(order.amazon_cancellation_state, "sent")
        order.amazon_cancellation_ids.next_check_date = "2020-01-01 00:00:00"
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.amazon.calls.count("cancelOrder"), 1)

    def test_outage_leaves_it_scheduled(self):
        self.shop.switches.rest_cancellation = 202
        order = self._sell()
        self._read()
        order.action_cancel()
        self.amazon.faults.add("cancelOrder", "throttled")
        self._run("cancel", settle=False)
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self._advance_clock(60)  # until Amazon's allowance is renewed
        self._send_and_follow(2)
        self.assertEqual(order.amazon_cancellation_state, "confirmed")


@tagged("post_install", "-at_install")
class TestCancellationFile(AmazonCase):
    """The seller uploads a file in Seller Central."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.cancel_channel = "file"

    def setUp(self):
        super().setUp()
        self.order = self._sell(skus=("MUG", "LAMP"))
        self._read()
        self.order.action_cancel()

    def _prepare_file(self):
        action = self.account.with_user(self.manager).action_prepare_cancellation_file()
        return self.env["amazon.cancellation.feed"].browse(action["res_id"])

    def test_file_is_prepared_uploaded_and_followed(self):
        self._send_and_follow(2)
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled", "nothing is sent by itself")
        feed = self._prepare_file()
        rows = feed.feed_attachment_id.raw.decode().splitlines()
        self.assertTrue(rows[0].startswith("TemplateType=OrderCancellation\tVersion=1.0/1.0.3"))
        self.assertEqual(rows[1].split("\t"), ["order-id", "cancellation-reason-code", "amazon-order-item-code"])
        items = [item.item_id for item in self.shop.order(self.order.amazon_order_ref).items]
        self.assertEqual(
            [row.split("\t") for row in rows[2:]],
            [[self.order.amazon_order_ref, "GeneralAdjustment", item] for item in items],
        )
        feed.with_user(self.user).action_uploaded()
        self.assertEqual(self.order.amazon_cancellation_state, "sent")
        self.shop.seller_cancel(self.order.amazon_order_ref, "GeneralAdjustment")
        self.order.amazon_cancellation_ids.next_check_date = "2020-01-01 00:00:00"
        self._send_and_follow(1)
        self.assertEqual(self.order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_file_tells_no_item_that_the_order_does_not_show(self):
        """Whatever a search or a report tells of others."""
        self.shop.ask_to_cancel(self.order.amazon_order_ref, "Changed mind")
        self._read()
        [first, second] = self.order.amazon_item_refs
        request = {"cancellation": {"cancellationRequest": {"requester": "BUYER"}}}
        for item_id in (10077, "00000000010078", None):
            fault = {"order_id": self.order.amazon_order_ref, "body": [{"orderItemId": item_id, **request}]}
            self.amazon.faults.add("searchOrders", "malformed_order", **fault)
            self.shop.set_status(self.order.amazon_order_ref, "UNSHIPPED")
            self._advance_clock(600)
            self._read()
        self.assertEqual(len(self.order.amazon_request_fingerprint), 5)
        rows = self._prepare_file().feed_attachment_id.raw.decode().splitlines()[2:]
        self.assertEqual([row.split("\t")[2] for row in rows], [first, second])

    def test_until_it_is_prepared_all_can_be_undone_and_the_dialog_says_so(self):
        self.assertFalse(self.account.undo_minutes)
        order = self._sell()
        self._read()
        dialog = self.env["amazon.cancel.dialog"].with_user(self.user).create({"order_id": order.id})
        self.assertIn("Until that is prepared, you can undo", dialog.undo_text)
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._read()
        accept = order.with_user(self.user).with_context(amazon_ask=True).action_amazon_accept_cancellation
        self.assertIn("cancelled", accept()["params"]["message"], "no question comes before")
        order.with_user(self.user).action_amazon_undo_decision()
        self.assertEqual((order.state, order.amazon_cancel_request), ("sale", "requested"))

    # === WHAT CANNOT GO INTO IT === #

    def _press_prepare(self):
        return self.account.with_user(self.manager).action_prepare_cancellation_file()

    def test_order_whose_items_have_odd_ids_is_left_out_and_keeps_no_other_from_the_file(self):
        odd = self._sell()
        self._read()
        odd.amazon_item_refs = ["no id of Amazon's"]
        odd.action_cancel()
        action = self._press_prepare()
        self.assertIn(odd.name, action["params"]["message"])
        feed = self.env["amazon.cancellation.feed"].browse(action["params"]["next"]["res_id"])
        self.assertEqual(feed.cancellation_ids.order_id, self.order)

    def test_order_whose_items_are_not_read_is_left_out_and_says_so(self):
        unread = self._sell()
        unread.amazon_cancel_account_id = self.account
        unread.action_cancel()
        action = self._press_prepare()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn(unread.name, action["params"]["message"])
        self.assertNotIn(self.order.name, action["params"]["message"])
        feed = self.env["amazon.cancellation.feed"].browse(action["params"]["next"]["res_id"])
        self.assertEqual(feed.cancellation_ids, self.order.amazon_cancellation_ids)
        cancellation = unread.amazon_cancellation_ids
        self.assertEqual(cancellation.state, "scheduled", "what was promised is not lost")
        self.assertIn("upload an order report", cancellation.failure_message)
        self.assertIn("upload an order report", self._notes(unread))

        notes = len(unread.message_ids)
        action = self._press_prepare()
        self.assertIn(unread.name, action["params"]["message"])
        self.assertEqual(len(unread.message_ids), notes, "said once")
        self.assertEqual(self.account._get_untold_reason(cancellation), cancellation.failure_message)

        self._read()
        feed = self._prepare_file()
        self.assertEqual(feed.cancellation_ids, cancellation)
        self.assertFalse(cancellation.failure_message)

    def test_what_was_in_its_way_before_does_not_hide_that_it_is_left_out(self):
        self.account.write({"cancel_channel": "feed", "undo_minutes": 0})
        unread = self._sell()
        unread.amazon_cancel_account_id = self.account
        unread.action_cancel()
        self.amazon.faults.add("getOrder", "odd_json", body={"order": {}}, order_id=unread.client_order_ref)
        self._send_and_follow(1)
        cancellation = unread.amazon_cancellation_ids
        self.assertEqual(cancellation.failure_count, 1)
        self.account.cancel_channel = "file"
        self._press_prepare()
        self.assertIn("upload an order report", cancellation.failure_message)
        self.assertIn("upload an order report", self._notes(unread))
        notes = len(unread.message_ids)
        self._press_prepare()
        self.assertEqual(len(unread.message_ids), notes, "said once")

    def _accept_what_is_withdrawn_then(self):
        asked = self._sell()
        self.shop.ask_to_cancel(asked.client_order_ref, "Changed mind")
        self._read()
        asked.action_amazon_accept_cancellation()
        self.shop.advance(60)
        self.shop.withdraw_request(asked.amazon_order_ref)
        self._read()
        return asked

    def test_request_that_is_gone_is_refused_and_stops_no_other(self):
        asked = self._accept_what_is_withdrawn_then()
        action = self._press_prepare()
        self.assertIn(asked.name, action["params"]["message"])
        self.assertEqual(asked.amazon_cancellation_state, "refused")
        self.assertEqual(len(asked.amazon_cancellation_ids.activity_ids), 1, "who decided is told")
        feed = self.env["amazon.cancellation.feed"].browse(action["params"]["next"]["res_id"])
        self.assertEqual(feed.cancellation_ids, self.order.amazon_cancellation_ids)

    def test_request_that_is_gone_is_refused_where_nothing_else_is_due(self):
        self._prepare_file()
        asked = self._accept_what_is_withdrawn_then()
        action = self._press_prepare()
        self.assertIn(asked.name, action["params"]["message"])
        self.assertEqual(asked.amazon_cancellation_state, "refused")

    def test_order_that_was_fulfilled_meanwhile_is_never_in_it(self):
        self.order.amazon_fulfillment_status = "shipped"
        action = self._press_prepare()
        self.assertIn(self.order.name, action["params"]["message"])
        self.assertEqual(self.order.amazon_cancellation_state, "refused")
        self.assertFalse(self.env["amazon.cancellation.feed"].search_count([("channel", "=", "file")]))

    def test_discarded_file_makes_room_for_another(self):
        feed = self._prepare_file()
        with self.assertRaises(UserError):
            self.account.action_prepare_cancellation_file()
        with self.assertRaises(UserError):
            self.order.action_draft()
        feed.action_discard()
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
        self.assertNotEqual(self._prepare_file(), feed)
        with self.assertRaises(UserError):
            feed.action_uploaded()
