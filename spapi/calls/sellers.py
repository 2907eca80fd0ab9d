"""Sellers API v1."""

from dataclasses import dataclass
from typing import Any

from ..fields import get_dict, get_id, get_text, require_list
from .connection import Connection, reading

_FLAGS = ("isParticipating", "hasSuspendedListings")


@dataclass(frozen=True)
class MarketplaceParticipation:
    """One marketplace of the seller's, and whether the seller may sell there.

    :ivar country_code: ISO 3166-1 alpha-2.
    :ivar suspended: the seller has suspended listings there.
    :ivar is_told: False where Amazon left out one of the two, so that neither is known.
    """

    marketplace_id: str
    name: str | None
    country_code: str | None
    participating: bool
    suspended: bool
    is_told: bool = True


class SellerCalls(Connection):
    """Facts about the seller."""

    def get_marketplace_participations(self) -> list[MarketplaceParticipation]:
        """Return the seller's marketplaces in the region.

        :raises SpApiError: as the class says.
        """
        operation = "getMarketplaceParticipations"
        answer = self._call(operation, lambda api: api.get_marketplace_participation())
        with reading(operation):
            return [_parse(entry) for entry in require_list(answer, "payload")]


def _parse(data: Any) -> MarketplaceParticipation:
    if not isinstance(data, dict):
        raise ValueError("a marketplace is not an object")
    marketplace, participation = get_dict(data, "marketplace"), get_dict(data, "participation")
    return MarketplaceParticipation(
        marketplace_id=get_id(marketplace, "id"),
        name=get_text(marketplace, "name"),
        country_code=get_text(marketplace, "countryCode"),
        participating=participation.get("isParticipating") is True,
        suspended=participation.get("hasSuspendedListings") is True,
        is_told=all(isinstance(participation.get(name), bool) for name in _FLAGS),
    )
