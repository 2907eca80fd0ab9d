from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .accounting_cases import no_invoice, paid, partly_delivered, unpaid
from .accounting_common import AccountingCase


@tagged("post_install", "-at_install")
class TestAccountingLook(AccountingCase):
    """What was done is looked at again when entries change, and only then."""

    def _look(self):
        """The scheduled look."""
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_kwargs: 9):
            self.env["amazon.cancellation.accounting"]._look()
        self.env.flush_all()
        self.env.invalidate_all()

    def _get_accounted(self, arrange):
        cancellation = arrange(self)
        self._account(cancellation)
        self._look()
        self.assertFalse(cancellation.books_changed)
        return cancellation

    def _give_other_lines(self, note):
        note.button_draft()
        note.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Goodwill", "price_unit": 115, "tax_ids": []}),
        ]
        note.action_post()

    def _get_moves(self, cancellation):
        """The invoice and the credit note of an order."""
        moves = cancellation.order_id.invoice_ids
        invoice = moves.filtered(lambda move: move.move_type == "out_invoice")
        return invoice, moves - invoice

    def _add_invoice(self, order):
        """One more invoice of an order, as a person makes it."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": order.partner_id.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.mug.id,
                            "price_unit": 100,
                            "tax_ids": order.order_line.tax_ids.ids,
                            "sale_line_ids": [Command.link(order.order_line.id)],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_a_look_at_many_costs_no_query_for_each(self):
        cancellations = self.env["amazon.order.cancellation"].union(
            *(self._get_accounted(unpaid) for _each in range(9))
        )

        def count(few):
            few.write({"books_changed": True})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._look()
            return self.env.cr.sql_log_count - before

        count(cancellations)
        self.assertLessEqual(count(cancellations) - count(cancellations[:3]), 6, "what six more cost")

    # === WHAT CHANGES === #

    def test_credited_is_looked_at_again(self):
        def cancel_the_note(invoice, note):
            note.button_draft()
            note.button_cancel()

        def undo_the_match(invoice, note):
            invoice.line_ids.remove_move_reconcile()

        def take_the_note_back(invoice, note):
            note.button_draft()

        def delete_the_note(invoice, note):
            note.button_draft()
            note.unlink()

        def invoice_again(invoice, note):
            self._add_invoice(invoice.line_ids.sale_line_ids.order_id)

        for change in (
            cancel_the_note,
            undo_the_match,
            take_the_note_back,
            delete_the_note,
            invoice_again,
        ):
            with self.subTest(change=change.__name__), self._rolled_back():
                cancellation = self._get_accounted(unpaid)
                self.assertEqual(cancellation.accounting_state, "credited")
                change(*self._get_moves(cancellation))
                self._look()
                self.assertEqual(cancellation.accounting_state, "to_review")
                self.assertTrue(cancellation.accounting_note)
                if change is not take_the_note_back:  # Odoo keeps the match of a draft
                    self.assertEqual(cancellation.amount_open, 115)

    def test_posted_again_and_matched_again(self):
        cancellation = self._get_accounted(unpaid)
        invoice, _note = self._get_moves(cancellation)
        invoice.button_draft()
        self._look()
        self.assertEqual(cancellation.accounting_state, "to_review", "a draft bills the order")
        invoice.action_post()
        self._look()
        self.assertEqual((cancellation.accounting_state, invoice.amount_residual), ("credited", 0))

    def test_nothing_to_do_is_looked_at_again(self):
        cancellation = self._get_accounted(no_invoice)
        self.assertEqual(cancellation.accounting_state, "none")
        invoice = self._add_invoice(cancellation.order_id)
        self._look()
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn(f"{invoice.name} is not credited", cancellation.accounting_note)

    def test_a_credit_note_whose_invoice_bills_another_order_now(self):
        cancellation = self._get_accounted(unpaid)
        invoice, note = self._get_moves(cancellation)
        invoice.button_draft()
        invoice.invoice_line_ids.sale_line_ids = self._sell().order_line
        invoice.action_post()
        self._look()
        self.assertEqual(invoice.payment_state, "reversed", "no document is open")
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn(f"{note.name} credit", cancellation.accounting_note)

    def test_what_a_person_does_ends_the_review(self):
        cancellation = self._get_accounted(paid)
        self.assertEqual(cancellation.accounting_state, "to_review")
        _invoice, note = self._get_moves(cancellation)
        self._pay(note)
        self._look()
        self.assertEqual(cancellation.accounting_state, "credited")
        self.assertFalse(cancellation.accounting_note)

    def test_a_persons_word_covers_what_there_was(self):
        cancellation = self._get_accounted(paid)
        cancellation._settle("The bank has it")
        self._look()
        self.assertEqual((cancellation.accounting_state, cancellation.accounting_note), ("settled", "The bank has it"))
        cancellation.order_id.message_post(body=cancellation.order_id.name)
        self._look()
        self.assertEqual(cancellation.accounting_state, "settled")
        second = self._add_invoice(cancellation.order_id)
        self._look()
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn(second.name, cancellation.accounting_note)
        self.assertIn("It was marked as settled before: The bank has it", cancellation.accounting_note)
        self.assertNotIn("was paid by", cancellation.accounting_note, "that was covered")
        self._credit_by_hand(second)
        self._look()
        self.assertEqual(cancellation.accounting_state, "settled")

    def test_a_credit_note_with_other_lines_is_followed(self):
        cancellation = self._get_accounted(unpaid)
        _invoice, note = self._get_moves(cancellation)
        self._give_other_lines(note)
        self._look()
        self.assertEqual(cancellation.accounting_state, "credited", cancellation.accounting_note)
        note.line_ids.remove_move_reconcile()
        self._look()
        self.assertEqual(cancellation.accounting_state, "to_review")

    def test_the_refund_of_a_credit_note_with_other_lines_ends_the_review(self):
        """Only the credit note changes, and nothing but its invoice leads to it."""
        cancellation = self._get_accounted(paid)
        _invoice, note = self._get_moves(cancellation)
        self._give_other_lines(note)
        self._look()
        self.assertEqual(cancellation.accounting_state, "to_review")
        self._pay(note)
        self._look()
        self.assertEqual(cancellation.accounting_state, "credited", cancellation.accounting_note)

    def test_one_that_cannot_be_looked_at_stops_no_other(self):
        odd, other = self._get_accounted(unpaid), self._get_accounted(unpaid)
        for cancellation in odd | other:
            self._get_moves(cancellation)[0].line_ids.remove_move_reconcile()
        books = type(self.env["amazon.cancellation.books"])
        get_work = books._get_work

        def get_work_or_fail(service, cancellation):
            if cancellation == odd:
                raise ZeroDivisionError
            return get_work(service, cancellation)

        with (
            patch.object(books, "_get_work", get_work_or_fail),
            self.assertLogs("odoo.addons.sale_amazon_cancellation", "ERROR"),
        ):
            self._look()
        self.assertEqual((odd | other).mapped("accounting_state"), ["to_review", "to_review"])
        self.assertIn("cannot be looked at: ZeroDivisionError", odd.accounting_note)
        self.assertIn("not matched", other.accounting_note)

    def test_goods_that_come_back_are_looked_at(self):
        cancellation = self._get_accounted(partly_delivered)
        self.assertIn("goods were delivered", cancellation.accounting_note)
        cancellation.order_id.order_line.qty_delivered = 0
        self._look()
        self.assertNotIn("goods were delivered", cancellation.accounting_note)
        self.assertIn("is not credited", cancellation.accounting_note)

    def test_what_is_due_to_be_credited_is_no_work_yet(self):
        cancellation = unpaid(self)
        self.assertTrue(cancellation.accounting_pending)
        self._look()
        self.assertEqual(cancellation.accounting_state, "none")

    def test_a_credit_note_before_amazon_confirms_says_nothing(self):
        order = self._sell()
        invoice = self._invoice(order)
        order._action_cancel()
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self._credit_by_hand(invoice)
        self._look()
        self.assertEqual(order.amazon_cancellation_id.accounting_state, "none")

    def test_an_open_credit_is_told_once(self):
        order = self._sell()
        self._invoice(order)
        order.order_line.product_uom_qty = 0
        order._create_invoices(final=True).action_post()
        cancellation = self._cancel(order)
        self._account(cancellation)
        self.assertEqual(len(cancellation.accounting_facts), 1, cancellation.accounting_note)
        self.assertIn("match or refund it", cancellation.accounting_note)

    def test_a_deleted_entry_is_named_as_such(self):
        self.account.credit_note_policy = "draft"
        cancellation = self._get_accounted(unpaid)
        _invoice, note = self._get_moves(cancellation)
        note.unlink()
        self.env.invalidate_all()
        self.assertIn("A draft credit note waits: (deleted)", cancellation.accounting_note)
        self._look()
        self.assertIn("is not credited", cancellation.accounting_note)

    # === HOW MUCH IT COSTS === #

    def _count(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        act()
        return self.cr.sql_log_count - before

    def test_a_look_costs_the_same_for_few_and_many(self):
        self.account.credit_note_policy = "none"
        counts = []
        for number in (3, 12):
            with self._rolled_back():
                for _number in range(number):
                    self._account(unpaid(self))
                self.env["amazon.order.cancellation"].search([]).books_changed = True
                counts.append(self._count(self._look))
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_what_did_not_change_costs_nothing(self):
        for _number in range(5):
            self._account(paid(self))
        self._look()
        self.assertLessEqual(self._count(self._look), 1, "one question whether anything changed")

    def test_the_list_words_all_notes_at_once(self):
        counts = []
        for number in (2, 8):
            with self._rolled_back():
                cancellations = self.env["amazon.order.cancellation"]
                for _number in range(number):
                    cancellations |= paid(self)
                for cancellation in cancellations:
                    self._account(cancellation)
                counts.append(self._count(lambda records=cancellations: records.mapped("accounting_note")))
        self.assertEqual(counts[0], counts[1])
