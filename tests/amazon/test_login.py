"""Login with Amazon, and what a token opens."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest


def test_a_refresh_token_gives_an_access_token(caller):
    answer = caller.login()
    body = answer.json()
    assert answer.status_code == 200
    assert body["access_token"].startswith("Atza|")
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["refresh_token"] == "Atzr|local-A1LOCALEU"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "amzn1.other"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|other"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "other"}, 400, "invalid_scope"),
    ],
)
def test_lwa_refuses_in_its_own_form(caller, changes, status, error):
    answer = caller.login(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_lwa_takes_forms_only(amazon):
    answer = httpx.post(f"{amazon.url}/auth/o2/token", json={"grant_type": "refresh_token"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_revoked_authorisation_is_an_invalid_grant_and_closes_open_tokens(amazon, caller):
    amazon.shop.seller("A1LOCALEU").authorisation_revoked = True
    assert caller.login().json()["error"] == "invalid_grant"
    assert caller.search().status_code == 403


@pytest.mark.parametrize(("token", "detail"), [(None, "missing"), ("Atza|made-up", "invalid")])
def test_without_a_known_token_nothing_is_shown(caller, token, detail):
    caller.token = token
    answer = caller.search()
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "Unauthorized"
    assert detail in answer.json()["errors"][0]["details"]


def test_a_token_lives_an_hour_of_amazons_time(amazon, caller, monkeypatch):
    moment = amazon.shop.clock.now()
    monkeypatch.setattr(amazon.shop.clock, "now", lambda: moment)
    caller.as_seller()
    moment += timedelta(seconds=3599)
    assert caller.search().status_code == 200
    moment += timedelta(seconds=1)
    answer = caller.search()
    assert answer.status_code == 403
    assert "expired" in answer.json()["errors"][0]["details"]


def test_a_missing_role_closes_one_operation(amazon, caller):
    amazon.shop.seller("A1LOCALEU").denied_operations = ["searchOrders"]
    assert caller.search().status_code == 403
    assert caller.call("GET", "/sellers/v1/marketplaceParticipations").status_code == 200


def test_a_grantless_token_does_not_open_a_sellers_operations(caller):
    assert caller.grantless().search().status_code == 403


def test_every_answer_has_a_request_id_and_amazons_time(amazon, caller):
    amazon.shop.advance(86400)
    caller.as_seller()
    answer = caller.search()
    assert answer.headers["x-amzn-requestid"]
    assert answer.headers["x-amzn-ratelimit-limit"] == "0.0056"
    shown = httpx.Response(200, headers={"Date": answer.headers["date"]}).headers["date"]
    assert f"{amazon.shop.now():%d %b %Y}" in shown
    assert len(answer.headers.get_list("date")) == 1


def test_participations_are_those_of_the_sellers_region(amazon, caller):
    amazon.shop.add_seller("A2SMALL", "eu", ["A1PA6795UKMFR9"])
    amazon.shop.seller("A2SMALL").suspended_marketplace_ids = ["A1PA6795UKMFR9"]
    payload = caller.as_seller("A2SMALL").call("GET", "/sellers/v1/marketplaceParticipations").json()["payload"]
    assert [entry["marketplace"]["id"] for entry in payload] == ["A1PA6795UKMFR9"]
    assert payload[0]["participation"] == {"isParticipating": True, "hasSuspendedListings": True}


def test_unknown_paths_and_methods_are_refused_in_amazons_form(caller):
    assert caller.call("GET", "/orders/v0/orders", judged=False).status_code == 404
    answer = caller.call("POST", "/orders/2026-01-01/orders", judged=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (405, "MethodNotAllowed")
