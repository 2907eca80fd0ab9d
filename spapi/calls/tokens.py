"""Tokens API 2021-03-01: one token for one document that holds buyers' data."""

from typing import Any

from ..fields import get_id
from .connection import Connection, reading

TOKENS_PATH = "/tokens/2021-03-01/restrictedDataToken"
OPERATION = "createRestrictedDataToken"


class TokenCalls(Connection):
    """Asking for what is behind a restricted path."""

    def _call_restricted(self, operation: str, path: str) -> dict[str, Any]:
        """Return the answer of a GET operation that takes a restricted data token; the token is not kept.

        :raises AccessDenied, InvalidRequest: the application lacks the restricted role; ``operation`` of the error
            tells at which of the two calls that was said.
        """
        token = self._create_restricted_token(path)
        return self._call(operation, lambda api: api.request_restricted(path, token))

    def _create_restricted_token(self, path: str) -> str:
        data = {"restrictedResources": [{"method": "GET", "path": path}]}
        answer = self._call(OPERATION, lambda api: api._request(TOKENS_PATH, data={"method": "POST", **data}))
        with reading(OPERATION):
            token = get_id(answer, "restrictedDataToken")
            if not token.isascii() or not token.isprintable():
                raise ValueError("restrictedDataToken is no token")
            return token
