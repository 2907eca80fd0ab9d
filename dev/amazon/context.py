"""What an operation gets and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug import Request

from .errors import ApiError, denied, invalid
from .marketplaces import MARKETPLACES
from .records import Seller

if TYPE_CHECKING:
    from .shop import Shop


@dataclass
class Context:
    """A request that passed the gate. `caller` is None for grantless operations."""

    shop: Shop
    request: Request
    ids: Mapping[str, Any]
    caller: Seller | None = None

    @property
    def seller(self) -> Seller:
        """The seller in whose name the operation is called, never a grantless one."""
        if self.caller is None:
            raise TypeError("a grantless operation has no seller")
        return self.caller

    def require_marketplaces(self, marketplace_ids: list[str]) -> None:
        """Refuse marketplaces that the seller is not in.

        :raise ApiError: 403, as production answers; plain for those of another region
        """
        foreign = [
            marketplace_id for marketplace_id in marketplace_ids if marketplace_id not in self.seller.marketplace_ids
        ]
        if not foreign:
            return
        if {MARKETPLACES[one].region for one in foreign if one in MARKETPLACES} == {self.seller.region}:
            raise denied(f"The seller does not participate in {', '.join(foreign)}.")
        raise denied()

    def json_body(self, required: Mapping[str, type], optional: Mapping[str, type] | None = None) -> dict[str, Any]:
        """The request's JSON object.

        :param required: name → type
        :param optional: name → type
        :raise ApiError: 415 for another content type, 400 for another form
        """
        if self.request.mimetype != "application/json":
            raise ApiError(415, "UnsupportedMediaType", "The content type must be application/json.")
        try:
            body = json.loads(self.request.get_data())
        except ValueError:
            raise invalid("The body is not JSON.") from None
        if not isinstance(body, dict):
            raise invalid("The body must be an object.")
        known = {**required, **(optional or {})}
        if unknown := body.keys() - known.keys():
            raise invalid(f"Unknown fields: {', '.join(sorted(unknown))}.")
        if missing := required.keys() - body.keys():
            raise invalid(f"Missing fields: {', '.join(sorted(missing))}.")
        for name, value in body.items():
            if not isinstance(value, known[name]):
                raise invalid(f"{name} has the wrong type.")
        return body


@dataclass
class Answer:
    """What an operation gives back; `body` None is an empty body."""

    body: dict | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
