"""Roles, regions and restricted tokens: who may do what, and how plainly Amazon says no."""

from __future__ import annotations

import httpx
import pytest
from conftest import FR

from dev.amazon.role_names import FINANCE, INSIGHTS, INVENTORY, LISTING, ROLES, SHIPPING, TAX
from dev.amazon.server import LocalAmazon

SELLERS = {"na": "A1LOCALNA", "eu": "A1LOCALEU", "fe": "A1LOCALFE"}
REPORTS = "/reports/2021-06-30/reports"
UNSHIPPED = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
INVOICING = "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING"
RESTRICTED = "/tokens/2021-03-01/restrictedDataToken"
PLAIN = {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": ""}]}


def participations(caller):
    return caller.call("GET", "/sellers/v1/marketplaceParticipations")


def transactions(caller):
    query = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "902-0000000-0000000"}
    return caller.call("GET", "/finances/2024-06-19/transactions", params=query)


def feed_document(caller):
    return caller.call("POST", "/feeds/2021-06-30/documents", json={"contentType": "text/xml; charset=UTF-8"})


def subscription(caller):
    return caller.call("GET", "/notifications/v1/subscriptions/ORDER_CHANGE", params={"payloadVersion": "1.0"})


def make_report(caller, report_type=UNSHIPPED):
    marketplaces = caller.amazon.shop.seller(caller.seller_id).marketplace_ids[:2]
    return caller.call("POST", REPORTS, json={"reportType": report_type, "marketplaceIds": marketplaces})


OPERATIONS = {
    "searchOrders": (lambda caller: caller.search(), {INVENTORY}),
    "getMarketplaceParticipations": (participations, {LISTING, INSIGHTS, SHIPPING, TAX}),
    "listTransactions": (transactions, {FINANCE}),
    "createFeedDocument": (feed_document, {INVENTORY}),
    "getSubscription": (subscription, {INVENTORY}),
    "createReport": (make_report, {SHIPPING}),
}


@pytest.mark.parametrize("region", SELLERS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_operations_in_each_region(amazon, caller, role, region):
    amazon.shop.set_roles(role)
    caller.as_seller(SELLERS[region])
    for name, (call, opened_by) in OPERATIONS.items():
        answer = call(caller)
        far_east = name == "getMarketplaceParticipations" and region == "fe" and role == INVENTORY
        if role in opened_by or far_east:
            assert answer.status_code not in (401, 403), name
        else:
            assert (answer.status_code, answer.json()) == (403, PLAIN), name


def test_a_role_taken_away_counts_at_once_and_one_given_after_a_new_authorisation(amazon, caller):
    amazon.shop.take_role(INVENTORY)
    assert caller.search().status_code == 403
    amazon.shop.give_role(INVENTORY)
    assert caller.search().status_code == 403
    amazon.shop.authorise("A1LOCALEU")
    assert caller.as_seller().search().status_code == 200


def test_another_applications_refresh_token(amazon, caller):
    amazon.shop.add_application("amzn1.application-oa2-client.other", "other-secret")
    answer = caller.login(client_id="amzn1.application-oa2-client.other", client_secret="other-secret")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def test_a_token_of_another_region_is_refused_as_plainly_as_a_missing_role(amazon, caller):
    headers = {"x-amz-access-token": caller.token}
    path = "/sellers/v1/marketplaceParticipations"
    assert httpx.get(f"{amazon.url}/eu{path}", headers=headers).status_code == 200
    answer = httpx.get(f"{amazon.url}/na{path}", headers=headers)
    assert (answer.status_code, answer.json()) == (403, PLAIN)
    assert caller.search(marketplaceIds="ATVPDKIKX0DER").json() == PLAIN


def test_a_marketplace_in_which_the_seller_is_not_active_is_named(amazon, caller):
    amazon.shop.seller("A1LOCALEU").marketplace_ids.remove(FR)
    assert FR in caller.search(marketplaceIds=FR).json()["errors"][0]["details"]


def made_document(caller, report_type=UNSHIPPED):
    report_id = make_report(caller, report_type).json()["reportId"]
    for _turn in range(3):
        report = caller.call("GET", f"{REPORTS}/{report_id}").json()
    return f"/reports/2021-06-30/documents/{report['reportDocumentId']}"


def restricted_token(caller, *paths):
    resources = [{"method": "GET", "path": path} for path in paths]
    return caller.call("POST", RESTRICTED, judged=False, json={"restrictedResources": resources})


@pytest.mark.parametrize("report_type", [UNSHIPPED, INVOICING])
def test_a_restricted_document_opens_with_its_own_token_alone(amazon, caller, report_type):
    path, other = made_document(caller, report_type), made_document(caller, report_type)
    answer = caller.call("GET", path)
    assert (answer.status_code, answer.json()) == (403, PLAIN)
    made = restricted_token(caller, path).json()
    assert made["expiresIn"] == 3600
    headers = {"x-amz-access-token": made["restrictedDataToken"]}
    assert httpx.get(f"{amazon.url}/eu{path}", headers=headers).status_code == 200
    assert httpx.get(f"{amazon.url}/eu{other}", headers=headers).status_code == 403
    assert httpx.get(f"{amazon.url}/eu/orders/2026-01-01/orders", headers=headers).status_code == 403


def test_the_missing_role_may_be_said_late(amazon, caller):
    amazon.shop.switches.report_role_at = "createRestrictedDataToken"
    amazon.shop.take_role(SHIPPING)
    path = made_document(caller)
    assert restricted_token(caller, path).json() == PLAIN


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"restrictedResources": []}, 400),
        ({"restrictedResources": [{"method": "GET"}]}, 400),
        ({"restrictedResources": [{"method": "PUT", "path": "/reports/2021-06-30/documents/x"}]}, 400),
        ({"restrictedResources": [{"method": "GET", "path": "/reports/2021-06-30/documents/{id}"}]}, 400),
        ({"restrictedResources": [{"method": "GET", "path": "/reports/2021-06-30/documents/x"}]}, 404),
    ],
)
def test_what_the_tokens_api_takes(caller, body, status):
    assert caller.call("POST", RESTRICTED, judged=False, json=body).status_code == status


def test_the_page_takes_a_role_away_and_gives_it_back(amazon, http):
    def press(path, **form):
        answer = http.post(f"{amazon.url}/page/{path}", data=form, follow_redirects=True)
        assert answer.status_code == 200
        return answer.text

    client_id = amazon.shop.application().client_id
    assert f"{SHIPPING}: give" in press(f"applications/{client_id}", take=SHIPPING)
    assert SHIPPING not in amazon.shop.application().roles
    press(f"applications/{client_id}", give=SHIPPING)
    press("sellers/A1LOCALEU", action="authorise")
    assert SHIPPING in amazon.shop.seller("A1LOCALEU").authorised_roles
    press("sellers/A1LOCALEU", action="revoke")
    assert amazon.shop.seller("A1LOCALEU").authorisation_revoked


def test_roles_are_steered_over_http_and_kept(amazon, http, tmp_path):
    client_id = amazon.shop.application().client_id

    def control(path, body):
        answer = http.post(f"{amazon.url}/_control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert control(f"applications/{client_id}", {"roles": [INVENTORY]})["roles"] == [INVENTORY]
    assert control(f"applications/{client_id}", {"give": SHIPPING})["roles"] == [INVENTORY, SHIPPING]
    assert control("sellers/A1LOCALEU/authorise", {})["authorised_roles"] == [INVENTORY, SHIPPING]
    assert control(f"applications/{client_id}", {"take": INVENTORY})["roles"] == [SHIPPING]
    control("applications", {"client_id": "amzn1.other", "client_secret": "s", "roles": [TAX]})
    with LocalAmazon(tmp_path / "state.json") as kept:
        kept.shop.set_roles(TAX)
    assert LocalAmazon(tmp_path / "state.json").shop.application().roles == [TAX]


def test_the_unshipped_report_tells_the_verges(amazon, caller):
    order = amazon.shop.add_order()
    order.verge_of_cancellation = True
    path = made_document(caller)
    content = caller.document("reports", path.rsplit("/", 1)[1]).decode().splitlines()
    row = dict(zip(content[0].split("\t"), content[1].split("\t"), strict=True))
    assert (row["verge-of-cancellation"], row["verge-of-lateShipment"]) == ("true", "false")
