"""The page for people: play the buyer, Amazon and its clock."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect

from . import feeds
from .calls import Calls
from .control import act
from .faults import KINDS
from .marketplaces import MARKETPLACES
from .operations import OPERATIONS
from .role_names import ROLES
from .roles import effective_roles
from .shop import Shop

_ROUTES = Map(
    [
        Rule("/", endpoint="index", methods=["GET"]),
        Rule("/page/orders/<order_id>", endpoint="order", methods=["POST"]),
        Rule("/page/clock", endpoint="clock", methods=["POST"]),
        Rule("/page/faults", endpoint="fault", methods=["POST"]),
        Rule("/page/applications/<client_id>", endpoint="application", methods=["POST"]),
        Rule("/page/sellers/<seller_id>", endpoint="seller", methods=["POST"]),
        Rule("/page/feeds", endpoint="feeds", methods=["POST"]),
    ]
)


class Page:
    """Answers the page for one Amazon."""

    def __init__(self, shop: Shop, calls: Calls) -> None:
        self._shop = shop
        self._calls = calls
        templates = FileSystemLoader(Path(__file__).with_name("templates"))
        environment = Environment(loader=templates, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._template = environment.get_template("index.html")

    def answer(self, request: Request) -> Response:
        """HTML for GET; for POST the change is made and the browser sent back to the page."""
        try:
            endpoint, ids = _ROUTES.bind_to_environ(request.environ).match()
        except HTTPException as error:
            return Response.from_app(error, request.environ)
        if endpoint == "index":
            return self._index(request.args.get("said", ""))
        try:
            with self._shop.change():
                said = getattr(self, f"_{endpoint}")(request.form, **ids)
        except (ValueError, KeyError) as error:
            said = str(error)
        return redirect(f"/?{urlencode({'said': said})}", 303)

    def _index(self, said: str) -> Response:
        shop = self._shop
        with shop.lock:
            orders = sorted(shop.orders.values(), key=lambda order: order.last_updated, reverse=True)
            rates = {seller_id: shop.cancellation_rate(seller_id) for seller_id in shop.state.sellers}
            html = self._template.render(
                said=said,
                now=shop.now(),
                orders=orders,
                marketplaces=MARKETPLACES,
                feeds=sorted(shop.state.feeds.values(), key=lambda feed: feed.created, reverse=True),
                faults=shop.faults.waiting,
                fault_kinds=KINDS,
                operations=["login", *OPERATIONS, "uploadDocument", "downloadDocument"],
                harms=shop.harms,
                sellers=shop.state.sellers.values(),
                rates=rates,
                calls=list(self._calls)[-25:][::-1],
                applications=shop.state.applications.values(),
                all_roles=ROLES,
                roles={seller.seller_id: effective_roles(shop, seller) for seller in shop.state.sellers.values()},
            )
        return Response(html, content_type="text/html; charset=utf-8")

    def _order(self, form: dict, order_id: str) -> str:
        action = form["action"]
        partial = action == "ship-part"
        order = act(self._shop, order_id, "ship" if partial else action, form.get("reason", ""), partial=partial)
        return f"Order {order_id}: {action} done; it is {order.status}."

    def _clock(self, form: dict) -> str:
        self._shop.advance(60 * float(form["minutes"]))
        return f"It is now {self._shop.now():%Y-%m-%d %H:%M:%S} UTC at Amazon."

    def _fault(self, form: dict) -> str:
        if form.get("clear"):
            self._shop.faults.clear()
            return "No more faults."
        self._shop.faults.add(form["operation"] or None, form["kind"], times=int(form["times"]))
        return "The fault waits."

    def _application(self, form: dict, client_id: str) -> str:
        if take := form.get("take"):
            self._shop.take_role(take, client_id)
            return f"The application no longer has the role {take}."
        self._shop.give_role(form["give"], client_id)
        return f"The application has the role {form['give']}; sellers must authorise it again."

    def _seller(self, form: dict, seller_id: str) -> str:
        if form["action"] == "revoke":
            self._shop.seller(seller_id).authorisation_revoked = True
            return f"{seller_id} has revoked the authorisation."
        self._shop.authorise(seller_id, self._shop.seller(seller_id).client_id)
        return f"{seller_id} has authorised the application with the roles that it has now."

    def _feeds(self, form: dict) -> str:
        feeds.finish_all(self._shop)
        return "All feeds are at their end."
