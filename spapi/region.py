"""Finds the region in which a refresh token works, as a plain refusal does not tell."""

from dataclasses import replace

from .client import SellerClient
from .const import MARKETPLACES, REGIONS
from .credentials import Credentials
from .endpoints import get_api_endpoint
from .errors import SpApiError
from .refusal import Refusal, get_refusal


def find_other_region(credentials: Credentials, *, timeout: float = 10.0) -> str | None:
    """Return another region than the credentials' own in which their token may read orders, None without one.

    :param timeout: seconds to wait for each answer.
    """
    for region in REGIONS:
        if region == credentials.region:
            continue
        # A sandbox may have one address for all regions: there only the marketplaces tell them apart.
        shared = get_api_endpoint(region) == get_api_endpoint(credentials.region)
        marketplace_ids = [m.marketplace_id for m in MARKETPLACES.values() if m.region == region] if shared else []
        with SellerClient(replace(credentials, region=region), timeout=timeout) as client:
            try:
                client.try_search(marketplace_ids)
            except SpApiError as error:
                if get_refusal(error) is not Refusal.MARKETPLACE:
                    continue
        return region
    return None
