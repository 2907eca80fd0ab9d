"""What Amazon keeps. Moments are aware UTC; amounts are decimal strings in the marketplace's currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

CLIENT_ID = "amzn1.application-oa2-client.local"
CLIENT_SECRET = "local-secret"


def access_of(seller_id: str) -> dict[str, str]:
    """What a seller who is here from the beginning connects an account with, by the names that Odoo's account has."""
    return {
        "seller_id": seller_id,
        "lwa_client_id": CLIENT_ID,
        "lwa_client_secret": CLIENT_SECRET,
        "lwa_refresh_token": f"Atzr|local-{seller_id}",
    }


@dataclass
class Application:
    """A developer's application with its keys and roles."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    roles: list[str] = field(default_factory=list)


@dataclass
class Seller:
    """A selling partner that authorised an application in one region.

    :ivar authorised_roles: the roles that the application had at the authorisation; None are those that it has now
    """

    seller_id: str
    region: str
    marketplace_ids: list[str]
    client_id: str = CLIENT_ID
    authorised_roles: list[str] | None = None
    store_name: str = "Local Store"
    suspended_marketplace_ids: list[str] = field(default_factory=list)
    authorisation_revoked: bool = False
    denied_operations: list[str] = field(default_factory=list)

    @property
    def refresh_token(self) -> str:
        """What the seller's administrator pastes into the account form."""
        return access_of(self.seller_id)["lwa_refresh_token"]


@dataclass
class Token:
    """An access token: a seller's, a grantless one with a scope, or a restricted one for `paths` alone."""

    expires: datetime
    seller_id: str | None = None
    scope: str | None = None
    paths: list[str] = field(default_factory=list)


@dataclass
class Item:
    """An order line. `request_reason` is None without a request, else the buyer's words, which may be empty."""

    item_id: str
    sku: str
    title: str
    quantity: int
    unit_price: str
    asin: str
    shipped: int = 0
    request_reason: str | None = None
    cancelled_by: str | None = None
    cancel_reason: str | None = None


@dataclass
class Package:
    """A confirmed shipment of `quantities` per item id."""

    package_id: str
    created: datetime
    tracking_number: str
    quantities: dict[str, int]


@dataclass
class PendingCancel:
    """A cancellation that Amazon accepted and has not carried out yet."""

    cancelled_by: str
    reason: str
    not_before: datetime
    reads_left: int


@dataclass
class Order:
    """An order; `requested` is when the buyer last asked.

    `kept_fee` is what Amazon keeps of its commission in a refund; `deferred` tells that it held the money of shipments
    back first and has paid it since, so that each shows twice.
    """

    order_id: str
    seller_id: str
    marketplace_id: str
    status: str
    fulfilled_by: str
    created: datetime
    last_updated: datetime
    earliest_ship: datetime
    ship_by: datetime
    items: list[Item]
    buyer_name: str
    buyer_email: str
    postal_code: str = "10115"
    city: str = "Berlin"
    packages: list[Package] = field(default_factory=list)
    requested: datetime | None = None
    cancelled: datetime | None = None
    refunded: datetime | None = None
    kept_fee: str = "0"
    deferred: bool = False
    pending_cancel: PendingCancel | None = None
    verge_of_cancellation: bool = False
    verge_of_late_shipment: bool = False

    @property
    def has_request(self) -> bool:
        """Whether the buyer asks, officially, to cancel any item."""
        return any(item.request_reason is not None for item in self.items)

    @property
    def anything_shipped(self) -> bool:
        """Whether a shipment was confirmed for any unit."""
        return any(item.shipped for item in self.items)


@dataclass
class Document:
    """A feed's or report's document; content is None until it is uploaded."""

    document_id: str
    seller_id: str
    content_type: str
    content: bytes | None = None
    gzip: bool = False


@dataclass
class FeedPlan:
    """What becomes of a feed, to play outcomes that production has.

    :ivar outcome: `DONE`, `FATAL` or `CANCELLED`
    :ivar carry_out: how many messages are carried out before it ends; None is all
    :ivar report: whether a result document is made
    :ivar summary: whether the report has its processing summary
    :ivar reads: how many getFeed calls each of `IN_QUEUE` and `IN_PROGRESS` outlives; None is for ever
    :ivar settle_reads: how many getOrder calls still show an order as it was, after it was accepted
    :ivar settle_seconds: how long Amazon takes to cancel after it accepted
    :ivar refusals: order id → [code, description] of an error given in place of the documented outcome
    :ivar warnings: order id → [code, description] of a warning given beside success
    :ivar report_content: what the result document holds in place of the true report
    """

    outcome: str = "DONE"
    carry_out: int | None = None
    report: bool = True
    summary: bool = True
    reads: int | None = 1
    settle_reads: int = 0
    settle_seconds: float = 0.0
    refusals: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    report_content: bytes | None = None


@dataclass
class Feed:
    """A feed and how far it is."""

    feed_id: str
    seller_id: str
    feed_type: str
    marketplace_ids: list[str]
    document_id: str
    created: datetime
    plan: FeedPlan
    status: str = "IN_QUEUE"
    reads: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    result_document_id: str | None = None
    order_ids: list[str] = field(default_factory=list)


@dataclass
class Report:
    """A requested report and how far it is."""

    report_id: str
    seller_id: str
    report_type: str
    marketplace_ids: list[str]
    created: datetime
    data_start: datetime
    data_end: datetime
    status: str = "IN_QUEUE"
    reads: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    document_id: str | None = None


@dataclass
class Destination:
    """An SQS queue that notifications may go to."""

    destination_id: str
    name: str
    arn: str


@dataclass
class Subscription:
    """A seller's wish for notifications of one type at a destination."""

    subscription_id: str
    seller_id: str
    notification_type: str
    payload_version: str
    destination_id: str
    processing_directive: dict | None = None


@dataclass
class Harm:
    """Something that a careful client never does, such as having a shipped order refunded."""

    kind: str
    order_id: str
    detail: str
    time: datetime


@dataclass
class Switches:
    """Behaviours that a test or a person may choose.

    :ivar rates: whether Amazon's documented rates are kept with 429
    :ivar freeze_all: refuse a next page whose `maxResultsPerPage` or `includedData` changed too; the model allows it,
        production has refused it
    :ivar empty_cancellation: show `cancellation: {}` on an item without a request in place of leaving it out;
        Amazon's way is unconfirmed
    :ivar rest_cancellation: 202 where PUT cancellation is available, else the status it is refused with
    :ivar gzip: whether result and report documents are compressed
    :ivar report_encoding: Python's name of the order reports' encoding; None is what the marketplace was seen to use
    :ivar report_spelling: `cancellation` or `cancelation` in the order reports' optional column
    :ivar report_reasons: whether the seller switched the optional columns on
    :ivar report_reads: how many getReport calls each of `IN_QUEUE` and `IN_PROGRESS` outlives
    :ivar report_outcome: `DONE`, `FATAL` or `CANCELLED` (no data)
    :ivar report_verges: whether the report of unshipped orders has the columns `verge-of-…`
    :ivar report_role_at: `createReport` or `createRestrictedDataToken`: where a report's missing role is refused;
        Amazon's pages leave it open
    :ivar feed_roles: the roles of which one opens feeds; Amazon's pages leave it open
    :ivar notification_roles: likewise for subscriptions
    :ivar refused_in_feeds: order ids because of which createFeed refuses the whole feed
    :ivar notification_copies: how often each notification is delivered; 0 loses all
    """

    rates: bool = False
    freeze_all: bool = True
    empty_cancellation: bool = False
    rest_cancellation: int = 403
    refused_in_feeds: list[str] = field(default_factory=list)
    gzip: bool = True
    report_encoding: str | None = None
    report_spelling: str = "cancellation"
    report_reasons: bool = True
    report_reads: int = 1
    report_outcome: str = "DONE"
    report_verges: bool = True
    report_role_at: str = "createReport"
    feed_roles: list[str] = field(default_factory=lambda: ["Inventory and Order Tracking"])
    notification_roles: list[str] = field(default_factory=lambda: ["Inventory and Order Tracking"])
    notification_copies: int = 1


@dataclass
class State:
    """All that outlives a restart."""

    secret: str
    offset: float = 0.0
    last_number: int = 0
    applications: dict[str, Application] = field(default_factory=dict)
    sellers: dict[str, Seller] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    feed_plans: list[FeedPlan] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    destinations: dict[str, Destination] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    harms: list[Harm] = field(default_factory=list)
    switches: Switches = field(default_factory=Switches)
