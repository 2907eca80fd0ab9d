"""Amazon's fixed values: regions, marketplaces, cancellation reasons, feed and report types.

Sources: developer-docs.amazon.com/sp-api/docs/marketplace-ids and …/sp-api-endpoints; Amazon's feed XSD
(OrderAcknowledgement) and Orders API v2026-01-01.
"""

import re
from typing import NamedTuple


class Marketplace(NamedTuple):
    """One Amazon marketplace; ``region`` is ``na``, ``eu`` or ``fe``, ``country`` ISO 3166-1 alpha-2."""

    marketplace_id: str
    name: str
    region: str
    country: str


REGIONS = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
LWA_ENDPOINT = "https://api.amazon.com"

MARKETPLACES = {
    marketplace.marketplace_id: marketplace
    for marketplace in (
        Marketplace("A2EUQ1WTGCTBG2", "Amazon.ca", "na", "CA"),
        Marketplace("ATVPDKIKX0DER", "Amazon.com", "na", "US"),
        Marketplace("A1AM78C64UM0Y8", "Amazon.com.mx", "na", "MX"),
        Marketplace("A2Q3Y263D00KWC", "Amazon.com.br", "na", "BR"),
        Marketplace("A28R8C7NBKEWEA", "Amazon.ie", "eu", "IE"),
        Marketplace("A1RKKUPIHCS9HS", "Amazon.es", "eu", "ES"),
        Marketplace("A1F83G8C2ARO7P", "Amazon.co.uk", "eu", "GB"),
        Marketplace("A13V1IB3VIYZZH", "Amazon.fr", "eu", "FR"),
        Marketplace("AMEN7PMS3EDWL", "Amazon.com.be", "eu", "BE"),
        Marketplace("A1805IZSGTT6HS", "Amazon.nl", "eu", "NL"),
        Marketplace("A1PA6795UKMFR9", "Amazon.de", "eu", "DE"),
        Marketplace("APJ6JRA9NG5V4", "Amazon.it", "eu", "IT"),
        Marketplace("A2NODRKZP88ZB9", "Amazon.se", "eu", "SE"),
        Marketplace("AE08WJ6YKNBMC", "Amazon.co.za", "eu", "ZA"),
        Marketplace("A1C3SOZRARQ6R3", "Amazon.pl", "eu", "PL"),
        Marketplace("ARBP9OOSHTCHU", "Amazon.eg", "eu", "EG"),
        Marketplace("A33AVAJ2PDY3EV", "Amazon.com.tr", "eu", "TR"),
        Marketplace("A17E79C6D8DWNP", "Amazon.sa", "eu", "SA"),
        Marketplace("A2VIGQ35RCS4UG", "Amazon.ae", "eu", "AE"),
        Marketplace("A21TJRUUN4KGV", "Amazon.in", "eu", "IN"),
        Marketplace("A19VAU5U5O7RUS", "Amazon.sg", "fe", "SG"),
        Marketplace("A39IBJ37TRP1C6", "Amazon.com.au", "fe", "AU"),
        Marketplace("A1VC38T7YXB528", "Amazon.co.jp", "fe", "JP"),
    )
}

REASON_BUYER = "BuyerCanceled"
FEED_REASONS = (
    "NoInventory",
    REASON_BUYER,
    "GeneralAdjustment",
    "PricingError",
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
)
# The reasons that Amazon's REST operation takes; the others can only be sent by feed.
REST_REASONS = {
    "NoInventory": "NO_INVENTORY",
    REASON_BUYER: "BUYER_CANCELLED",
    "ShippingAddressUndeliverable": "SHIPPING_ADDRESS_UNDELIVERABLE",
    "CustomerExchange": "CUSTOMER_EXCHANGE",
    "PricingError": "PRICING_ERROR",
}

FEED_ACKNOWLEDGEMENT = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
FEED_CONTENT_TYPE = "text/xml; charset=UTF-8"
FEED_SIZE_LIMIT = 10 * 1024 * 1024  # bytes, Amazon's advice

REPORT_ACTIONABLE = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
REPORT_ORDERS = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
REPORT_INVOICING = "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING"
ORDER_REPORTS = (REPORT_ACTIONABLE, REPORT_ORDERS, REPORT_INVOICING)

# Amazon's XSD: \w{3}-\w{7}-\w{7}, so not digits only.
ORDER_ID = re.compile(r"[A-Za-z0-9]{3}-[A-Za-z0-9]{7}-[A-Za-z0-9]{7}")
