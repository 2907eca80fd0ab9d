"""What a refusal means: one kind for each thing that a person has to do about it."""

import re
from enum import StrEnum

from .answer import TokenRefused
from .errors import (
    AccessDenied,
    CredentialsError,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    SpApiError,
    Throttled,
    TimeIsUp,
    Unreachable,
)


class Refusal(StrEnum):
    """Why Amazon did not do what it was asked."""

    CLIENT = "client"  # client id or secret wrong, or the secret expired
    APPLICATION = "application"  # the refresh token is another application's
    GRANT = "grant"  # the refresh token is wrong, expired, or the seller revoked the authorisation
    TOKEN = "token"  # noqa: S105  a fresh access token was refused
    ACCESS = "access"  # a plain no: a role is missing, or the region is another
    REGION = "region"  # the refresh token works in another region
    MARKETPLACE = "marketplace"  # the seller is not active there
    THROTTLED = "throttled"
    TIME_IS_UP = "time_is_up"  # the caller's own
    DISTURBED = "disturbed"  # Amazon answers, but is out of order
    UNREACHABLE = "unreachable"  # nothing answers
    UNREADABLE = "unreadable"
    NOT_FOUND = "not_found"
    REQUEST = "request"


# How Amazon words a missing role where it answers 400, e.g. "Application do not have access to some or all requested
# resource" of createRestrictedDataToken.
_NO_ACCESS = re.compile(r"\b(?:not have|no|denied) access\b|\baccess\b.{0,40}\bdenied\b", re.IGNORECASE)
_NOT_ACTIVE = re.compile(
    r"marketplace.{0,80}\bnot\b|\bnot\b.{0,80}(?:marketplace|participat|registered)", re.IGNORECASE | re.DOTALL
)


def get_refusal(error: SpApiError) -> Refusal:
    """Return what the error means, as far as one answer can tell.

    A plain 403 is `Refusal.ACCESS`: Amazon says the same for a missing role and for another region's token.
    """
    words = error.words or ""
    match error:
        case CredentialsError():
            return _get_login_refusal(error)
        case TokenRefused():
            return Refusal.TOKEN
        case AccessDenied():
            return Refusal.MARKETPLACE if _NOT_ACTIVE.search(words) else Refusal.ACCESS
        case NotFound():
            return Refusal.NOT_FOUND
        case InvalidRequest():
            if _NO_ACCESS.search(words):
                return Refusal.ACCESS
            return Refusal.MARKETPLACE if _NOT_ACTIVE.search(words) else Refusal.REQUEST
        case TimeIsUp():
            return Refusal.TIME_IS_UP
        case Throttled():
            return Refusal.THROTTLED
        case Unreachable():
            return Refusal.UNREACHABLE if error.status is None else Refusal.DISTURBED
        case MalformedAnswer():
            return Refusal.UNREADABLE
    return Refusal.REQUEST


def _get_login_refusal(error: CredentialsError) -> Refusal:
    if error.code == "unauthorized_client":
        return Refusal.APPLICATION
    return Refusal.GRANT if error.kind == "grant" else Refusal.CLIENT
