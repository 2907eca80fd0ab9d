"""How the orders of the books' cases come to be: each function invoices and pays one cancelled order as the case says.

A case gets the test (an `AccountingCase`) and gives the cancellation that Amazon confirmed.
"""

from datetime import timedelta
from typing import NamedTuple
from unittest.mock import patch

from odoo import Command, fields

from .accounting_common import LAST_MONTH


class Case(NamedTuple):
    """A case with the state of the books that it must end in under each policy."""

    title: str
    arrange: callable
    none: str
    draft: str
    post: str


def no_invoice(test):
    return test._cancel(test._sell())


def draft_invoice(test):
    order = test._sell()
    test._invoice(order, post=False)
    return test._cancel(order)


def draft_again(test):
    order = test._sell()
    invoice = test._invoice(order)
    cancellation = test._cancel(order)
    invoice.button_draft()
    return cancellation


def unpaid(test):
    order = test._sell()
    test._invoice(order)
    return test._cancel(order)


def partly_paid(test):
    order = test._sell()
    test._pay(test._invoice(order), amount=50)
    return test._cancel(order)


def paid(test):
    order = test._sell()
    test._pay(test._invoice(order))
    return test._cancel(order)


def paid_outside_the_books(test):
    order = test._sell()
    invoice = test._invoice(order)
    # With Odoo's full accounting a payment may wait for the bank line without an entry of its own.
    with patch.object(type(invoice), "_get_invoice_in_payment_state", lambda _self: "in_payment"):
        payment = test._pay(invoice, in_books=False)
        test.env.flush_all()
    test.assertFalse(payment.move_id)
    return test._cancel(order)


def paid_by_bank_line(test):
    order = test._sell()
    test._pay_by_bank_line(test._invoice(order))
    return test._cancel(order)


def paid_with_others(test):
    order, other = test._sell(), test._sell()
    test._pay(test._invoice(order) | test._invoice(other))
    return test._cancel(order)


def receipt(test):
    order = test._sell()
    bill = test._invoice(order, post=False)
    bill.move_type = "out_receipt"
    bill.action_post()
    return test._cancel(order)


def draft_receipt(test):
    order = test._sell()
    test._invoice(order, post=False).move_type = "out_receipt"
    return test._cancel(order)


def closed_by_another_orders_note(test):
    """An accountant matched the wrong two."""
    order, other = test._sell(), test._sell()
    invoice = test._invoice(order)
    credited = test._invoice(other)
    credit_note = test._credit_by_hand(credited)
    credited.line_ids.remove_move_reconcile()
    (invoice | credit_note).line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
    return test._cancel(order)


def down_payment(test):
    order = test._sell()
    test._pay(test._create_down_payment_invoice(order, "percentage", 30, post=True))
    test._create_final_invoice(order, post=True)
    return test._cancel(order)


def unpaid_down_payment(test):
    order = test._sell()
    test._create_down_payment_invoice(order, "percentage", 30, post=True)
    test._create_final_invoice(order, post=True)
    return test._cancel(order)


def several_orders(test):
    order, other = test._sell(), test._sell(quantity=2)
    test._invoice(order | other)
    return test._cancel(order)


def partly_paid_by_several_orders(test):
    """Nothing tells for which order the money is."""
    order, other = test._sell(), test._sell(quantity=2)
    test._pay(test._invoice(order | other), amount=100)
    return test._cancel(order)


def draft_of_several_orders(test):
    order, other = test._sell(), test._sell(quantity=2)
    invoice = test._invoice(order | other)
    cancellation = test._cancel(order)
    invoice.button_draft()
    return cancellation


def shared_draft(test):
    order, other = test._sell(), test._sell(quantity=2)
    test._invoice(order | other, post=False)
    return test._cancel(order)


def last_of_several_orders(test):
    """The others of the invoice were cancelled and credited before."""
    orders = test.env["sale.order"].concat(*(test._sell() for _number in range(3)))
    test._invoice(orders)
    return _cancel_one_by_one(test, orders)


def _cancel_one_by_one(test, orders):
    for order in orders[:-1]:
        test._account(test._cancel(order))
    return test._cancel(orders[-1])


def taxes_rounded_on_the_whole(test):
    test.env.company.tax_calculation_rounding_method = "round_globally"
    orders = test.env["sale.order"].concat(*(test._sell(price=10.03) for _number in range(3)))
    invoice = test._invoice(orders)
    test.assertNotEqual(invoice.amount_total, sum(orders.mapped("amount_total")), "the parts are not the whole")
    return _cancel_one_by_one(test, orders)


def tax_included_in_the_price(test):
    test.env.company.tax_calculation_rounding_method = "round_globally"
    tax = test.tax_sale_a.with_env(test.env).copy({"name": "Included", "price_include_override": "tax_included"})
    orders = test.env["sale.order"].concat(
        *(test._sell(price=9.99, quantity=quantity, tax=tax) for quantity in (1, 3, 7))
    )
    test._invoice(orders)
    return _cancel_one_by_one(test, orders)


def two_taxes_on_each_other(test):
    test.env.company.tax_calculation_rounding_method = "round_globally"
    tax = test.tax_sale_a.with_env(test.env)
    first = tax.copy({"name": "First", "amount": 7.7, "include_base_amount": True, "sequence": tax.sequence - 1})
    orders = test.env["sale.order"].concat(*(test._sell(price=10.03, tax=first | tax) for _number in range(3)))
    test._invoice(orders)
    return _cancel_one_by_one(test, orders)


def discount_for_paying_early(test):
    """The tax is of the discounted amount, whether the buyer pays early or not."""
    term = test.env["account.payment.term"].create(
        {
            "name": "2 % within 7 days",
            "early_discount": True,
            "discount_percentage": 2,
            "discount_days": 7,
            "early_pay_discount_computation": "mixed",
        }
    )
    orders = test._sell(payment_term_id=term.id) | test._sell(payment_term_id=term.id)
    invoice = test._invoice(orders)
    test.assertLess(invoice.amount_total, sum(invoice.invoice_line_ids.mapped("price_total")))
    return _cancel_one_by_one(test, orders)


def paid_in_two_parts(test):
    half = {"value": "percent", "value_amount": 50}
    term = test.env["account.payment.term"].create(
        {"name": "Halves", "line_ids": [Command.create({**half, "nb_days": days}) for days in (0, 30)]}
    )
    orders = test._sell(price=33.33, payment_term_id=term.id) | test._sell(price=33.33, payment_term_id=term.id)
    test._invoice(orders)
    return _cancel_one_by_one(test, orders)


def storno(test):
    test.env.company.account_storno = True
    order = test._sell()
    test._invoice(order)
    return test._cancel(order)


def _rounded_to_coins(test, strategy):
    accounts = test.company_data["default_account_expense"], test.company_data["default_account_revenue"]
    loss, profit = (account.with_env(test.env) for account in accounts)
    rounding = test.env["account.cash.rounding"].create(
        {
            "name": "Coins",
            "rounding": 0.05,
            "strategy": strategy,
            "loss_account_id": loss.id,
            "profit_account_id": profit.id,
        }
    )
    orders = test.env["sale.order"].concat(*(test._sell(price=10.01) for _number in range(3)))
    invoice = test._invoice(orders, post=False)
    invoice.invoice_cash_rounding_id = rounding
    test.assertTrue(invoice.line_ids.filtered(lambda line: line.display_type == "rounding"))
    invoice.action_post()
    return _cancel_one_by_one(test, orders)


def coins_on_a_line(test):
    return _rounded_to_coins(test, "add_invoice_line")


def coins_in_the_tax(test):
    return _rounded_to_coins(test, "biggest_tax")


def rounded_rates(test):
    """In a foreign currency each part's balance is rounded on its own."""
    currency = test.setup_other_currency("CHF", rates=[("1900-01-01", 3.0)])
    pricelist = test.env["product.pricelist"].create({"name": "Foreign", "currency_id": currency.id})
    orders = test.env["sale.order"].concat(
        *(test._sell(price=10.03, pricelist_id=pricelist.id) for _number in range(3))
    )
    test._invoice(orders)
    return _cancel_one_by_one(test, orders)


def tax_corrected_by_hand(test):
    order = test._sell()
    _correct_tax(test._invoice(order, post=False))
    return test._cancel(order)


def shared_tax_corrected_by_hand(test):
    orders = test._sell() | test._sell()
    _correct_tax(test._invoice(orders, post=False))
    return _cancel_one_by_one(test, orders)


def _correct_tax(invoice):
    tax_line = invoice.line_ids.filtered("tax_line_id")[:1]
    invoice.write({"line_ids": [Command.update(tax_line.id, {"amount_currency": tax_line.amount_currency - 0.03})]})
    invoice.action_post()


def free_of_charge(test):
    order = test._sell(price=0)
    test._invoice(order)
    return test._cancel(order)


def free_part_of_several_orders(test):
    order, other = test._sell(price=0), test._sell()
    test._invoice(order | other)
    return test._cancel(order)


def dated_ahead(test):
    order = test._sell()
    test._invoice(order, date=test.today + timedelta(days=10))
    return test._cancel(order)


def several_invoices(test):
    order = test._sell(quantity=3)
    first = test._invoice(order, post=False)
    first.invoice_line_ids.quantity = 1
    first.action_post()
    test._invoice(order)
    return test._cancel(order)


def credited_by_hand(test):
    order = test._sell()
    test._credit_by_hand(test._invoice(order))
    return test._cancel(order)


def credited_from_the_order(test):
    order = test._sell()
    invoice = test._invoice(order)
    order.order_line.product_uom_qty = 0
    refund = order._create_invoices(final=True)
    refund.action_post()
    (invoice | refund).line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
    return test._cancel(order)


def drafted_by_hand(test):
    order = test._sell()
    invoice = test._invoice(order)
    cancellation = test._cancel(order)
    test._reverse_invoice(invoice, date=test.today)
    return cancellation


def credited_with_own_lines(test):
    order = test._sell()
    invoice = test._invoice(order)
    credit_note = test._reverse_invoice(invoice, date=test.today)
    credit_note.invoice_line_ids = [
        Command.clear(),
        Command.create({"name": "Goodwill", "price_unit": invoice.amount_total, "tax_ids": []}),
    ]
    credit_note.action_post()
    return test._cancel(order)


def credited_without_a_link(test):
    order = test._sell()
    test._credit_freely(test._invoice(order), price=100)
    return test._cancel(order)


def partly_credited_without_a_link(test):
    order = test._sell()
    test._credit_freely(test._invoice(order), price=40)
    return test._cancel(order)


def partly_credited_by_hand(test):
    order = test._sell(quantity=3)
    test._credit_by_hand(test._invoice(order), quantity=1)
    return test._cancel(order)


def foreign_currency(test):
    currency = test.setup_other_currency("CHF", rates=[("1900-01-01", 2.0), (test.today.isoformat(), 4.0)])
    pricelist = test.env["product.pricelist"].create({"name": "Foreign", "currency_id": currency.id})
    order = test._sell(pricelist_id=pricelist.id)
    test._invoice(order, date=test.today - LAST_MONTH)
    return test._cancel(order)


def cash_basis_tax(test):
    company = test.env.company
    company.tax_exigibility = True
    transition = test.company_data["default_account_tax_sale"].copy({"code": "TRANS1", "reconcile": True})
    company.tax_cash_basis_journal_id = company.tax_cash_basis_journal_id or test.env["account.journal"].create(
        {"name": "Cash Basis", "code": "CABAX", "type": "general", "company_id": company.id}
    )
    tax = test.tax_sale_a.with_env(test.env).copy(
        {"name": "On payment", "tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition.id}
    )
    order = test._sell(tax=tax)
    test._invoice(order)
    return test._cancel(order)


def stock_valuation(test, price=100.0):
    category = test.env["product.category"].create(
        {"name": "Perpetual", "property_valuation": "real_time", "property_cost_method": "standard"}
    )
    accounts = [
        test.env["account.account"].create({"name": name, "code": code, "account_type": kind})
        for name, code, kind in (
            ("Stock Valuation", "VALUA1", "asset_current"),
            ("Cost of Goods Sold", "COGSX1", "expense_direct_cost"),
        )
    ]
    category.property_stock_valuation_account_id, category.property_account_expense_categ_id = accounts
    test.env.company.anglo_saxon_accounting = True
    test.mug.write({"categ_id": category.id, "standard_price": 60.0, "property_account_expense_id": False})
    order = test._sell(price=price)
    test._invoice(order)
    return test._cancel(order)


def given_away(test):
    """The total is nothing, yet the cost of the goods was booked."""
    return stock_valuation(test, price=0)


def partly_delivered(test):
    order = test._sell(quantity=3)
    test._invoice(order)
    test._deliver(order, 1)
    return test._cancel(order)


def hashed_journal(test):
    order = test._sell()
    invoice = test._invoice(order)
    invoice.journal_id.restrict_mode_hash_table = True
    invoice.button_hash()
    return test._cancel(order)


def locked_period(test):
    order = test._sell()
    test._invoice(order, date=test.today - LAST_MONTH)
    cancellation = test._cancel(order)
    # Not yesterday: the delivery is dated in UTC, and today is that of the user.
    test.env.company.fiscalyear_lock_date = fields.Date.subtract(test.today, days=2)
    return cancellation


def locked_today(test):
    order = test._sell()
    test._invoice(order, date=test.today - LAST_MONTH)
    cancellation = test._cancel(order)
    test.env.flush_all()
    test.env.company.fiscalyear_lock_date = test.today
    return cancellation


def analytic_distribution(test):
    plan = test.env["account.analytic.plan"].create({"name": "Channels"})
    analytic = test.env["account.analytic.account"].create({"name": "Amazon", "plan_id": plan.id})
    order = test._sell()
    order.order_line.analytic_distribution = {str(analytic.id): 100}
    test._invoice(order)
    return test._cancel(order)


CASES = [
    Case("No invoice", no_invoice, "none", "none", "none"),
    Case("Draft invoice, when Odoo cancels", draft_invoice, "none", "none", "none"),
    Case("Draft invoice, when Amazon confirms", draft_again, "to_review", "none", "none"),
    Case("Draft invoice of several orders, when Amazon confirms", draft_of_several_orders, "to_review", "none", "none"),
    Case("Posted, unpaid", unpaid, "to_review", "to_review", "credited"),
    Case("Partly paid", partly_paid, "to_review", "to_review", "to_review"),
    Case("Paid by a payment", paid, "to_review", "to_review", "to_review"),
    Case("Paid by a payment without an entry", paid_outside_the_books, "to_review", "to_review", "to_review"),
    Case("Paid by a bank line", paid_by_bank_line, "to_review", "to_review", "to_review"),
    Case("Paid together with another order", paid_with_others, "to_review", "to_review", "to_review"),
    Case("Paid down payment and final invoice", down_payment, "to_review", "to_review", "to_review"),
    Case("Down payment and final invoice, unpaid", unpaid_down_payment, "to_review", "to_review", "credited"),
    Case("Invoice of several orders", several_orders, "to_review", "to_review", "credited"),
    Case(
        "Invoice of several orders, partly paid", partly_paid_by_several_orders, "to_review", "to_review", "to_review"
    ),
    Case("Draft invoice of several orders, when Odoo cancels", shared_draft, "none", "none", "none"),
    Case("Last order of an invoice of several", last_of_several_orders, "to_review", "to_review", "credited"),
    Case(
        "Taxes rounded on the whole, last of several", taxes_rounded_on_the_whole, "to_review", "to_review", "credited"
    ),
    Case("Tax included in the price, last of several", tax_included_in_the_price, "to_review", "to_review", "credited"),
    Case("Two taxes on each other, last of several", two_taxes_on_each_other, "to_review", "to_review", "credited"),
    Case("Discount for paying early, last of several", discount_for_paying_early, "to_review", "to_review", "credited"),
    Case("Payable in two parts, last of several", paid_in_two_parts, "to_review", "to_review", "credited"),
    Case("Rounded to coins on a line, last of several", coins_on_a_line, "to_review", "to_review", "credited"),
    Case("Rounded to coins in the tax, last of several", coins_in_the_tax, "to_review", "to_review", "credited"),
    Case("Foreign currency, last of several", rounded_rates, "to_review", "to_review", "credited"),
    Case("Tax corrected by hand", tax_corrected_by_hand, "to_review", "to_review", "credited"),
    Case("Tax corrected by hand, last of several", shared_tax_corrected_by_hand, "to_review", "to_review", "credited"),
    Case("Sales receipt", receipt, "to_review", "to_review", "to_review"),
    Case("Draft sales receipt", draft_receipt, "to_review", "none", "none"),
    Case("Closed by another order's credit note", closed_by_another_orders_note, "to_review", "to_review", "to_review"),
    Case("Storno accounting", storno, "to_review", "to_review", "credited"),
    Case("Free of charge", free_of_charge, "none", "none", "none"),
    Case("Free of charge on an invoice of several orders", free_part_of_several_orders, "none", "none", "none"),
    Case("Invoice dated ahead", dated_ahead, "to_review", "to_review", "credited"),
    Case("Several invoices", several_invoices, "to_review", "to_review", "credited"),
    Case("Credited by hand", credited_by_hand, "credited", "credited", "credited"),
    Case("Credited by hand from the order", credited_from_the_order, "credited", "credited", "credited"),
    Case("Credited by hand with lines of its own", credited_with_own_lines, "credited", "credited", "credited"),
    Case("Credited by hand without a link, matched", credited_without_a_link, "credited", "credited", "credited"),
    Case("Credited by hand, still a draft", drafted_by_hand, "to_review", "to_review", "to_review"),
    Case("Credited in part by hand", partly_credited_by_hand, "to_review", "to_review", "to_review"),
    Case("Credited in part without a link", partly_credited_without_a_link, "to_review", "to_review", "to_review"),
    Case("Foreign currency, rate changed", foreign_currency, "to_review", "to_review", "credited"),
    Case("Tax due on payment (cash basis)", cash_basis_tax, "to_review", "to_review", "credited"),
    Case("Perpetual stock valuation", stock_valuation, "to_review", "to_review", "credited"),
    Case("Given away, perpetual stock valuation", given_away, "to_review", "to_review", "credited"),
    Case("Analytic distribution", analytic_distribution, "to_review", "to_review", "credited"),
    Case("Delivered in part", partly_delivered, "to_review", "to_review", "to_review"),
    Case("Hashed journal", hashed_journal, "to_review", "to_review", "credited"),
    Case("Locked period", locked_period, "to_review", "to_review", "credited"),
    Case("Today is locked too", locked_today, "to_review", "to_review", "credited"),
]
