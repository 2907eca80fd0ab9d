"""Traps 3, 6, 7 and 8: logging in, with the account's own credentials only, once, and never past a time-out."""

import threading
from datetime import timedelta

import pytest
from conftest import ACCESS_TOKEN, REFRESH_TOKEN, SECRET, make_credentials
from werkzeug import Response

from spapi import errors
from spapi.client import SellerClient

TOKEN = "/auth/o2/token"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
EXPIRED = {
    "errors": [
        {
            "code": "Unauthorized",
            "message": "Access to requested resource is denied.",
            "details": "The access token you provided has expired.",
        }
    ]
}


def call(client):
    return client.get_marketplace_participations()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("seller_id", "client"),
        ("lwa_client_id", "client"),
        ("lwa_client_secret", "client"),
        ("lwa_refresh_token", "grant"),
    ],
)
@pytest.mark.parametrize("value", ["", "  ", None])
def test_an_empty_credential_never_falls_back_to_the_environment(fake, monkeypatch, name, kind, value):
    for variable in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(variable, "another-sellers")
    with pytest.raises(errors.CredentialsError) as caught:
        SellerClient(make_credentials(**{name: value}))
    assert caught.value.kind == kind
    assert not fake.server.log


def test_an_unknown_region(fake):
    with pytest.raises(errors.CredentialsError):
        SellerClient(make_credentials(region="moon"))


def test_the_login_sends_the_accounts_own_credentials(fake, client, monkeypatch):
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", "another-sellers")
    fake.answer(PARTICIPATIONS, {"payload": []})
    call(client)
    (request,) = fake.requests(TOKEN)
    assert request.form.to_dict() == {
        "grant_type": "refresh_token",
        "client_id": "amzn1.application-oa2-client.test",
        "client_secret": SECRET,
        "refresh_token": REFRESH_TOKEN,
    }
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded;charset=UTF-8"


@pytest.mark.parametrize("marketplace", ["US", "JP", "moon"])
def test_no_environment_variable_chooses_the_host_or_the_marketplace(fake, monkeypatch, marketplace):
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", marketplace)
    fake.grant()
    fake.answer(PARTICIPATIONS, {"payload": []})
    with SellerClient(make_credentials()) as client:
        assert call(client) == []
    assert not fake.requests(PARTICIPATIONS)[0].args


def test_one_token_serves_all_clients_of_the_account(fake, client):
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    call(client)
    with SellerClient(make_credentials()) as other:
        call(other)
    assert len(fake.requests(TOKEN)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"lwa_refresh_token": "Atzr|another"},
        {"lwa_client_id": "another"},
        {"lwa_client_secret": "another"},
    ],
)
def test_other_credentials_get_their_own_token(fake, client, values):
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    call(client)
    with SellerClient(make_credentials(**values)) as other:
        call(other)
    assert len(fake.requests(TOKEN)) == 2


def test_forgetting_a_token_leaves_the_other_accounts_theirs(fake, client):
    """A new login of one account, as after a refused token, is none of all accounts."""
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    with SellerClient(make_credentials(lwa_refresh_token="Atzr|another")) as other:
        call(other)
        call(client)
        client.check_login()  # forgets its own
        assert len(fake.requests(TOKEN)) == 3
        call(other)
    assert len(fake.requests(TOKEN)) == 3


def test_threads_wait_for_one_token(fake):
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    workers, entered = 8, threading.Barrier(8, timeout=60)

    def grant(_request):
        return Response('{"access_token": "Atza|shared", "expires_in": 3600}', content_type="application/json")

    fake.handle(TOKEN, grant, method="POST")

    def work():
        with SellerClient(make_credentials()) as client:
            entered.wait()
            call(client)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fake.requests(PARTICIPATIONS)) == workers
    assert len(fake.requests(TOKEN)) == 1


def test_more_accounts_than_the_librarys_cache_holds(fake):
    fake.grant()
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    for _round in range(2):
        for number in range(15):
            with SellerClient(make_credentials(lwa_refresh_token=f"Atzr|{number}")) as client:
                call(client)
    assert len(fake.requests(TOKEN)) == 15


def test_a_token_is_renewed_before_it_expires_by_amazons_clock(fake, client, monkeypatch):
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    call(client)
    start = client.now()
    for minutes, logins in ((58, 1), (59.5, 2), (61, 2)):
        now = start + timedelta(minutes=minutes)
        monkeypatch.setattr("spapi.tokens.get_now", {fake.url: now}.__getitem__)
        call(client)
        assert len(fake.requests(TOKEN)) == logins


def test_a_token_that_is_valid_for_ten_minutes_is_renewed_after_nine(fake, monkeypatch):
    fake.grant(seconds=600)
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    with SellerClient(make_credentials()) as client:
        call(client)
        start = client.now()
        for minutes, logins in ((8, 1), (9.5, 2)):
            now = start + timedelta(minutes=minutes)
            monkeypatch.setattr("spapi.tokens.get_now", {fake.url: now}.__getitem__)
            call(client)
            assert len(fake.requests(TOKEN)) == logins


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, EXPIRED),
        (403, {"errors": [{"code": "Unauthorized", "message": "The access token you provided has expired."}]}),
        (
            403,
            {
                "errors": [
                    {
                        "code": "Unauthorized",
                        "details": "The access token you provided is revoked, malformed or invalid.",
                    }
                ]
            },
        ),
        (401, {"errors": [{"code": "Unauthorized", "message": "Unauthorized"}]}),
        (401, None),
    ],
)
def test_a_refused_token_is_renewed_once_for_a_read(fake, status, body):
    fake.grant("Atza|old", always=False)
    fake.grant("Atza|new", always=False)
    fake.answer(PARTICIPATIONS, body, status=status)
    fake.answer(PARTICIPATIONS, {"payload": []})
    with SellerClient(make_credentials()) as client:
        assert call(client) == []
    used = [request.headers["x-amz-access-token"] for request in fake.requests(PARTICIPATIONS)]
    assert used == ["Atza|old", "Atza|new"]


def test_a_token_refused_twice_is_an_error(fake, client):
    fake.answer(PARTICIPATIONS, EXPIRED, status=403, always=True)
    with pytest.raises(errors.AccessDenied):
        call(client)
    assert len(fake.requests(PARTICIPATIONS)) == 2


def test_a_missing_role_does_not_cost_a_new_token(fake, client):
    fake.answer(PARTICIPATIONS, {"errors": [{"code": "Unauthorized", "message": "Access is denied."}]}, status=403)
    with pytest.raises(errors.AccessDenied):
        call(client)
    assert len(fake.requests(TOKEN)) == 1


def test_a_write_with_an_expired_token_is_not_repeated_but_may_be_tried_again(fake, client):
    path = "/orders/2026-01-01/orders/902-3159896-1390916/cancellation"
    fake.answer(path, EXPIRED, status=403, method="PUT")
    fake.answer(path, status=202, method="PUT")
    with pytest.raises(errors.Unreachable) as caught:
        client.cancel_order("902-3159896-1390916", "BUYER_CANCELLED")
    assert not caught.value.maybe_done
    assert len(fake.requests(path)) == 1
    client.cancel_order("902-3159896-1390916", "BUYER_CANCELLED")
    assert len(fake.requests(TOKEN)) == 2


CLIENT, GRANT = "client", "grant"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": "invalid_client", "error_description": "Client authentication failed"}, CLIENT),
        (400, {"error": "invalid_client"}, CLIENT),
        (400, {"error": "unauthorized_client", "error_description": "Not authorized for this grant"}, CLIENT),
        (400, {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"}, GRANT),
        (400, {"error": "invalid_grant"}, GRANT),
        (400, {"error": "invalid_request", "error_description": "The refresh_token is malformed"}, GRANT),
        (400, {"error": "invalid_request", "error_description": "client_id is malformed"}, CLIENT),
    ],
)
def test_wrong_credentials_are_told_apart(fake, status, body, kind):
    fake.answer(TOKEN, body, status=status, method="POST")
    with SellerClient(make_credentials()) as client, pytest.raises(errors.CredentialsError) as caught:
        call(client)
    assert caught.value.kind == kind
    assert (caught.value.operation, caught.value.status) == ("getAccessToken", status)
    assert caught.value.code == body["error"]
    assert body.get("error_description", "") in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "data", "kind"),
    [
        (500, None, b"", errors.Unreachable),
        (503, {"error": "server_error"}, None, errors.Unreachable),
        (403, None, b"<html>proxy</html>", errors.Unreachable),
        (302, None, b"", errors.Unreachable),
        (429, {"error": "slow_down"}, None, errors.Throttled),
        (200, None, b"<html>", errors.Unreachable),
        (200, {}, None, errors.Unreachable),
        (200, [], None, errors.Unreachable),
        (200, {"access_token": None}, None, errors.Unreachable),
        (200, {"access_token": "Atza|\r\nx-evil: 1"}, None, errors.Unreachable),
        (200, {"access_token": "Atza|ü"}, None, errors.Unreachable),
    ],
)
def test_a_login_that_is_down_is_no_wrong_credential(fake, status, body, data, kind):
    fake.answer(TOKEN, body, data=data, status=status, method="POST")
    with SellerClient(make_credentials()) as client, pytest.raises(errors.SpApiError) as caught:
        call(client)
    assert type(caught.value) is kind
    assert not getattr(caught.value, "maybe_done", False)
    assert (caught.value.operation, caught.value.status) == ("getAccessToken", status)
    assert "Login with Amazon" in str(caught.value)
    assert not fake.requests(PARTICIPATIONS)


@pytest.mark.parametrize("seconds", [None, "soon", 0, -5, True, 10**9])
def test_an_odd_lifetime_counts_as_an_hour(fake, seconds):
    fake.grant(seconds=seconds)
    fake.answer(PARTICIPATIONS, {"payload": []}, always=True)
    with SellerClient(make_credentials()) as client:
        call(client)
        call(client)
    assert len(fake.requests(TOKEN)) == 1


def test_check_login_does_not_trust_a_kept_token(fake, client):
    client.check_login()
    client.check_login()
    assert len(fake.requests(TOKEN)) == 2
    assert ACCESS_TOKEN not in repr(vars(client))


@pytest.mark.parametrize("variable", ["AMAZON_SPAPI_ENDPOINT_URL", "AMAZON_LWA_ENDPOINT_URL"])
@pytest.mark.parametrize("value", ["localhost:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"])
def test_an_endpoint_that_is_no_web_address(fake, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.SpApiError, match=variable):
        SellerClient(make_credentials())
