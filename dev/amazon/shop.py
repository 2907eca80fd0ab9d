"""The shop at Amazon: what buyers, the seller's other tools and Amazon itself do to orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from .cancelling import cancel, settle_due
from .keeper import Keeper
from .marketplaces import MARKETPLACES, of_region
from .order_change import touch
from .records import CLIENT_ID, Application, FeedPlan, Item, Order, Package, Seller
from .role_names import ROLES


class Shop(Keeper):
    """All of Amazon's side."""

    # --- time ------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass at Amazon.

        :raise ValueError: negative seconds
        """
        with self.change():
            self.clock.advance(seconds)
            settle_due(self)

    def set_clock(self, moment: datetime) -> None:
        """Make it `moment` (aware) at Amazon."""
        with self.change():
            self.clock.set(moment)
            settle_due(self)

    # --- set-up ----------------------------------------------------------------------------------------------

    def add_seller(self, seller_id: str, region: str, marketplace_ids: Iterable[str] | None = None) -> Seller:
        """A further seller; in all marketplaces of the region unless told.

        :param region: `na`, `eu` or `fe`
        """
        with self.change():
            seller = Seller(seller_id, region, list(marketplace_ids or of_region(region)))
            self.state.sellers[seller_id] = seller
            return seller

    def add_application(self, client_id: str, client_secret: str, roles: Iterable[str] = ROLES) -> Application:
        """A further application."""
        with self.change():
            application = Application(client_id, client_secret, list(roles))
            self.state.applications[client_id] = application
            return application

    def give_role(self, role: str, client_id: str = CLIENT_ID) -> None:
        """Amazon grants an application a role; it counts for a seller who authorises the application again.

        :raise ValueError: no such role
        """
        with self.change():
            if role not in ROLES:
                raise ValueError(f"There is no role {role}; there are {', '.join(ROLES)}.")
            application = self.application(client_id)
            for seller in self.state.sellers.values():
                if seller.client_id == client_id and seller.authorised_roles is None:
                    seller.authorised_roles = list(application.roles)
            if role not in application.roles:
                application.roles.append(role)

    def take_role(self, role: str, client_id: str = CLIENT_ID) -> None:
        """An application loses a role, at once for all sellers."""
        with self.change():
            application = self.application(client_id)
            application.roles = [kept for kept in application.roles if kept != role]

    def set_roles(self, *roles: str, client_id: str = CLIENT_ID) -> None:
        """An application has these roles, and every seller has authorised it with them."""
        with self.change():
            self.application(client_id).roles = list(roles)
            for seller in self.state.sellers.values():
                if seller.client_id == client_id:
                    seller.authorised_roles = None

    def authorise(self, seller_id: str, client_id: str = CLIENT_ID) -> Seller:
        """A seller authorises an application, with the roles that it has now."""
        with self.change():
            seller = self.seller(seller_id)
            seller.client_id, seller.authorisation_revoked = client_id, False
            seller.authorised_roles = list(self.application(client_id).roles)
            return seller

    def add_order(
        self,
        seller_id: str = "A1LOCALEU",
        *,
        order_id: str | None = None,
        marketplace_id: str | None = None,
        items: list[dict[str, Any]] | None = None,
        sku: str = "SKU-1",
        quantity: int = 1,
        unit_price: str = "19.99",
        status: str = "UNSHIPPED",
        fulfilled_by: str = "MERCHANT",
        created: datetime | None = None,
        ship_by: datetime | None = None,
        buyer_name: str = "Anna Kunde",
    ) -> Order:
        """A buyer places an order.

        :param items: one dict a line with `sku` and, if not the defaults, `quantity`, `unit_price`, `title`, `item_id`,
            `asin`; None is one line made of `sku`, `quantity` and `unit_price`
        :param status: Amazon's fulfillment status, such as `PENDING` or `UNSHIPPED`
        :param fulfilled_by: `MERCHANT` or `AMAZON`
        :raise ValueError: the order id exists
        """
        with self.change():
            seller = self.seller(seller_id)
            now = (created or self.now()).replace(microsecond=0)
            number = self.next_number()
            order_id = (
                order_id
                or f"30{number % 10}-{1000000 + number * 7919 % 8999999:07d}-{2000000 + number * 104729 % 7999999:07d}"
            )
            if order_id in self.orders:
                raise ValueError(f"There is an order {order_id} already.")
            lines = items if items is not None else [{"sku": sku, "quantity": quantity, "unit_price": unit_price}]
            marketplace = MARKETPLACES[marketplace_id or seller.marketplace_ids[0]]
            order = Order(
                order_id=order_id,
                seller_id=seller_id,
                marketplace_id=marketplace.marketplace_id,
                status=status,
                fulfilled_by=fulfilled_by,
                created=now,
                last_updated=now,
                earliest_ship=now,
                ship_by=ship_by or now + timedelta(days=2),
                items=[self._item(number, position, line) for position, line in enumerate(lines, start=1)],
                buyer_name=buyer_name,
                buyer_email=f"buyer{number:06d}@marketplace.{marketplace.name.lower()}",
            )
            if status == "SHIPPED":
                _pack(self, order, {item.item_id: item.quantity for item in order.items})
            self.orders[order_id] = order
            return order

    def _item(self, number: int, position: int, line: dict[str, Any]) -> Item:
        sku = line["sku"]
        return Item(
            # Amazon's item ids are digit strings that may begin with zeros.
            item_id=line.get("item_id") or f"00{number:08d}{position:04d}",
            sku=sku,
            title=line.get("title") or f"Product {sku}",
            quantity=line.get("quantity", 1),
            unit_price=str(line.get("unit_price", "19.99")),
            asin=line.get("asin") or f"B0{number:06d}{position:02d}",
        )

    def plan_feed(self, **plan: Any) -> FeedPlan:
        """Choose what becomes of the next feed; several calls plan several. See :class:`FeedPlan` for the choices."""
        with self.change():
            made = FeedPlan(**plan)
            self.state.feed_plans.append(made)
            return made

    def cancellation_rate(self, seller_id: str, days: int = 7) -> tuple[int, int]:
        """Amazon's Cancellation Rate as counts.

        :return: cancellations not asked for by the official option, and all orders that the seller fulfils, placed
            within `days`
        """
        since = self.now() - timedelta(days=days)
        orders = [
            order
            for order in self.orders.values()
            if order.seller_id == seller_id and order.fulfilled_by == "MERCHANT" and order.created >= since
        ]
        caused = [order for order in orders if order.status == "CANCELLED" and _counts_against_seller(order)]
        return len(caused), len(orders)

    # --- what buyers do --------------------------------------------------------------------------------------

    def ask_to_cancel(self, order_id: str, reason: str = "", item_ids: Iterable[str] | None = None) -> Order:
        """The buyer asks, with the official option, to cancel the order or some items.

        :raise ValueError: the order is closed, or no such item
        """
        with self.change():
            order = self._open_order(order_id)
            wanted = set(item_ids) if item_ids is not None else {item.item_id for item in order.items}
            if unknown := wanted - {item.item_id for item in order.items}:
                raise ValueError(f"Order {order_id} has no item {', '.join(sorted(unknown))}.")
            for item in order.items:
                if item.item_id in wanted:
                    item.request_reason = reason
            order.requested = self.now()
            touch(self, order, "BuyerRequestedChange", "Buyer requested cancellation")
            return order

    def withdraw_request(self, order_id: str) -> Order:
        """The buyer no longer wants to cancel."""
        with self.change():
            order = self.order(order_id)
            for item in order.items:
                item.request_reason = None
            order.requested = None
            touch(self, order, "BuyerRequestedChange", "Buyer withdrew the cancellation request")
            return order

    def buyer_cancel(self, order_id: str, reason: str = "Buyer cancelled") -> Order:
        """The buyer cancels alone, as in the first 30 minutes.

        :raise ValueError: the order is closed
        """
        with self.change():
            return cancel(self, self._open_order(order_id), "BUYER", reason)

    def cancel_items(self, order_id: str, item_ids: Iterable[str], cancelled_by: str = "BUYER") -> Order:
        """Items are cancelled alone, by the buyer at once or by the seller in Seller Central; the order goes on.

        :raise ValueError: the order is closed, or nothing would be left of it
        """
        with self.change():
            order, dropped = self._open_order(order_id), set(item_ids)
            if not any(item.quantity for item in order.items if item.item_id not in dropped):
                raise ValueError(f"Nothing would be left of order {order_id}.")
            for item in order.items:
                if item.item_id in dropped:
                    item.quantity, item.cancelled_by, item.cancel_reason = 0, cancelled_by, "No longer needed"
            touch(self, order, "OrderStatusChange", "Order items cancelled")
            return order

    def lower_quantity(self, order_id: str, item_id: str, quantity: int) -> Order:
        """Some units of an item are cancelled; the others stay ordered.

        :raise ValueError: the order is closed, or it is not fewer units
        """
        with self.change():
            order = self._open_order(order_id)
            item = next(item for item in order.items if item.item_id == item_id)
            if not 0 < quantity < item.quantity:
                raise ValueError(f"Item {item_id} has {item.quantity} units.")
            item.quantity = quantity
            touch(self, order, "OrderStatusChange", "Units cancelled")
            return order

    # --- what Amazon and the seller's other tools do ----------------------------------------------------------

    def amazon_cancel(self, order_id: str, reason: str = "Not shipped in time") -> Order:
        """Amazon cancels, as it does 7 business days after the ship-by date.

        :raise ValueError: the order is closed
        """
        with self.change():
            return cancel(self, self._open_order(order_id), "AMAZON", reason)

    def seller_cancel(self, order_id: str, reason: str = "NoInventory") -> Order:
        """The seller cancels in Seller Central, past the API.

        :raise ValueError: the order is closed
        """
        with self.change():
            return cancel(self, self._open_order(order_id), "MERCHANT", reason)

    def ship(self, order_id: str, partial: bool = False) -> Order:
        """A shipment is confirmed: of everything left, or of one item (of one unit where there is only one item).

        :raise ValueError: the order is closed, or one unit cannot be shipped in part
        """
        with self.change():
            order = self._open_order(order_id)
            left = {item.item_id: item.quantity - item.shipped for item in order.items if item.quantity > item.shipped}
            if partial:
                first = next(iter(left))
                quantities = {first: left[first] if len(left) > 1 else 1}
                if quantities == left:
                    raise ValueError(f"Order {order_id} has one unit left, which is all of it.")
            else:
                quantities = left
            _pack(self, order, quantities)
            order.status = "PARTIALLY_SHIPPED" if partial else "SHIPPED"
            order.pending_cancel = None
            touch(self, order, "OrderStatusChange", "Order status changed")
            return order

    def set_status(self, order_id: str, status: str) -> Order:
        """Give an order another status, such as `UNSHIPPED` for one that was `PENDING`."""
        with self.change():
            order = self.order(order_id)
            order.status = status
            touch(self, order, "OrderStatusChange", "Order status changed")
            return order

    def touch(self, order: Order, change_type: str, reason: str) -> None:
        """Mark an order as changed now and notify the subscribers."""
        with self.change():
            touch(self, order, change_type, reason)

    def _open_order(self, order_id: str) -> Order:
        order = self.order(order_id)
        if order.status in ("SHIPPED", "CANCELLED", "UNFULFILLABLE"):
            raise ValueError(f"Order {order_id} is {order.status}.")
        return order


def _pack(shop: Shop, order: Order, quantities: dict[str, int]) -> None:
    number = shop.next_number()
    for item in order.items:
        item.shipped += quantities.get(item.item_id, 0)
    order.packages.append(Package(str(len(order.packages) + 1), shop.now(), f"TRACK{number:010d}", quantities))


def _counts_against_seller(order: Order) -> bool:
    by_seller = any(item.cancelled_by == "MERCHANT" for item in order.items)
    asked = order.has_request and any(
        item.cancel_reason in ("BuyerCanceled", "BUYER_CANCELLED") for item in order.items
    )
    by_amazon = any(item.cancelled_by == "AMAZON" for item in order.items)
    return by_amazon or (by_seller and not asked)
