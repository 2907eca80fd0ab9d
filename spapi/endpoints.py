"""Where Amazon is: its own hosts, or the ones that the environment names for a sandbox or a test.

The environment and not the database decides, so nobody who can write a record can send tokens elsewhere. In the API's
address ``{region}`` stands for the region, as Amazon has a host for each.
"""

import os
from urllib.parse import urlsplit

from .const import LWA_ENDPOINT, REGIONS
from .errors import SpApiError

API_VARIABLE = "AMAZON_SPAPI_ENDPOINT_URL"
LWA_VARIABLE = "AMAZON_LWA_ENDPOINT_URL"


def get_api_endpoint(region: str) -> str:
    """Return the base URL of the Selling Partner API, without a slash at its end.

    :raises SpApiError: the environment names something that is no web address.
    """
    return _read(API_VARIABLE, region) or REGIONS[region]


def get_lwa_endpoint() -> str:
    """Return the base URL of Login with Amazon, without a slash at its end.

    :raises SpApiError: the environment names something that is no web address.
    """
    return _read(LWA_VARIABLE) or LWA_ENDPOINT


def _read(variable: str, region: str = "") -> str | None:
    value = os.environ.get(variable, "").strip().rstrip("/").replace("{region}", region)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid:
        raise SpApiError(f"The environment variable {variable} is not a web address.")
    return value
