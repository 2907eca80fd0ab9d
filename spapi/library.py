"""Imports python-amazon-sp-api so that no environment variable can break or turn it, and lists what is used of it.

At import the library raises for an unknown ``AWS_ENV`` or ``SP_API_DEFAULT_MARKETPLACE`` and for a cache size that is
no number; their known values do not matter here, as the wire names endpoint and marketplaces itself and keeps its own
cache.
"""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def _without(variable: str, is_known: Callable[[str], bool]) -> Iterator[None]:
    value = os.environ.get(variable)
    if value is None or is_known(value):
        yield
        return
    del os.environ[variable]
    try:
        yield
    finally:
        os.environ[variable] = value


with _without("AWS_ENV", lambda value: value in ("PRODUCTION", "SANDBOX")):
    from sp_api.base import Marketplaces

with (
    _without("SP_API_DEFAULT_MARKETPLACE", Marketplaces.__members__.__contains__),
    _without("SP_API_AUTH_CACHE_SIZE", str.isdecimal),
    _without("SP_API_AUTH_CACHE_TTL", str.isdecimal),
):
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
    "find_missing_parts",
]

# What the wire uses of the library beyond its documentation: methods with the parameters that it gives or overrides…
_METHODS: dict[tuple[type, str], tuple[str, ...]] = {
    (Client, "headers"): (),
    (Client, "_request"): ("path", "data", "params", "headers", "add_marketplace", "res_no_data"),
    (Client, "_request_grantless_operation"): ("path", "params"),
    (Client, "_check_response"): ("res", "res_no_data", "bulk", "wrap_list"),
    (HttpxTransport, "__init__"): ("client",),
    (HttpxTransport, "request"): ("method", "url", "params", "data", "content", "headers"),
    (AccessTokenClient, "path"): (),
    (AccessTokenClient, "data"): (),
    (AccessTokenClient, "headers"): (),
    (AccessTokenClient, "grantless_data"): ("scope_value",),
}
# … and attributes that the wire sets in place of the base's ``__init__``.
_ATTRIBUTES: dict[type, tuple[str, ...]] = {
    Client: ("endpoint", "marketplace_id", "region", "version", "restricted_data_token", "_auth", "_transport"),
    AccessTokenClient: ("cred",),
}


def find_missing_parts() -> list[str]:
    """Return the parts that are used and that this version has no more, such as ``Client._request(path)``."""
    missing = []
    for (owner, name), parameters in _METHODS.items():
        part = getattr(owner, name, None)
        if part is None:
            missing.append(f"{owner.__name__}.{name}")
        elif parameters:
            known = inspect.signature(part).parameters
            missing += [f"{owner.__name__}.{name}({parameter})" for parameter in parameters if parameter not in known]
    for owner, names in _ATTRIBUTES.items():
        set_by_base = inspect.unwrap(vars(owner)["__init__"]).__code__.co_names
        missing += [f"{owner.__name__}().{name}" for name in names if name not in set_by_base]
    return missing
