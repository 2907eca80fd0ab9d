import os
import random
import threading
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...dev.amazon.server import LocalAmazon
from .. import sources
from ..committing_common import CommittingCase
from ..common import SELLER, AmazonCase

ACCOUNT = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account"
READER = "odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader"


@tagged("post_install", "-at_install")
class TestContention(AmazonCase):
    """Others who write the same orders all the time starve no reading."""

    def setUp(self):
        super().setUp()
        self.orders = self.env["sale.order"].union(*(self._sell() for _number in range(12)))
        self._read()
        for order in self.orders:
            self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self.tries = []

    def _read_against(self, is_busy):
        """Read while a batch cannot be serialised if `is_busy` says so of its orders."""
        original = type(self.env["amazon.order.reader"])._show_batch

        def show(reader, account, applied):
            orders = reader.env["sale.order"].union(*(order for order, *_read in applied))
            self.tries.append(len(orders))
            if is_busy(orders):
                raise SerializationFailure("could not serialize access due to concurrent update")
            return original(reader, account, applied)

        reader = type(self.env["amazon.order.reader"])
        with patch.object(reader, "_show_batch", show), mute_logger(READER):
            self._read()

    def test_page_is_applied_in_smaller_and_smaller_parts(self):
        self._read_against(lambda orders: len(orders) > 3)
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertLess(len(self.tries), 20)

    def test_one_busy_order_keeps_no_other_from_being_shown(self):
        busy, others = self.orders[5], self.orders - self.orders[5]
        self._read_against(lambda orders: busy in orders)
        self.assertEqual(set(others.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")
        self.assertTrue(busy.amazon_read_wanted)
        self._read()
        self.assertEqual(busy.amazon_cancel_request, "requested")

    def test_page_counts_as_not_read_where_a_busy_order_cannot_even_be_noted(self):
        busy, others = self.orders[5], self.orders - self.orders[5]
        before = self.account.cursor_ids.mapped("read_until")
        want = type(self.env["amazon.order.reader"])._want

        def refuse(reader, account, refs):
            if busy.amazon_order_ref in refs:
                raise SerializationFailure("could not serialize access due to concurrent update")
            return want(reader, account, refs)

        with patch.object(type(self.env["amazon.order.reader"]), "_want", refuse), mute_logger(ACCOUNT):
            self._read_against(lambda orders: busy in orders)
        self.assertEqual(set(others.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.cursor_ids.mapped("read_until"), before)
        self._read()
        self.assertEqual(busy.amazon_cancel_request, "requested")

    def test_another_reading_of_the_same_account_is_no_failure(self):
        """As where a person reads while the scheduled action does: the position is moved by one of the two."""
        cursor = type(self.account.cursor_ids)
        conclude = cursor._conclude

        def conclude_second(self, search, window):
            conclude(self, search, window)
            self.env["ir.cron"]._commit_progress()
            raise SerializationFailure("could not serialize access due to concurrent update")

        with patch.object(cursor, "_conclude", conclude_second):
            self._read()
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})
        self.assertEqual(self.account.sync_state, "ok")

    def test_order_that_is_told_twice_and_stays_busy_is_read_again(self):
        busy = self.orders[5]
        snapshots = [sources.search(self.shop.order(busy.amazon_order_ref)) for _time in range(2)]
        show = patch.object(type(self.env["amazon.order.reader"]), "_show_batch", side_effect=SerializationFailure)
        with self._own_transaction(self.account) as account, show, mute_logger(READER):
            counts = account.env["amazon.order.reader"]._apply_and_commit(account, snapshots)
        self.assertEqual(counts["failed"], 1)
        self.assertTrue(busy.amazon_read_wanted)

    def test_an_order_that_is_busy_for_a_moment_has_tries_of_its_own(self):
        busy = self.orders[5]
        alone = iter(range(3))
        self._read_against(lambda orders: busy in orders and (len(orders) > 1 or next(alone, None) is not None))
        self.assertEqual(set(self.orders.mapped("amazon_cancel_request")), {"requested"})


@tagged("post_install", "-at_install")
class TestWriters(CommittingCase):
    """Others write the same orders without a pause, over connections of their own, while a page of 60 is read."""

    ORDERS, WRITERS, RUNS = 60, 4, 5

    def setUp(self):
        super().setUp()
        self.amazon = LocalAmazon()
        self.amazon.start()
        self.addCleanup(self.amazon.stop)
        self.enterContext(
            patch.dict(os.environ, AMAZON_SPAPI_ENDPOINT_URL=self.amazon.url, AMAZON_LWA_ENDPOINT_URL=self.amazon.url)
        )
        shop = self.amazon.shop
        refs = [
            shop.add_order(SELLER, items=[{"sku": "MUG", "quantity": 1}]).order_id for _number in range(self.ORDERS)
        ]
        for ref in refs:
            shop.ask_to_cancel(ref, "Changed mind")
        shop.advance(180)
        self.addCleanup(self._remove, refs)
        with self._transaction() as env:
            partner = env["res.partner"].create({"name": "Contended Buyer"})
            orders = env["sale.order"].create([{"partner_id": partner.id, "client_order_ref": ref} for ref in refs])
            self.order_ids, self.account_id = orders.ids, self._create_account(env).id

    def _write_without_a_pause(self, number, until):
        dice = random.Random(number)
        while not until.is_set():
            try:
                with self._transaction() as env:
                    order = env["sale.order"].browse(dice.choice(self.order_ids))
                    order.note = f"Written by {number}"
                self.written += 1
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                continue  # as Odoo itself would try again

    def test_no_request_waits_for_the_writers(self):
        self.written, done = 0, threading.Event()
        writers = [
            threading.Thread(target=self._write_without_a_pause, args=(number, done)) for number in range(self.WRITERS)
        ]
        with mute_logger(READER, "odoo.sql_db"):
            for writer in writers:
                writer.start()
            try:
                shown = self._read()
            finally:
                done.set()
                for writer in writers:
                    writer.join()
        self.assertEqual(shown, self.ORDERS)
        self.assertGreater(self.written, self.ORDERS, "they did write meanwhile")

    def _read(self):
        """Read as the scheduler does, a few times; gives how many requests are shown."""
        for _run in range(self.RUNS):
            with self._transaction() as env:
                env["amazon.cancellation.account"].browse(self.account_id)._read_orders()
            with self._transaction() as env:
                domain = [("id", "in", self.order_ids), ("amazon_cancel_request", "=", "requested")]
                shown = env["sale.order"].search_count(domain)
            if shown == self.ORDERS:
                break
        return shown
