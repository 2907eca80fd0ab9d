"""Whether Odoo and Amazon agree on every order."""

from collections import Counter
from collections.abc import Iterator

from dev.demo.amazon import AmazonProcess
from dev.demo.json2 import Json2

_ENDED = {"confirmed", "refused", "withdrawn"}
_FIELDS = [
    "name",
    "state",
    "amazon_order_ref",
    "amazon_fulfillment_status",
    "amazon_cancel_request",
    "amazon_cancellation_state",
]


def disagreements(odoo: Json2, amazon: AmazonProcess) -> list[str]:
    """What is wrong, in words; nothing if all is well."""
    state = amazon.get("state")
    return [
        *(f"harm at Amazon: {harm}" for harm in state["harms"]),
        *_unlike(odoo, state["orders"]),
        *_sent_too_often(odoo, state["feeds"].values()),
    ]


def _unlike(odoo: Json2, at_amazon: dict[str, dict]) -> Iterator[str]:
    for order in odoo.find("sale.order", [["amazon_order_ref", "!=", False]], _FIELDS):
        there = at_amazon[order["amazon_order_ref"]]
        what = f"{order['name']} ({order['amazon_order_ref']})"
        if order["amazon_fulfillment_status"] and order["amazon_fulfillment_status"] != there["status"].lower():
            yield f"{what} is {there['status']} at Amazon, {order['amazon_fulfillment_status']} in Odoo"
        asked = any(item["request_reason"] is not None for item in there["items"])
        to_decide = asked and there["status"] == "UNSHIPPED" and order["state"] != "cancel"
        if to_decide and order["amazon_cancel_request"] not in ("requested", "declined"):
            yield f"{what}: the buyer's request is {order['amazon_cancel_request']} in Odoo"
        if any(item["cancelled_by"] == "MERCHANT" for item in there["items"]) and order["state"] != "cancel":
            yield f"{what} was cancelled at Amazon by us, and lives in Odoo"
        if order["amazon_cancellation_state"] and order["amazon_cancellation_state"] not in _ENDED:
            yield f"{what}: the cancellation never ended, it is {order['amazon_cancellation_state']}"


def _sent_too_often(odoo: Json2, feeds: Iterator[dict]) -> Iterator[str]:
    messages = Counter(ref for feed in feeds for ref in feed["order_ids"])
    attempts: Counter[str] = Counter()
    for cancellation in odoo.find("amazon.order.cancellation", [], ["amazon_order_ref", "attempt_count"]):
        attempts[cancellation["amazon_order_ref"]] += cancellation["attempt_count"]
    for ref, count in messages.items():
        if count > attempts[ref]:
            yield f"{ref} was sent {count} times in {attempts[ref]} attempts"
