"""Each refusal is told apart by what a person has to do about it."""

import pytest

from spapi.answer import TokenRefused
from spapi.errors import (
    AccessDenied,
    CredentialsError,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    SpApiError,
    Throttled,
    Unreachable,
)
from spapi.refusal import Refusal, get_refusal

DENIED = "Access to requested resource is denied."


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (CredentialsError("x", kind="client", code="invalid_client"), Refusal.CLIENT),
        (CredentialsError("The seller id is missing.", kind="client"), Refusal.CLIENT),
        (CredentialsError("x", kind="client", code="unauthorized_client"), Refusal.APPLICATION),
        (CredentialsError("x", kind="grant", code="invalid_grant"), Refusal.GRANT),
        (TokenRefused("x", words="The access token you provided has expired."), Refusal.TOKEN),
        (AccessDenied("x", words=DENIED), Refusal.ACCESS),
        (AccessDenied("x"), Refusal.ACCESS),
        (AccessDenied("x", words=f"{DENIED} The seller does not participate in A13V1IB3VIYZZH."), Refusal.MARKETPLACE),
        (AccessDenied("x", words="The seller is not active in the marketplace."), Refusal.MARKETPLACE),
        (InvalidRequest("x", words="Marketplace A13V1IB3VIYZZH is not valid for the seller"), Refusal.MARKETPLACE),
        (InvalidRequest("x", words="Application do not have access to some or all requested resource"), Refusal.ACCESS),
        (InvalidRequest("x", words="lastUpdatedBefore must be 2 minutes in the past"), Refusal.REQUEST),
        (InvalidRequest("x"), Refusal.REQUEST),
        (NotFound("x"), Refusal.NOT_FOUND),
        (Throttled("x"), Refusal.THROTTLED),
        (Unreachable("x"), Refusal.UNREACHABLE),
        (Unreachable("x", status=503), Refusal.DISTURBED),
        (MalformedAnswer("x"), Refusal.UNREADABLE),
        (SpApiError("x"), Refusal.REQUEST),
    ],
)
def test_what_a_refusal_means(error, refusal):
    assert get_refusal(error) is refusal
