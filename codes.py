"""Amazon's codes in words. What is not listed, or is no code but somebody's words, is shown as it was told."""

import re

from .facts import fact as _lt

# `NO_INVENTORY`, `NoInventory` and `no-inventory`, yet no words of people.
_CODE = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)*|([A-Z][a-z]+){2,}|[a-z0-9]+([_-][a-z0-9]+)+")
_RESULT = re.compile(r"\((\d+)\)")
_PUNCTUATION = re.compile(r"[_-]")


def _by_code(table):
    return {_normalise(code): words for words, codes in table for code in codes.split()}


def _normalise(code):
    """The same for each spelling, as they differ by source."""
    return _PUNCTUATION.sub("", code).lower()


# Why buyers ask to cancel, and why orders were cancelled: the choices that Amazon's pages offer, and its APIs' codes.
_REASONS = _by_code(
    [
        (_lt("No longer needed"), "NO_LONGER_NEEDED NO_LONGER_WANTED NOT_NEEDED UNWANTED_ITEM"),
        (_lt("Changed mind"), "CHANGED_MIND CHANGE_OF_MIND BUYER_REMORSE"),
        (
            _lt("Ordered by mistake"),
            "ORDERED_BY_MISTAKE ORDER_CREATED_BY_MISTAKE CREATED_BY_MISTAKE MISTAKEN_PURCHASE ACCIDENTAL_ORDER "
            "BOUGHT_BY_MISTAKE ORDER_MISTAKE",
        ),
        (_lt("Ordered the wrong item"), "ORDERED_WRONG_ITEM WRONG_ITEM_ORDERED WRONG_ITEM"),
        (_lt("Ordered twice"), "DUPLICATE_ORDER ORDERED_TWICE"),
        (
            _lt("Would not arrive on time"),
            "WOULD_NOT_ARRIVE_ON_TIME ITEM_WOULD_NOT_ARRIVE_ON_TIME ITEMS_WOULD_NOT_ARRIVE_ON_TIME ITEMS_ARRIVING_LATE "
            "NOT_ARRIVING_ON_TIME LATE_DELIVERY",
        ),
        (
            _lt("Found cheaper elsewhere"),
            "FOUND_CHEAPER_SOMEWHERE_ELSE FOUND_CHEAPER_ELSEWHERE FOUND_CHEAPER FOUND_CHEAPER_PRICE FOUND_BETTER_PRICE "
            "BETTER_PRICE_AVAILABLE BETTER_PRICE_FOUND",
        ),
        (_lt("Price too high"), "PRICE_TOO_HIGH ITEM_PRICE_TOO_HIGH"),
        (
            _lt("Shipping costs too high"),
            "SHIPPING_COST_TOO_HIGH SHIPPING_COSTS_TOO_HIGH SHIPPING_TOO_EXPENSIVE",
        ),
        (
            _lt("Shipping address to be changed"),
            "NEED_TO_CHANGE_SHIPPING_ADDRESS CHANGE_SHIPPING_ADDRESS INCORRECT_SHIPPING_ADDRESS WRONG_SHIPPING_ADDRESS "
            "WRONG_ADDRESS ADDRESS_CHANGE",
        ),
        (_lt("Shipping speed to be changed"), "NEED_TO_CHANGE_SHIPPING_SPEED CHANGE_SHIPPING_SPEED"),
        (_lt("Billing address to be changed"), "NEED_TO_CHANGE_BILLING_ADDRESS CHANGE_BILLING_ADDRESS"),
        (
            _lt("Payment method to be changed"),
            "NEED_TO_CHANGE_PAYMENT_METHOD CHANGE_PAYMENT_METHOD WRONG_PAYMENT_METHOD",
        ),
        (_lt("Payment problem"), "PAYMENT_ISSUE PAYMENT_PROBLEM PAYMENT_DECLINED"),
        (_lt("Other"), "OTHER OTHER_REASON"),
        (_lt("Buyer cancelled"), "BuyerCanceled BUYER_CANCELLED CUSTOMER_CANCELLED CUSTOMER_REQUESTED"),
        (_lt("No inventory"), "NO_INVENTORY OUT_OF_STOCK"),
        (_lt("General adjustment"), "GENERAL_ADJUSTMENT"),
        (_lt("Pricing error"), "PRICING_ERROR"),
        (_lt("Shipping address undeliverable"), "SHIPPING_ADDRESS_UNDELIVERABLE UNDELIVERABLE_ADDRESS"),
        (_lt("Customer exchange"), "CUSTOMER_EXCHANGE"),
        (_lt("Customer return"), "CUSTOMER_RETURN"),
        (_lt("Carrier credit decision"), "CARRIER_CREDIT_DECISION"),
        (_lt("Risk assessment information not valid"), "RISK_ASSESSMENT_INFORMATION_NOT_VALID"),
        (_lt("Carrier coverage failure"), "CARRIER_COVERAGE_FAILURE"),
        (_lt("Merchandise not received"), "MERCHANDISE_NOT_RECEIVED"),
        # How Amazon ends a feed
        (_lt("broken off"), "FATAL"),
        (_lt("cancelled"), "CANCELLED CANCELED"),
    ]
)
# Of Amazon's processing reports, whose own words are English.
_RESULTS = {
    "18021": _lt("Nothing of the order is left to be shipped or cancelled."),
    "18028": _lt("Amazon does not find the order, or what was sent of it is incomplete."),
}
# The reasons of several items, as the reader joins them.
SEPARATOR = "; "


def get_code_facts(told):
    """A code, or several, of Amazon's in words.

    :param str told: What Amazon told; unknown parts stay as they are.
    :return: The facts of its parts.
    :rtype: list
    """
    return [_REASONS.get(_normalise(part), part) if _CODE.fullmatch(part) else part for part in told.split(SEPARATOR)]


def get_result_facts(told):
    """Results of a processing report in words.

    :param str told: Amazon's own words, each with the code of the result behind it.
    :return: The facts of those that are known.
    :rtype: list
    """
    return [_RESULTS[code] for code in dict.fromkeys(_RESULT.findall(told)) if code in _RESULTS]
