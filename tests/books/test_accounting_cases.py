import os
from datetime import timedelta

from odoo.tests import tagged

from .accounting_cases import CASES, coins_in_the_tax, coins_on_a_line, locked_today, tax_included_in_the_price
from .accounting_common import AccountingCase
from .accounting_table import describe_case, describe_outcome, join, read_table, write_table


class CasesMixin:
    """Each case ends in its state, moves nothing but the credited pair, and does so once."""

    def _check_cases(self, policies):
        """Arrange each case once and go on from there under each policy.

        :return: The rows of the docs' table.
        :rtype: list[str]
        """
        rows = []
        for case in CASES:
            with self.subTest(case=case.title), self._rolled_back():
                cancellation = case.arrange(self)
                outcomes = {}
                for policy in policies:
                    with self.subTest(policy=policy), self._rolled_back():
                        outcomes[policy] = self._check_case(case, policy, cancellation)
                rows += describe_case(case, outcomes)
        return rows

    def _check_case(self, case, policy, cancellation):
        self.account.credit_note_policy = policy
        order = cancellation.order_id
        before = self._get_trial_balance()
        known = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund")

        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, getattr(case, policy), cancellation.accounting_note)
        self.assertFalse(cancellation.accounting_pending)
        self.assertEqual(
            bool(cancellation.accounting_note), cancellation.accounting_state == "to_review" or "ocked" in case.title
        )
        credit_notes = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund") - known
        self._check_credit_notes(case, policy, credit_notes, order)
        self._check_balance(before, credit_notes)

        cancellation.accounting_pending = True
        self._account(cancellation)
        again = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund") - known
        self.assertEqual(again, credit_notes, "a second run credits nothing")
        return describe_outcome(cancellation, known)

    def _check_credit_notes(self, case, policy, credit_notes, order):
        self.assertEqual(set(credit_notes.mapped("state")) - {{"draft": "draft", "post": "posted"}.get(policy)}, set())
        self.assertEqual(credit_notes.line_ids.sale_line_ids.order_id, order if credit_notes else order.browse())
        for credit_note in credit_notes:
            invoice = credit_note.reversed_entry_id
            self.assertEqual(credit_note.journal_id, invoice.journal_id)
            self.assertEqual(credit_note.company_id, invoice.company_id)
            first_open_day = self.today + timedelta(days=1) if case.arrange is locked_today else self.today
            self.assertEqual(credit_note.date, max(first_open_day, invoice.date))
            own = invoice.invoice_line_ids
            if invoice.line_ids.sale_line_ids.order_id != order:
                own = own.filtered(lambda line: line.sale_line_ids.order_id == order)
            lines = credit_note.invoice_line_ids
            if case.arrange in (coins_on_a_line, coins_in_the_tax, tax_included_in_the_price):
                lines = lines.filtered("sale_line_ids")
            for field in ("tax_ids", "account_id", "analytic_distribution", "quantity", "price_total"):
                self.assertEqual(lines.mapped(field), own.mapped(field), field)
        self._check_ended(credit_notes)

    def _check_ended(self, credit_notes):
        """An invoice all of whose lines are credited ends at nothing on every account."""
        for invoice in credit_notes.filtered(lambda move: move.state == "posted").reversed_entry_id:
            family = invoice | invoice.reversal_move_ids
            if sum(invoice.invoice_line_ids.mapped("quantity")) == sum(
                invoice.reversal_move_ids.invoice_line_ids.filtered("product_id").mapped("quantity")
            ):
                for account, lines in family.line_ids.grouped("account_id").items():
                    self.assertAlmostEqual(sum(lines.mapped("balance")), 0, 2, account.display_name)
                    self.assertAlmostEqual(sum(lines.mapped("amount_currency")), 0, 2, account.display_name)
                self.assertAlmostEqual(sum(family.mapped("amount_total_signed")), 0, 2)

    def _is_exchange(self, line):
        return line.account_id.account_type != "asset_receivable"

    def _check_balance(self, before, credit_notes):
        """The trial balance moves by the posted credit notes alone, and these mirror what the order was billed."""
        expected = dict(before)
        posted = credit_notes.filtered(lambda move: move.state == "posted")
        # Odoo rounds a match in foreign currency on both sides, and takes the cents back on the other exchange account.
        rounded = (posted.line_ids.matched_debit_ids | posted.line_ids.matched_credit_ids).exchange_move_id
        self.assertAlmostEqual(sum(rounded.line_ids.filtered(self._is_exchange).mapped("balance")), 0, 2)
        for line in (posted | rounded).line_ids:
            if line.account_id:
                expected[line.account_id] = round(expected.get(line.account_id, 0) + line.balance, 2)
        expected = {account: balance for account, balance in expected.items() if balance}
        self.assertEqual(self._get_trial_balance(), expected)
        for credit_note in credit_notes:
            invoice = credit_note.reversed_entry_id
            if invoice.line_ids.sale_line_ids.order_id == credit_note.line_ids.sale_line_ids.order_id:
                lines = (invoice | credit_note if credit_note.state == "posted" else invoice.browse()).line_ids
                for account, account_lines in lines.grouped("account_id").items():
                    self.assertAlmostEqual(sum(account_lines.mapped("balance")), 0, 2, account.display_name)


@tagged("post_install", "-at_install")
class TestCasesGeneric(CasesMixin, AccountingCase):
    """The generic chart, under every policy."""

    def test_cases(self):
        rows = self._check_cases(["post", "draft", "none"])
        if "WRITE_ACCOUNTING_TABLE" in os.environ:
            write_table(join(rows))
        self.assertEqual(join(rows), read_table(), "docs/accounting.md is stale: run `make accounting-table`")


@tagged("post_install", "-at_install", "post_install_l10n")
class TestCasesFrench(CasesMixin, AccountingCase):
    """The French chart."""

    chart_template = "fr"
    country_code = "FR"

    def test_cases(self):
        self._check_cases(["post"])


@tagged("post_install", "-at_install", "post_install_l10n")
class TestCasesGerman(CasesMixin, AccountingCase):
    """The German chart SKR03."""

    chart_template = "de_skr03"
    country_code = "DE"

    def test_cases(self):
        self._check_cases(["post"])
