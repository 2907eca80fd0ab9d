"""Amazon's roles, and which of them opens an operation.

Source: https://developer-docs.amazon.com/sp-api/docs/roles-in-the-selling-partner-api and the role mappings beside it.
Roles belong to an application; a seller's authorisation holds those that the application had when it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import denied
from .order_report import RANGE_REPORTS, UNSHIPPED_REPORT
from .role_names import FINANCE, INSIGHTS, INVENTORY, LISTING, SHIPPING, TAX

if TYPE_CHECKING:
    from .keeper import Keeper
    from .records import Seller

ROLE_OF_REPORT = {
    UNSHIPPED_REPORT: SHIPPING,
    RANGE_REPORTS[0]: SHIPPING,
    RANGE_REPORTS[1]: TAX,
}

_PARTICIPATIONS = frozenset({LISTING, INSIGHTS, SHIPPING, TAX})
_OPENED_BY: dict[str, frozenset[str]] = {
    "searchOrders": frozenset({INVENTORY}),
    "getOrder": frozenset({INVENTORY}),
    "cancelOrder": frozenset({INVENTORY}),
    "listTransactions": frozenset({FINANCE}),
}
_FEEDS = frozenset({"createFeedDocument", "createFeed", "getFeeds", "getFeed", "cancelFeed", "getFeedDocument"})
_SUBSCRIBING = frozenset({"createSubscription", "getSubscription"})


def effective_roles(shop: Keeper, seller: Seller) -> list[str]:
    """The roles that count: the application has them, and the seller authorised it with them."""
    application = shop.application(seller.client_id)
    authorised = application.roles if seller.authorised_roles is None else seller.authorised_roles
    return [role for role in application.roles if role in authorised]


def require(shop: Keeper, seller: Seller, operation: str) -> None:
    """Refuse an operation that none of the roles opens.

    :raise ApiError: 403, without a word about the role, as production
    """
    needed = _needed(shop, seller.region, operation)
    if needed is not None and not needed & set(effective_roles(shop, seller)):
        raise denied()


def require_for_report(shop: Keeper, seller: Seller, report_type: str) -> None:
    """Refuse a restricted report without its role.

    :raise ApiError: 403
    """
    if ROLE_OF_REPORT[report_type] not in effective_roles(shop, seller):
        raise denied()


def _needed(shop: Keeper, region: str, operation: str) -> frozenset[str] | None:
    """The roles of which one opens the operation; None where any application may call it."""
    if operation == "getMarketplaceParticipations":
        return _PARTICIPATIONS | {INVENTORY} if region == "fe" else _PARTICIPATIONS
    if operation in _FEEDS:
        return frozenset(shop.switches.feed_roles)
    if operation in _SUBSCRIBING:
        return frozenset(shop.switches.notification_roles)
    return _OPENED_BY.get(operation)
