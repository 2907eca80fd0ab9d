"""The control API under `/_control/`: JSON in, JSON out, to play buyer, Amazon and trouble over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from . import feeds
from .calls import Calls
from .clock import from_text
from .codec import encode
from .rates import Rates
from .seeds import fill_demo_shop
from .shop import Shop

_ROUTES = Map(
    [
        Rule("/_control/orders", endpoint="add_order", methods=["POST"]),
        Rule("/_control/orders/<order_id>/<action>", endpoint="act", methods=["POST"]),
        Rule("/_control/sellers", endpoint="add_seller", methods=["POST"]),
        Rule("/_control/sellers/<seller_id>", endpoint="set_seller", methods=["POST"]),
        Rule("/_control/sellers/<seller_id>/authorise", endpoint="authorise", methods=["POST"]),
        Rule("/_control/applications", endpoint="add_application", methods=["POST"]),
        Rule("/_control/applications/<client_id>", endpoint="set_application", methods=["POST"]),
        Rule("/_control/clock", endpoint="clock", methods=["GET", "POST"]),
        Rule("/_control/faults", endpoint="faults", methods=["GET", "POST", "DELETE"]),
        Rule("/_control/feed-plans", endpoint="plan_feed", methods=["POST"]),
        Rule("/_control/feeds/finish", endpoint="finish_feeds", methods=["POST"]),
        Rule("/_control/switches", endpoint="switches", methods=["GET", "POST"]),
        Rule("/_control/calls", endpoint="calls", methods=["GET", "DELETE"]),
        Rule("/_control/notifications", endpoint="notifications", methods=["GET"]),
        Rule("/_control/state", endpoint="state", methods=["GET"]),
        Rule("/_control/demo", endpoint="demo", methods=["POST"]),
        Rule("/_control/reset", endpoint="reset", methods=["POST"]),
    ]
)


class Control:
    """Answers the control API for one Amazon."""

    def __init__(self, shop: Shop, calls: Calls, rates: Rates) -> None:
        self._shop = shop
        self._noted_calls = calls
        self._rates = rates

    def answer(self, request: Request) -> Response:
        """A JSON answer; 400 with `{"error": …}` for what cannot be done."""
        try:
            endpoint, ids = _ROUTES.bind_to_environ(request.environ).match()
        except HTTPException as error:
            return _json({"error": error.name}, error.code)
        handler: Callable[..., Any] = getattr(self, f"_{endpoint}")
        try:
            body = json.loads(request.get_data() or b"{}")
            with self._shop.change():
                return _json(handler(request.method, body, **ids), 200)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _json({"error": str(error)}, 400)

    def _add_order(self, _method: str, body: dict) -> Any:
        for name in ("created", "ship_by"):
            if name in body:
                body[name] = from_text(body[name])
        return encode(self._shop.add_order(**body))

    def _act(self, _method: str, body: dict, order_id: str, action: str) -> Any:
        return encode(act(self._shop, order_id, action, **body))

    def _add_seller(self, _method: str, body: dict) -> Any:
        seller = self._shop.add_seller(**body)
        return {**encode(seller), "refresh_token": seller.refresh_token}

    def _set_seller(self, _method: str, body: dict, seller_id: str) -> Any:
        seller = self._shop.seller(seller_id)
        _assign(seller, body)
        return encode(seller)

    def _authorise(self, _method: str, body: dict, seller_id: str) -> Any:
        return encode(self._shop.authorise(seller_id, **body))

    def _add_application(self, _method: str, body: dict) -> Any:
        return encode(self._shop.add_application(**body))

    def _set_application(self, _method: str, body: dict, client_id: str) -> Any:
        """Set its secret, give or take a role, or with `roles` let all its sellers have them at once."""
        if "roles" in body:
            self._shop.set_roles(*body["roles"], client_id=client_id)
        if "give" in body:
            self._shop.give_role(body["give"], client_id)
        if "take" in body:
            self._shop.take_role(body["take"], client_id)
        application = self._shop.application(client_id)
        application.client_secret = body.get("client_secret", application.client_secret)
        return encode(application)

    def _clock(self, method: str, body: dict) -> Any:
        if method == "POST" and "set" in body:
            self._shop.set_clock(from_text(body["set"]))
        elif method == "POST":
            self._shop.advance(body["advance"])
        return {"now": self._shop.now().isoformat(), "offset": self._shop.clock.offset}

    def _faults(self, method: str, body: dict) -> Any:
        if method == "POST":
            self._shop.faults.add(body.pop("operation", None), body.pop("kind"), **body)
        elif method == "DELETE":
            self._shop.faults.clear()
        return encode(self._shop.faults.waiting)

    def _plan_feed(self, _method: str, body: dict) -> Any:
        return encode(self._shop.plan_feed(**body))

    def _finish_feeds(self, _method: str, _body: dict) -> Any:
        feeds.finish_all(self._shop)
        return {}

    def _switches(self, method: str, body: dict) -> Any:
        if method == "POST":
            _assign(self._shop.switches, body)
        return encode(self._shop.switches)

    def _calls(self, method: str, _body: dict) -> Any:
        if method == "DELETE":
            self._noted_calls.clear()
        return [encode(call) for call in self._noted_calls]

    def _notifications(self, _method: str, _body: dict) -> Any:
        return list(self._shop.queues.sent)

    def _state(self, _method: str, _body: dict) -> Any:
        state = encode(self._shop.state)
        return {
            name: state[name]
            for name in ("orders", "feeds", "reports", "destinations", "subscriptions", "harms", "switches")
        }

    def _demo(self, _method: str, _body: dict) -> Any:
        return {"orders": [order.order_id for order in fill_demo_shop(self._shop)]}

    def _reset(self, _method: str, _body: dict) -> Any:
        self._shop.reset()
        self._noted_calls.clear()
        self._rates.clear()
        return {}


def act(
    shop: Shop, order_id: str, action: str, reason: str = "", items: list[str] | None = None, partial: bool = False
) -> Any:
    """Do one thing to an order.

    :param action: `request`, `withdraw`, `buyer-cancel`, `amazon-cancel`, `seller-cancel` or `ship`
    :return: the order
    :raise ValueError: no such action, or the order does not allow it
    :raise KeyError: no such order
    """
    match action:
        case "request":
            return shop.ask_to_cancel(order_id, reason, items)
        case "withdraw":
            return shop.withdraw_request(order_id)
        case "buyer-cancel":
            return shop.buyer_cancel(order_id, reason or "Buyer cancelled")
        case "amazon-cancel":
            return shop.amazon_cancel(order_id, reason or "Not shipped in time")
        case "seller-cancel":
            return shop.seller_cancel(order_id, reason or "NoInventory")
        case "ship":
            return shop.ship(order_id, partial)
    raise ValueError(f"There is no action {action}.")


def _assign(target: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if not hasattr(target, name):
            raise ValueError(f"There is no {name}.")
        setattr(target, name, value)


def _json(body: Any, status: int | None) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")
