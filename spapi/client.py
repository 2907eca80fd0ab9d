"""The one client for a seller's account at Amazon; all that the models call is here or imported here."""

from .calls.feeds import Feed, FeedCalls, FeedDocument
from .calls.orders import OrderCalls, OrderPage
from .calls.sellers import MarketplaceParticipation, SellerCalls
from .credentials import Credentials
from .window import SearchWindow

__all__ = [
    "Credentials",
    "Feed",
    "FeedDocument",
    "MarketplaceParticipation",
    "OrderPage",
    "SearchWindow",
    "SellerClient",
]


class SellerClient(OrderCalls, FeedCalls, SellerCalls):
    """A seller's account at Amazon. Every method raises the classes of ``errors`` and no other library's."""
