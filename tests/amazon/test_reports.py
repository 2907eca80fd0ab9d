"""Order reports: states, documents, columns, encodings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import DE, FR

from dev.amazon.clock import to_text

REPORTS = "/reports/2021-06-30/reports"
UNSHIPPED = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
RANGES = ["GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING", "GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING"]


def request(caller, report_type=UNSHIPPED, marketplace_ids=(DE, FR), **more):
    body = {"reportType": report_type, "marketplaceIds": list(marketplace_ids), **more}
    return caller.call("POST", REPORTS, json=body)


def state(caller, report_id):
    return caller.call("GET", f"{REPORTS}/{report_id}").json()


def content(caller, *arguments, **more):
    report_id = request(caller, *arguments, **more).json()["reportId"]
    for _turn in range(3):
        report = state(caller, report_id)
    return caller.document("reports", report["reportDocumentId"])


def rows(raw, encoding="utf-8"):
    header, *lines = raw.decode(encoding).splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_a_report_moves_on_one_step_a_call(caller):
    report_id = request(caller).json()["reportId"]
    assert [state(caller, report_id)["processingStatus"] for _turn in range(3)] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]


@pytest.mark.parametrize("outcome", ["FATAL", "CANCELLED"])
def test_a_report_may_end_without_a_document(amazon, caller, outcome):
    amazon.shop.switches.report_outcome = outcome
    report_id = request(caller).json()["reportId"]
    report = [state(caller, report_id) for _turn in range(3)][-1]
    assert report["processingStatus"] == outcome
    assert "reportDocumentId" not in report


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reportType": "GET_OTHER"}, 400),
        ({"marketplaceIds": []}, 400),
        ({"marketplaceIds": [DE] * 26}, 400),
        ({"marketplaceIds": [DE] * 25}, 202),
        ({"marketplaceIds": ["ATVPDKIKX0DER"]}, 403),
        ({"dataStartTime": "2999-01-01T00:00:00Z"}, 400),
        ({"dataStartTime": "soon"}, 400),
        ({"dataStartTime": "2999-01-01T00:00:00Z", "dataEndTime": "2999-01-01T00:00:00Z"}, 400),
        ({"dataEndTime": "2020-01-01T00:00:00Z"}, 400),
        ({"unknown": 1}, 400),
    ],
)
def test_what_create_report_takes(caller, change, status):
    body = {"reportType": UNSHIPPED, "marketplaceIds": [DE], **change}
    assert caller.call("POST", REPORTS, json=body).status_code == status


def test_a_report_may_begin_now(amazon, caller, monkeypatch):
    now = amazon.shop.clock.now()
    monkeypatch.setattr(amazon.shop.clock, "now", lambda: now)
    moments = {"dataStartTime": to_text(now), "dataEndTime": to_text(now)}
    assert request(caller, **moments).status_code == 202


def test_the_unshipped_report_has_one_row_an_item_of_every_open_own_order(amazon, caller):
    shop = amazon.shop
    order = shop.add_order(items=[{"sku": "A"}, {"sku": "B", "quantity": 2}])
    partly = shop.add_order(quantity=2)
    shop.ship(partly.order_id, partial=True)
    shop.add_order(status="SHIPPED")
    shop.add_order(status="PENDING")
    shop.add_order(fulfilled_by="AMAZON")
    shop.add_order("A1LOCALNA")
    shop.add_order(marketplace_id="A1F83G8C2ARO7P")
    shop.ask_to_cancel(order.order_id, "Too\tlate\nnow", [order.items[1].item_id])
    found = rows(content(caller))
    assert [(row["order-id"], row["sku"]) for row in found] == [
        (order.order_id, "A"),
        (order.order_id, "B"),
        (partly.order_id, "SKU-1"),
    ]
    assert [row["is-buyer-requested-cancellation"] for row in found] == ["false", "true", "false"]
    assert [row["buyer-requested-cancel-reason"] for row in found] == ["", "Too late now", ""]
    assert (found[2]["quantity-shipped"], found[2]["quantity-to-ship"]) == ("1", "1")
    assert found[0]["order-item-id"] == order.items[0].item_id


@pytest.mark.parametrize("report_type", RANGES)
def test_the_other_reports_list_a_time_range(amazon, caller, report_type):
    amazon.shop.add_order()
    amazon.shop.advance(3000)
    shipped = amazon.shop.add_order(status="SHIPPED")
    start = to_text(amazon.shop.now() - timedelta(seconds=60))
    found = rows(content(caller, report_type, dataStartTime=start))
    assert [row["order-id"] for row in found] == [shipped.order_id]


def test_the_optional_columns_may_be_off_or_spelt_with_one_l(amazon, caller):
    amazon.shop.add_order()
    amazon.shop.switches.report_spelling = "cancelation"
    assert rows(content(caller))[0]["is-buyer-requested-cancelation"] == "false"
    amazon.shop.switches.report_reasons = False
    assert "buyer-requested-cancel-reason" not in rows(content(caller))[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_encodings(amazon, caller, encoding):
    amazon.shop.switches.report_encoding = encoding
    order = amazon.shop.add_order(buyer_name="Jürgen Groß")
    amazon.shop.ask_to_cancel(order.order_id, "Zu spät, déjà vu")
    raw = content(caller)
    assert rows(raw, encoding)[0]["buyer-requested-cancel-reason"] == "Zu spät, déjà vu"
    assert ("spät".encode(encoding.removesuffix("-sig"))) in raw


def test_japan_is_in_shift_jis(amazon, caller):
    caller.as_seller("A1LOCALFE")
    order = amazon.shop.add_order("A1LOCALFE")
    amazon.shop.ask_to_cancel(order.order_id, "不要になりました")
    raw = content(caller, UNSHIPPED, ("A1VC38T7YXB528",))
    assert rows(raw, "cp932")[0]["buyer-requested-cancel-reason"] == "不要になりました"


def test_reports_are_listed_cancelled_and_the_sellers_own(amazon, caller):
    first, second = (request(caller).json()["reportId"] for _number in range(2))
    amazon.shop.advance(60)
    assert caller.call("DELETE", f"{REPORTS}/{first}").status_code == 200
    assert state(caller, first)["processingStatus"] == "CANCELLED"
    assert caller.call("DELETE", f"{REPORTS}/{first}").status_code == 400
    query = {"reportTypes": UNSHIPPED, "processingStatuses": "IN_QUEUE"}
    found = caller.call("GET", REPORTS, params=query).json()["reports"]
    assert [report["reportId"] for report in found] == [second]
    assert caller.call("GET", REPORTS).status_code == 400
    assert caller.as_seller("A1LOCALNA").call("GET", f"{REPORTS}/{second}").status_code == 404
