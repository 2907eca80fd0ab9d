"""The story: what buyers ask, what Odoo shows, what is sent and answered, what is credited. Every step is checked."""

from dev.setup.say import say

from .amazon import AmazonProcess
from .json2 import Json2
from .shop import connect_account, create_products, import_orders, invoice
from .sources import OtherSources

MODULE = "sale_amazon_cancellation"
_ORDER_FIELDS = [
    "name",
    "state",
    "amazon_order_ref",
    "amazon_fulfillment_status",
    "amazon_channel",
    "amazon_cancel_request",
    "amazon_cancel_request_reason",
    "amazon_cancellation_state",
    "picking_ids",
    "invoice_ids",
]


class StoryError(Exception):
    """A step of the story did not come out as it must."""


class Story:
    """Tells the story once, on an Odoo and an Amazon that are new.

    :param queue_arn: the queue of the local SQS that notifications come through; without one that source is left out.
    """

    def __init__(self, odoo: Json2, amazon: AmazonProcess, queue_arn: str | None = None) -> None:
        self._odoo = odoo
        self._amazon = amazon
        self._queue_arn = queue_arn

    def tell(self) -> None:
        """Go through all steps.

        :raise StoryError: a step did not hold.
        """
        self._open_the_shop()
        self._buyers_ask()
        self._requests_show()
        self._employee_decides()
        self._amazon_is_told()
        self._books_are_right()
        self._buyer_cancels_alone()
        self._amazon_refuses()
        self._never()
        self._other_sources()
        self._leave_one_to_decide()

    # === STEPS === #

    def _open_the_shop(self) -> None:
        self._chapter("A shop with 30 Amazon orders")
        self._account_id = connect_account(self._odoo)
        [account] = self._odoo.find(
            "amazon.cancellation.account", [["id", "=", self._account_id]], ["name", "seller_id", "marketplace_ids"]
        )
        self._check(
            len(account["marketplace_ids"]) > 1,
            f"account {account['name']!r} ({account['seller_id']}) is connected; Amazon filled in "
            f"{len(account['marketplace_ids'])} marketplaces",
        )
        self._amazon.control("demo")
        self._amazon.control("clock", advance=300)
        self._at_amazon = {order["order_id"]: order for order in self._amazon.get("state")["orders"].values()}
        products = create_products(self._odoo)
        self._order_ids = import_orders(self._odoo, list(self._at_amazon.values()), products)
        self._check(len(self._order_ids) == 30, "30 orders are in Odoo, confirmed, as a connector leaves them")

        merchant = [ref for ref, order in self._at_amazon.items() if self._is_open(order)]
        self._wanted, self._kept, self._cancelled_alone, self._doomed, self._left = merchant[:5]
        self._missed, self._pushed = merchant[8:11], merchant[11]
        self._invoice_ids = invoice(self._odoo, [self._order_ids[ref] for ref in (self._wanted, *merchant[5:8])])
        self._check(len(self._invoice_ids) == 4, "4 of them are invoiced")
        self._sync()
        read = self._orders([["amazon_fulfillment_status", "!=", False]])
        shipped = [order["name"] for order in read if order["amazon_fulfillment_status"] == "shipped"]
        fba = [order["name"] for order in self._orders([["amazon_channel", "=", "fba"]])]
        self._note(f"{len(read)} orders read; shipped at Amazon: {', '.join(shipped)}; FBA: {', '.join(fba)}")

    def _buyers_ask(self) -> None:
        self._chapter("Two buyers ask to cancel, in Your Orders")
        for ref, reason in ((self._wanted, "Found cheaper somewhere else."), (self._kept, "Ordered by mistake")):
            self._amazon.control(f"orders/{ref}/request", reason=reason)
            self._note(f"{self._at_amazon[ref]['buyer_name']} asks for {ref}: “{reason}”")
        self._amazon.control("clock", advance=300)

    def _requests_show(self) -> None:
        self._chapter("Odoo shows it")
        self._sync()
        for ref in (self._wanted, self._kept):
            order = self._order(ref)
            self._check(
                order["amazon_cancel_request"] == "requested",
                f"{order['name']} shows “Cancellation requested”: {order['amazon_cancel_request_reason']}",
            )
            [picking] = self._odoo.find("stock.picking", [["id", "in", order["picking_ids"]]], ["name", "amazon_hold"])
            self._check(picking["amazon_hold"], f"its delivery {picking['name']} is held")
            result = self._odoo.call("stock.picking", "button_validate", ids=[picking["id"]])
            self._check(
                isinstance(result, dict) and result.get("res_model") == "amazon.hold.dialog",
                f"validating {picking['name']} stops with a dialog",
            )

    def _employee_decides(self) -> None:
        self._chapter("An employee decides")
        self._odoo.call("sale.order", "action_amazon_accept_cancellation", ids=[self._order_ids[self._wanted]])
        order = self._order(self._wanted)
        self._check(
            order["state"] == "cancel" and order["amazon_cancellation_state"] == "scheduled",
            f"{order['name']} is cancelled in Odoo, and its cancellation at Amazon is scheduled",
        )
        self._odoo.call("sale.order", "action_amazon_keep_order", ids=[self._order_ids[self._kept]])
        order = self._order(self._kept)
        self._check(
            order["state"] == "sale" and order["amazon_cancel_request"] == "declined", f"{order['name']} is kept"
        )

    def _amazon_is_told(self) -> None:
        self._chapter("Amazon is told, and followed until it shows the order cancelled")
        seen = self._follow(self._wanted, "confirmed")
        order = self._order(self._wanted)
        [cancellation] = self._cancellations(self._wanted)
        self._check(
            order["amazon_cancellation_state"] == "confirmed",
            f"{order['name']}: {' → '.join(seen)} (feed {cancellation['feed_id'][1]}, reason {cancellation['reason']})",
        )
        at_amazon = self._amazon.get("state")["orders"][self._wanted]
        self._check(at_amazon["status"] == "CANCELLED", f"at Amazon {self._wanted} is {at_amazon['status']}")

    def _books_are_right(self) -> None:
        self._chapter("The invoice is credited and reconciled")
        self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_accounting")
        order = self._order(self._wanted)
        moves = self._odoo.find(
            "account.move",
            [["id", "in", order["invoice_ids"]]],
            ["name", "move_type", "state", "payment_state", "amount_total", "amount_residual"],
            order="id",
        )
        for move in moves:
            kind = "credit note" if move["move_type"] == "out_refund" else "invoice"
            self._note(f"{kind} {move['name']}: {move['amount_total']}, open {move['amount_residual']}")
        self._check(
            {move["move_type"] for move in moves} == {"out_invoice", "out_refund"}
            and all(move["state"] == "posted" and not move["amount_residual"] for move in moves),
            "both are posted, reconciled, and nothing is open",
        )

    def _buyer_cancels_alone(self) -> None:
        self._chapter("A buyer cancels alone, within the first 30 minutes")
        self._amazon.control(f"orders/{self._cancelled_alone}/buyer-cancel", reason="Changed mind about purchase")
        self._amazon.control("clock", advance=300)
        feeds_before = len(self._amazon.get("state")["feeds"])
        self._sync()
        order = self._order(self._cancelled_alone)
        self._check(order["state"] == "cancel", f"{order['name']} is cancelled in Odoo too")
        self._run_cancellations()
        self._check(len(self._amazon.get("state")["feeds"]) == feeds_before, "and no feed was sent for it")

    def _amazon_refuses(self) -> None:
        self._chapter("Amazon says no")
        words = "The order is not found or incomplete."
        self._amazon.control("feed-plans", refusals={self._doomed: ["18028", words]})
        self._odoo.call("sale.order", "action_cancel", ids=[self._order_ids[self._doomed]])
        seen = self._follow(self._doomed, "refused")
        order = self._order(self._doomed)
        [cancellation] = self._cancellations(self._doomed)
        self._check(
            order["amazon_cancellation_state"] == "refused" and words in cancellation["amazon_message"],
            f"{order['name']}: {' → '.join(seen)}, with Amazon's words: {cancellation['amazon_message']}",
        )

    def _never(self) -> None:
        self._chapter("What is never sent")
        harms = self._amazon.get("state")["harms"]
        self._check(not harms, "no feed for shipped or FBA orders, none twice, no unfounded “buyer cancelled”")
        calls = [call["operation"] for call in self._amazon.get("calls")]
        self._note(
            ", ".join(f"{calls.count(name)} × {name}" for name in ("searchOrders", "getOrder", "createFeed", "getFeed"))
        )

    def _other_sources(self) -> None:
        self._chapter("Requests that the search has not read")
        sources = OtherSources(self._odoo, self._amazon, self._account_id, self._check)
        for show, ref in zip((sources.upload, sources.sweep, sources.mail), self._missed, strict=True):
            show(self._order_ids[ref], ref)

        if self._queue_arn:
            sources.push(self._order_ids[self._pushed], self._pushed, self._queue_arn)

    def _leave_one_to_decide(self) -> None:
        self._chapter("One more buyer asks: this one is left for you to decide")
        self._amazon.control(f"orders/{self._left}/request", reason="Changed mind about purchase")
        self._amazon.control("clock", advance=300)
        self._sync()
        order = self._order(self._left)
        self._check(order["amazon_cancel_request"] == "requested", f"open {order['name']} and accept or keep it")

    # === HELPERS === #

    def _sync(self) -> None:
        self._odoo.call("amazon.cancellation.account", "action_sync_now", ids=[self._account_id])
        [account] = self._odoo.find(
            "amazon.cancellation.account", [["id", "=", self._account_id]], ["sync_state", "sync_message"]
        )
        self._check(account["sync_state"] == "ok", f"sync: {account['sync_message']}")

    def _run_cancellations(self) -> None:
        self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_cancel")

    def _follow(self, ref: str, goal: str) -> list[str]:
        seen = [self._order(ref)["amazon_cancellation_state"]]
        for _run in range(8):
            self._run_cancellations()
            state = self._order(ref)["amazon_cancellation_state"]
            if state != seen[-1]:
                seen.append(state)
            if state == goal:
                break
        return seen

    def _orders(self, domain: list) -> list[dict]:
        return self._odoo.find("sale.order", domain, _ORDER_FIELDS)

    def _order(self, ref: str) -> dict:
        [order] = self._orders([["id", "=", self._order_ids[ref]]])
        return order

    def _cancellations(self, ref: str) -> list[dict]:
        return self._odoo.find(
            "amazon.order.cancellation",
            [["order_id", "=", self._order_ids[ref]]],
            ["state", "reason", "feed_id", "amazon_message"],
        )

    @staticmethod
    def _is_open(order: dict) -> bool:
        return order["status"] == "UNSHIPPED" and order["fulfilled_by"] == "MERCHANT"

    @staticmethod
    def _chapter(title: str) -> None:
        say("")
        say(title)

    @staticmethod
    def _note(text: str) -> None:
        say(f"    {text}")

    @staticmethod
    def _check(holds: bool, text: str) -> None:
        if not holds:
            raise StoryError(text)
        say(f"  ✔ {text}")
