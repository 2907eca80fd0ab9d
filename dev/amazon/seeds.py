"""The demo shop: 30 orders of the European seller, in several marketplaces, some FBA, some shipped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .records import Order

if TYPE_CHECKING:
    from .shop import Shop

DEMO_SELLER = "A1LOCALEU"
DEMO_PRODUCTS: dict[str, tuple[str, str]] = {
    "MUG-BLUE": ("Mug, blue, 300 ml", "12.90"),
    "MUG-RED": ("Mug, red, 300 ml", "12.90"),
    "LAMP-OAK": ("Table lamp, oak", "59.00"),
    "CHAIR-01": ("Folding chair", "34.50"),
    "TOWEL-SET": ("Towels, set of 4", "24.95"),
    "KNIFE-20": ("Kitchen knife, 20 cm", "42.00"),
}
_MARKETPLACES = (
    "A1PA6795UKMFR9",
    "A13V1IB3VIYZZH",
    "APJ6JRA9NG5V4",
    "A1RKKUPIHCS9HS",
    "A1F83G8C2ARO7P",
    "A1805IZSGTT6HS",
)
_BUYERS = (
    "Anna Weber",
    "Jules Moreau",
    "Giulia Conti",
    "Carmen Ruiz",
    "Oliver Hughes",
    "Sanne de Vries",
    "Jürgen Groß",
    "Zoë Müller",
)
ORDERS = 30


def fill_demo_shop(shop: Shop, seller_id: str = DEMO_SELLER) -> list[Order]:
    """Place the demo orders over the last two days, always the same.

    :return: the orders, oldest first; of each ten the seventh is FBA, the eighth shipped, the ninth partly shipped,
        the tenth pending
    """
    skus = list(DEMO_PRODUCTS)
    made = []
    with shop.change():
        start = shop.now() - timedelta(hours=48)
        for number in range(ORDERS):
            chosen = [skus[number % len(skus)]]
            if number % 3 == 0 or number % 10 == 8:
                chosen.append(skus[(number + 2) % len(skus)])
            place = number % 10
            order = shop.add_order(
                seller_id,
                order_id=f"305-{4100000 + number * 137:07d}-{7300000 + number * 911:07d}",
                marketplace_id=_MARKETPLACES[number % len(_MARKETPLACES)],
                items=[
                    {
                        "sku": sku,
                        "title": DEMO_PRODUCTS[sku][0],
                        "unit_price": DEMO_PRODUCTS[sku][1],
                        "quantity": 1 + (number + position) % 2,
                        "item_id": f"00{number:06d}{position:06d}",
                    }
                    for position, sku in enumerate(chosen, start=1)
                ],
                status="PENDING" if place == 9 else "UNSHIPPED",
                fulfilled_by="AMAZON" if place == 6 else "MERCHANT",
                created=start + timedelta(minutes=90 * number),
                ship_by=shop.now() + timedelta(hours=12 + number),
                buyer_name=_BUYERS[number % len(_BUYERS)],
            )
            if place in (7, 8):
                shop.ship(order.order_id, partial=place == 8)
                # It left an hour after it was ordered, not just now.
                order.last_updated = order.packages[0].created = order.created + timedelta(hours=1)
            made.append(order)
    return made
