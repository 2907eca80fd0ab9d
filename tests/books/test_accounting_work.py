from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .accounting_cases import (
    credited_by_hand,
    credited_without_a_link,
    drafted_by_hand,
    paid,
    paid_with_others,
    partly_credited_by_hand,
    partly_delivered,
    receipt,
    unpaid,
)
from .accounting_common import AccountingCase


@tagged("post_install", "-at_install")
class TestAccountingWork(AccountingCase):
    """When the books are worked on, what an accountant is told, and what the buttons do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls.env["res.users"].create(
            {
                "name": "Accountant",
                "login": "amazon_accountant",
                "company_id": cls.env.company.id,
                "company_ids": [(6, 0, cls.env.company.ids)],
                "group_ids": [(6, 0, cls.env.ref("account.group_account_invoice").ids)],
            }
        )

    # === WHEN === #

    def test_planned_by_the_confirmation_alone(self):
        order = self._sell()
        self._invoice(order)
        order._action_cancel()
        self.assertEqual(order.amazon_cancellation_state, "scheduled")
        self.assertFalse(order.amazon_cancellation_id.accounting_pending, "Amazon has not confirmed")
        order.amazon_cancellation_id._on_sent()
        order.amazon_cancellation_id._on_accepted()
        self.assertFalse(order.amazon_cancellation_id.accounting_pending, "accepted is not cancelled")
        order.amazon_fulfillment_status = "cancelled"
        order.amazon_cancellation_ids._on_amazon_cancelled()
        self.assertTrue(order.amazon_cancellation_id.accounting_pending)

    def test_cancelled_by_amazon_alone(self):
        order = self._sell()
        invoice = self._invoice(order)
        order.amazon_fulfillment_status = "cancelled"
        order._amazon_follow_cancelled()
        self.assertEqual(order.amazon_cancellation_id.origin, "amazon")
        self._account(order.amazon_cancellation_id)
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(order.amazon_cancellation_id.accounting_state, "credited")

    def test_crash_between_credit_and_note(self):
        cancellation = unpaid(self)
        with (
            patch.object(type(self.env["amazon.cancellation.books"]), "_assess", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            self._account(cancellation)
        cancellation.accounting_pending = True
        self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 2)
        self.assertEqual(cancellation.accounting_state, "credited")

    def test_killed_before_the_commit(self):
        cancellation = unpaid(self)
        books = type(self.env["amazon.cancellation.books"])
        with (
            self.assertRaises(KeyboardInterrupt),
            self._rolled_back(),
            patch.object(books, "_assess", side_effect=KeyboardInterrupt),
        ):
            self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1)
        self.assertTrue(cancellation.accounting_pending, "it is done again")
        self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 2)
        self.assertEqual(cancellation.accounting_state, "credited")

    def test_the_policy_twice_over_a_credit_note_by_hand(self):
        for credit in (credited_by_hand, credited_without_a_link, drafted_by_hand, partly_credited_by_hand):
            with self.subTest(case=credit.__name__), self._rolled_back():
                cancellation = credit(self)
                before = self.env["account.move"].search_count([("partner_id", "=", self.buyer.id)])
                for _run in range(2):
                    self.env["amazon.cancellation.credit"]._credit_by_policy(cancellation)
                after = self.env["account.move"].search_count([("partner_id", "=", self.buyer.id)])
                self.assertEqual(after, before, "a person's credit note is the only one")

    def test_what_is_left_is_done_when_the_time_is_up(self):
        first, second = unpaid(self), unpaid(self)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", side_effect=[9, 0]):
            self.env["amazon.cancellation.accounting"]._cron_account()
        self.assertEqual((first | second).mapped("accounting_pending"), [False, True])

    def test_what_fails_becomes_work(self):
        cancellation = unpaid(self)
        cancellation.order_id.invoice_ids.journal_id.active = False
        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("The credit note could not be made: No journal", cancellation.accounting_note)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1, "nothing half-made stays")

        cancellation.order_id.invoice_ids.journal_id.active = True
        self._credit_by_hand(cancellation.order_id.invoice_ids)
        self.assertEqual(cancellation.accounting_state, "credited", "what a person did is seen at once")
        self.assertFalse(cancellation.accounting_note)

    def test_busy_books_are_tried_again(self):
        cancellation = unpaid(self)
        credit = type(self.env["amazon.cancellation.credit"])
        with (
            patch.object(credit, "_credit_by_policy", side_effect=OperationalError),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            elsewhere = cancellation.with_env(cancellation.env(cr=cr))
            elsewhere.env["amazon.cancellation.accounting"]._work_on_books(elsewhere)
        self.env.invalidate_all()
        self.assertTrue(cancellation.accounting_pending)
        self.assertEqual(cancellation.accounting_state, "none")

    def test_nothing_half_made_stays(self):
        cancellation = unpaid(self)
        with patch.object(type(self.env["account.move"]), "action_post", side_effect=UserError("Not today")):
            self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1, "the credit note that could not be posted is gone")
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("Not today", cancellation.accounting_note)

    def test_what_another_run_did_is_not_done_again(self):
        """The list of what is due was read before the lock: who waited finds it done."""
        cancellation = unpaid(self)
        cancellation.accounting_pending = False
        self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1)

    def test_what_another_worker_holds_is_left_to_it(self):
        cancellation = unpaid(self)
        taken = patch.object(type(cancellation), "try_lock_for_update", lambda records, **_kwargs: records.browse())
        with taken:
            self._account(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1)
        self.assertTrue(cancellation.accounting_pending)

    def test_another_company_is_current(self):
        cancellation = unpaid(self)
        other = self.env["res.company"].create({"name": "Other"})
        env = self.env(context={"allowed_company_ids": [other.id, self.env.company.id]})
        env["amazon.cancellation.accounting"]._work_on_books(cancellation.with_env(env))
        self.assertEqual(cancellation.accounting_state, "credited", cancellation.accounting_note)
        self.assertEqual(cancellation.order_id.invoice_ids.company_id, self.env.company)

    def test_a_branch_is_credited_in_its_own_name(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.env.company.id})
        self.cr.precommit.run()  # only then does a branch have the chart of its parent
        both = {"allowed_company_ids": [branch.id, self.env.company.id]}
        order = self._sell(company_id=branch.id).with_context(**both)
        invoice = self._invoice(order)
        self.assertEqual(invoice.company_id, branch)
        cancellation = self._cancel(order).with_context(allowed_company_ids=self.env.company.ids)
        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, "credited", cancellation.accounting_note)
        self.assertEqual(invoice.reversal_move_ids.company_id, branch)
        self.assertEqual((invoice.amount_residual, cancellation.amount_open), (0, 0))

    def test_a_credit_note_is_of_the_day_that_it_is_in_its_company(self):
        """A scheduled action has no zone, and at the end of a year a day is a year."""
        for zone, moment, day in (
            ("Asia/Tokyo", "2027-12-31 15:30:00", "2028-01-01"),
            ("Pacific/Kiritimati", "2027-12-31 09:30:00", "2027-12-31"),
            ("America/Los_Angeles", "2028-01-01 07:30:00", "2027-12-31"),
            ("Europe/Berlin", "2028-03-25 23:30:00", "2028-03-26"),  # its clocks are changed in that night
        ):
            with self.subTest(zone):
                cancellation = unpaid(self)
                self.env.company.partner_id.tz = zone
                with freeze_time(moment):
                    self._account(cancellation)
                credit_note = cancellation.order_id.invoice_ids.reversal_move_ids
                self.assertEqual(str(credit_note.invoice_date), day)
                self.assertEqual(str(credit_note.date), day)

    def test_all_that_the_policy_does_is_done_in_the_orders_company(self):
        """Confirming the note, too, finds the company's settings, whatever company the scheduled action began in."""
        cancellation = unpaid(self)
        companies, moves = self.env["res.company"], type(self.env["account.move"])
        action_post = moves.action_post

        def note_company(record):
            nonlocal companies
            companies |= record.env.company
            return action_post(record)

        other = self.env["res.company"].create({"name": "Other"})
        env = self.env(context={"allowed_company_ids": [other.id, self.env.company.id]})
        with patch.object(moves, "action_post", note_company):
            env["amazon.cancellation.accounting"]._work_on_books(cancellation.with_env(env))
        self.assertEqual(companies, self.env.company)

    # === WHAT THE ACCOUNTANT READS === #

    def test_paid_names_the_payment_and_what_to_do(self):
        cancellation = paid(self)
        self._account(cancellation)
        invoice = cancellation.order_id.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
        payment = invoice.reconciled_payment_ids
        self.assertIn(f"{invoice.name} was paid by {payment.move_id.name}", cancellation.accounting_note)
        self.assertIn("115.00", cancellation.accounting_note.replace(",", "."))
        self.assertEqual(cancellation.amount_open, 0)
        self.assertEqual(cancellation.amount_open_credit, 115)
        self.assertEqual(invoice.payment_state, "paid", "the payment stays on the invoice")

    def test_paid_with_others_names_them(self):
        cancellation = paid_with_others(self)
        self._account(cancellation)
        other = self.env["sale.order"].search([("id", "!=", cancellation.order_id.id)], limit=1, order="id desc")
        self.assertIn(f"also pays {other.invoice_ids.name}", cancellation.accounting_note)

    def test_refunded_credit_ends_the_review(self):
        cancellation = paid(self)
        self._account(cancellation)
        credit_note = cancellation.order_id.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self._pay(credit_note)
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual(cancellation.accounting_state, "credited")
        self.assertFalse(cancellation.accounting_note)

    def test_review_does_not_follow_a_new_policy_by_itself(self):
        self.account.credit_note_policy = "none"
        cancellation = unpaid(self)
        self._account(cancellation)
        self.account.credit_note_policy = "post"
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual(len(cancellation.order_id.invoice_ids), 1)
        self.assertEqual(cancellation.accounting_state, "to_review")

    def test_a_receipt_is_credited_by_a_person(self):
        cancellation = receipt(self)
        self._account(cancellation)
        self.assertIn("says that money came", cancellation.accounting_note)
        self.assertEqual((cancellation.amount_invoiced, cancellation.amount_open), (115, 115))
        action = cancellation.with_user(self.accountant).action_create_credit_note()
        self.env["account.move"].browse(action["res_id"]).action_post()
        self.assertEqual((cancellation.accounting_state, cancellation.amount_open), ("credited", 0))
        opened = self.env["account.move"].search(cancellation.action_open_entries()["domain"])
        self.assertEqual(set(opened.mapped("move_type")), {"out_receipt", "out_refund"})

    def test_credit_notes_of_two_currencies_are_not_added_up(self):
        order = self._sell()
        self._invoice(order)
        order.order_line.product_uom_qty = 0
        refund = order._create_invoices(final=True)
        refund.currency_id = self.setup_other_currency("CHF", rates=[("1900-01-01", 2.0)])
        refund.action_post()
        cancellation = self._cancel(order)
        self._account(cancellation)
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("match or refund it", cancellation.accounting_note)

    def test_a_refund_of_too_much_is_no_end(self):
        order = self._sell()
        note = self._credit_by_hand(self._invoice(order), quantity=2)
        cancellation = self._cancel(order)
        self._account(cancellation)
        self.assertIn("match or refund it", cancellation.accounting_note)
        self._pay(note, amount=115)
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual((note.amount_residual, cancellation.accounting_state), (0, "to_review"))
        self.assertIn("more than the invoice bills of this order", cancellation.accounting_note)

    # === AMOUNTS === #

    def test_amounts_of_a_shared_invoice_are_this_orders(self):
        order, other = self._sell(), self._sell(quantity=2)
        invoice = self._invoice(order | other)
        cancellation = self._cancel(order)
        self.assertEqual((cancellation.amount_invoiced, cancellation.amount_open), (115, 115))
        self.assertEqual(cancellation.invoice_payment_state, "not_paid")
        self._account(cancellation)
        self.assertEqual((cancellation.amount_credited, cancellation.amount_open), (115, 0))
        self.assertEqual(invoice.amount_residual, 230)

    def test_amounts_of_a_shared_invoice_of_nothing(self):
        order, other = self._sell(price=100), self._sell(price=-100)
        invoice = self._invoice(order | other)
        self.assertFalse(invoice.amount_total)
        cancellation = self._cancel(order)
        self.assertEqual(cancellation.amount_invoiced, 0)

    def test_amounts_follow_the_documents(self):
        cancellation = unpaid(self)
        self.assertEqual(cancellation.search_count([("id", "=", cancellation.id), ("amount_open", ">", 0)]), 1)
        self._account(cancellation)
        self.assertEqual(cancellation.search_count([("id", "=", cancellation.id), ("amount_open", ">", 0)]), 0)
        self.assertEqual(cancellation.invoice_payment_state, "reversed")
        [[invoiced, credited]] = cancellation._read_group(
            [("id", "=", cancellation.id)], [], ["amount_invoiced:sum", "amount_credited:sum"]
        )
        self.assertEqual((invoiced, credited), (115, 115))

    def test_amounts_of_an_order_show_once(self):
        order = self._sell()
        self._invoice(order)
        order._action_cancel()
        refused = order.amazon_cancellation_id
        refused._refuse("No.")
        self.assertEqual(refused.amount_open, 115)
        order.with_context(amazon_local_only=True).action_draft()
        latest = self._cancel(order)
        self.assertNotEqual(latest, refused)
        self.assertEqual((refused | latest).mapped("amount_open"), [0, 115])

    # === BUTTONS === #

    def test_the_button_is_gone_while_a_draft_waits(self):
        self.account.credit_note_policy = "none"
        cancellation = unpaid(self)
        self._account(cancellation)
        self.assertTrue(cancellation.is_credit_due)
        cancellation.with_user(self.accountant).action_create_credit_note()
        self.assertFalse(cancellation.is_credit_due)
        cancellation.order_id.invoice_ids.filtered(lambda move: move.state == "draft").button_cancel()
        self.assertTrue(cancellation.is_credit_due, "the draft was thrown away")

    def test_the_button_works_in_the_invoices_company(self):
        cancellation = unpaid(self)
        other = self.env["res.company"].create({"name": "Other"})
        self.accountant.company_ids |= other
        companies = {"allowed_company_ids": [other.id, self.env.company.id]}
        action = cancellation.with_user(self.accountant).with_context(**companies).action_create_credit_note()
        credit_note = self.env["account.move"].browse(action["res_id"])
        invoice = credit_note.reversed_entry_id
        self.assertEqual((credit_note.company_id, credit_note.journal_id), (invoice.company_id, invoice.journal_id))

    def test_the_wizard_of_odoo_works_in_the_invoices_company(self):
        """Hooks of other modules find the company's settings, whatever company the user has open."""
        cancellation = unpaid(self)
        other = self.env["res.company"].create({"name": "Other"})
        companies = self.env["res.company"]
        wizard = type(self.env["account.move.reversal"])
        refund_moves = wizard.refund_moves

        def note_company(record):
            nonlocal companies
            companies |= record.env.company
            return refund_moves(record)

        self.accountant.company_ids |= other
        with patch.object(wizard, "refund_moves", note_company):
            cancellation.with_user(self.accountant).with_context(
                allowed_company_ids=[other.id, self.env.company.id]
            ).action_create_credit_note()
        self.assertEqual(companies, self.env.company)

    def test_not_settled_before_amazon_confirms(self):
        order = self._sell()
        order._action_cancel()
        cancellation = order.amazon_cancellation_id.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "not confirmed"):
            cancellation.action_mark_settled()
        with self.assertRaisesRegex(UserError, "not confirmed"):
            cancellation._settle("Too early")

    def test_accountant_creates_the_credit_note(self):
        cancellation = partly_delivered(self)
        self._account(cancellation)
        self.assertIn("goods were delivered", cancellation.accounting_note)
        action = cancellation.with_user(self.accountant).action_create_credit_note()
        credit_note = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((credit_note.state, credit_note.amount_total), ("draft", 345))
        self.assertIn("Look at it, then confirm", cancellation.accounting_note)
        with self.assertRaisesRegex(UserError, "nothing is left"):
            cancellation.with_user(self.accountant).action_create_credit_note()
        credit_note.with_user(self.accountant).action_post()
        self.assertEqual(cancellation.accounting_state, "credited")
        self.assertEqual(cancellation.amount_open, 0)

    def test_no_credit_note_before_amazon_confirms(self):
        order = self._sell()
        self._invoice(order)
        order._action_cancel()
        with self.assertRaisesRegex(UserError, "not confirmed"):
            order.amazon_cancellation_id.with_user(self.accountant).action_create_credit_note()

    def test_accountant_opens_the_entries(self):
        cancellation = unpaid(self)
        self._account(cancellation)
        action = cancellation.with_user(self.accountant).action_open_entries()
        moves = self.env["account.move"].search(action["domain"])
        self.assertEqual(moves, cancellation.order_id.invoice_ids)

    def test_accountant_settles_with_a_note(self):
        cancellation = paid(self)
        self._account(cancellation)
        action = cancellation.with_user(self.accountant).action_mark_settled()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"note": "Payment undone by the bank"})
        )
        dialog.action_settle()
        self.assertEqual(cancellation.accounting_state, "settled")
        self.assertEqual(cancellation.accounting_note, "Payment undone by the bank")
        self.assertIn("Payment undone", cancellation.message_ids[0].body)
        self.assertEqual(cancellation.message_ids[0].author_id, self.accountant.partner_id)
        self.env["amazon.cancellation.accounting"]._refresh(cancellation)
        self.assertEqual(cancellation.accounting_state, "settled", "a person's word stands")

    def test_others_do_not_touch_the_books(self):
        cancellation = unpaid(self)
        stranger = self.env["res.users"].create(
            {
                "name": "Seller",
                "login": "amazon_stranger",
                "company_id": self.env.company.id,
                "company_ids": [(6, 0, self.env.company.ids)],
                "group_ids": [(6, 0, self.env.ref("sales_team.group_sale_salesman_all_leads").ids)],
            }
        )
        for name in ("action_create_credit_note", "action_mark_settled"):
            with self.assertRaises(AccessError):
                getattr(cancellation.with_user(stranger), name)()
        with self.assertRaises(AccessError):
            self.env["amazon.settle.dialog"].with_user(stranger).create(
                {"note": "x", "cancellation_ids": [(6, 0, cancellation.ids)]}
            )
        with self.assertRaises(AccessError):
            self.env["amazon.accounting.check"].with_user(stranger).search([])

    # === INVOICES === #

    def test_banner_while_the_buyer_waits(self):
        order = self._sell()
        invoice = self._invoice(order, post=False).with_user(self.accountant)
        self.assertFalse(invoice.amazon_request_text)
        order.write({"amazon_cancel_request": "requested", "amazon_cancel_request_reason": "Too late"})
        self.assertEqual(invoice.amazon_request_text, f"{order.name}: Too late")
        action = invoice.action_amazon_open_requests()
        self.assertEqual((action["res_id"], action["views"]), (order.id, [(False, "form")]))
        order.amazon_cancel_request = "declined"
        self.assertFalse(invoice.amazon_request_text)

    def test_banner_opens_all_whose_buyers_wait(self):
        orders = self._sell() | self._sell() | self._sell()
        invoice = self._invoice(orders, post=False).with_user(self.accountant)
        orders[:2].write({"amazon_cancel_request": "requested"})
        action = invoice.action_amazon_open_requests()
        self.assertNotIn("res_id", {name for name, value in action.items() if value})
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), orders[:2].sorted())

    def test_cancelled_orders_leave_orders_to_invoice(self):
        order = self._sell()
        domain = [("id", "=", order.id), ("invoice_status", "=", "to invoice")]
        self.assertEqual(order.search_count(domain), 1)
        cancellation = self._cancel(order)
        self.assertEqual(order.search_count(domain), 0)
        credited = unpaid(self)
        self._account(credited)
        self.assertEqual(credited.order_id.invoice_status, "no", "a credited order is not to be invoiced again")
        self.assertEqual(cancellation.accounting_state, "none")
