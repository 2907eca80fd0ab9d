"""What a client gets to see of a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from . import auth
from .errors import denied, quota_exceeded
from .faults import Fault
from .spoiling import BYTES, CHANGES, spoil_bytes, spoil_json

if TYPE_CHECKING:
    from .shop import Shop


def instead(shop: Shop, request: Request, fault: Fault) -> Response | None:
    """The answer given in place of the operation; None where the operation still runs or nothing is answered."""
    match fault.kind:
        case "http":
            error = {
                "errors": [
                    {
                        "code": "InternalFailure",
                        "message": "We encountered an internal error. Please try again.",
                        "details": "",
                    }
                ]
            }
            return _json(fault.body if fault.body is not None else error, fault.status)
        case "not_json":
            return Response(
                "<html><body><h1>Service Unavailable</h1></body></html>", fault.status, content_type="text/html"
            )
        case "message":
            return _json(fault.body or {"message": "Forbidden"}, fault.status)
        case "errors_object":
            return _json({"errors": {"code": "InvalidInput", "message": "Invalid Input", "details": ""}}, fault.status)
        case "throttled":
            return _json(quota_exceeded().body, 429)
        case "retry_after":
            return _json(quota_exceeded().body, 429, {"Retry-After": "60", "x-amzn-RateLimit-Limit": "0.1"})
        case "empty":
            return Response(b"", 200, content_type="application/json")
        case "odd_json":
            return _json(fault.body if fault.body is not None else ["unexpected"], 200)
        case "raw":
            content = fault.body.encode() if isinstance(fault.body, str) else fault.body or b""
            return Response(content, fault.status, content_type="application/json")
        case "bad_utf8":
            return Response(b'{"orders": [{"orderId": "\xff\xfe"}]}', 200, content_type="application/json")
        case "token_expired":
            auth.revoke(shop, request.headers.get("x-amz-access-token"))
            return _json(denied("The access token you provided has expired.").body, 403)
    return None


def spoil(response: Response, fault: Fault) -> Response:
    """The true answer, spoilt as the fault says; else as it was."""
    if fault.kind in CHANGES:
        return spoil_json(response, CHANGES[fault.kind])
    if fault.kind in BYTES:
        return spoil_bytes(response, fault.kind)
    if fault.kind != "malformed_order" or response.status_code != 200:
        return response
    body = json.loads(response.get_data())
    orders = [body["order"]] if "order" in body else body.get("orders", [])
    for order in orders:
        if fault.order_id in (None, order["orderId"]):
            order["orderItems"] = fault.body if fault.body is not None else "unavailable"
            break
    response.set_data(json.dumps(body, ensure_ascii=False))
    return response


def _json(body: object, status: int | None, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers=headers, content_type="application/json")
