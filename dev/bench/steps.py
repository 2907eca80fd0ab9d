"""What is timed: the steps of a seller's day, in the order in which they come."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dev.demo.shop import create_products, import_orders
from dev.demo.stage import Stage
from dev.demo.story import MODULE
from dev.setup.say import say

from .stopwatch import Stopwatch

PAGE = 100  # as many orders as Amazon gives in one call
ORDERS_A_DAY = 300
_QUIET = 1200  # seconds: longer than a reading goes back behind the last one
_LIST_FIELDS = ["name", "partner_id", "amazon_order_ref", "amazon_cancel_request_reason", "amazon_ship_by", "state"]
_FOLLOWING_RUNS = 8


class BenchError(Exception):
    """A step did not come out as it must, so its time means nothing."""


class Steps:
    """Takes the steps once the shop stands."""

    def __init__(self, stage: Stage, stopwatch: Stopwatch) -> None:
        self._odoo = stage.odoo
        self._amazon = stage.amazon
        self._account_id = stage.account_id
        self._time = stopwatch.time

    @staticmethod
    def needed_orders(runs: int) -> int:
        """How many orders `runs` runs use up."""
        return (PAGE + 1) * runs

    def take(self, orders: int, runs: int) -> None:
        """Fill the shop with `orders` orders, then take every step `runs` times.

        :raise BenchError: a step did not come out as it must.
        :raise Json2Error: Odoo refused a step.
        """
        self._order_ids = dict(self._open_shop(orders))
        with self._time(f"first reading of {orders} orders"):
            self._sync()
        self._fresh = iter(self._order_ids)
        for _run in range(runs):
            self._amazon.control("clock", advance=_QUIET)
            with self._time("reading when nothing changed"):
                self._sync()
        for _run in range(runs):
            self._decide_one()
            self._decide_page()
        for _run in range(runs):
            with self._time("the accountant's list"):
                self._odoo.find("amazon.order.cancellation", [], ["order_id", "state", "accounting_state"], limit=80)
            with self._time("cancellations by month and reason"):
                self._odoo.call(
                    "amazon.cancellation.report",
                    "formatted_read_group",
                    domain=[],
                    groupby=["amazon_marketplace_id", "reason"],
                    aggregates=["__count"],
                )

    # === STEPS === #

    def _decide_one(self) -> None:
        [order_id] = self._ask(1)
        self._sync()
        with self._time("keeping one order"):
            self._odoo.call("sale.order", "action_amazon_keep_order", ids=[order_id])

    def _decide_page(self) -> None:
        order_ids = self._ask(PAGE)
        with self._time(f"reading {PAGE} new requests"):
            self._sync()
        with self._time("opening the list of requests"):
            self._odoo.find("sale.order", [["amazon_cancel_request", "=", "requested"]], _LIST_FIELDS, limit=80)
        with self._time("accepting one request"):
            self._odoo.call("sale.order", "action_amazon_accept_cancellation", ids=order_ids[:1])
        with self._time(f"accepting {PAGE - 1} requests at once"):
            self._odoo.call("sale.order", "action_amazon_accept_cancellation", ids=order_ids[1:])
        with self._time(f"telling Amazon of {PAGE} cancellations"):
            self._read_and_send()
        with self._time(f"following {PAGE} cancellations until all are confirmed"):
            self._follow(order_ids)

    # === HELPERS === #

    def _open_shop(self, orders: int) -> Iterator[tuple[str, int]]:
        say(f"making {orders} orders at Amazon and in Odoo")
        products = create_products(self._odoo)
        skus = list(products)
        start = datetime.now(UTC) - timedelta(days=orders / ORDERS_A_DAY)
        placed = [
            self._amazon.control(
                "orders",
                sku=skus[number % len(skus)],
                created=(start + timedelta(days=number / ORDERS_A_DAY)).isoformat(),
            )
            for number in range(orders)
        ]
        self._amazon.control("clock", advance=_QUIET)
        for first in range(0, orders, PAGE):
            yield from import_orders(self._odoo, placed[first : first + PAGE], products).items()

    def _ask(self, count: int) -> list[int]:
        """Have the buyers of that many further orders ask to cancel; gives the sale orders' ids."""
        refs = [next(self._fresh) for _number in range(count)]
        for ref in refs:
            self._amazon.control(f"orders/{ref}/request", reason="Found cheaper somewhere else.")
        self._amazon.control("clock", advance=_QUIET)
        return [self._order_ids[ref] for ref in refs]

    def _sync(self) -> None:
        self._odoo.call("amazon.cancellation.account", "action_sync_now", ids=[self._account_id])

    def _read_and_send(self) -> None:
        """Of many orders a reading shows how they stand, before Amazon is told and after."""
        self._amazon.control("clock", advance=_QUIET)
        self._sync()
        self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_cancel")

    def _follow(self, order_ids: list[int]) -> None:
        for _run in range(_FOLLOWING_RUNS):
            self._read_and_send()
            domain = [["order_id", "in", order_ids], ["state", "!=", "confirmed"]]
            if not self._odoo.call("amazon.order.cancellation", "search_count", domain=domain):
                return
        raise BenchError(f"some cancellations were not confirmed in {_FOLLOWING_RUNS} runs")
