from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .. import sources
from ..common import SELLER, AmazonCase

ACTS = ("ask", "ask for one", "ask otherwise", "withdraw", "ship a part", "ship", "buyer cancels", "amazon cancels")
# Making a failing example smaller takes a database many minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@tagged("post_install", "-at_install")
class TestConvergence(AmazonCase):
    """Whatever the sources tell, doubled, late, lost and in any order: nothing that was asked is free to ship, and one
    reading of the order itself shows what is true.
    """

    def setUp(self):
        super().setUp()
        self.reader = self.env["amazon.order.reader"]

    # === PARTS === #

    def _act(self, order, act):
        """Let something happen at Amazon, where it still can."""
        shop = self.shop
        acts = {
            "ask": lambda: shop.ask_to_cancel(order.order_id, "Changed mind"),
            "ask for one": lambda: shop.ask_to_cancel(order.order_id, "Too big", item_ids=[order.items[1].item_id]),
            "ask otherwise": lambda: shop.ask_to_cancel(order.order_id, "Found cheaper"),
            "withdraw": lambda: shop.withdraw_request(order.order_id),
            "ship a part": lambda: shop.ship(order.order_id, partial=True),
            "ship": lambda: shop.ship(order.order_id),
            "buyer cancels": lambda: shop.buyer_cancel(order.order_id, "Changed mind"),
            "amazon cancels": lambda: shop.amazon_cancel(order.order_id, "Not shipped in time"),
        }
        shop.advance(600)
        closed = order.status in ("SHIPPED", "CANCELLED", "UNFULFILLABLE")
        started = order.status == "PARTIALLY_SHIPPED"
        if closed or (started and act in ("ship a part", "buyer cancels", "amazon cancels")):
            return
        acts[act]()

    def _tell(self, order):
        """All that the sources tell of the order as it is now."""
        now = self.shop.now()
        told = [sources.search(order, shown_at=now), sources.search(order, "get", now), sources.notification(order)]
        self.shop.advance(120)
        told += sources.report(self.shop, order)
        told += sources.report(self.shop, order, "upload")
        return told

    @contextmanager
    def _new_order(self, ref):
        """A sale order of the Amazon order; nothing of it is kept."""
        savepoint = self.cr.savepoint(flush=True)
        try:
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": ref,
                    "order_line": [(0, 0, {"product_id": product.id}) for product in self.mug | self.lamp],
                }
            )
            order.action_confirm()
            yield order
        finally:
            savepoint.rollback()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _check_true(self, order, at_amazon):
        """The sale order shows what Amazon's order is."""
        closed = at_amazon.status in ("SHIPPED", "CANCELLED")
        asked = [item.request_reason is not None and item.shipped < item.quantity for item in at_amazon.items]
        self.assertEqual(order.amazon_fulfillment_status, at_amazon.status.lower())
        self.assertEqual(order.amazon_cancel_request == "requested", any(asked) and not closed)
        self.assertEqual(order.order_line.mapped("amazon_item_ref"), [item.item_id for item in at_amazon.items])
        if not closed:
            self.assertEqual(order.order_line.mapped("amazon_cancel_requested"), asked)
            self.assertEqual(any(order.picking_ids.mapped("amazon_hold")), any(asked))
        self.assertEqual(order.state == "cancel", at_amazon.status == "CANCELLED")
        self.assertFalse(order.amazon_read_wanted)

    def _live(self, acts):
        order = self.shop.add_order(SELLER, items=[{"sku": "MUG"}, {"sku": "LAMP"}])
        told = self._tell(order)
        for act in acts:
            self._act(order, act)
            told += self._tell(order)
        return order, told

    # === TESTS === #

    def test_shuffled_doubled_and_lost(self):
        self._check_shuffled_doubled_and_lost()

    @settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=5), data=st.data())
    def _check_shuffled_doubled_and_lost(self, acts, data):
        at_amazon, told = self._live(acts)
        kept = data.draw(st.lists(st.sampled_from(told), max_size=len(told) + 5))
        size = data.draw(st.integers(1, 4))
        with self._new_order(at_amazon.order_id) as order:
            for start in range(0, len(kept), size):
                self.reader._apply(self.account, kept[start : start + size])
                self._check_held(order, kept[: start + size])
            self.shop.advance(60)
            self.reader._apply(self.account, [sources.search(at_amazon, "get", self.shop.now())])
            self._check_true(order, at_amazon)

    def _check_held(self, order, heard):
        """While the last reading of the whole order shows a request, its delivery is held."""
        whole = [snapshot for snapshot in heard if snapshot.is_whole]
        last = max(whole, key=lambda s: (s.shown_at, any(i.asks for i in s.items)), default=None)
        if last and not last.is_closed and any(item.asks for item in last.items):
            self.assertTrue(all(p.amazon_hold for p in order.picking_ids if p.state not in ("done", "cancel")))

    def test_decision_stands_whatever_comes_late(self):
        self._check_decision_stands()

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(data=st.data(), asked_again=st.booleans())
    def _check_decision_stands(self, data, asked_again):
        """A declined request stays declined, whatever comes late; one made after its proven end is new."""
        at_amazon = self.shop.add_order(SELLER, items=[{"sku": "MUG"}, {"sku": "LAMP"}])
        before = self._tell(at_amazon)
        self._act(at_amazon, "ask")
        asked = sources.search(at_amazon)
        with self._new_order(at_amazon.order_id) as order:
            self.reader._apply(self.account, [asked])
            self.assertEqual(order.amazon_cancel_request, "requested")
            order.action_amazon_keep_order()
            late = [*before, asked, *self._tell(at_amazon)]
            for snapshot in data.draw(st.permutations(late)):
                self.reader._apply(self.account, [snapshot])
            self.assertEqual(order.amazon_cancel_request, "declined")
            if asked_again:
                self._act(at_amazon, "withdraw")
                again = self._tell(at_amazon)
                self._act(at_amazon, "ask")
                for snapshot in [*again, *self._tell(at_amazon)]:
                    self.reader._apply(self.account, [snapshot])
                self.assertEqual(order.amazon_cancel_request, "requested")
