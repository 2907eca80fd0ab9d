"""Amazon's marketplaces, from https://developer-docs.amazon.com/sp-api/docs/marketplace-ids."""

from __future__ import annotations

from typing import NamedTuple


class Marketplace(NamedTuple):
    """One of Amazon's shops; region is `na`, `eu` or `fe`."""

    marketplace_id: str
    name: str
    country_code: str
    currency: str
    language: str
    region: str

    @property
    def domain(self) -> str:
        """Its web host."""
        return f"www.{self.name.lower()}"


_ALL = (
    Marketplace("ATVPDKIKX0DER", "Amazon.com", "US", "USD", "en_US", "na"),
    Marketplace("A2EUQ1WTGCTBG2", "Amazon.ca", "CA", "CAD", "en_CA", "na"),
    Marketplace("A1AM78C64UM0Y8", "Amazon.com.mx", "MX", "MXN", "es_MX", "na"),
    Marketplace("A2Q3Y263D00KWC", "Amazon.com.br", "BR", "BRL", "pt_BR", "na"),
    Marketplace("A1PA6795UKMFR9", "Amazon.de", "DE", "EUR", "de_DE", "eu"),
    Marketplace("A13V1IB3VIYZZH", "Amazon.fr", "FR", "EUR", "fr_FR", "eu"),
    Marketplace("APJ6JRA9NG5V4", "Amazon.it", "IT", "EUR", "it_IT", "eu"),
    Marketplace("A1RKKUPIHCS9HS", "Amazon.es", "ES", "EUR", "es_ES", "eu"),
    Marketplace("A1F83G8C2ARO7P", "Amazon.co.uk", "GB", "GBP", "en_GB", "eu"),
    Marketplace("A1805IZSGTT6HS", "Amazon.nl", "NL", "EUR", "nl_NL", "eu"),
    Marketplace("A2NODRKZP88ZB9", "Amazon.se", "SE", "SEK", "sv_SE", "eu"),
    Marketplace("A1C3SOZRARQ6R3", "Amazon.pl", "PL", "PLN", "pl_PL", "eu"),
    Marketplace("AMEN7PMS3EDWL", "Amazon.com.be", "BE", "EUR", "fr_BE", "eu"),
    Marketplace("A28R8C7NBKEWEA", "Amazon.ie", "IE", "EUR", "en_IE", "eu"),
    Marketplace("A33AVAJ2PDY3EV", "Amazon.com.tr", "TR", "TRY", "tr_TR", "eu"),
    Marketplace("A2VIGQ35RCS4UG", "Amazon.ae", "AE", "AED", "en_AE", "eu"),
    Marketplace("A17E79C6D8DWNP", "Amazon.sa", "SA", "SAR", "ar_AE", "eu"),
    Marketplace("ARBP9OOSHTCHU", "Amazon.eg", "EG", "EGP", "ar_AE", "eu"),
    Marketplace("A21TJRUUN4KGV", "Amazon.in", "IN", "INR", "en_IN", "eu"),
    Marketplace("AE08WJ6YKNBMC", "Amazon.co.za", "ZA", "ZAR", "en_ZA", "eu"),
    Marketplace("A1VC38T7YXB528", "Amazon.co.jp", "JP", "JPY", "ja_JP", "fe"),
    Marketplace("A39IBJ37TRP1C6", "Amazon.com.au", "AU", "AUD", "en_AU", "fe"),
    Marketplace("A19VAU5U5O7RUS", "Amazon.sg", "SG", "SGD", "en_SG", "fe"),
)

MARKETPLACES: dict[str, Marketplace] = {marketplace.marketplace_id: marketplace for marketplace in _ALL}


def of_region(region: str) -> list[str]:
    """The ids of a region's marketplaces.

    :param region: `na`, `eu` or `fe`
    """
    return [marketplace.marketplace_id for marketplace in _ALL if marketplace.region == region]
