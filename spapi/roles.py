"""Amazon's roles by the operation that they open, as its pages say; what Amazon answers decides, never this table.

Source: developer-docs.amazon.com/sp-api/docs/roles-in-the-selling-partner-api and the role mappings beside it. Of feeds
and notifications Amazon's pages leave it open.
"""

from .const import REPORT_INVOICING

INVENTORY = "Inventory and Order Tracking"
LISTING = "Product Listing"
INSIGHTS = "Selling Partner Insights"
FINANCE = "Finance and Accounting"
# These two are restricted: they open buyers' addresses, and Amazon asks for more before it grants them.
SHIPPING = "Direct to Consumer Shipping"
TAX = "Tax Invoicing"

_REPORTS = ("createReport", "getReport", "getReportDocument", "createRestrictedDataToken")
_FEEDS = ("createFeedDocument", "createFeed", "getFeeds", "getFeed", "getFeedDocument")
_NOTIFICATIONS = (
    "createDestination",
    "getDestinations",
    "deleteDestination",
    "createSubscription",
    "getSubscription",
    "deleteSubscriptionById",
)
_ROLES = {
    **dict.fromkeys(("searchOrders", "getOrder", "cancelOrder", *_FEEDS, *_NOTIFICATIONS), (INVENTORY,)),
    **dict.fromkeys(_REPORTS, (SHIPPING,)),
    "getMarketplaceParticipations": (LISTING, INSIGHTS),
    "listTransactions": (FINANCE,),
}


def get_roles(operation: str | None, region: str | None = None, report_type: str | None = None) -> tuple[str, ...]:
    """Return the roles of which one opens the operation, none where Amazon names no role.

    :param operation: Amazon's name, such as ``searchOrders``.
    :param region: ``na``, ``eu`` or ``fe``: the Far East opens the list of marketplaces to more.
    :param report_type: of the report that the operation is about.
    """
    if operation in _REPORTS and report_type == REPORT_INVOICING:
        return (TAX,)
    if operation == "getMarketplaceParticipations" and region == "fe":
        return (INVENTORY, LISTING, INSIGHTS)
    return _ROLES.get(operation or "", ())
