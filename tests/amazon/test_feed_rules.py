"""What Amazon takes and refuses inside a cancellation feed."""

from __future__ import annotations

import pytest
from conftest import DE, FR
from lxml import etree
from messages import envelope, failure, flat, message

FLAT = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"


def sent(caller, content, **options):
    """The finished feed's status, and its report's status and results by MessageID."""
    feed = caller.finished(caller.submit(content, **options))
    report = etree.fromstring(caller.result(feed).encode()).find(".//ProcessingReport")
    results = {
        int(result.findtext("MessageID")): (result.findtext("ResultCode"), result.findtext("ResultMessageCode"))
        for result in report.iterfind("Result")
    }
    return feed["processingStatus"], report.findtext("StatusCode"), results


def item(order, code=None, reason="NoInventory"):
    first = code or order.items[0].item_id
    return f"<Item><AmazonOrderItemCode>{first}</AmazonOrderItemCode><CancelReason>{reason}</CancelReason></Item>"


@pytest.fixture
def order(amazon):
    return amazon.shop.add_order()


def test_a_failure_cancels_and_the_order_says_so(amazon, caller, order):
    amazon.shop.ask_to_cancel(order.order_id, "Changed mind")
    assert sent(caller, envelope(failure(order, "BuyerCanceled"))) == ("DONE", "Complete", {})
    shown = caller.order(order.order_id).json()["order"]
    execution = shown["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution == {"cancelledBy": "MERCHANT", "cancelReason": "BuyerCanceled"}
    assert amazon.shop.harms == []
    assert amazon.shop.cancellation_rate("A1LOCALEU") == (0, 1)


def test_the_summary_counts(amazon, caller, order):
    amazon.shop.plan_feed(warnings={order.order_id: ["90220", "Odd."]})
    content = envelope(failure(order), message("303-0000000-0000000", number=2))
    feed = caller.finished(caller.submit(content))
    summary = etree.fromstring(caller.result(feed).encode()).find(".//ProcessingSummary")
    assert [child.text for child in summary] == ["2", "1", "1", "1"]


def test_a_success_acknowledges_and_cancels_nothing(caller, order):
    assert sent(caller, envelope(message(order.order_id, status="Success")))[2] == {}
    assert caller.status(order.order_id) == "UNSHIPPED"


@pytest.mark.parametrize(
    ("options", "code", "harm"),
    [
        ({"status": "SHIPPED"}, "18021", ["failure_for_shipped_order"]),
        ({"fulfilled_by": "AMAZON"}, "18021", ["failure_for_fba_order"]),
        ({"status": "CANCELLED"}, "18021", []),
        ({"status": "PENDING"}, "18028", []),
        ({"seller_id": "A1LOCALNA"}, "18028", ["foreign_order"]),
    ],
)
def test_orders_that_cannot_be_cancelled(amazon, caller, options, code, harm):
    order = amazon.shop.add_order(**options)
    before = order.status
    assert sent(caller, envelope(failure(order)))[2] == {1: ("Error", code)}
    assert order.status == before
    assert [entry.kind for entry in amazon.shop.harms] == harm


def test_an_unknown_order_is_18028(caller, order):
    assert sent(caller, envelope(failure(order, order_id="303-0000000-0000000")))[2] == {1: ("Error", "18028")}


def test_a_feed_reaches_only_its_marketplaces(amazon, caller, order):
    results = sent(caller, envelope(failure(order)), marketplace_ids=(FR,))[2]
    assert results == {1: ("Error", "18028")}
    assert sent(caller, envelope(failure(order)), marketplace_ids=(DE,))[2] == {}


def test_a_partly_shipped_order_is_refunded_which_is_a_harm(amazon, caller):
    order = amazon.shop.add_order(quantity=2)
    amazon.shop.ship(order.order_id, partial=True)
    assert sent(caller, envelope(failure(order)))[2] == {}
    assert order.refunded
    assert [harm.kind for harm in amazon.shop.harms] == ["refunded_shipped_order"]


def test_an_itemless_failure_does_not_cancel(amazon, caller, order):
    assert sent(caller, envelope(message(order.order_id)))[2] == {}
    assert caller.status(order.order_id) == "UNSHIPPED"
    assert [harm.kind for harm in amazon.shop.harms] == ["itemless_failure"]


def test_a_failure_that_names_some_items_cancels_all_which_is_noted(amazon, caller):
    order = amazon.shop.add_order(items=[{"sku": "A"}, {"sku": "B"}])
    assert sent(caller, envelope(message(order.order_id, item(order))))[2] == {}
    assert caller.status(order.order_id) == "CANCELLED"
    assert [harm.kind for harm in amazon.shop.harms] == ["incomplete_failure"]


def test_items_need_a_reason_and_must_be_the_orders(amazon, caller, order):
    content = envelope(failure(order, None), message(order.order_id, item(order, "999"), 2))
    assert sent(caller, content)[2] == {1: ("Error", "18041"), 2: ("Error", "18040")}
    assert caller.status(order.order_id) == "UNSHIPPED"


def test_one_order_twice_is_noted_and_its_second_message_refused(amazon, caller, order):
    results = sent(caller, envelope(failure(order), failure(order, number=2)))[2]
    assert results == {2: ("Error", "18021")}
    assert [harm.kind for harm in amazon.shop.harms] == ["duplicate_message"]


def test_an_accepted_order_is_not_cancelled_twice(amazon, caller, order):
    amazon.shop.plan_feed(settle_seconds=600)
    assert sent(caller, envelope(failure(order)))[2] == {}
    assert sent(caller, envelope(failure(order)))[2] == {1: ("Error", "18021")}


def test_buyer_canceled_without_a_request_is_done_and_counted(amazon, caller, order):
    assert sent(caller, envelope(failure(order, "BuyerCanceled")))[2] == {}
    assert caller.status(order.order_id) == "CANCELLED"
    assert [harm.kind for harm in amazon.shop.harms] == ["unfounded_buyer_cancelled"]
    assert amazon.shop.cancellation_rate("A1LOCALEU") == (1, 1)


def test_planned_refusals_and_warnings(amazon, caller, order):
    other = amazon.shop.add_order()
    amazon.shop.plan_feed(refusals={order.order_id: ["13013", "Odd."]}, warnings={other.order_id: ["90220", "Odd."]})
    results = sent(caller, envelope(failure(order), failure(other, number=2)))[2]
    assert results == {1: ("Error", "13013"), 2: ("Warning", "90220")}
    assert [caller.status(one.order_id) for one in (order, other)] == ["UNSHIPPED", "CANCELLED"]


def broken(order):
    """Feeds that are refused whole, by what is wrong with them."""
    good = failure(order).encode()
    whole = envelope(failure(order))
    reversed_item = "<Item><CancelReason>NoInventory</CancelReason><AmazonOrderItemCode>1</AmazonOrderItemCode></Item>"
    return {
        "not XML": b"order-id\tx",
        "empty": b"",
        "cut off": whole[:-20],
        "wrong root": whole.replace(b"AmazonEnvelope", b"Envelope"),
        "no header": envelope(failure(order)).replace(b"<Header>", b"<Head>").replace(b"</Header>", b"</Head>"),
        "no message": envelope(),
        "other message type": whole.replace(b">OrderAcknowledgement</MessageType>", b">Product</MessageType>"),
        "version": envelope(failure(order), version="9.9"),
        "other merchant": envelope(failure(order), seller_id="A1LOCALNA"),
        "order id form": envelope(failure(order, order_id="12345")),
        "order id with space": envelope(failure(order, order_id=f" {order.order_id}")),
        "message id": whole.replace(b"<MessageID>1<", b"<MessageID>0<"),
        "message id twice": envelope(failure(order), failure(order)),
        "two ls": envelope(failure(order, "BuyerCancelled")),
        "rest reason": envelope(failure(order, "NO_INVENTORY")),
        "element order in the item": envelope(message(order.order_id, reversed_item)),
        "items before the status": whole.replace(good, _items_first(order).encode()),
        "unknown element": whole.replace(b"<StatusCode>", b"<Comment>x</Comment><StatusCode>"),
        "unknown status": whole.replace(b">Failure<", b">Cancel<"),
        "namespace": whole.replace(b"<AmazonEnvelope>", b'<AmazonEnvelope xmlns="urn:x">'),
    }


def _items_first(order):
    return (
        "<Message><MessageID>1</MessageID><OrderAcknowledgement>"
        f"<AmazonOrderID>{order.order_id}</AmazonOrderID>{item(order)}<StatusCode>Failure</StatusCode>"
        "</OrderAcknowledgement></Message>"
    )


@pytest.mark.parametrize(
    "fault",
    [
        "not XML",
        "empty",
        "cut off",
        "wrong root",
        "no header",
        "no message",
        "other message type",
        "version",
        "other merchant",
        "order id form",
        "order id with space",
        "message id",
        "message id twice",
        "two ls",
        "rest reason",
        "element order in the item",
        "items before the status",
        "unknown element",
        "unknown status",
        "namespace",
    ],
)
def test_a_feed_of_another_form_is_refused_whole(caller, order, fault):
    status, report, results = sent(caller, broken(order)[fault])
    assert (status, report) == ("FATAL", "Rejected")
    assert results[0][0] == "Error"
    assert caller.status(order.order_id) == "UNSHIPPED"


def test_the_merchants_own_ids_are_allowed_in_their_places(caller, order):
    content = (
        envelope(failure(order))
        .replace(b"</AmazonOrderID>", b"</AmazonOrderID><MerchantOrderID>S00012</MerchantOrderID>")
        .replace(b"</AmazonOrderItemCode>", b"</AmazonOrderItemCode><MerchantOrderItemID>7</MerchantOrderItemID>")
    )
    assert sent(caller, content) == ("DONE", "Complete", {})
    assert caller.status(order.order_id) == "CANCELLED"


# --- the flat file ---------------------------------------------------------------------------------------------


def sent_flat(caller, content):
    feed_id = caller.submit(content, FLAT, content_type="text/tab-separated-values; charset=UTF-8")
    feed = caller.finished(feed_id)
    shown = caller.call("GET", f"/feeds/2021-06-30/documents/{feed['resultFeedDocumentId']}").json()
    assert caller.http.get(shown["url"]).headers["content-type"] == "text/tab-separated-values; charset=UTF-8"
    return feed["processingStatus"], caller.result(feed)


def test_a_file_cancels_orders_of_several_items(amazon, caller):
    order = amazon.shop.add_order(items=[{"sku": "A"}, {"sku": "B"}])
    rows = [(order.order_id, "NoInventory", line.item_id) for line in order.items]
    status, report = sent_flat(caller, flat(*rows))
    assert status == "DONE"
    assert "Number of records processed\t\t1" in report
    assert report.endswith("\noriginal-record-number\tsku\terror-code\terror-type\terror-message\n")
    assert caller.status(order.order_id) == "CANCELLED"
    assert amazon.shop.harms == []


def test_a_files_errors_name_the_record(amazon, caller, order):
    shipped = amazon.shop.add_order(status="SHIPPED")
    rows = [(one.order_id, "NoInventory", one.items[0].item_id) for one in (order, shipped)]
    report = sent_flat(caller, flat(*rows))[1]
    assert report.splitlines()[-1].startswith("2\t\t18021\tError\t")


@pytest.mark.parametrize(
    "change",
    [
        (b"TemplateType=OrderCancellation", b"TemplateType=Other"),
        (b"1.0/1.0.3", b"2.0"),
        (b"cancellation-reason-code", b"reason"),
        (b"NoInventory", b"NO_INVENTORY"),
        (b"\tNoInventory", b""),
        (b"The top rows", b"\xff\xfe"),
    ],
)
def test_a_file_of_another_form_is_refused_whole(caller, order, change):
    content = flat((order.order_id, "NoInventory", order.items[0].item_id)).replace(*change)
    assert sent_flat(caller, content)[0] == "FATAL"
    assert caller.status(order.order_id) == "UNSHIPPED"
