"""The one client for a seller's account at Amazon; all that the models call is here or imported here."""

from .calls.feeds import Feed, FeedCalls, FeedDocument
from .calls.finances import FinanceCalls, Transaction
from .calls.notifications import Destination, NotificationCalls, Subscription
from .calls.orders import OrderCalls, OrderPage
from .calls.reports import Report, ReportCalls
from .calls.sellers import MarketplaceParticipation, SellerCalls
from .credentials import Credentials
from .window import CreationWindow, SearchWindow

__all__ = [
    "CreationWindow",
    "Credentials",
    "Destination",
    "Feed",
    "FeedDocument",
    "MarketplaceParticipation",
    "OrderPage",
    "Report",
    "SearchWindow",
    "SellerClient",
    "Subscription",
    "Transaction",
]


class SellerClient(OrderCalls, FeedCalls, ReportCalls, SellerCalls, NotificationCalls, FinanceCalls):
    """A seller's account at Amazon. Every method raises the classes of ``errors`` and no other library's."""
