from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from . import sources
from .common import SELLER, AmazonCase

ACTS = ("ask", "ask for one", "ask otherwise", "withdraw", "ship a part", "ship", "buyer cancels", "amazon cancels")
# Making a failing example smaller takes a database many minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
_ORDER_FIELDS = (
    "state",
    "amazon_order_ref",
    "amazon_fulfillment_status",
    "amazon_channel",
    "amazon_ship_by",
    "amazon_last_update",
    "amazon_item_refs",
    "amazon_cancelled_by",
    "amazon_cancelled_reason",
    "amazon_cancel_request",
    "amazon_cancel_request_reason",
    "amazon_cancel_request_date",
    "amazon_request_fingerprint",
    "amazon_cancellation_state",
)
_LINE_FIELDS = ("amazon_item_ref", "amazon_cancel_requested", "amazon_cancel_reason")


@tagged("post_install", "-at_install")
class TestConvergence(AmazonCase):
    """The same truth through all sources ends in the same database, whatever the order in which they tell it."""

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
        told = [sources.search(order), sources.search(order, "get"), sources.notification(order)]
        self.shop.advance(120)
        told += sources.report(self.shop, order)
        told += sources.report(self.shop, order, "upload")
        return told

    def _show(self, order):
        """What the database shows of the order; notes and the time of the reading are left out."""
        return (
            [order[name] for name in _ORDER_FIELDS],
            [[line[name] for name in _LINE_FIELDS] for line in order.order_line],
            order.picking_ids.mapped("state"),
            order.picking_ids.mapped("amazon_hold"),
        )

    def _apply_to_new_order(self, ref, batches):
        """Read the batches into a new sale order, and give what it shows then; nothing of it is kept."""
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
            for batch in batches:
                self.reader._apply(self.account, batch)
            order.invalidate_recordset()
            return self._show(order)
        finally:
            savepoint.rollback()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _live(self, acts):
        order = self.shop.add_order(SELLER, items=[{"sku": "MUG"}, {"sku": "LAMP"}])
        told = self._tell(order)
        for act in acts:
            self._act(order, act)
            told += self._tell(order)
        return order, told

    # === TESTS === #

    def test_shuffled_and_doubled(self):
        self._check_shuffled_and_doubled()

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=5), data=st.data())
    def _check_shuffled_and_doubled(self, acts, data):
        order, told = self._live(acts)
        expected = self._apply_to_new_order(order.order_id, [[snapshot] for snapshot in told])
        again = data.draw(st.lists(st.sampled_from(told), max_size=5))
        shuffled = data.draw(st.permutations([*told, *again]))
        size = data.draw(st.integers(1, 4))
        batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
        self.assertEqual(self._apply_to_new_order(order.order_id, batches), expected)

    def test_lost_and_swept(self):
        self._check_lost_and_swept()

    @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=5), data=st.data())
    def _check_lost_and_swept(self, acts, data):
        """The report of unshipped orders, and a look at those that left it, repair what was lost before."""
        order, told = self._live(acts)
        self.shop.advance(60)
        swept = sources.report(self.shop, order) or [sources.search(order, "get")]
        kept = data.draw(st.lists(st.sampled_from(told), max_size=len(told)))
        state, lines, pickings, holds = self._apply_to_new_order(order.order_id, [[s] for s in [*told, *swept]])
        # The report of a partly shipped order shows the rest of its items alone; all were seen when it was imported.
        lossy = self._apply_to_new_order(order.order_id, [[snapshot] for snapshot in [told[0], *kept, *swept]])
        asked = _ORDER_FIELDS.index("amazon_cancel_request")
        self.assertEqual(lossy[0][asked] == "requested", state[asked] == "requested")
        self.assertEqual([line[1] for line in lossy[1]], [line[1] for line in lines])
        self.assertEqual(lossy[2:], (pickings, holds))

    def test_decision_stands_whatever_comes_late(self):
        self._check_decision_stands()

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(data=st.data(), asked_again=st.booleans())
    def _check_decision_stands(self, data, asked_again):
        """A declined request stays declined, and one made after it is new, even if its withdrawal comes last."""
        at_amazon = self.shop.add_order(SELLER, items=[{"sku": "MUG"}, {"sku": "LAMP"}])
        before = self._tell(at_amazon)
        self._act(at_amazon, "ask")
        asked = sources.search(at_amazon)
        savepoint = self.cr.savepoint(flush=True)
        try:
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "client_order_ref": at_amazon.order_id,
                    "order_line": [(0, 0, {"product_id": product.id}) for product in self.mug | self.lamp],
                }
            )
            order.action_confirm()
            self.reader._apply(self.account, [asked])
            self.assertEqual(order.amazon_cancel_request, "requested")
            order.action_amazon_keep_order()
            late = [*before, asked, *self._tell(at_amazon)]
            if asked_again:
                self._act(at_amazon, "withdraw")
                late += self._tell(at_amazon)
                self._act(at_amazon, "ask")
                late += self._tell(at_amazon)
            for snapshot in data.draw(st.permutations(late)):
                self.reader._apply(self.account, [snapshot])
            self.assertEqual(order.amazon_cancel_request, "requested" if asked_again else "declined")
        finally:
            savepoint.rollback()
            savepoint.close(rollback=True)
            self.env.invalidate_all()
