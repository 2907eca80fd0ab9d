"""The story's chapter on the sources beside the search: what was missed is found by a report, a file, or a mail."""

import base64
from collections.abc import Callable

from .amazon import AmazonProcess
from .json2 import Json2

MODULE = "sale_amazon_cancellation"
QUEUE_KEYS = {"access_key_id": "local", "secret_access_key": "local"}
_REPORT = "order-id\torder-item-id\tsku\tis-buyer-requested-cancellation\tbuyer-requested-cancel-reason\n"
_MAIL = """From: order-update@amazon.de
To: amazon-orders@example.com
Subject: Cancellation request for order {ref}
Message-Id: <{ref}@demo.example>

The buyer of order {ref} asks you to cancel it.
"""

Check = Callable[[bool, str], None]


def listen(odoo: Json2) -> None:
    """Let Odoo listen to the queue all the time, from now on."""
    subscription_ids = odoo.call("amazon.cancellation.subscription", "search", domain=[])
    odoo.call("amazon.cancellation.subscription", "write", ids=subscription_ids, vals={"listen": True})
    for subscription_id in subscription_ids:  # it also starts the scheduled action
        odoo.call("amazon.cancellation.subscription", "action_set_up", ids=[subscription_id])


class OtherSources:
    """Shows each source on an order whose request the search did not read.

    :param account_id: the account in Odoo.
    :param check: says whether a step held, and ends the story if not.
    """

    def __init__(self, odoo: Json2, amazon: AmazonProcess, account_id: int, check: Check) -> None:
        self._odoo = odoo
        self._amazon = amazon
        self._account_id = account_id
        self._check = check

    def sweep(self, order_id: int, ref: str) -> None:
        """A buyer asks, and nothing but a report is read."""
        self._ask(ref)
        self._odoo.call("amazon.cancellation.account", "action_sweep_now", ids=[self._account_id])
        for _run in range(4):
            self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_sweep")
        [sweep] = self._odoo.find("amazon.cancellation.sweep", [], ["state", "order_count", "request_count"], limit=1)
        self._check(
            sweep["state"] == "done" and self._request(order_id) == "requested",
            f"sweep: one report of {sweep['order_count']} open orders found {sweep['request_count']} missed request",
        )

    def push(self, order_id: int, ref: str, queue_arn: str) -> None:
        """A buyer asks, and Amazon sends a notification to the seller's queue."""
        [subscription_id] = self._odoo.call(
            "amazon.cancellation.subscription",
            "create",
            vals_list=[{"account_id": self._account_id, "queue_arn": queue_arn, "listen": False, **QUEUE_KEYS}],
        )
        self._odoo.call("amazon.cancellation.subscription", "action_set_up", ids=[subscription_id])
        self._ask(ref)
        self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_receive")
        self._check(
            self._request(order_id) == "requested",
            "push: Amazon's notification came through the queue, and the order shows the request at once",
        )

    def upload(self, order_id: int, ref: str) -> None:
        """A buyer asks, and a person uploads the report that Seller Central gave."""
        self._ask(ref)
        at_amazon = self._amazon.get("state")["orders"][ref]
        rows = "".join(f"{ref}\t{i['item_id']}\t{i['sku']}\tTRUE\tChanged mind\n" for i in at_amazon["items"])
        [upload_id] = self._odoo.call(
            "amazon.cancellation.upload",
            "create",
            vals_list=[
                {"account_id": self._account_id, "file": base64.b64encode((_REPORT + rows).encode()).decode()},
            ],
        )
        self._odoo.call("amazon.cancellation.upload", "action_preview", ids=[upload_id])
        [upload] = self._odoo.find(
            "amazon.cancellation.upload", [["id", "=", upload_id]], ["order_count", "new_request_count"]
        )
        self._odoo.call("amazon.cancellation.upload", "action_apply", ids=[upload_id])
        self._check(
            upload["new_request_count"] == 1 and self._request(order_id) == "requested",
            "upload: a file from Seller Central was read and applied, without any call of Amazon's API",
        )

    def mail(self, order_id: int, ref: str) -> None:
        """A buyer asks, and Amazon's mail to the seller comes in: Amazon itself is asked."""
        self._ask(ref)
        self._odoo.call(
            "mail.thread",
            "message_process",
            model="amazon.cancellation.mail",
            message=_MAIL.format(ref=ref),
            custom_values={"account_id": self._account_id},
        )
        self._check(not self._request(order_id), "mail: Amazon's mail alone changes nothing …")
        self._odoo.run_scheduled_action(f"{MODULE}.ir_cron_read")
        self._check(self._request(order_id) == "requested", "… but the order is read at Amazon at once")

    def _ask(self, ref: str) -> None:
        self._amazon.control(f"orders/{ref}/request", reason="Changed mind about purchase")
        self._amazon.control("clock", advance=60)

    def _request(self, order_id: int) -> str | bool:
        [order] = self._odoo.find("sale.order", [["id", "=", order_id]], ["amazon_cancel_request"])
        return order["amazon_cancel_request"]
