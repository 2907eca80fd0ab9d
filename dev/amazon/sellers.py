"""Sellers API v1."""

from __future__ import annotations

from .context import Answer, Context
from .marketplaces import MARKETPLACES
from .query import Query


def get_marketplace_participations(context: Context) -> Answer:
    """The marketplaces of the calling seller."""
    Query(context.request)
    seller = context.seller
    payload = []
    for marketplace_id in seller.marketplace_ids:
        marketplace = MARKETPLACES[marketplace_id]
        payload.append(
            {
                "marketplace": {
                    "id": marketplace_id,
                    "name": marketplace.name,
                    "countryCode": marketplace.country_code,
                    "defaultCurrencyCode": marketplace.currency,
                    "defaultLanguageCode": marketplace.language,
                    "domainName": marketplace.domain,
                },
                "storeName": seller.store_name,
                "participation": {
                    "isParticipating": True,
                    "hasSuspendedListings": marketplace_id in seller.suspended_marketplace_ids,
                },
            }
        )
    return Answer({"payload": payload})
