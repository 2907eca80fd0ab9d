"""Buyers, users, Amazon and faults in any order: what must never happen does not, and every cancellation ends."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AmazonCase

EXAMPLES = int(os.environ.get("AMAZON_INTERLEAVINGS", "8"))
STEPS = 14
ENDED = {"confirmed", "refused", "withdrawn"}

number = st.integers(0, 2)
operation = st.sampled_from(
    ["searchOrders", "getOrder", "createFeedDocument", "uploadDocument", "createFeed", "getFeed", "getFeedDocument"]
)
fault = st.sampled_from(["http", "not_json", "empty", "throttled", "token_expired", "drop_before", "drop_after"])
plan = st.sampled_from(
    [
        {"outcome": "FATAL", "carry_out": 0},
        {"outcome": "FATAL", "carry_out": 1},
        {"outcome": "CANCELLED", "carry_out": 0},
        {"report": False},
        {"summary": False},
        {"settle_reads": 2},
        {"reads": 3},
    ]
)


class Interleavings(RuleBasedStateMachine):
    """Three orders of one shop. `case` is the running test, whose Odoo and Amazon it drives."""

    case = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint()
        self.case.amazon.reset()
        self.shop = self.case.shop = self.case.amazon.shop
        self.orders = [self.case._sell(skus=skus) for skus in (("MUG",), ("MUG", "LAMP"), ("LAMP",))]
        self.refs = [order.client_order_ref for order in self.orders]
        self.case._read()

    def teardown(self):
        try:
            self.amazon_recovers()
            for _round in range(12):
                self.time_passes()
                self.read_orders()
                self.send_and_follow()
            for order in self.orders:
                states = set(order.amazon_cancellation_ids.mapped("state"))
                assert states <= ENDED, f"{order.name}: {states} after the faults stopped"
            self.nothing_harmful_reached_amazon()
        finally:
            self.savepoint.rollback()
            self.savepoint.close(rollback=False)
            self.case.env.invalidate_all()

    # === THE BUYER AND AMAZON === #

    def _in_flight(self, index):
        """A cancellation that Amazon may be working on: what happens at Amazon meanwhile, nobody can prevent."""
        cancellation = self.orders[index].amazon_cancellation_id
        return cancellation.state == "sent" or (cancellation.state == "scheduled" and cancellation.feed_id)

    def _open_at_amazon(self, index):
        return self.shop.order(self.refs[index]).status == "UNSHIPPED" and not self._in_flight(index)

    @rule(index=number, reason=st.sampled_from(["Changed mind", "Found cheaper somewhere else."]))
    def buyer_asks(self, index, reason):
        if self._open_at_amazon(index):
            self.shop.ask_to_cancel(self.refs[index], reason)

    @rule(index=number)
    def buyer_withdraws(self, index):
        order = self.shop.order(self.refs[index])
        if self._open_at_amazon(index) and any(item.request_reason is not None for item in order.items):
            self.shop.withdraw_request(self.refs[index])

    @rule(index=number)
    def buyer_cancels_alone(self, index):
        if self._open_at_amazon(index):
            self.shop.buyer_cancel(self.refs[index], "Changed mind")

    @rule(index=number, partial=st.booleans())
    def seller_ships(self, index, partial):
        if self._open_at_amazon(index):
            self.shop.ship(self.refs[index], partial=partial and len(self.shop.order(self.refs[index]).items) > 1)

    @rule(operation=operation, kind=fault)
    def amazon_falters(self, operation, kind):
        self.shop.faults.add(operation, kind)

    @rule(plan=plan)
    def amazon_treats_a_feed_oddly(self, plan):
        self.shop.plan_feed(**plan)

    @rule()
    def amazon_recovers(self):
        self.shop.faults.clear()
        with self.shop.change():
            self.shop.state.feed_plans.clear()

    # === THE USERS === #

    def _try(self, action):
        try:
            with self.case.env.cr.savepoint():
                action()
        except UserError:
            self.case.env.invalidate_all()

    @rule(index=number)
    def user_accepts(self, index):
        self._try(self.orders[index].action_amazon_accept_cancellation)

    @rule(index=number)
    def user_keeps(self, index):
        self._try(self.orders[index].action_amazon_keep_order)

    @rule(index=number)
    @precondition(lambda self: any(order.state == "sale" for order in self.orders))
    def user_cancels(self, index):
        if self.orders[index].state == "sale":
            self._try(self.orders[index].action_cancel)

    @rule(index=number)
    def user_undoes(self, index):
        if self.orders[index].amazon_cancellation_id:
            self._try(self.orders[index].amazon_cancellation_id.action_withdraw)

    @rule(index=number)
    def user_sets_to_quotation_and_confirms(self, index):
        if self.orders[index].state == "cancel":
            self._try(lambda: (self.orders[index].action_draft(), self.orders[index].action_confirm()))

    # === THE SCHEDULER === #

    @rule()
    def read_orders(self):
        with mute_logger("odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account"):
            self.case._read()

    @rule()
    def send_and_follow(self):
        with mute_logger("odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"):
            self.case._run("cancel", settle=False)

    @rule()
    def time_passes(self):
        """Hours pass: at Amazon by its clock, in Odoo by the dates that were planned."""
        self.case._advance_clock(9 * 3600)
        for order in self.orders:
            for cancellation in order.amazon_cancellation_ids:
                for name in ("send_after", "next_check_date", "next_attempt_date"):
                    if cancellation[name]:
                        cancellation[name] = "2020-01-01 00:00:00"

    # === WHAT ALWAYS HOLDS === #

    @invariant()
    def nothing_harmful_reached_amazon(self):
        assert not self.shop.harms, self.shop.harms

    @invariant()
    def amazon_cancels_only_what_odoo_cancelled(self):
        for order, ref in zip(self.orders, self.refs, strict=True):
            items = self.shop.order(ref).items
            if any(item.cancelled_by == "MERCHANT" for item in items):
                assert order.state == "cancel", f"{order.name} was cancelled at Amazon by us, and lives in Odoo"

    @invariant()
    def one_message_per_order_and_attempt(self):
        feeds = self.shop.state.feeds.values()
        for order, ref in zip(self.orders, self.refs, strict=True):
            messages = sum(ref in feed.order_ids for feed in feeds)
            attempts = sum(order.amazon_cancellation_ids.mapped("attempt_count"))
            assert messages <= attempts, f"{order.name}: {messages} messages in {attempts} attempts"


@tagged("post_install", "-at_install")
class TestInterleavings(AmazonCase):
    def test_random_interleavings(self):
        machine = type("Machine", (Interleavings,), {"case": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                database=None,
                phases=(Phase.explicit, Phase.generate),  # making an example smaller takes a database many minutes
                suppress_health_check=list(HealthCheck),
            ),
        )
