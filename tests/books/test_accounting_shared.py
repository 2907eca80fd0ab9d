from odoo import Command
from odoo.tests import tagged

from .accounting_cases import (
    coins_on_a_line,
    discount_for_paying_early,
    last_of_several_orders,
    rounded_rates,
    shared_tax_corrected_by_hand,
    taxes_rounded_on_the_whole,
    two_taxes_on_each_other,
)
from .accounting_common import LAST_MONTH, AccountingCase


@tagged("post_install", "-at_install")
class TestAccountingShared(AccountingCase):
    """One invoice for several orders: what is cancelled leaves, what is not stays, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.salesperson = cls.env["res.users"].create(
            {
                "name": "Seller",
                "login": "amazon_books_seller",
                "lang": "fr_FR",
                "company_id": cls.env.company.id,
                "company_ids": [Command.set(cls.env.company.ids)],
                "group_ids": [Command.set(cls.env.ref("sales_team.group_sale_salesman").ids)],
            }
        )

    def _share(self, count=3, post=False, date=None, **values):
        """Orders on one invoice."""
        orders = self.env["sale.order"].concat(*(self._sell(**values) for _number in range(count)))
        return orders, self._invoice(orders, post=post, date=date)

    def _check_left(self, left, invoice, others):
        """The order's lines are gone; the others keep theirs, on the same draft."""
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(invoice.line_ids.sale_line_ids.order_id, others)
        self.assertEqual(invoice.amount_total, sum(others.mapped("amount_total")))
        self.assertEqual(set(others.mapped("invoice_status")), {"invoiced"}, "not to be invoiced again")
        self.assertFalse(left.invoice_ids)
        for order in left:
            self.assertIn("also bills", "".join(order.message_ids.mapped("body")))
            self.assertTrue(
                invoice.message_ids.filtered(
                    lambda message, order=order: order.name in message.body and others[0].name in message.body
                ),
                "both sides say so",
            )

    # === DRAFTS === #

    def _draft_note_of_first(self, orders, invoice):
        """A credit note by hand, of which the second order's line is taken off."""
        note = self._reverse_invoice(invoice, date=self.today)
        note.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == orders[1]).unlink()
        return note

    def test_accepted(self):
        orders, invoice = self._share()
        orders[0].write({"amazon_cancel_request": "requested", "amazon_request_fingerprint": {"1": "Too late"}})
        orders[0].action_amazon_accept_cancellation()
        self.assertEqual(orders[0].state, "cancel")
        self._check_left(orders[0], invoice, orders[1:])

    def test_accepted_by_a_salesperson(self):
        for shared in (False, True):
            order = self._sell(user_id=self.salesperson.id)
            order.write({"amazon_cancel_request": "requested", "amazon_request_fingerprint": {"1": "Too late"}})
            invoice = self._invoice(order | self._sell() if shared else order, post=False)
            order.with_user(self.salesperson).action_amazon_accept_cancellation()
            self.assertEqual(order.state, "cancel")
            self.assertEqual(invoice.state, "draft" if shared else "cancel")

    def test_amazon_cancels_and_nobody_is_there(self):
        orders, invoice = self._share()
        orders[0].amazon_fulfillment_status = "cancelled"
        orders[0]._amazon_follow_cancelled()
        self.assertEqual(orders[0].state, "cancel")
        self._check_left(orders[0], invoice, orders[1:])

    def test_undone(self):
        orders, invoice = self._share()
        invoice.invoice_line_ids[0].write({"price_unit": 90, "name": "As agreed"})
        order = invoice.invoice_line_ids[0].sale_line_ids.order_id
        total = invoice.amount_total
        order._action_cancel()
        self.assertNotIn(order, invoice.line_ids.sale_line_ids.order_id)
        order.amazon_cancellation_id.action_withdraw()
        self.assertEqual(order.state, "sale")
        self.assertEqual((invoice.state, invoice.amount_total), ("draft", total), "as it was, with what a person wrote")
        self.assertEqual(invoice.line_ids.sale_line_ids.order_id, orders)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_undone_after_the_draft_was_confirmed(self):
        orders, invoice = self._share()
        orders[0]._action_cancel()
        invoice.action_post()
        cancellation = orders[0].amazon_cancellation_id
        dialog = self.env["amazon.undo.dialog"].browse(cancellation.action_withdraw()["res_id"])
        self.assertIn("invoice this order anew", dialog.losses, "it is said first")
        cancellation.with_context(amazon_undo_losses_known=True).action_withdraw()
        self.assertEqual(invoice.line_ids.sale_line_ids.order_id, orders[1:])
        self.assertEqual(orders[0].invoice_status, "to invoice")

    def test_undone_with_the_whole_draft(self):
        orders, invoice = self._share(2)
        orders._action_cancel()
        for order in orders:
            order.amazon_cancellation_id.action_withdraw()
        self.assertEqual((invoice.state, invoice.amount_total), ("draft", 230))

    def test_cancelled_together(self):
        orders, invoice = self._share()
        orders[:2]._action_cancel()
        self._check_left(orders[:2], invoice, orders[2])
        orders[2]._action_cancel()
        self.assertEqual(invoice.state, "cancel", "nobody is left on it")

    def test_all_at_once(self):
        orders, invoice = self._share()
        orders._action_cancel()
        self.assertEqual(invoice.state, "cancel")
        self.assertEqual(invoice.line_ids.sale_line_ids.order_id, orders, "it is cancelled as Odoo does")

    def test_known_by_its_reference_alone(self):
        orders, invoice = self._share(2)
        orders[0].write({"amazon_order_ref": False, "amazon_cancel_account_id": False})
        orders[0].client_order_ref = "902-7654321-7654321"
        orders[0]._action_cancel()
        self._check_left(orders[0], invoice, orders[1])

    def test_a_line_of_several_orders_stays(self):
        orders, invoice = self._share(2)
        invoice.invoice_line_ids[0].sale_line_ids = orders.order_line
        orders[0].amazon_fulfillment_status = "cancelled"
        orders[0]._action_cancel()
        self.assertEqual((invoice.state, invoice.amount_total), ("draft", 230))
        self._account(orders[0].amazon_cancellation_id)
        self.assertEqual(orders[0].amazon_cancellation_id.accounting_state, "to_review")
        self.assertIn("A draft invoice bills this order", orders[0].amazon_cancellation_id.accounting_note)

    def test_a_line_of_no_order_stays(self):
        orders, invoice = self._share(2)
        invoice.invoice_line_ids = [Command.create({"name": "Gift wrap", "price_unit": 7, "tax_ids": []})]
        orders[0]._action_cancel()
        self.assertEqual(invoice.amount_total, 115 + 7)

    def test_draft_credit_note_of_several_orders(self):
        orders, invoice = self._share(2, post=True)
        credit_note = self._reverse_invoice(invoice, date=self.today)
        orders[0]._action_cancel()
        self.assertEqual(credit_note.state, "draft")
        self.assertEqual(credit_note.line_ids.sale_line_ids.order_id, orders[1])

    def test_a_discount_that_stays_on_the_draft_is_told(self):
        orders, invoice = self._share(3)
        invoice.invoice_line_ids = [Command.create({"name": "Discount for all", "price_unit": -20, "tax_ids": []})]
        orders[0]._action_cancel()
        self.assertEqual(invoice.amount_total, 230 - 20)
        self.assertIn("Discount for all names no order", "".join(invoice.message_ids.mapped("body")))

    # === POSTED === #

    def test_a_part_payment_leaves_review_once_the_others_are_paid(self):
        orders, invoice = self._share(2, post=True)
        payment = self._pay(invoice, amount=100)
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn(payment.move_id.name, cancellation.accounting_note)
        self.assertIn("100.00", cancellation.accounting_note)
        self._pay(invoice, amount=15)
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual((invoice.amount_residual, cancellation.accounting_state), (0, "credited"))

    def test_a_part_payment_at_another_rate_is_named_alone(self):
        """The exchange difference that Odoo books with the match is no payment."""
        currency = self.setup_other_currency("CHF", rates=[("1900-01-01", 2.0), (self.today.isoformat(), 4.0)])
        pricelist = self.env["product.pricelist"].create({"name": "Foreign", "currency_id": currency.id})
        orders, invoice = self._share(2, post=True, date=self.today - LAST_MONTH, pricelist_id=pricelist.id)
        payment = self._pay(invoice, amount=20)
        self.assertTrue(invoice.line_ids.matched_credit_ids.exchange_move_id)
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        [fact] = cancellation.accounting_facts
        self.assertEqual((fact["payments"], fact["amount"]), (payment.move_id.ids, [[20.0, "CHF"]]))

    def test_a_part_payment_after_the_credit_is_the_others(self):
        orders, invoice = self._share(2, post=True)
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        self._pay(invoice, amount=100)
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual(cancellation.accounting_state, "credited", cancellation.accounting_note)

    def test_another_orders_credit_note_by_hand_is_no_part_of_this_one(self):
        orders, invoice = self._share(2, post=True)
        orders[1].order_line.product_uom_qty = 0
        refund = orders[1]._create_invoices(final=True)
        refund.action_post()
        (invoice | refund).line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        self.assertEqual((invoice.amount_residual, cancellation.accounting_state), (0, "credited"))

    def test_too_much_is_told_though_nothing_is_open(self):
        """A credit note that took the other order's part, too: the match closed both."""
        orders, invoice = self._share(2, post=True)
        note = self._draft_note_of_first(orders, invoice)
        note.invoice_line_ids.quantity = 2
        note.action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        first, second = self._cancel(orders[0]), self._cancel(orders[1])
        for cancellation in (first, second):
            self._account(cancellation)
            self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertEqual(invoice.reversal_move_ids, note, "it is closed: nothing more is credited by itself")
        self.assertIn("115.00 more", first.accounting_note.replace("$", "").replace("\xa0", ""))
        self.assertIn("which credits something else", second.accounting_note)

    def test_a_note_that_names_no_order_is_a_persons_to_assign(self):
        orders, invoice = self._share(2, post=True)
        note = self._reverse_invoice(invoice, date=self.today)
        note.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Goodwill", "price_unit": 115, "tax_ids": []}),
        ]
        note.action_post()
        cancellations = [self._cancel(order) for order in orders]
        for cancellation in cancellations:
            self._account(cancellation)
            self.assertEqual(cancellation.accounting_state, "to_review")
            self.assertIn("names none of them", cancellation.accounting_note)
            self.assertIn("115.00", cancellation.accounting_note)
        self.assertEqual(invoice.reversal_move_ids, note)

    def test_amounts_of_the_parts_are_the_whole(self):
        for arrange in (
            last_of_several_orders,
            taxes_rounded_on_the_whole,
            two_taxes_on_each_other,
            discount_for_paying_early,
            coins_on_a_line,
            rounded_rates,
            shared_tax_corrected_by_hand,
        ):
            with self.subTest(arrange=arrange.__name__), self._rolled_back():
                cancellation = arrange(self)
                invoice = cancellation.order_id.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
                cancellations = invoice.line_ids.sale_line_ids.order_id.amazon_cancellation_id
                self.assertAlmostEqual(sum(cancellations.mapped("amount_open")), invoice.amount_residual_signed, 2)
                self._account(cancellation)
                for amount in ("amount_invoiced", "amount_credited"):
                    self.assertAlmostEqual(sum(cancellations.mapped(amount)), invoice.amount_total_signed, 2, amount)
                for each in cancellations:
                    self.assertEqual((each.amount_invoiced, each.amount_open), (each.amount_credited, 0))

    def test_the_text_never_names_the_others_credit_notes(self):
        orders, invoice = self._share(2, post=True)
        self._pay(invoice, amount=invoice.amount_total - 50)
        first = self._cancel(orders[0])
        self._account(first)
        second = self._cancel(orders[1])
        self._account(second)
        note = orders[0].invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        paid_by = second.accounting_note.partition("was paid by")[2].partition(", so the credit")[0]
        self.assertTrue(paid_by)
        self.assertNotIn(note.name, paid_by)

    def test_no_payment_at_all(self):
        """Another order's credit note that was matched is no payment."""
        orders, invoice = self._share(2, post=True)
        self._account(self._cancel(orders[0]))
        too_much = self._reverse_invoice(invoice, date=self.today)
        too_much.action_post()
        second = self._cancel(orders[1])
        self._account(second)
        self.assertNotIn("was paid by", second.accounting_note)
        self.assertIn("is open with", second.accounting_note)

    def test_more_is_credited_than_the_order_bore(self):
        orders, invoice = self._share(2, post=True)
        note = self._draft_note_of_first(orders, invoice)
        note.invoice_line_ids.price_unit = 120
        note.action_post()
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("23.00 more", cancellation.accounting_note.replace("$", "").replace("\xa0", ""))
        self.assertEqual(
            (cancellation.amount_credited, cancellation.amount_open), (138, 0), "nobody owes less than nothing"
        )

    def test_what_bills_no_order_stays_open_and_is_told(self):
        orders, invoice = self._share(2)
        invoice.invoice_line_ids = [Command.create({"name": "Gift wrap", "price_unit": 7, "tax_ids": []})]
        invoice.action_post()
        for order in orders:
            self._account(self._cancel(order))
        self.assertEqual(invoice.amount_residual, 7)
        last = orders[1].amazon_cancellation_id
        self.assertEqual(last.accounting_state, "to_review")
        self.assertIn("7.00", last.accounting_note)

    def test_a_discount_for_all_is_divided_by_a_person(self):
        orders, invoice = self._share(2)
        invoice.invoice_line_ids = [Command.create({"name": "Discount", "price_unit": -20, "tax_ids": []})]
        invoice.action_post()
        cancellation = self._cancel(orders[0])
        self._account(cancellation)
        self.assertFalse(invoice.reversal_move_ids, "115.00 would be more than the order bore")
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("by hand", cancellation.accounting_note)

    def test_cents_that_stay_open_are_told(self):
        orders, invoice = self._share(2, post=True)
        credit = type(self.env["amazon.cancellation.credit"])
        self.patch(credit, "_is_last", lambda *_args: False)  # as if the rest had been lost
        self.env.company.tax_calculation_rounding_method = "round_globally"
        orders, invoice = self._share(3, post=True, price=10.03)
        for order in orders:
            self._account(self._cancel(order))
        last = orders[2].amazon_cancellation_id
        self.assertEqual(invoice.currency_id.round(invoice.amount_residual), 0.01)
        self.assertEqual(last.accounting_state, "to_review")
        self.assertIn("0.01", last.accounting_note)
        self.env.flush_all()
        kinds = self.env["amazon.accounting.check"].search([("order_id", "in", orders.ids)]).mapped("kind")
        self.assertIn("open_receivable", kinds)

    def test_a_draft_of_the_last_note_takes_the_rest_too(self):
        self.env.company.tax_calculation_rounding_method = "round_globally"
        self.account.credit_note_policy = "draft"
        orders, invoice = self._share(3, post=True, price=10.03)
        for order in orders:
            self._account(self._cancel(order))
        notes = invoice.reversal_move_ids
        self.assertEqual(set(notes.mapped("state")), {"draft"})
        for note in notes:
            note.action_post()
        self.assertEqual((invoice.amount_residual, sum(notes.mapped("amount_residual"))), (0, 0))

    def test_a_cancelled_note_counts_for_nothing(self):
        self.env.company.tax_calculation_rounding_method = "round_globally"
        orders, invoice = self._share(3, post=True, price=10.03)
        for order in orders[:2]:
            self._account(self._cancel(order))
        first = orders[0].invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        first.button_draft()
        first.button_cancel()
        self._account(self._cancel(orders[2]))
        last = orders[2].invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(last.amount_total, 11.53, "its own lines: the first order's are open again")
        orders[0].amazon_cancellation_id.action_create_credit_note()
        invoice.reversal_move_ids.filtered(lambda move: move.state == "draft").action_post()
        self.assertEqual(invoice.currency_id.round(invoice.amount_residual), 0, "now that is the last, with the rest")

    def test_the_others_part_by_hand_is_not_taken(self):
        """Only where the others' lines are credited in full does the last note take the rest."""
        orders, invoice = self._share(2, post=True)
        by_hand = self._reverse_invoice(invoice, date=self.today)
        by_hand.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == orders[0]).unlink()
        by_hand.invoice_line_ids.price_unit = 60
        by_hand.action_post()
        self._account(self._cancel(orders[0]))
        note = (invoice.reversal_move_ids - by_hand).ensure_one()
        self.assertEqual(note.amount_total, 115)

    def test_the_timeline_tells_of_its_own_credit_notes(self):
        orders, _invoice = self._share(2, post=True)
        cancellations = [self._cancel(order) for order in orders]
        for cancellation in cancellations:
            self._account(cancellation)
        for cancellation in cancellations:
            told = [event["words"] for event in cancellation._get_timeline() if event["fact"] == "Credited"]
            notes = cancellation.order_id.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
            self.assertEqual(told, notes.mapped("name"))

    # === LANGUAGES === #

    def test_chatter_in_the_language_of_the_responsible(self):
        order, other = self._sell(user_id=self.salesperson.id), self._sell()
        invoice = self._invoice(order | other, post=False)
        text = "%(order)s was cancelled: its lines left this document. %(others)s keep theirs."
        with self._translated({text: "%(order)s est annulée ; %(others)s restent."}):
            order._action_cancel()
        self.assertIn(f"{order.name} est annulée ; {other.name} restent.", invoice.message_ids[0].body)

    def test_what_is_left_in_the_language_of_who_reads_it(self):
        self.account.credit_note_policy = "none"
        cancellation = self._cancel(self._share(1, post=True)[0])
        self._account(cancellation.with_context(lang="de_DE"))
        invoice = cancellation.order_id.invoice_ids
        text = "%(invoice)s is not credited: press Create Credit Note."
        with self._translated({text: "%(invoice)s n’est pas créditée."}):
            self.assertEqual(
                cancellation.with_context(lang="fr_FR").accounting_note, f"{invoice.name} n’est pas créditée."
            )
            self.assertEqual(cancellation.accounting_note, text % {"invoice": invoice.name})

    def test_the_buyer_reads_why_in_the_buyers_language(self):
        self.buyer.lang = "fr_FR"
        cancellation = self._cancel(self._share(1, post=True)[0])
        with self._translated({"Amazon order %(ref)s was cancelled": "La commande %(ref)s est annulée"}):
            self._account(cancellation)
        credit_note = cancellation.order_id.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertIn(f"La commande {cancellation.amazon_order_ref} est annulée", credit_note.ref)
