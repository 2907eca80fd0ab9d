"""Login with Amazon, and the check of its access tokens.

Sources: https://developer-docs.amazon.com/sp-api/docs/connect-to-the-selling-partner-api and the LWA error list at
https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from werkzeug import Request

from .errors import denied
from .records import CLIENT_ID, CLIENT_SECRET, Application, Seller, Token, access_of
from .roles import require

if TYPE_CHECKING:
    from .keeper import Keeper

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "LoginError", "access_of", "check_token", "issue_token", "revoke"]

TOKEN_SECONDS = 3600
SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::migration")


class LoginError(Exception):
    """A refusal in LWA's form, `{"error", "error_description"}`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.body = {"error": error, "error_description": description}


def issue_token(shop: Keeper, request: Request) -> dict:
    """Answer `/auth/o2/token`.

    :return: LWA's JSON
    :raise LoginError: LWA's refusal
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        raise LoginError(400, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded")
    form = request.form
    grant = form.get("grant_type")
    for name in ("grant_type", "client_id", "client_secret"):
        if not form.get(name):
            raise LoginError(400, "invalid_request", f"The request is missing a required parameter : {name}")
    application = shop.state.applications.get(form["client_id"])
    if application is None or form["client_secret"] != application.client_secret:
        raise LoginError(401, "invalid_client", "Client authentication failed")
    expires = shop.now() + timedelta(seconds=TOKEN_SECONDS)
    if grant == "refresh_token":
        seller = _seller_of(shop, application, form.get("refresh_token"))
        token = Token(expires, seller_id=seller.seller_id)
    elif grant == "client_credentials":
        if form.get("scope") not in SCOPES:
            raise LoginError(400, "invalid_scope", "The request has an invalid grant parameter : scope")
        token = Token(expires, scope=form["scope"])
    else:
        raise LoginError(
            400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server"
        )
    access_token = f"Atza|local-{secrets.token_urlsafe(24)}"
    tokens = shop.state.tokens
    for old in [text for text, kept in tokens.items() if kept.expires <= shop.now()]:
        del tokens[old]
    tokens[access_token] = token
    answer = {"access_token": access_token, "token_type": "bearer", "expires_in": TOKEN_SECONDS}
    if token.seller_id:
        answer["refresh_token"] = form["refresh_token"]
    return answer


def _seller_of(shop: Keeper, application: Application, refresh_token: str | None) -> Seller:
    if not refresh_token:
        raise LoginError(400, "invalid_request", "The request is missing a required parameter : refresh_token")
    for seller in shop.state.sellers.values():
        if seller.refresh_token == refresh_token and not seller.authorisation_revoked:
            if seller.client_id != application.client_id:
                raise LoginError(400, "unauthorized_client", "Not authorized for requested operation")
            return seller
    raise LoginError(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")


def check_token(
    shop: Keeper, request: Request, operation: str, scope: str | None, region: str | None = None
) -> Seller | None:
    """Let a request in.

    :param scope: the scope of a grantless operation, None for one in a seller's name
    :param region: the region whose address was called, None where the address does not tell
    :return: the seller, None for grantless operations
    :raise ApiError: 403 for a missing, wrong, expired or unfit token; plain, as production, for another region's token
        and for a missing role
    """
    text = request.headers.get("x-amz-access-token")
    if not text:
        raise denied("Access token is missing in the request header.")
    token = shop.state.tokens.get(text)
    if token is None:
        raise denied("The access token you provided is revoked, malformed or invalid.")
    if token.expires <= shop.now():
        raise denied("The access token you provided has expired.")
    if token.scope != scope or (token.paths and request.path not in token.paths):
        raise denied("The access token does not fit this operation.")
    if token.seller_id is None:
        return None
    seller = shop.state.sellers[token.seller_id]
    if seller.authorisation_revoked or operation in seller.denied_operations:
        raise denied()
    if region not in (None, seller.region):
        raise denied()
    require(shop, seller, operation)
    return seller


def revoke(shop: Keeper, access_token: str | None) -> None:
    """Let a token expire now."""
    if access_token in shop.state.tokens:
        shop.state.tokens[access_token].expires = shop.now()
