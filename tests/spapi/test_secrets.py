"""No secret in any log, error or repr, with every logger at DEBUG."""

import io
import logging

import pytest
from conftest import ACCESS_TOKEN, REFRESH_TOKEN, SECRET, make_credentials

from spapi import errors
from spapi.client import SellerClient

ORDER_ID = "902-3159896-1390916"
ORDER = f"/orders/2026-01-01/orders/{ORDER_ID}"
SIGNATURE = "5a1f0c3e9b"
RESTRICTED = "Atz.sprdt|restricted-data-token-1"
SECRETS = (RESTRICTED, ACCESS_TOKEN, REFRESH_TOKEN, SECRET, SIGNATURE)


@pytest.fixture
def everything(caplog):
    """All log text, from every logger there is, at DEBUG."""
    names = [None, *logging.root.manager.loggerDict, "httpx", "sp_api.base.client", "sp_api.auth.access_token_client"]
    for name in names:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def text_of(caplog):
    # The test's own server logs what it was asked, as any server does.
    return "\n".join(record.getMessage() + repr(record.args) for record in caplog.records if record.name != "werkzeug")


def assert_clean(text):
    for secret in SECRETS:
        assert secret not in text


def test_nothing_leaks_into_logs(fake, everything):
    fake.grant()
    url = f"{fake.url}/documents/1?X-Amz-Signature={SIGNATURE}"
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID}})
    fake.answer("/feeds/2021-06-30/documents", {"feedDocumentId": "d", "url": url}, method="POST", status=201)
    fake.answer("/feeds/2021-06-30/documents/d", {"feedDocumentId": "d", "url": url})
    fake.answer("/documents/1", method="PUT")
    fake.answer("/documents/1", data=b"report", always=True)
    token = {"restrictedDataToken": RESTRICTED, "expiresIn": 3600}
    fake.answer("/tokens/2021-03-01/restrictedDataToken", token, method="POST")
    fake.answer("/reports/2021-06-30/documents/d", {"reportDocumentId": "d", "url": url})
    with SellerClient(make_credentials()) as client:
        client.get_order(ORDER_ID)
        document = client.create_feed_document("text/xml")
        client.upload_document(document.url, b"x", "text/xml")
        assert client.download_feed_document("d") == b"report"
        client.download_report("d", io.BytesIO())
        assert_clean(repr(client) + repr(document) + repr(client.credentials) + str(client.credentials))
    text = text_of(everything)
    assert_clean(text)
    # The wire's own line is there, so silence is not for want of logging.
    assert "getOrder: HTTP 200" in text


def test_nothing_leaks_when_all_fails(fake, everything):
    echo = {
        "message": f"You sent {ACCESS_TOKEN} and {SECRET}; {REFRESH_TOKEN}; {RESTRICTED}",
        "X-Amz-Signature": SIGNATURE,
    }
    fake.grant()
    caught = []
    with SellerClient(make_credentials()) as client:
        for status in (400, 401, 403, 404, 429, 500):
            fake.answer(ORDER, {"errors": [{"code": ACCESS_TOKEN, **echo}]}, status=status, always=status == 401)
            with pytest.raises(errors.SpApiError) as info:
                client.get_order(ORDER_ID)
            caught.append(info)
            fake.server.clear_all_handlers()
            fake.grant()
    for info in caught:
        assert_clean(str(info.value) + repr(info.value) + repr(info.value.details))
        assert_clean(str(info.getrepr(chain=True, style="short")))
    assert_clean(text_of(everything))


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client"])
def test_nothing_leaks_from_the_login(fake, everything, code):
    body = {"error": code, "error_description": f"no {REFRESH_TOKEN} with {SECRET}"}
    fake.answer("/auth/o2/token", body, status=400, method="POST")
    with SellerClient(make_credentials()) as client, pytest.raises(errors.CredentialsError) as info:
        client.get_order(ORDER_ID)
    assert_clean(str(info.value) + repr(info.value.details) + text_of(everything))


def test_secrets_of_any_form_are_redacted(fake):
    """A secret without Amazon's prefix is known by its value alone."""
    fake.answer(
        "/auth/o2/token", {"error": "invalid_client", "error_description": "not hunter2"}, status=401, method="POST"
    )
    credentials = make_credentials(lwa_client_secret="hunter2", lwa_refresh_token="hunter3")
    with SellerClient(credentials) as client:
        with pytest.raises(errors.CredentialsError) as info:
            client.get_order(ORDER_ID)
        assert "hunter" not in str(info.value)
        fake.grant("hunter4")
        fake.answer(ORDER, {"errors": [{"code": "hunter2", "message": "hunter2 hunter3 hunter4"}]}, status=400)
        with pytest.raises(errors.InvalidRequest) as info:
            client.get_order(ORDER_ID)
        assert "hunter" not in str(info.value) + repr(info.value.details)


def test_other_uses_of_the_libraries_are_logged_as_ever(fake, client, caplog):
    caplog.set_level(logging.DEBUG, logger="httpx")
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID}})
    client.get_order(ORDER_ID)
    logging.getLogger("httpx").info("another module's request")
    assert [record.getMessage() for record in caplog.records if record.name == "httpx"] == ["another module's request"]
