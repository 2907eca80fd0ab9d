"""Errors are readable and carry no secret."""

import pytest

from spapi import errors
from spapi.redaction import REDACTED, redact

LEAKS = [
    "token Atza|IwEBIHk-8_abc== was bad",
    "token Atzr|IwEBIHk.abc~x was bad",
    "secret amzn1.oa2-cs.v1.0123abc here",
    "https://s3/doc?X-Amz-Signature=IwEBIHk&X-Amz-Credential=IwEBIHk%2Fx",
    '{"client_secret": "IwEBIHk", "refresh_token":"IwEBIHk"}',
    "x-amz-access-token: IwEBIHk",
    "see <Signature=IwEBIHk>",
]


@pytest.mark.parametrize("text", LEAKS)
def test_redact(text):
    assert "IwEBIHk" not in redact(text)
    assert "amzn1.oa2-cs.v1" not in redact(text)
    assert REDACTED in redact(text)


def test_redact_exact_secrets_and_nothing_else():
    assert redact("a hunter2 b", ("hunter2", "")) == f"a {REDACTED} b"
    assert (
        redact("The order 902-3159896-1390916 was not found: 100%")
        == "The order 902-3159896-1390916 was not found: 100%"
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda text: errors.SpApiError(text, note=text),
        lambda text: errors.CredentialsError(text, kind="grant", note=text),
        lambda text: errors.Throttled(text, note=text),
        lambda text: errors.Unreachable(text, note=text),
        lambda text: errors.MalformedAnswer(text, note=text),
        lambda text: errors.NotFound(text, note=text),
    ],
)
def test_no_secret_in_any_error(build):
    for text in LEAKS:
        error = build(text)
        assert "IwEBIHk" not in str(error) + repr(error) + repr(error.details) + repr(error.args)


def test_what_a_database_cannot_hold_is_left_out():
    error = errors.InvalidRequest("a\0b\ud800", code="\0c")
    assert (str(error), error.code) == ("ab?", "c")


def test_details_leave_out_what_is_unknown_and_length_is_bounded():
    error = errors.NotFound("x" * 5000, operation="getOrder", status=404, code=None)
    assert error.details == {"operation": "getOrder", "status": 404}
    assert (error.operation, error.status, error.code) == ("getOrder", 404, None)
    assert len(str(error)) == errors.MESSAGE_LIMIT
    assert isinstance(error, errors.InvalidRequest)
