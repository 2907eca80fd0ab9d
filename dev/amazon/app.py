"""The WSGI application: a request goes through route, fault, token and rate to its operation."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from . import auth, documents, fault_answers
from .calls import Call, Calls
from .cancelling import settle_due
from .context import Answer, Context
from .control import Control
from .errors import ApiError, quota_exceeded
from .faults import Fault
from .operations import OPERATIONS, ROUTES, Operation
from .page import Page
from .rates import RATES, Rates
from .shop import Shop

# Amazon has a host for each region; here it may stand in front of the path.
_REGION = re.compile(r"/(na|eu|fe)(/.*)")


_logger = logging.getLogger(__name__)
_FAULT = "amazon.fault"
_DRIP_SECONDS = 0.02


class Amazon:
    """Amazon as a WSGI application.

    :param shop: the state to serve
    :param calls: where calls are noted
    """

    def __init__(self, shop: Shop, calls: Calls) -> None:
        self.shop = shop
        self.calls = calls
        self.rates = Rates()
        self.stopping = threading.Event()
        self._control = Control(shop, calls, self.rates)
        self._page = Page(shop, calls)

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        """WSGI."""
        region = None
        if found := _REGION.fullmatch(environ.get("PATH_INFO", "")):
            region, environ["PATH_INFO"] = found.groups()
        request = Request(environ)
        if request.path.startswith("/_control/"):
            return self._control.answer(request)(environ, start_response)
        if request.path == "/" or request.path.startswith("/page/"):
            return self._page.answer(request)(environ, start_response)
        response = self._serve(request, region)
        if response is None:
            _break_connection(environ)
        fault = environ.get(_FAULT)
        if fault and fault.kind in ("reset", "drip"):
            self._send_in_part(environ, response, fault)
        return response(environ, start_response)

    def _serve(self, request: Request, region: str | None) -> Response | None:
        """The answer; None where a fault breaks the connection."""
        error: ApiError | None = None
        try:
            name, ids = ROUTES.bind_to_environ(request.environ).match()
        except MethodNotAllowed:
            name, error = "unknown", ApiError(405, "MethodNotAllowed", "The method is not allowed for this resource.")
        except HTTPException:
            name, error = "unknown", ApiError(404, "NotFound", "Resource not found.")
        if error:
            self.calls.add(Call(name, self.shop.now(), request.method, request.path, status=error.status))
            return _json(error.body, error.status)

        request.get_data()
        with self.shop.change():
            settle_due(self.shop)
            call = Call(name, self.shop.now(), request.method, request.path, params=_params(name, request))
            self.calls.add(call)
            call.seller_id = self._caller(request)
            fault = self.shop.faults.take(
                name, _marketplace_ids(request), call.seller_id, ids.get("order_id"), request.args
            )
            call.fault = fault.kind if fault else None
            request.environ[_FAULT] = fault
            response = fault_answers.instead(self.shop, request, fault) if fault else None
            if response is None and not (fault and fault.kind == "drop_before"):
                response = self._answer(name, ids, request, region)
                if fault:
                    response = fault_answers.spoil(response, fault)
        if fault and not self._wait(fault):
            response = None
        if response and name in OPERATIONS:
            response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        call.status = response.status_code if response else None
        return response

    def _send_in_part(self, environ: dict[str, Any], response: Response, fault: Fault) -> None:
        """Send the head and half of the answer at once, or byte by byte, then break the connection."""
        content = response.get_data() or b" "
        connection = environ["werkzeug.socket"]
        head = f"HTTP/1.1 {response.status}\r\nContent-Length: {2 * len(content)}\r\n"
        head += "Content-Type: application/json\r\nConnection: close\r\n\r\n"
        try:
            connection.sendall(head.encode())
            if fault.kind == "drip":
                for _second in range(max(1, int(fault.delay / _DRIP_SECONDS))):
                    connection.sendall(b" ")
                    self.stopping.wait(_DRIP_SECONDS)
            else:
                connection.sendall(content)
        except OSError:
            _logger.debug("The client went away while its answer dripped.")
        _break_connection(environ)

    def _wait(self, fault: Fault) -> bool:
        """Let the client wait; False where the connection then breaks."""
        if fault.kind in ("slow", "timeout"):
            self.stopping.wait(fault.delay)
        return fault.kind not in ("timeout", "drop_before", "drop_after")

    def _caller(self, request: Request) -> str | None:
        token = self.shop.state.tokens.get(request.headers.get("x-amz-access-token", ""))
        return token.seller_id if token else None

    def _answer(self, name: str, ids: Mapping[str, Any], request: Request, region: str | None) -> Response:
        if name == "login":
            try:
                return _json(auth.issue_token(self.shop, request), 200)
            except auth.LoginError as error:
                return _json(error.body, error.status)
        if name in ("downloadDocument", "uploadDocument"):
            return documents.serve(self.shop, request, ids["document_id"])
        operation = OPERATIONS[name]
        try:
            answer = self._operate(operation, ids, request, region)
        except ApiError as error:
            answer = Answer(error.body, error.status)
        # 403 and 429 come without the limit, as the models say.
        headers = {} if answer.status in (403, 429) else {"x-amzn-RateLimit-Limit": str(RATES[name][0])}
        return _json(answer.body, answer.status, headers)

    def _operate(self, operation: Operation, ids: Mapping[str, Any], request: Request, region: str | None) -> Answer:
        seller = auth.check_token(self.shop, request, operation.name, operation.scope, region)
        owner = seller.seller_id if seller else auth.CLIENT_ID
        if self.shop.switches.rates and not self.rates.take(owner, operation.name, self.shop.clock.now()):
            raise quota_exceeded()
        return operation.answer(Context(self.shop, request, ids, seller))


def _json(body: dict | None, status: int, headers: dict[str, str] | None = None) -> Response:
    if body is None:
        return Response(b"", status=status, headers=headers)
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=status, headers=headers, content_type="application/json")


def _params(name: str, request: Request) -> dict[str, str]:
    """The query for the call log, without what signs a presigned link."""
    return {} if name in ("downloadDocument", "uploadDocument") else request.args.to_dict()


def _marketplace_ids(request: Request) -> set[str]:
    if request.mimetype == "application/json" and request.data:
        try:
            body = json.loads(request.get_data())
            return {str(item) for item in body.get("marketplaceIds", [])}
        except (ValueError, AttributeError, TypeError):
            return set()
    return set(request.args.get("marketplaceIds", "").split(",")) | {request.args.get("marketplaceId", "")}


def _break_connection(environ: dict[str, Any]) -> NoReturn:
    """End the connection without an answer.

    :raise ConnectionResetError: always; the server takes it as a client that went away
    """
    with contextlib.suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("The local Amazon broke the connection on purpose.")
