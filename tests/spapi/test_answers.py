"""Traps 1, 2, 4 and 5 of the library: every answer is judged by its status, and no failure is an empty success."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from conftest import REQUEST_ID, make_credentials
from werkzeug.serving import WSGIRequestHandler

from spapi import errors
from spapi.client import SearchWindow, SellerClient
from spapi.rates import RateBudget

ORDERS = "/orders/2026-01-01/orders"
ORDER_ID = "902-3159896-1390916"
ORDER = f"{ORDERS}/{ORDER_ID}"
AFTER, BEFORE = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
WINDOW = SearchWindow(AFTER, BEFORE, ("A1PA6795UKMFR9", "A13V1IB3VIYZZH"))


def amazon_errors(code="InvalidInput", message="Something is wrong.", details=""):
    return {"errors": [{"code": code, "message": message, "details": details}]}


CASES = [
    # status, JSON body, raw body, class, part of the text
    (400, amazon_errors(), None, errors.InvalidRequest, "Something is wrong."),
    (400, {"errors": amazon_errors()["errors"][0]}, None, errors.InvalidRequest, "Something is wrong."),
    (400, {"errors": []}, None, errors.InvalidRequest, "400"),
    (400, {"errors": ["odd"]}, None, errors.InvalidRequest, "400"),
    (400, {"errors": "odd"}, None, errors.InvalidRequest, "odd"),
    (400, ["odd"], None, errors.InvalidRequest, "400"),
    (400, None, b"", errors.InvalidRequest, "400"),
    (
        403,
        amazon_errors("Unauthorized", "Access to requested resource is denied."),
        None,
        errors.AccessDenied,
        "denied",
    ),
    (403, {"message": "Forbidden"}, None, errors.AccessDenied, "Forbidden"),
    (403, {"Message": "Explicit deny"}, None, errors.AccessDenied, "Explicit deny"),
    (403, None, b"<html>proxy</html>", errors.AccessDenied, "403"),
    (404, amazon_errors("NotFound", "No such order."), None, errors.NotFound, "No such order."),
    (404, None, b"<html>nginx</html>", errors.Unreachable, "404"),
    (405, {"message": "Method not allowed"}, None, errors.InvalidRequest, "Method not allowed"),
    (413, None, b"", errors.InvalidRequest, "413"),
    (415, amazon_errors(), None, errors.InvalidRequest, "wrong"),
    (422, amazon_errors(), None, errors.InvalidRequest, "wrong"),
    (429, amazon_errors("QuotaExceeded", "You exceeded your quota."), None, errors.Throttled, "quota"),
    (429, None, b"slow down", errors.Throttled, "429"),
    (302, None, b"", errors.Unreachable, "302"),
    (408, None, b"", errors.Unreachable, "408"),
    (500, amazon_errors("InternalFailure", "We broke."), None, errors.Unreachable, "We broke."),
    (500, None, b"", errors.Unreachable, "500"),
    (502, None, b"<html>bad gateway</html>", errors.Unreachable, "502"),
    (503, {"message": None}, None, errors.Unreachable, "503"),
    (504, {}, None, errors.Unreachable, "504"),
    (200, None, b"", errors.Unreachable, "not JSON"),
    (200, None, b"<html>log in to the hotel's network</html>", errors.Unreachable, "not JSON"),
    (200, None, b'{"orders": [{"orderId": "\xff\xfe"}]}', errors.Unreachable, "not JSON"),
    (200, None, b'{"orders": [', errors.Unreachable, "not JSON"),
    (200, None, b"[" * 100_000, errors.Unreachable, "not JSON"),
    (204, None, b"", errors.Unreachable, "not JSON"),
    (200, [], None, errors.MalformedAnswer, "not an object"),
    (200, [{"orders": []}], None, errors.MalformedAnswer, "not an object"),
    (200, {}, None, errors.MalformedAnswer, "orders"),
    (200, {"orders": None}, None, errors.MalformedAnswer, "orders"),
    (200, {"orders": {}}, None, errors.MalformedAnswer, "orders"),
    (200, {"payload": {"Orders": []}}, None, errors.MalformedAnswer, "orders"),
    (200, {"orders": [], "pagination": "next"}, None, errors.MalformedAnswer, "pagination"),
    (200, {"orders": [], **amazon_errors()}, None, errors.InvalidRequest, "Something is wrong."),
]


@pytest.mark.parametrize(("status", "body", "data", "kind", "words"), CASES)
def test_no_failure_is_an_empty_page(fake, client, status, body, data, kind, words):
    fake.answer(ORDERS, body, status=status, data=data)
    with pytest.raises(errors.SpApiError) as caught:
        client.search_orders(WINDOW)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert caught.value.details["operation"] == "searchOrders"
    if status != 200:
        assert caught.value.status == status
        assert caught.value.details["request_id"] == REQUEST_ID


@pytest.mark.parametrize("body", [{}, {"order": None}, {"order": []}, {"payload": {"orderId": ORDER_ID}}])
def test_no_failure_is_an_empty_order(fake, client, body):
    fake.answer(ORDER, body)
    with pytest.raises(errors.MalformedAnswer):
        client.get_order(ORDER_ID)


def test_another_order_than_asked_for(fake, client):
    fake.answer(ORDER, {"order": {"orderId": "902-3159896-1390917"}})
    with pytest.raises(errors.MalformedAnswer):
        client.get_order(ORDER_ID)


def test_tokens_follow_no_redirect(fake, client):
    """Where an answer points to is not where the access token may go."""
    fake.answer(ORDERS, status=307, headers={"Location": f"{fake.url}/elsewhere"})
    with pytest.raises(errors.Unreachable):
        client.search_orders(WINDOW)
    assert not fake.requests("/elsewhere")


def test_error_code_and_details_are_told(fake, client):
    fake.answer(ORDER, amazon_errors("InvalidInput", "Bad input.", "The field x"), status=400)
    with pytest.raises(errors.InvalidRequest) as caught:
        client.get_order(ORDER_ID)
    assert caught.value.code == "InvalidInput"
    assert str(caught.value) == "getOrder: Bad input. The field x (HTTP 400)"


@pytest.mark.parametrize("order_id", ["", "1", "902-3159896-13909167", "../sellers", "902-3159896-139091\n", None])
def test_what_is_no_order_id_is_not_asked(fake, client, order_id):
    with pytest.raises(errors.InvalidRequest):
        client.get_order(order_id)
    assert not fake.server.log


def test_search_sends_exactly_its_question(fake, client):
    fake.answer(ORDERS, {"orders": [{"orderId": ORDER_ID}], "pagination": {"nextToken": "a+/="}})
    fake.answer(ORDERS, {"orders": []})
    page = client.search_orders(WINDOW)
    assert [order.order_id for order in page.orders] == [ORDER_ID]
    assert page.next_token == "a+/="
    last = client.search_orders(WINDOW, page.next_token)
    assert (last.orders, last.next_token, last.malformed) == ((), None, ())
    first, second = (request.args.to_dict(flat=False) for request in fake.requests(ORDERS))
    assert first == {
        "lastUpdatedAfter": ["2026-11-20T00:00:00Z"],
        "lastUpdatedBefore": ["2026-11-21T00:00:00Z"],
        "marketplaceIds": ["A1PA6795UKMFR9,A13V1IB3VIYZZH"],
        "fulfilledBy": ["MERCHANT"],
        "maxResultsPerPage": ["100"],
        "includedData": ["CANCELLATION,FULFILLMENT"],
    }
    assert second == first | {"paginationToken": ["a+/="]}


def test_search_statuses_are_amazons(fake, client):
    fake.answer(ORDERS, {"orders": []})
    client.search_orders(SearchWindow(AFTER, BEFORE, ("A1PA6795UKMFR9",), (), ("unshipped", "cancelled"), 10))
    arguments = fake.requests(ORDERS)[0].args
    assert arguments["fulfillmentStatuses"] == "UNSHIPPED,CANCELLED"
    assert arguments["maxResultsPerPage"] == "10"
    assert "fulfilledBy" not in arguments


def test_a_page_that_leads_to_itself(fake, client):
    fake.answer(ORDERS, {"orders": [], "pagination": {"nextToken": "t"}})
    with pytest.raises(errors.MalformedAnswer):
        client.search_orders(WINDOW, "t")


def test_one_malformed_order_loses_no_other(fake, client):
    orders = [{"orderId": ORDER_ID}, {"orderId": "902-0000000-0000001", "orderItems": "?"}, None, {"orderId": 7}]
    fake.answer(ORDERS, {"orders": [*orders, {"orderId": "902-0000000-0000002"}]})
    page = client.search_orders(WINDOW)
    assert [order.order_id for order in page.orders] == [ORDER_ID, "902-0000000-0000002"]
    assert [order_id for order_id, _message in page.malformed] == ["902-0000000-0000001", None, None]


def test_get_order_names_no_marketplace(fake, client):
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID}})
    assert client.get_order(ORDER_ID).source == "get"
    assert fake.requests(ORDER)[0].args.to_dict(flat=False) == {"includedData": ["CANCELLATION,FULFILLMENT"]}


def test_the_request_has_the_right_host_and_token(fake, client):
    fake.answer(ORDER, {"order": {"orderId": ORDER_ID}})
    client.get_order(ORDER_ID)
    headers = fake.requests(ORDER)[0].headers
    assert headers["Host"] == fake.url.removeprefix("http://")
    assert headers["x-amz-access-token"] == "Atza|access-token-1"


def test_marketplace_participations(fake, client):
    path = "/sellers/v1/marketplaceParticipations"
    marketplace = {"id": "A1PA6795UKMFR9", "name": "Amazon.de", "countryCode": "DE"}
    fake.answer(
        path,
        {
            "payload": [
                {"marketplace": marketplace, "participation": {"isParticipating": True, "hasSuspendedListings": False}},
                {"marketplace": {"id": "A13V1IB3VIYZZH"}, "participation": None},
            ]
        },
    )
    first, second = client.get_marketplace_participations()
    assert (first.marketplace_id, first.name, first.country_code) == ("A1PA6795UKMFR9", "Amazon.de", "DE")
    assert (first.participating, first.suspended) == (True, False)
    assert (second.participating, second.suspended) == (False, False)
    for body in ({}, {"payload": None}, {"payload": {}}, {"payload": [None]}, {"payload": [{}]}):
        fake.answer(path, body)
        with pytest.raises(errors.MalformedAnswer):
            client.get_marketplace_participations()


def test_cancel_order(fake, client):
    path = f"{ORDER}/cancellation"
    fake.answer(path, method="PUT", status=202)
    client.cancel_order(ORDER_ID, "BUYER_CANCELLED")
    (request,) = fake.requests(path)
    assert request.get_json() == {"cancelReasonCode": "BUYER_CANCELLED"}
    assert not request.args
    with pytest.raises(ValueError, match="reason"):
        client.cancel_order(ORDER_ID, "BuyerCanceled")
    for status, kind in ((403, errors.AccessDenied), (404, errors.NotFound), (405, errors.InvalidRequest)):
        fake.answer(path, {"message": "Not available"}, method="PUT", status=status)
        with pytest.raises(kind):
            client.cancel_order(ORDER_ID, "BUYER_CANCELLED")


@pytest.mark.parametrize("body", [[], amazon_errors()])
def test_a_success_that_cannot_be_read_may_have_been_done(fake, client, body):
    fake.answer(f"{ORDER}/cancellation", body, method="PUT", status=202)
    with pytest.raises(errors.Unreachable) as caught:
        client.cancel_order(ORDER_ID, "BUYER_CANCELLED")
    assert caught.value.maybe_done


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_ends_in_5xx_may_have_been_done_and_is_not_repeated(fake, client, status):
    path = f"{ORDER}/cancellation"
    fake.answer(path, amazon_errors(), method="PUT", status=status)
    with pytest.raises(errors.Unreachable) as caught:
        client.cancel_order(ORDER_ID, "BUYER_CANCELLED")
    assert caught.value.maybe_done
    assert len(fake.requests(path)) == 1


def test_throttled_tells_when_to_come_back(fake):
    fake.grant()
    budget = RateBudget()
    with SellerClient(make_credentials(), budget=budget) as client:
        fake.answer(ORDERS, amazon_errors(), status=429, headers={"Retry-After": "30"})
        with pytest.raises(errors.Throttled) as caught:
            client.search_orders(WINDOW)
        wait = caught.value.retry_at - client.now()
        assert timedelta(0) < wait <= timedelta(seconds=30)
        # Amazon's word empties the own budget too: the next call does not even leave.
        with pytest.raises(errors.Throttled):
            client.search_orders(WINDOW)
        assert len(fake.requests(ORDERS)) == 1


def test_a_login_that_fails_costs_no_call(fake):
    budget = RateBudget()
    fake.answer("/auth/o2/token", status=503, method="POST")
    with SellerClient(make_credentials(), budget=budget) as client, pytest.raises(errors.Unreachable):
        client.search_orders(WINDOW)
    assert budget.to_dict() == {}


def test_the_rate_is_learnt_from_the_answer(fake):
    fake.grant()
    budget = RateBudget()
    with SellerClient(make_credentials(), budget=budget) as client:
        fake.answer(ORDERS, {"orders": []}, headers={"x-amzn-RateLimit-Limit": "0.25"})
        client.search_orders(WINDOW)
        assert budget.to_dict()["searchOrders"]["rate"] == 0.25
        fake.answer(ORDERS, {"orders": []}, headers={"x-amzn-RateLimit-Limit": "often"})
        client.search_orders(WINDOW)
        assert budget.to_dict()["searchOrders"]["rate"] == 0.25


def test_the_clock_is_amazons(fake, client, monkeypatch):
    def read(date, **headers):
        monkeypatch.setattr(WSGIRequestHandler, "date_time_string", lambda *_: date)
        fake.answer(ORDERS, {"orders": []}, headers=headers)
        client.search_orders(WINDOW)
        return client.now() - datetime.now(UTC)

    def http_date(hours):
        return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)

    assert abs(client.now() - datetime.now(UTC)) < timedelta(minutes=10)
    assert read(http_date(5)) > timedelta(hours=4, minutes=50)
    assert read("yesterday") > timedelta(hours=4, minutes=50)
    # Without Amazon's request id it is somebody else's clock.
    assert read(http_date(9), **{"x-amzn-RequestId": ""}) < timedelta(hours=6)
    assert abs(read(http_date(0))) < timedelta(minutes=10)
