"""The mechanics of feeds: documents, links, states, lists."""

from __future__ import annotations

import gzip
from datetime import timedelta

import httpx
import pytest
from conftest import DE
from messages import envelope, failure

from dev.amazon.clock import to_text
from dev.amazon.feeds import finish_all

FEEDS = "/feeds/2021-06-30/feeds"
DOCUMENTS = "/feeds/2021-06-30/documents"
XML = "text/xml; charset=UTF-8"
TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"


@pytest.fixture
def order(amazon):
    return amazon.shop.add_order()


@pytest.fixture
def link(caller):
    return caller.call("POST", DOCUMENTS, json={"contentType": XML}).json()["url"]


def put(url, content_type=XML):
    return httpx.put(url, content=b"x", headers={"Content-Type": content_type})


def test_an_upload_needs_the_announced_content_type(link):
    answer = put(link, "text/xml")
    assert answer.status_code == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in answer.content
    assert put(link).status_code == 200


def test_a_link_lives_five_minutes(amazon, link):
    amazon.shop.advance(290)
    assert put(link).status_code == 200
    amazon.shop.advance(20)
    answer = put(link)
    assert answer.status_code == 403
    assert b"Request has expired" in answer.content


def test_a_link_cannot_be_changed_or_used_otherwise(link):
    assert put(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    assert put(link.replace("Expires=2", "Expires=3")).status_code == 403
    assert httpx.get(link).status_code == 403


def test_a_download_link_is_signed_and_expires_too(amazon, caller, order):
    feed = caller.finished(caller.submit(envelope(failure(order))))
    url = caller.call("GET", f"{DOCUMENTS}/{feed['resultFeedDocumentId']}").json()["url"]
    amazon.shop.advance(310)
    answer = httpx.get(url)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/xml"


@pytest.mark.parametrize("body", [{}, {"contentType": ""}, {"contentType": 1}, {"contentType": XML, "more": 1}])
def test_a_document_needs_a_content_type(caller, body):
    assert caller.call("POST", DOCUMENTS, json=body).status_code == 400


def test_bodies_must_be_json(caller):
    answer = caller.call("POST", DOCUMENTS, content=b'{"contentType": "text/xml"}')
    assert answer.status_code == 415
    for content in (b"{", b"[]", b'"text/xml"'):
        answer = caller.call("POST", DOCUMENTS, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"feedType": "POST_PRODUCT_DATA"}, 400),
        ({"marketplaceIds": []}, 400),
        ({"marketplaceIds": DE}, 400),
        ({"marketplaceIds": [DE] * 26}, 400),
        ({"marketplaceIds": [DE] * 25}, 202),
        ({"marketplaceIds": ["ATVPDKIKX0DER"]}, 403),
        ({"inputFeedDocumentId": "other"}, 400),
        ({"unknown": "x"}, 400),
        ({}, 202),
    ],
)
def test_what_create_feed_takes(caller, change, status):
    body = {"feedType": TYPE, "marketplaceIds": [DE], "inputFeedDocumentId": caller.upload(b"x"), **change}
    assert caller.call("POST", FEEDS, json=body).status_code == status


def test_another_sellers_document_is_unknown(amazon, caller):
    document = caller.upload(b"x")
    amazon.shop.add_seller("A2OTHER", "eu")
    body = {"feedType": TYPE, "marketplaceIds": [DE], "inputFeedDocumentId": document}
    assert caller.as_seller("A2OTHER").call("POST", FEEDS, json=body).status_code == 400
    assert caller.call("GET", f"{DOCUMENTS}/{document}").status_code == 404


def test_a_feed_moves_on_one_step_a_call(amazon, caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    states = [caller.feed(feed_id)["processingStatus"] for _turn in range(4)]
    assert states == ["IN_QUEUE", "IN_PROGRESS", "DONE", "DONE"]
    assert caller.feed(feed_id)["resultFeedDocumentId"]


def test_an_order_is_cancelled_only_when_the_feed_is_done(caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    for _turn in range(2):
        assert caller.status(order.order_id) == "UNSHIPPED"
        caller.feed(feed_id)
    assert caller.feed(feed_id)["processingStatus"] == "DONE"
    assert caller.status(order.order_id) == "CANCELLED"


def test_a_result_is_gzipped_unless_switched_off(amazon, caller, order):
    for packed in (True, False):
        amazon.shop.switches.gzip = packed
        feed = caller.finished(caller.submit(envelope(failure(order))))
        shown = caller.call("GET", f"{DOCUMENTS}/{feed['resultFeedDocumentId']}").json()
        answer = httpx.get(shown["url"])
        assert ("compressionAlgorithm" in shown) is packed
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-type"] == XML
        text = gzip.decompress(answer.content) if packed else answer.content
        assert b"<ProcessingReport>" in text


def test_a_feed_without_an_upload_is_fatal(caller):
    document = caller.call("POST", DOCUMENTS, json={"contentType": XML}).json()["feedDocumentId"]
    body = {"feedType": TYPE, "marketplaceIds": [DE], "inputFeedDocumentId": document}
    feed_id = caller.call("POST", FEEDS, json=body).json()["feedId"]
    assert caller.finished(feed_id)["processingStatus"] == "FATAL"


def test_a_feed_can_be_cancelled_while_it_is_queued(caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    assert caller.call("DELETE", f"{FEEDS}/{feed_id}").status_code == 200
    assert caller.feed(feed_id)["processingStatus"] == "CANCELLED"
    assert caller.call("DELETE", f"{FEEDS}/{feed_id}").status_code == 400
    assert caller.status(order.order_id) == "UNSHIPPED"


def test_unknown_and_foreign_feeds_are_not_found(amazon, caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    assert caller.call("GET", f"{FEEDS}/1").status_code == 404
    assert caller.as_seller("A1LOCALNA").call("GET", f"{FEEDS}/{feed_id}").status_code == 404


def test_the_list_is_filtered_and_paged(amazon, caller, order):
    ids = []
    for _number in range(3):
        ids.append(caller.submit(envelope(failure(order))))
        amazon.shop.advance(60)
    newest = ids[::-1]

    def listed(**query):
        answer = caller.call("GET", FEEDS, params={"feedTypes": TYPE, **query}).json()
        return [feed["feedId"] for feed in answer["feeds"]], answer.get("nextToken")

    assert listed() == (newest, None)
    assert listed(feedTypes="POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA") == ([], None)
    assert listed(createdSince=to_text(amazon.shop.now() - timedelta(seconds=90)))[0] == newest[:1]
    assert listed(createdUntil=to_text(amazon.shop.now() - timedelta(seconds=90)))[0] == newest[1:]
    assert listed(processingStatuses="DONE")[0] == []
    assert listed(marketplaceIds="A1F83G8C2ARO7P")[0] == []
    assert listed(pageSize=3) == (newest, None)
    page, token = listed(pageSize=2)
    assert page == newest[:2]
    rest = caller.call("GET", FEEDS, params={"nextToken": token}).json()
    assert [feed["feedId"] for feed in rest["feeds"]] == newest[2:]
    assert "nextToken" not in rest
    assert caller.call("GET", FEEDS, params={"nextToken": token, "pageSize": 2}).status_code == 400
    assert caller.call("GET", FEEDS).status_code == 400
    assert caller.call("GET", FEEDS, params={"feedTypes": TYPE, "processingStatuses": "READY"}).status_code == 400


def test_a_list_token_is_one_sellers(amazon, caller, order):
    for _number in range(2):
        caller.submit(envelope(failure(order)))
    page = caller.call("GET", FEEDS, params={"feedTypes": TYPE, "pageSize": 1}).json()
    amazon.shop.add_seller("A2OTHER", "eu")
    caller.as_seller("A2OTHER")
    assert caller.call("GET", FEEDS, params={"nextToken": page["nextToken"]}).status_code == 400


def test_the_newest_of_one_second_comes_first(amazon, caller, order, monkeypatch):
    now = amazon.shop.clock.now()
    monkeypatch.setattr(amazon.shop.clock, "now", lambda: now)
    ids = [caller.submit(envelope(failure(order))) for _number in range(2)]
    listed = caller.call("GET", FEEDS, params={"feedTypes": TYPE}).json()["feeds"]
    assert [feed["feedId"] for feed in listed] == ids[::-1]


def test_a_list_does_not_move_feeds_on(caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    for _turn in range(3):
        caller.call("GET", FEEDS, params={"feedTypes": TYPE})
    assert caller.feed(feed_id)["processingStatus"] == "IN_QUEUE"


def test_feeds_are_kept_ninety_days(amazon, caller, order):
    caller.submit(envelope(failure(order)))
    amazon.shop.advance(91 * 86400)
    caller.as_seller()
    assert caller.call("GET", FEEDS, params={"feedTypes": TYPE}).json() == {"feeds": []}


def test_all_feeds_can_be_finished_at_once(amazon, caller, order):
    feed_id = caller.submit(envelope(failure(order)))
    finish_all(amazon.shop)
    assert caller.feed(feed_id)["processingStatus"] == "DONE"


# --- planned outcomes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "feed_status", "orders"),
    [
        ({"outcome": "FATAL", "carry_out": 0}, "FATAL", ["UNSHIPPED", "UNSHIPPED"]),
        ({"outcome": "FATAL", "carry_out": 1}, "FATAL", ["CANCELLED", "UNSHIPPED"]),
        ({"outcome": "FATAL"}, "FATAL", ["CANCELLED", "CANCELLED"]),
        ({"outcome": "CANCELLED"}, "CANCELLED", ["UNSHIPPED", "UNSHIPPED"]),
        ({"carry_out": 1}, "DONE", ["CANCELLED", "UNSHIPPED"]),
    ],
)
def test_a_feed_may_end_otherwise(amazon, caller, plan, feed_status, orders):
    made = [amazon.shop.add_order() for _number in range(2)]
    amazon.shop.plan_feed(**plan)
    feed_id = caller.submit(envelope(*(failure(order, number=number) for number, order in enumerate(made, start=1))))
    assert caller.finished(feed_id)["processingStatus"] == feed_status
    assert [caller.status(order.order_id) for order in made] == orders


def test_a_plan_is_for_one_feed(amazon, caller, order):
    amazon.shop.plan_feed(outcome="FATAL", carry_out=0)
    assert caller.finished(caller.submit(envelope(failure(order))))["processingStatus"] == "FATAL"
    assert caller.finished(caller.submit(envelope(failure(order))))["processingStatus"] == "DONE"


def test_a_report_may_be_missing(amazon, caller, order):
    amazon.shop.plan_feed(report=False)
    assert "resultFeedDocumentId" not in caller.finished(caller.submit(envelope(failure(order))))


def test_a_summary_may_be_missing(amazon, caller, order):
    amazon.shop.plan_feed(summary=False)
    result = caller.result(caller.finished(caller.submit(envelope(failure(order)))))
    assert "ProcessingSummary" not in result


def test_a_feed_may_be_stuck(amazon, caller, order):
    amazon.shop.plan_feed(reads=None)
    feed_id = caller.submit(envelope(failure(order)))
    assert {caller.feed(feed_id)["processingStatus"] for _turn in range(20)} == {"IN_QUEUE"}


def test_done_may_not_mean_cancelled_yet_by_reads(amazon, caller, order):
    amazon.shop.plan_feed(settle_reads=2)
    caller.finished(caller.submit(envelope(failure(order))))
    assert [caller.status(order.order_id) for _turn in range(3)] == ["UNSHIPPED", "UNSHIPPED", "CANCELLED"]


def test_done_may_not_mean_cancelled_yet_by_time(amazon, caller, order):
    amazon.shop.plan_feed(settle_seconds=600)
    caller.finished(caller.submit(envelope(failure(order))))
    assert caller.status(order.order_id) == "UNSHIPPED"
    amazon.shop.advance(601)
    assert caller.status(order.order_id) == "CANCELLED"
