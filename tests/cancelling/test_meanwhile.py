from contextlib import ExitStack
from unittest.mock import patch

from odoo.tests import tagged

from ...models.cancelling.amazon_cancellation_feed import AmazonCancellationFeed
from ...models.cancelling.amazon_order_cancellation import AmazonOrderCancellation
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestMeanwhile(AmazonCase):
    """What happens between two steps of sending is heeded: nothing is told that was undone, ended, or told before."""

    def _sell_and_cancel(self, count=2):
        orders = self.env["sale.order"].union(*(self._sell() for _number in range(count)))
        self._read()
        for order in orders:
            order.with_context(amazon_cancel_reason="NoInventory").action_cancel()
        return orders

    # === BY AMAZON'S CALL === #

    def test_undone_while_others_are_told_by_call(self):
        self.account.cancel_channel = "rest"
        self.shop.switches.rest_cancellation = 202
        first, second = self._sell_and_cancel()
        on_sent = AmazonOrderCancellation._on_sent

        def undo_the_others(cancellations):
            on_sent(cancellations)
            cancellations.search([("state", "=", "scheduled")]).action_withdraw()

        with patch.object(AmazonOrderCancellation, "_on_sent", undo_the_others):
            self._run("cancel", settle=False)
        self._send_and_follow(3)
        self.assertEqual(first.amazon_cancellation_state, "confirmed")
        self.assertEqual(second.amazon_cancellation_state, "withdrawn")
        self.assertEqual(second.state, "sale")
        self.assertEqual(self.shop.order(second.amazon_order_ref).status, "UNSHIPPED")
        self.assertEqual(self.amazon.calls.count("cancelOrder"), 1)

    def test_held_by_another_run_it_is_not_told_by_call(self):
        self.account.cancel_channel = "rest"
        self.shop.switches.rest_cancellation = 202
        [order] = self._sell_and_cancel(1)
        self.amazon.calls.clear()
        cancellations = type(order.amazon_cancellation_ids)
        lock = cancellations.try_lock_for_update

        def lock_until_it_is_looked_at(records, **kwargs):
            return records.browse() if self.amazon.calls.count("getOrder") else lock(records, **kwargs)

        with patch.object(cancellations, "try_lock_for_update", lock_until_it_is_looked_at):
            self._run("cancel", settle=False)
        self.assertEqual(self.amazon.calls.count("getOrder"), 1)
        self.assertFalse(self.amazon.calls.count("cancelOrder"))
        self.assertEqual(order.amazon_cancellation_state, "scheduled")

    # === BY FEED === #

    def test_shipped_while_the_feed_is_handed_over(self):
        first, second = self._sell_and_cancel()
        lock = AmazonCancellationFeed._lock_in_state

        def ship_one_before(feed, state):
            ended = feed.cancellation_ids.filtered(lambda c: c.order_id == first and c.state == "scheduled")
            if state == "promised" and ended:
                ended.order_id.amazon_fulfillment_status = "shipped"
                ended._on_amazon_shipped()
            return lock(feed, state)

        with patch.object(AmazonCancellationFeed, "_lock_in_state", ship_one_before):
            self._run("cancel", settle=False)
        self.assertFalse(self.amazon.calls.count("createFeed"), "its document has the order that is shipped")
        self._send_and_follow()
        self.assertEqual(first.amazon_cancellation_state, "refused")
        self.assertEqual(second.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)
        self.assertEqual(self.shop.order(first.amazon_order_ref).status, "UNSHIPPED")

    def _run_and_meanwhile(self, happen):
        """Run the sending; something happens after the orders were looked at, and before a feed is written."""
        cut = AmazonCancellationFeed._cut_by_size

        def cut_after(feeds, cancellations, snapshots):
            parts = cut(feeds, cancellations, snapshots)
            happen(feeds, cancellations)
            return parts

        with patch.object(AmazonCancellationFeed, "_cut_by_size", cut_after):
            self._run("cancel", settle=False)
        return self.env["amazon.cancellation.feed"].search([("seller_account_id", "=", self.account.id)])

    def test_undone_just_before_the_feed_is_written(self):
        first, second = self._sell_and_cancel()
        feed = self._run_and_meanwhile(lambda _feeds, cancellations: cancellations[:1].action_withdraw())
        self.assertEqual((first.state, second.amazon_cancellation_state), ("sale", "sent"))
        self.assertEqual(feed.cancellation_ids.order_id, second, "one feed, and without what was undone")

    def test_taken_by_another_run_just_before_the_feed_is_written(self):
        first, second = self._sell_and_cancel()

        def take_first(feeds, cancellations):
            feeds._create_with_document(self.account.with_env(feeds.env), cancellations[:1], b"<AmazonEnvelope/>")

        others, own = self._run_and_meanwhile(take_first).sorted("id")
        self.assertEqual((others.cancellation_ids.order_id, own.cancellation_ids.order_id), (first, second))

    def test_held_by_another_run_just_before_the_feed_is_written(self):
        orders = self._sell_and_cancel()

        with ExitStack() as held:

            def hold(_feeds, cancellations):
                locks = {"try_lock_for_update": lambda records, **_kwargs: records.browse()}
                held.enter_context(patch.multiple(type(cancellations), **locks))

            self.assertFalse(self._run_and_meanwhile(hold))
        self.assertEqual(set(orders.mapped("amazon_cancellation_state")), {"scheduled"})

    def test_feed_that_another_run_gave_up_is_not_handed_over(self):
        [order] = self._sell_and_cancel(1)
        submit = AmazonCancellationFeed._submit

        def give_up_before(feed, client):
            feed._abandon()  # as a run does that finds it prepared, and nobody at it
            submit(feed, client)

        with patch.object(AmazonCancellationFeed, "_submit", give_up_before):
            self._run("cancel", settle=False)
        for operation in ("createFeedDocument", "createFeed"):
            self.assertFalse(self.amazon.calls.count(operation))
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertEqual(self.amazon.calls.count("createFeed"), 1)

    def test_feed_that_another_run_works_on_is_left_to_it(self):
        [order] = self._sell_and_cancel(1)
        self._run("cancel", settle=False)
        feed = order.amazon_cancellation_ids.feed_id
        self.amazon.calls.clear()
        with patch.object(type(feed), "try_lock_for_update", lambda records, **_kwargs: records.browse()):
            self._run("cancel", settle=False)
        self.assertFalse(self.amazon.calls.count("getFeed"))
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")

    def test_order_that_another_run_reads_back_is_left_to_it(self):
        [order] = self._sell_and_cancel(1)
        self._run("cancel", settle=False)
        self.amazon.calls.clear()
        cancellation = order.amazon_cancellation_ids
        with patch.object(type(cancellation), "try_lock_for_update", lambda records, **_kwargs: records.browse()):
            self._send_and_follow(3)
        self.assertEqual(cancellation.state, "accepted")
        self.assertFalse(self.amazon.calls.count("getOrder"))
        self._send_and_follow()
        self.assertEqual(cancellation.state, "confirmed")

    def test_item_id_that_no_feed_takes_stops_nobody(self):
        bad, good = self._sell_and_cancel()
        body = {
            "orderId": bad.amazon_order_ref,
            "lastUpdatedTime": self.shop.now().isoformat(),
            "createdTime": "2026-11-20T10:00:00Z",
            "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
            "orderItems": [{"orderItemId": "1 & 2", "quantityOrdered": 1}],
        }
        self.amazon.faults.add("getOrder", "odd_json", body={"order": body}, order_id=bad.amazon_order_ref)
        self._run("cancel", settle=False)
        self.assertEqual(good.amazon_cancellation_state, "sent")
        self.assertEqual(bad.amazon_cancellation_state, "scheduled")
        self.assertTrue(bad.amazon_cancellation_ids.failure_message)

    # === OF ONE AMAZON ORDER === #

    def _sell_late(self, order):
        """A second sale order of the same Amazon order, which comes in when the first is cancelled."""
        late = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "client_order_ref": order.amazon_order_ref,
                "order_line": [(0, 0, {"product_id": self.mug.id})],
            }
        )
        late.action_confirm()
        return late

    def test_second_import_that_is_cancelled_too(self):
        [order] = self._sell_and_cancel(1)
        late = self._sell_late(order)
        late.action_cancel()
        self.assertEqual(len((order | late).amazon_cancellation_ids), 1, "Amazon is told once")
        self.assertEqual(late.amazon_order_ref, order.amazon_order_ref)
        self.assertFalse(late.amazon_untold)
        self._send_and_follow()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        self.assertFalse(self.shop.harms)

    def test_two_cancellations_of_one_order_stop_nobody(self):
        order, other = self._sell_and_cancel()
        order.amazon_cancellation_ids.state = "refused"
        late = self._sell_late(order)
        late.action_cancel()
        order.amazon_cancellation_ids.action_retry()
        self.assertEqual(set((order | late).amazon_cancellation_ids.mapped("state")), {"scheduled"})
        self._send_and_follow()
        self.assertEqual(
            (order | late | other).amazon_cancellation_ids.mapped("state"), ["confirmed", "confirmed", "confirmed"]
        )
        self.assertFalse(self.shop.harms)

    def test_undo_of_the_first_leaves_the_second_import(self):
        [order] = self._sell_and_cancel(1)
        late = self._sell_late(order)
        late.action_cancel()
        order.amazon_cancellation_ids.action_withdraw()
        self.assertEqual(order.state, "sale")
        self.assertEqual(late.state, "cancel")
        self.assertEqual(late.amazon_untold, "family")

    # === ACCOUNTS AND FILES === #

    def test_retry_under_an_archived_account_is_no_silent_wait(self):
        [order] = self._sell_and_cancel(1)
        order.amazon_cancellation_ids._refuse("No.", try_once_more=False)
        self.account.active = False
        order.amazon_cancellation_ids.with_user(self.manager).action_retry()
        self.assertEqual(order.amazon_cancellation_state, "refused")
        self.assertIn("archived", order.amazon_cancellation_ids.amazon_message)

    def test_file_left_behind_by_another_way_of_telling(self):
        self.account.cancel_channel = "file"
        [order] = self._sell_and_cancel(1)
        self.account.action_prepare_cancellation_file()
        self.account.cancel_channel = "feed"
        self.assertIn("confirm the upload", self.account._get_untold_reason(order.amazon_cancellation_ids))

    def test_file_tells_the_buyers_reason_only_while_the_buyer_asks(self):
        self.account.cancel_channel = "file"
        [gone, asked] = [self._sell(), self._sell()]
        self.shop.ask_to_cancel(gone.client_order_ref, "Changed mind")
        self._read()
        gone.action_amazon_accept_cancellation()
        asked.action_cancel()
        gone.amazon_request_fingerprint = False
        asked.amazon_request_fingerprint = {asked.amazon_item_refs[0]: "Changed mind"}
        self.account.action_prepare_cancellation_file()
        feed = self.env["amazon.cancellation.feed"].search([("channel", "=", "file")])
        self.assertEqual(feed.cancellation_ids.order_id, asked)
        self.assertIn("BuyerCanceled", feed.feed_attachment_id.raw.decode())
        self.assertEqual(gone.amazon_cancellation_state, "refused")
        self.assertIn("no longer shown", gone.amazon_cancellation_ids.amazon_message)
