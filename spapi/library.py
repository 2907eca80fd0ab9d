"""Imports python-amazon-sp-api so that no environment variable can break or turn it.

At import the library raises for an unknown ``AWS_ENV`` or ``SP_API_DEFAULT_MARKETPLACE``; their known values do not
matter here, as the wire names endpoint and marketplaces itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without(variable: str, known: Iterator[str] | list[str]) -> Iterator[None]:
    value = os.environ.get(variable)
    if value is None or value in known:
        yield
        return
    del os.environ[variable]
    try:
        yield
    finally:
        os.environ[variable] = value


with _without("AWS_ENV", ["PRODUCTION", "SANDBOX"]):
    from sp_api.base import Marketplaces

with _without("SP_API_DEFAULT_MARKETPLACE", list(Marketplaces.__members__)):
    from sp_api.api import FinancesV20240619, Notifications, OrdersV20260101, Reports, Sellers
    from sp_api.auth import AccessTokenClient, AccessTokenResponse
    from sp_api.base import Client, fill_query_params
    from sp_api.base._transport_httpx import HttpxTransport

__all__ = [
    "AccessTokenClient",
    "AccessTokenResponse",
    "Client",
    "FinancesV20240619",
    "HttpxTransport",
    "Notifications",
    "OrdersV20260101",
    "Reports",
    "Sellers",
    "fill_query_params",
]
