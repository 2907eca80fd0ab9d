"""One seller's connection: who calls, where to, within which allowance."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from ..answer import TokenRefused
from ..clock import get_now
from ..credentials import Credentials
from ..endpoints import get_api_endpoint, get_lwa_endpoint
from ..errors import InvalidRequest, MalformedAnswer, Unreachable
from ..http import LimitedClient
from ..quiet import quiet
from ..rates import RateBudget
from ..tokens import TokenClient
from ..transport import Api


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """Read fields of the operation's answer inside.

    :raises MalformedAnswer: for a ValueError inside, as the answer has not the documented form then.
    """
    try:
        yield
    except ValueError as error:
        raise MalformedAnswer(f"{operation}: unexpected answer: {error}.", operation=operation) from None


@contextmanager
def writing(operation: str) -> Iterator[None]:
    """Send what must not be sent twice, and read its answer, inside.

    :raises Unreachable: with ``maybe_done``, for a success that cannot be read: it may have been carried out.
    """
    try:
        yield
    except (MalformedAnswer, InvalidRequest) as error:
        refused = error.status is not None and error.status >= 300
        # The login, which comes first, is an operation of its own.
        if refused or error.operation != operation:
            raise
        raise Unreachable(str(error), maybe_done=True, **error.details) from None


class Connection:
    """What all operations share. Not for several threads at once; close it, or use it as a context manager.

    :param timeout: seconds to wait for each whole answer of Amazon's API and login; documents may take longer, as long
        as something comes.
    :param budget: counts the calls; without one only Amazon's own 429 limits them.
    :raises CredentialsError: a credential is missing, so nothing is called at all.
    :raises SpApiError: the environment names an endpoint that is no web address.
    """

    def __init__(self, credentials: Credentials, *, timeout: float = 30.0, budget: RateBudget | None = None) -> None:
        credentials.check()
        self.credentials = credentials
        self.budget = budget
        self._endpoint = get_api_endpoint(credentials.region)
        self._insecure = self._endpoint.startswith("http://")
        self._http = LimitedClient(timeout)
        self._tokens = TokenClient(credentials, self._http, get_lwa_endpoint(), self._endpoint)
        self._api = Api(self._endpoint, self._tokens, self._http, budget=budget, secrets=credentials.secrets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the object cannot be used afterwards."""
        self._http.close()

    def now(self) -> datetime:
        """Return Amazon's time as aware UTC: our clock corrected by the ``Date`` of its answers."""
        return get_now(self._endpoint)

    def check_login(self) -> None:
        """Log in anew, past any kept token.

        :raises CredentialsError, Throttled, Unreachable: it did not work.
        """
        self._tokens.forget()
        with quiet():
            self._tokens.get_auth()

    def _call(
        self, operation: str, send: Callable[[Api], dict[str, Any]], *, repeatable: bool = True
    ) -> dict[str, Any]:
        """Return the answer of one operation.

        :param repeatable: doing it twice does no harm, so it may be sent again with a new token.
        """
        self._api.operation = operation
        with quiet():
            try:
                return send(self._api)
            except TokenRefused as error:
                self._tokens.forget()
                if not repeatable:
                    details: dict[str, Any] = error.details
                    raise Unreachable(
                        f"{operation}: the access token had expired; the next try gets a new one.", **details
                    ) from None
            return send(self._api)
