from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.account.models.account_move import PAYMENT_STATE_SELECTION

# What the books of a cancellation are made of. The way leads over the order's column of its latest cancellation, which
# is at hand where an order is: entries of orders that have none cost nothing.
_DOCUMENTS = (
    "latest_order_ids.order_line.invoice_lines.price_total",
    "latest_order_ids.order_line.invoice_lines.move_id.state",
    "latest_order_ids.order_line.invoice_lines.move_id.amount_total_signed",
    "latest_order_ids.order_line.invoice_lines.move_id.amount_residual_signed",
    "latest_order_ids.order_line.invoice_lines.move_id.payment_state",
    "latest_order_ids.order_line.invoice_lines.move_id.reversal_move_ids.state",
    "latest_order_ids.order_line.invoice_lines.move_id.reversal_move_ids.amount_residual_signed",
)


class AmazonOrderCancellation(models.Model):
    """The accountant's side of a cancellation: amounts for lists and pivots, and the one-click work on them."""

    _inherit = "amazon.order.cancellation"

    latest_order_ids = fields.One2many(
        "sale.order", "amazon_cancellation_id", help="The order, where this is its latest cancellation."
    )
    accounting_state = fields.Selection(
        [("none", "Nothing to do"), ("credited", "Credited"), ("to_review", "To review"), ("settled", "Settled")],
        required=True,
        readonly=True,
        default="none",
        index=True,
    )
    accounting_pending = fields.Boolean(readonly=True, index=True)
    accounting_error = fields.Char(readonly=True, help="Why the credit note could not be made.")
    accounting_facts = fields.Json(readonly=True, help="What is left to do, and why, by codes.")
    accounting_note = fields.Text(compute="_compute_accounting_note", help="What is left to do, and why.")
    books_changed = fields.Boolean(
        compute="_compute_books_changed", store=True, help="Whether the entries changed since they were looked at."
    )
    settled_note = fields.Text(readonly=True, help="Why an accountant marked the books as settled.")
    settled_facts = fields.Json(readonly=True, help="What was left when the books were marked as settled.")
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="What posted invoices bill of the order, taxes included.",
    )
    amount_credited = fields.Monetary(
        string="Credited",
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="What posted credit notes credit of the order, taxes included.",
    )
    amount_open = fields.Monetary(
        string="Open",
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="What the buyer still owes for the order in the books. Amazon will not pay it.",
    )
    amount_open_credit = fields.Monetary(
        string="Open Credit",
        compute="_compute_amounts",
        store=True,
        currency_field="company_currency_id",
        help="What credit notes of the order still owe to the buyer in the books.",
    )
    invoice_payment_state = fields.Selection(
        PAYMENT_STATE_SELECTION,
        string="Payment",
        compute="_compute_amounts",
        store=True,
        help="Of the posted invoices; partially paid where they differ.",
    )
    is_credit_due = fields.Boolean(
        compute="_compute_amounts", store=True, help="Whether an invoice has no credit note yet, not even a draft."
    )
    proof_state = fields.Selection(
        [("unknown", "Not asked"), ("clear", "No money moved"), ("money", "Money moved")],
        string="Proof from Amazon",
        required=True,
        readonly=True,
        default="unknown",
    )
    proof_date = fields.Datetime(string="Amazon Asked On", readonly=True)
    proof_next_date = fields.Datetime(string="Amazon Asked Again On", readonly=True)
    proof_facts = fields.Json(readonly=True, help="What Amazon booked, by codes.")
    proof_note = fields.Text(string="Amazon's Bookings", compute="_compute_proof_note")

    # As the ORM asks for it, or the database would not use it.
    _books_changed_index = models.Index("(id) WHERE books_changed IS TRUE")
    _proof_index = models.Index("(seller_account_id, proof_next_date) WHERE state = 'confirmed'")

    # === COMPUTE METHODS === #

    @api.depends("accounting_facts")
    @api.depends_context("lang")
    def _compute_accounting_note(self):
        texts = self.env["amazon.cancellation.words"]._word_all({c.id: c.accounting_facts for c in self})
        for cancellation in self:
            cancellation.accounting_note = texts[cancellation.id]

    @api.depends("proof_facts")
    @api.depends_context("lang")
    def _compute_proof_note(self):
        texts = self.env["amazon.cancellation.words"]._word_all({c.id: c.proof_facts for c in self})
        for cancellation in self:
            cancellation.proof_note = texts[cancellation.id]

    @api.depends("order_id.amazon_cancellation_id", "latest_order_ids.order_line.qty_delivered", *_DOCUMENTS)
    def _compute_books_changed(self):
        self.books_changed = True  # until the scheduled action has looked

    @api.depends("order_id.amazon_cancellation_id", *_DOCUMENTS)
    def _compute_amounts(self):
        books = self.env["amazon.cancellation.books"]
        books._prefetch(self.order_id)
        for cancellation in self:
            order = cancellation.order_id
            if order.amazon_cancellation_id != cancellation:
                order = order.browse()  # an order's amounts show once, on its latest cancellation
            invoices = books._get_invoices(order)
            credit_notes = books._get_credit_notes(order).filtered(lambda move: move.state == "posted")
            credited = {
                move: cancellation._get_company_share(move, books._get_share(move, order)) for move in credit_notes
            }
            cancellation.amount_credited = sum(credited.values())
            cancellation.amount_invoiced = cancellation.amount_open = 0
            for invoice in invoices:
                notes = credit_notes.filtered(lambda move, invoice=invoice: move.reversed_entry_id == invoice)
                left = books._get_left(invoice, notes, order)
                is_last = invoice.currency_id.is_zero(books._get_left_for_all(invoice) - left)
                open_share = invoice.amount_total_signed if is_last else cancellation._get_company_share(invoice, left)
                cancellation.amount_open += min(invoice.amount_residual_signed, max(0, open_share))
                # The last credit note of an invoice of several orders takes the cents that no order's lines bear.
                cancellation.amount_invoiced += (
                    sum(credited[note] for note in notes)
                    if notes and books._is_shared(invoice, order) and invoice.currency_id.is_zero(left)
                    else cancellation._get_company_share(invoice, books._get_share(invoice, order))
                )
            cancellation.amount_open_credit = -sum(credit_notes.mapped("amount_residual_signed"))
            states = set(invoices.mapped("payment_state"))
            cancellation.invoice_payment_state = "partial" if len(states) > 1 else next(iter(states), False)
            cancellation.is_credit_due = bool(books._get_to_credit(order))

    # === ACTION METHODS === #

    def action_create_credit_note(self):
        """Make a draft credit note from each invoice that has none yet, whatever the account's policy, and open it.

        Note: self.ensure_one()

        :return: The action that opens the credit notes.
        :rtype: dict
        :raise UserError: If the cancellation is not confirmed at Amazon, or nothing is left to credit.
        :raise AccessError: If the user does not invoice.
        """
        self.ensure_one()
        self._check_accountant()
        self._check_confirmed()
        self_sudo = self.sudo()  # accountants only read the outbox
        if not self_sudo.try_lock_for_update():
            raise UserError(self.env._("%(order)s is being worked on. Try again.", order=self.order_id.name))
        invoices = self.env["amazon.cancellation.books"]._get_to_credit(self.order_id)
        if not invoices:
            raise UserError(self.env._("%(order)s: nothing is left to credit.", order=self.order_id.name))
        credit_notes = self.env["amazon.cancellation.credit"]._create_credit_notes(invoices, self)
        self_sudo.write({"accounting_error": False, "accounting_pending": False})
        self.env["amazon.cancellation.accounting"]._refresh(self_sudo)
        return self._get_moves_action(credit_notes, self.env._("Credit Notes"))

    def action_open_entries(self):
        """Open the invoices and credit notes of the orders.

        :rtype: dict
        """
        documents = self.env["amazon.cancellation.books"]._get_documents(self.order_id)
        return self._get_moves_action(documents, self.env._("Invoices and Credit Notes"))

    def action_mark_settled(self):
        """Open the dialog that asks why nothing is left to do.

        :rtype: dict
        """
        self._check_accountant()
        self._check_confirmed()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mark as settled"),
            "res_model": "amazon.settle.dialog",
            "view_mode": "form",
            "target": "new",
            "context": {"default_cancellation_ids": [(6, 0, self.ids)]},
        }

    # === BUSINESS METHODS === #

    def _on_confirmed(self):
        """Extend: the books follow."""
        if self:
            self.env["amazon.cancellation.accounting"]._plan(self)
        return super()._on_confirmed()

    def _settle(self, note):
        """Close the books of the cancellations by a person's judgement.

        :param str note: Why, for the record.
        :raise UserError: If one is not confirmed at Amazon.
        :raise AccessError: If the user does not invoice.
        """
        self._check_accountant()
        self._check_confirmed()
        accounting = self.env["amazon.cancellation.accounting"]
        cancellations_sudo = self.sudo()  # accountants only read the outbox
        for cancellation_sudo in cancellations_sudo:
            cancellation_sudo.write(
                {
                    "accounting_pending": False,
                    "accounting_error": False,
                    "settled_note": note,
                    "settled_facts": accounting._get_work(cancellation_sudo),
                }
            )
            cancellation_sudo._message_log(
                body=cancellation_sudo.order_id._amazon_for_responsible().env._(
                    "Books marked as settled: %(note)s", note=note
                ),
                author_id=self.env.user.partner_id.id,
            )
        accounting._refresh(cancellations_sudo)

    # === GETTERS === #

    def _get_timeline_facts(self):
        """Extend by what was credited of the order; the credit notes of others on the same invoice are theirs.

        Note: self.ensure_one()

        :rtype: list[tuple]
        """
        self.ensure_one()
        credit_notes = self.env["amazon.cancellation.books"]._get_credit_notes(self.order_id)
        return super()._get_timeline_facts() + [
            (move.create_date, self.env._("Credited"), move.name) for move in credit_notes if move.state == "posted"
        ]

    def _get_company_share(self, move, share):
        """A part of a posted invoice or credit note in company currency and unsigned; all of it, where it bills no
        other order.

        Note: self.ensure_one()

        :param float share: The part, as the lines bear it.
        :rtype: float
        """
        self.ensure_one()
        total = abs(move.amount_total_signed)
        if not self.env["amazon.cancellation.books"]._is_shared(move, self.order_id):
            return total
        whole = sum(move.invoice_line_ids.mapped("price_total"))
        return self.company_currency_id.round(total * share / whole) if whole else 0

    def _get_moves_action(self, moves, name):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        action.update(name=name, domain=[("id", "in", moves.ids)], context={"create": False})
        if len(moves) == 1:
            action.update(res_id=moves.id, views=[(False, "form")])
        return action

    def _check_accountant(self):
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only those who make invoices can work on the books."))

    def _check_confirmed(self):
        for cancellation in self.filtered(lambda c: c.state != "confirmed"):
            raise UserError(
                self.env._(
                    "%(order)s: Amazon has not confirmed the cancellation yet.", order=cancellation.order_id.name
                )
            )
