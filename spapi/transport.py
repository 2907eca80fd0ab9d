"""The library's client, made to tell the truth: every answer is judged by its HTTP status first."""

import logging
from contextlib import suppress
from typing import Any

import httpx

from .answer import read_answer, read_retry_after
from .clock import get_now, note_date
from .errors import Unreachable
from .library import Client, FinancesV20240619, HttpxTransport, Notifications, OrdersV20260101, Reports, Sellers
from .rates import RateBudget
from .tokens import TokenClient

_logger = logging.getLogger(__name__)

# The request was never sent, so Amazon cannot have carried it out.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def describe_failure(error: httpx.HTTPError, subject: str) -> tuple[str, dict[str, Any]]:
    """Return the sentence and the facts of an `Unreachable` for a failed transfer."""
    kind = "cannot be reached"
    if isinstance(error, httpx.TimeoutException):
        kind = "did not answer in time"
    elif isinstance(error, httpx.DecodingError):
        kind = "gave an answer that cannot be read"
    facts = {"cause": type(error).__name__, "maybe_done": not isinstance(error, _NOT_SENT)}
    return f"{subject} {kind}.", facts


class CheckedClient(Client):
    """Base of the API classes, in front of them in the method order; not for use by several threads at once.

    :ivar operation: Amazon's name of the operation under way.
    :ivar status: the HTTP status of the last answer.
    """

    operation = ""
    status: int | None = None

    def __init__(
        self,
        endpoint: str,
        tokens: TokenClient,
        http: httpx.Client,
        *,
        budget: RateBudget | None,
        secrets: tuple[str, ...],
    ) -> None:
        # The base class would let SP_API_DEFAULT_MARKETPLACE choose the host and make a client without time-outs.
        self.endpoint = endpoint
        self.marketplace_id = self.region = self.version = self.restricted_data_token = None
        self._auth = tokens
        self._transport = HttpxTransport(client=http)
        self._budget = budget
        self._secrets = secrets
        self._token = ""

    def _request(
        self,
        path: str,
        *,
        data: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        res_no_data: bool = False,
        **ignored: Any,
    ) -> dict[str, Any]:
        headers = dict(headers or self.headers)
        # The library cuts the host out of https:// only; httpx knows it anyway.
        headers.pop("host", None)
        self._token = headers["x-amz-access-token"]
        # Only here, as a login that fails must not cost a call of the operation.
        if self._budget:
            self._budget.take(self.operation, get_now(self.endpoint))
        try:
            return super()._request(
                path, data=data, params=params, headers=headers, add_marketplace=False, res_no_data=res_no_data
            )
        except httpx.HTTPError as error:
            message, facts = describe_failure(error, f"{self.operation}: Amazon")
            raise Unreachable(message, operation=self.operation, **facts) from None

    def request_restricted(self, path: str, token: str) -> dict[str, Any]:
        """Return the answer of a GET operation with a token made for its path in place of the seller's."""
        return self._request(path, headers={**self.headers, "x-amz-access-token": token})

    def _check_response(
        self, res: httpx.Response, res_no_data: bool = False, bulk: bool = False, wrap_list: bool = False
    ) -> dict[str, Any]:
        self.status = res.status_code
        request_id = res.headers.get("x-amzn-requestid")
        _logger.debug("%s: HTTP %s, request id %s", self.operation, res.status_code, request_id)
        # A proxy's own answer must not set the clock.
        if request_id:
            note_date(self.endpoint, res.headers.get("date"))
        now, retry_at = get_now(self.endpoint), None
        if self._budget:
            self._learn_rate(res)
            if res.status_code == 429:
                retry_at = self._budget.empty(self.operation, now, read_retry_after(res))
        return read_answer(
            res,
            self.operation,
            now=now,
            retry_at=retry_at,
            secrets=(*self._secrets, self._token),
            may_be_empty=res_no_data or self.method == "DELETE",
        )

    def _learn_rate(self, res: httpx.Response) -> None:
        if self._budget:
            with suppress(ValueError):
                self._budget.learn(self.operation, float(res.headers.get("x-amzn-ratelimit-limit", "")))


class Api(CheckedClient, OrdersV20260101, Sellers, Reports, Notifications, FinancesV20240619):
    """The library's API classes that the wire uses, checked."""
