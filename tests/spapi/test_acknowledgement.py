"""The cancellation feed has Amazon's form, and nothing harmful can be written with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from spapi.acknowledgement import CancelMessage, build_cancellation_file, build_order_acknowledgement
from spapi.const import FEED_REASONS, REASON_BUYER, REST_REASONS

ORDER_ID = "902-3159896-1390916"

# Written from Amazon's documentation of the feed: the names, their order and their forms.
XSD = etree.XMLSchema(
    etree.fromstring(
        f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="AmazonEnvelope"><xs:complexType><xs:sequence>
    <xs:element name="Header"><xs:complexType><xs:sequence>
      <xs:element name="DocumentVersion" fixed="1.01"/>
      <xs:element name="MerchantIdentifier" type="xs:string"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="MessageType" fixed="OrderAcknowledgement"/>
    <xs:element name="Message" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="MessageID" type="xs:positiveInteger"/>
      <xs:element name="OrderAcknowledgement"><xs:complexType><xs:sequence>
        <xs:element name="AmazonOrderID"><xs:simpleType><xs:restriction base="xs:string">
          <xs:pattern value="\\w{{3}}-\\w{{7}}-\\w{{7}}"/></xs:restriction></xs:simpleType></xs:element>
        <xs:element name="MerchantOrderID" type="xs:string" minOccurs="0"/>
        <xs:element name="StatusCode" fixed="Failure"/>
        <xs:element name="Item" maxOccurs="unbounded"><xs:complexType><xs:sequence>
          <xs:element name="AmazonOrderItemCode" type="xs:string"/>
          <xs:element name="MerchantOrderItemID" type="xs:string" minOccurs="0"/>
          <xs:element name="CancelReason"><xs:simpleType><xs:restriction base="xs:string">
            {"".join(f'<xs:enumeration value="{reason}"/>' for reason in FEED_REASONS)}
          </xs:restriction></xs:simpleType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
    )
)


def build(*messages):
    content = build_order_acknowledgement("A3TH9S8BH6GOGM", messages)
    document = etree.fromstring(content)
    XSD.assertValid(document)
    return content, document


def test_the_feed():
    content, document = build(
        CancelMessage(1, ORDER_ID, REASON_BUYER, ("00123", "00124")),
        CancelMessage(2, "S01-ABCDEFG-0000001", "NoInventory", ("9",)),
    )
    assert content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert document.findtext("Header/MerchantIdentifier") == "A3TH9S8BH6GOGM"
    first, second = document.findall("Message/OrderAcknowledgement")
    assert [item.findtext("AmazonOrderItemCode") for item in first.findall("Item")] == ["00123", "00124"]
    assert {reason.text for reason in first.iter("CancelReason")} == {"BuyerCanceled"}
    assert second.findtext("Item/CancelReason") == "NoInventory"


@pytest.mark.parametrize(
    "values",
    [
        {"message_id": 0},
        {"message_id": "1"},
        {"message_id": True},
        {"order_id": "902-3159896-139091"},
        {"order_id": "902-3159896-1390916\n"},
        {"order_id": ""},
        {"order_id": None},
        {"reason": "BuyerCancelled"},
        {"reason": "BUYER_CANCELLED"},
        {"reason": ""},
        {"reason": None},
        {"items": ()},
        {"items": ("",)},
        {"items": ("1", "1")},
        {"items": ("1\t2",)},
        {"items": (12,)},
    ],
)
def test_what_would_not_cancel_or_be_refused(values):
    with pytest.raises(ValueError, match=r"\w"):
        CancelMessage(**({"message_id": 1, "order_id": ORDER_ID, "reason": REASON_BUYER, "items": ("1",)} | values))


def test_a_feed_of_nothing_of_nobody_or_of_something_twice():
    one = CancelMessage(1, ORDER_ID, REASON_BUYER, ("1",))
    with pytest.raises(ValueError, match="nothing"):
        build()
    with pytest.raises(ValueError, match="seller"):
        build_order_acknowledgement("", [one])
    with pytest.raises(ValueError, match="message_id"):
        build(one, CancelMessage(1, "902-3159896-1390917", REASON_BUYER, ("1",)))
    with pytest.raises(ValueError, match="order_id"):
        build(one, CancelMessage(2, ORDER_ID, REASON_BUYER, ("1",)))


def test_a_feed_of_more_than_ten_mebibytes():
    message = CancelMessage(1, ORDER_ID, REASON_BUYER, tuple(f"{number:050d}" for number in range(80_000)))
    with pytest.raises(ValueError, match="split"):
        build(message)


def test_the_file_for_seller_central():
    content = build_cancellation_file(
        [
            CancelMessage(1, ORDER_ID, REASON_BUYER, ("00123", "00124")),
            CancelMessage(2, "902-0000000-0000001", "NoInventory", ("9",)),
        ]
    )
    head, columns, *rows = (line.split("\t") for line in content.decode("ascii").splitlines())
    assert head[:2] == ["TemplateType=OrderCancellation", "Version=1.0/1.0.3"]
    assert len(head) == 3
    assert columns == ["order-id", "cancellation-reason-code", "amazon-order-item-code"]
    assert rows == [
        [ORDER_ID, "BuyerCanceled", "00123"],
        [ORDER_ID, "BuyerCanceled", "00124"],
        ["902-0000000-0000001", "NoInventory", "9"],
    ]
    with pytest.raises(ValueError, match="nothing"):
        build_cancellation_file([])


def test_rest_reasons_are_feed_reasons():
    assert set(REST_REASONS) <= set(FEED_REASONS)
    assert REST_REASONS[REASON_BUYER] == "BUYER_CANCELLED"


order_ids = st.from_regex(r"[0-9A-Z]{3}-[0-9A-Z]{7}-[0-9A-Z]{7}", fullmatch=True)
item_ids = st.from_regex(r"[0-9]{1,14}", fullmatch=True)


@given(
    st.dictionaries(
        order_ids,
        st.tuples(st.sampled_from(FEED_REASONS), st.lists(item_ids, min_size=1, max_size=5, unique=True)),
        min_size=1,
        max_size=10,
    )
)
def test_any_feed_is_valid_and_says_what_was_meant(orders):
    messages = [
        CancelMessage(number, order_id, reason, tuple(items))
        for number, (order_id, (reason, items)) in enumerate(orders.items(), 1)
    ]
    _content, document = build(*messages)
    told = {
        element.findtext("AmazonOrderID"): (
            element.findtext("Item/CancelReason"),
            [item.findtext("AmazonOrderItemCode") for item in element.findall("Item")],
        )
        for element in document.iter("OrderAcknowledgement")
    }
    assert told == orders
