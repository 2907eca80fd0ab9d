from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...spapi.client import SellerClient
from ...spapi.errors import CredentialsError
from .. import sources
from ..common import SELLER, AmazonCase

COLD_CACHE = 2


class ReaderBatchCase(AmazonCase):
    """Pages of orders, and how many questions they cost the database."""

    def _import(self, number):
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": self.shop.add_order(SELLER, items=[{"sku": "MUG"}]).order_id,
                    "order_line": [(0, 0, {"product_id": self.mug.id})],
                }
                for _order in range(number)
            ]
        )
        orders.action_confirm()
        return orders

    def _snapshots(self, orders):
        return [sources.search(self.shop.order(ref)) for ref in orders.mapped("client_order_ref")]

    @contextmanager
    def _counting(self, counts):
        before = self.cr.sql_log_count
        yield
        counts.append(self.cr.sql_log_count - before)


@tagged("post_install", "-at_install")
class TestReaderBatch(ReaderBatchCase):
    """A page of orders costs the database the same few questions, however many orders it has."""

    def _measure(self, prepare=None, number=10):
        counts = []
        for size in (number, 10 * number):
            orders = self._import(size)
            self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
            self.shop.advance(60)
            for order in orders:
                if prepare:
                    prepare(order.amazon_order_ref)
            snapshots = self._snapshots(orders)
            self.env.flush_all()
            self.env.invalidate_all()
            with self._counting(counts):
                self.env["amazon.order.reader"]._apply(self.account, snapshots)
                self.env.flush_all()
        return counts

    def _assert_constant(self, few, many):
        """Ten times the orders cost no more questions, but for one that a cold cache may have asked."""
        self.assertLessEqual(many, few + COLD_CACHE)

    def test_pages_without_news(self):
        few, many = self._measure()
        self._assert_constant(few, many)

    def test_pages_of_requests(self):
        few, many = self._measure(lambda ref: self.shop.ask_to_cancel(ref, "Changed mind"))
        self._assert_constant(few, many)

    def test_pages_of_withdrawals(self):
        def prepare(ref):
            self.shop.ask_to_cancel(ref, "Changed mind")
            self.shop.advance(1)
            self.shop.withdraw_request(ref)

        few, many = self._measure(prepare)
        self._assert_constant(few, many)

    def test_first_sight(self):
        self.env["amazon.order.reader"]._apply(self.account, self._snapshots(self._import(1)))
        counts = []
        for size in (10, 100):
            orders = self._import(size)
            snapshots = self._snapshots(orders)
            self.env.invalidate_all()
            with self._counting(counts):
                self.env["amazon.order.reader"]._apply(self.account, snapshots)
                self.env.flush_all()
        self._assert_constant(*counts)

    def test_unknown_orders(self):
        self.env["amazon.order.reader"]._apply(self.account, [sources.search(self.shop.add_order(SELLER))])
        counts = []
        for size in (10, 100):
            snapshots = [sources.search(self.shop.add_order(SELLER)) for _order in range(size)]
            for _again in range(2):
                self.env.invalidate_all()
                with self._counting(counts):
                    self.env["amazon.order.reader"]._apply(self.account, snapshots)
                    self.env.flush_all()
        self._assert_constant(counts[0], counts[2])
        self._assert_constant(counts[1], counts[3])

    def test_one_odd_order_stops_no_other(self):
        orders = self._import(5)
        for ref in orders.mapped("client_order_ref"):
            self.shop.ask_to_cancel(ref, "Changed mind")
        odd = orders[2]
        learn = type(odd)._amazon_learn

        def fail(order, *arguments):
            if order == odd:
                raise ValueError("odd")
            return learn(order, *arguments)

        with (
            patch.object(type(odd), "_amazon_learn", fail),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"),
        ):
            counts = self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
        self.assertEqual(counts["failed"], 1)
        self.assertEqual((orders - odd).mapped("amazon_cancel_request"), ["requested"] * 4)
        self.assertFalse(odd.amazon_cancel_request)
        odd.amazon_cancel_account_id = self.account
        self._read()
        self.assertEqual(odd.amazon_cancel_request, "requested", "it is read again by itself")


@tagged("post_install", "-at_install")
class TestPageCost(ReaderBatchCase):
    """What a page of 100 orders costs, with all that follows: one of many, each committed, after which nothing is
    remembered but what a worker keeps.
    """

    def _ask(self, orders):
        self.shop.advance(60)
        for order in orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, f"Changed mind about {order.name}")

    def _commit(self):
        self.env.cr.flush()
        self.env.invalidate_all()

    def _measure_pages(self, news, pages):
        """The queries of a page, on the average of pages of a run, of which each shows new requests."""
        orders, reader = self._import(100), self.env["amazon.order.reader"]
        orders.user_id = self.user  # who follows them
        reader._apply(self.account, self._snapshots(orders))
        if news:
            before = self._import(1)
            before.user_id = self.user
            reader._apply(self.account, self._snapshots(before))
            self._ask(before)
            reader._apply(self.account, self._snapshots(before))
        counts = []
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_arguments, **_options: self._commit()
        ):
            for page in range(pages):
                self._ask(orders[page * news : (page + 1) * news])
                snapshots = self._snapshots(orders)
                self.env.invalidate_all()
                with self._counting(counts):
                    reader._apply_and_commit(self.account, snapshots, follow_up=False)
            with self._counting(counts):
                self.env["amazon.order.follow.up"]._do_due(self.account)
        self.assertEqual(orders.mapped("amazon_cancel_request").count("requested"), news * pages)
        self.assertEqual(len(orders.activity_ids), news * pages)
        self.assertFalse(orders.filtered("amazon_follow_up_date"))
        return sum(counts) / pages, orders

    def test_a_page_without_news_writes_no_row(self):
        queries, orders = self._measure_pages(0, 5)
        self.assertLessEqual(queries, 4)
        self.cr.execute("SELECT xmin, ctid FROM sale_order WHERE id = ANY(%s)", [orders.ids])
        before = self.cr.fetchall()
        self.env["amazon.order.reader"]._apply(self.account, self._snapshots(orders))
        self.env.flush_all()
        self.cr.execute("SELECT xmin, ctid FROM sale_order WHERE id = ANY(%s)", [orders.ids])
        self.assertEqual(self.cr.fetchall(), before)

    def test_pages_with_two_requests_each(self):
        """What a person is asked by costs Odoo most of it, and comes once for all pages."""
        self.assertLessEqual(self._measure_pages(2, 20)[0], 15)

    def test_a_page_of_requests_only(self):
        self.assertLessEqual(self._measure_pages(100, 1)[0], 40)


@tagged("post_install", "-at_install")
class TestPageTogether(ReaderBatchCase):
    """A page is applied in one go; what fails of it is left out, and nothing else."""

    def setUp(self):
        super().setUp()
        self.orders = self._import(5)
        self._read()
        for ref in self.orders.mapped("client_order_ref"):
            self.shop.ask_to_cancel(ref, "Changed mind")
        self.odd = self.orders[2]

    def _fail_for(self, model, name, odd):
        """Let a method fail where the odd order is among those that it is called for."""
        method = getattr(model, name)

        def fail(records, *arguments):
            if odd(records, *arguments):
                raise ValueError("odd")
            return method(records, *arguments)

        return patch.object(model, name, fail)

    def test_an_order_that_cannot_be_shown(self):
        with (
            self._fail_for(type(self.orders), "_amazon_learn", lambda order, *_arguments: order.id == self.odd.id),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"),
        ):
            self._read()
        self.assertEqual((self.orders - self.odd).mapped("amazon_cancel_request"), ["requested"] * 4)
        self.assertTrue(self.odd.amazon_read_wanted)
        self._read()
        self.assertEqual(self.odd.amazon_cancel_request, "requested")

    def test_an_order_that_cannot_be_told(self):
        def is_odd(_reader, pairs):
            return self.odd.id in [order.id for order, _snapshot in pairs]

        with (
            self._fail_for(type(self.env["amazon.order.reader"]), "_on_requested", is_odd),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"),
        ):
            self._read()
        self.assertEqual(self.orders.mapped("amazon_cancel_request"), ["requested"] * 5, "it is shown all the same")
        self.assertIn("Changed mind", self._notes(self.orders[0]))
        self.assertNotIn("Changed mind", self._notes(self.odd))

    def test_an_order_for_which_something_cannot_be_done(self):
        with (
            self._fail_for(type(self.orders), "_amazon_ask_to_decide", lambda orders: self.odd.id in orders.ids),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.sale_order"),
        ):
            self._read()
        self.assertEqual(self.orders.mapped("amazon_cancel_request"), ["requested"] * 5)
        others = self.orders - self.odd
        self.assertEqual(len(others._amazon_get_activities("request")), 4)
        self.assertFalse(self.odd._amazon_get_activities("request"))
        self.assertTrue(self.odd._amazon_get_activities("follow_up"), "it is told")
        self.assertEqual(self.odd.amazon_follow_up_tries, 1, "it is tried again")

    def test_what_follows_is_done_where_a_later_page_is_refused(self):
        self._fail_at_the_second_page(CredentialsError("revoked", kind="grant", operation="searchOrders"))

    def test_what_follows_is_done_where_a_later_page_cannot_be_read(self):
        self._fail_at_the_second_page(ValueError("odd"))

    def _fail_at_the_second_page(self, error):
        search, pages = SellerClient.search_orders, []

        def fail(client, *arguments, **options):
            pages.append(1)
            if len(pages) > 1:
                raise error
            page = search(client, *arguments, **options)
            return replace(page, next_token="next")

        with (
            patch.object(SellerClient, "search_orders", fail),
            mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account"),
        ):
            self._read()
        self.env.invalidate_all()
        self.assertTrue(self.account.sync_failing)
        self.assertEqual(self.orders.mapped("amazon_cancel_request"), ["requested"] * 5)
        self.assertEqual(len(self.orders._amazon_get_activities("request")), 5)
