"""Access tokens of Login with Amazon: fetched once, kept in the process, never shown."""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx

from .answer import read_json, read_retry_after
from .clock import get_now
from .credentials import Credentials
from .errors import CredentialsError, SpApiError, Throttled, Unreachable
from .library import AccessTokenClient, AccessTokenResponse

OPERATION = "getAccessToken"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"

# A token is not used in its last minute: it could expire on its way.
_MARGIN = timedelta(seconds=60)

# LWA's OAuth error codes (RFC 6749 §5.2) that mean the app; the others that are about the seller's grant.
_GRANT_ERRORS = ("invalid_grant",)
_PASSING_ERRORS = ("server_error", "temporarily_unavailable")
_CLIENT_ERRORS = ("invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type")


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str | None = None
    expires_at: datetime | None = None


_slots: dict[tuple[str, ...], _Slot] = {}
_slots_lock = threading.Lock()


class TokenClient(AccessTokenClient):
    """The library's token client with our host, time-outs, checks and cache.

    :param credentials: checked credentials.
    :param http: the client whose time-outs apply.
    :param endpoint: base URL of Login with Amazon.
    :param api_endpoint: base URL of the API, whose clock tells when a token expires.
    """

    def __init__(self, credentials: Credentials, http: httpx.Client, endpoint: str, api_endpoint: str) -> None:
        # The base class would make an HTTP client of its own, without a time-out.
        self.cred = SimpleNamespace(
            client_id=credentials.lwa_client_id,
            client_secret=credentials.lwa_client_secret,
            refresh_token=credentials.lwa_refresh_token,
        )
        self._secrets = credentials.secrets
        self._http = http
        self._url = endpoint + self.path
        self._api_endpoint = api_endpoint
        digest = hashlib.sha256("\0".join(credentials.secrets).encode()).hexdigest()
        self._key = (endpoint, api_endpoint, credentials.lwa_client_id, digest)

    def get_auth(self) -> AccessTokenResponse:
        """Return the seller's access token.

        :raises CredentialsError, Throttled, Unreachable: there is none to be had.
        """
        return self._get("", self.data)

    def get_grantless_auth(self, scope: str = NOTIFICATIONS_SCOPE) -> AccessTokenResponse:
        """Return the app's own access token for a grantless scope; raises as `get_auth`."""
        return self._get(scope, self.grantless_data(scope))

    def forget(self) -> None:
        """Drop this account's tokens, so that the next call fetches new ones."""
        with _slots_lock:
            for key in [key for key in _slots if key[:-1] == self._key]:
                del _slots[key]

    def _get(self, scope: str, data: dict[str, str]) -> AccessTokenResponse:
        with _slots_lock:
            slot = _slots.setdefault((*self._key, scope), _Slot())
        # One fetches, the others of the same account wait for its token.
        with slot.lock:
            if slot.token is None or slot.expires_at is None or slot.expires_at <= get_now(self._api_endpoint):
                answer = self._request(self._url, data, self.headers)
                slot.token = answer["access_token"]
                slot.expires_at = get_now(self._api_endpoint) + timedelta(seconds=answer["expires_in"]) - _MARGIN
            return AccessTokenResponse(access_token=slot.token)

    def _request(self, url: str, data: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
        try:
            response = self._http.post(url, data=data, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(
                "Login with Amazon cannot be reached.", operation=OPERATION, cause=type(error).__name__
            ) from None
        body = read_json(response)
        if response.status_code != 200:
            raise self._build_error(response, body)
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            # Odd, but nothing that a person's new secret would mend: it is asked again.
            raise Unreachable("Login with Amazon gave no access token.", operation=OPERATION, status=200)
        seconds = body.get("expires_in")
        usable = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds <= 86400
        return {"access_token": token, "expires_in": seconds if usable else 3600}

    def _build_error(self, response: httpx.Response, body: Any) -> SpApiError:
        status = response.status_code
        facts: dict[str, Any] = {"operation": OPERATION, "status": status, "secrets": self._secrets}
        if status == 429:
            wait = read_retry_after(response)
            now = get_now(self._api_endpoint)
            retry_at = now + (wait or timedelta(minutes=1))
            return Throttled("Login with Amazon asks to wait.", retry_at=retry_at, now=now, **facts)
        code = body.get("error") if isinstance(body, dict) else None
        if status >= 500 or not isinstance(code, str) or code in _PASSING_ERRORS:
            return Unreachable(f"Login with Amazon gave no usable answer (HTTP {status}).", **facts)
        words = body.get("error_description")
        words = f"{words} ({code})" if isinstance(words, str) and words else code
        facts["words"] = words
        is_grant = code in _GRANT_ERRORS or (code not in _CLIENT_ERRORS and "refresh_token" in words)
        if is_grant:
            message = f"Amazon refused the refresh token: it is wrong, expired or revoked, or another app's. {words}"
            return CredentialsError(message, kind="grant", code=code, **facts)
        return CredentialsError(
            f"Amazon refused the LWA client id or secret. {words}", kind="client", code=code, **facts
        )
