from collections import defaultdict

from odoo import api, fields, models

# What bills an order.
_BILLS = ("out_invoice", "out_receipt")


class AmazonCancellationBooks(models.AbstractModel):
    """What the books show of an order that is cancelled at Amazon. It only looks; every call may be repeated.

    What it finds are facts: a code with values (entries by their ids, amounts, dates), which
    `amazon.cancellation.words` puts into words for whoever reads them.
    """

    _name = "amazon.cancellation.books"
    _description = "Amazon Cancellation Books"

    @api.model
    def _assess(self, cancellation):
        """Tell from the books what became of a confirmed cancellation, apart from what is left to do (`_get_work`).

        :param recordset cancellation: One cancellation that Amazon confirmed.
        :return: The `accounting_state` where nothing is left to do (`none`, `credited`), and facts to be known.
        :rtype: tuple(str, list[dict])
        """
        order = cancellation.order_id
        billed = self._get_invoices(order).filtered(lambda invoice: not self._is_void(invoice, order))
        return "credited" if billed else "none", self._get_remarks(order)

    @api.model
    def _prefetch(self, orders):
        """Read at once what `_assess` looks at order by order."""
        moves = orders.order_line.invoice_lines.move_id
        moves |= moves.reversal_move_ids
        lines = moves.line_ids | moves.invoice_line_ids
        lines.sale_line_ids.order_id.mapped("state")
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        counterparts = (partials.debit_move_id | partials.credit_move_id).move_id | partials.exchange_move_id
        # The counterparts of payments are asked for, too: what else a payment pays.
        others = counterparts.line_ids.matched_debit_ids | counterparts.line_ids.matched_credit_ids
        (others.debit_move_id | others.credit_move_id).move_id.mapped("move_type")
        lines.account_id.mapped("account_type")
        (moves | counterparts).matched_payment_ids.mapped("state")

    # === THE ORDER'S DOCUMENTS === #

    @api.model
    def _get_documents(self, order):
        """The entries that bill or credit something of the order; Odoo does not count receipts among its invoices."""
        receipts = order.order_line.invoice_lines.move_id.filtered(lambda move: move.move_type == "out_receipt")
        return order.invoice_ids | receipts

    @api.model
    def _get_invoices(self, order):
        """The posted customer invoices and receipts that bill something of the order."""
        return self._get_documents(order).filtered(lambda move: move.state == "posted" and move.move_type in _BILLS)

    @api.model
    def _get_draft_invoices(self, order):
        return self._get_documents(order).filtered(lambda move: move.state == "draft" and move.move_type in _BILLS)

    @api.model
    def _get_credit_notes(self, order):
        """The credit notes, drafts too, that credit something of the order, whoever made them."""
        reversals = self._get_invoices(order).reversal_move_ids.filtered(
            # A person may have replaced the lines, and with them the link to the order.
            lambda move: not move.line_ids.sale_line_ids
        )
        return (self._get_documents(order) | reversals).filtered(
            lambda move: move.state != "cancel" and move.move_type == "out_refund"
        )

    @api.model
    def _get_share(self, moves, order):
        """What invoices or credit notes bear of the order, taxes included, in the moves' own currency and unsigned.

        :rtype: float
        """
        bound = moves.filtered("line_ids.sale_line_ids")
        lines = bound.invoice_line_ids.filtered(lambda line: order in line.sale_line_ids.order_id)
        return sum(lines.mapped("price_total")) + sum((moves - bound).mapped("amount_total"))

    @api.model
    def _get_left(self, invoice, credit_notes, order):
        """What credit notes leave of an invoice for the order, in the invoice's currency; negative where they credit
        more.

        Of an invoice that also bills others the order's lines count; otherwise all of it does, to the cent.

        :rtype: float
        """
        if self._is_shared(invoice, order):
            return self._get_share(invoice, order) - self._get_share(credit_notes, order)
        shared = credit_notes.filtered(lambda move: self._is_shared(move, order))
        whole = credit_notes - shared
        return invoice.amount_total - sum(whole.mapped("amount_total")) - self._get_share(shared, order)

    @api.model
    def _get_left_for_all(self, invoice):
        """What posted credit notes leave of the lines of an invoice, whatever orders these bill."""
        credit_notes = self._get_posted(invoice.reversal_move_ids)
        return sum(invoice.invoice_line_ids.mapped("price_total")) - sum(
            credit_notes.invoice_line_ids.mapped("price_total")
        )

    @api.model
    def _is_shared(self, move, orders):
        """Whether an entry also bills other orders."""
        return bool(move.line_ids.sale_line_ids.order_id - orders)

    @api.model
    def _is_void(self, invoice, order):
        """Whether an invoice bears nothing of the order, so that there is nothing to credit."""
        if self._is_shared(invoice, order):
            lines = invoice.invoice_line_ids.filtered(lambda line: order in line.sale_line_ids.order_id)
            return not any(lines.mapped("price_total"))
        # Of a total of zero the accounts may still have moved: an advance deducted, the cost of what was given away.
        moved = defaultdict(float)
        for line in invoice.line_ids:
            moved[line.account_id] += line.amount_currency
        return all(map(invoice.currency_id.is_zero, moved.values()))

    @api.model
    def _get_reversals(self, invoice, order):
        """The order's credit notes that were made from this invoice."""
        return self._get_credit_notes(order).filtered(lambda move: move.reversed_entry_id == invoice)

    # === WHAT IS CREDITED === #

    @api.model
    def _get_uncredited(self, order):
        """The invoices of which nothing was credited yet, neither by this addon nor by hand.

        :rtype: recordset of `account.move`
        """
        return self._get_invoices(order).filtered(
            lambda invoice: (
                not self._is_credited_by_match(invoice)
                and not self._get_reversals(invoice, order)
                and not self._is_void(invoice, order)
            )
        )

    @api.model
    def _is_credited_by_match(self, invoice):
        """Whether credit notes alone closed an invoice, with one that names no order: only the match tells what for."""
        return invoice.payment_state == "reversed" and not all(
            credit_note.line_ids.sale_line_ids for credit_note in self._get_matched_credit_notes(invoice)
        )

    @api.model
    def _get_free_credit_notes(self, order):
        """The credit notes of the order's lines that were not made from its invoices."""
        documents = self._get_documents(order)
        return self._get_credit_notes(order).filtered(lambda move: move.reversed_entry_id not in documents)

    @api.model
    def _is_credited_freely(self, order):
        """Whether credit notes of the order's lines, yet not made from its invoices, cover what is uncredited."""
        free = self._get_free_credit_notes(order)
        if not free:
            return False
        left = self._get_share(self._get_uncredited(order), order) - self._get_share(free, order)
        return order.currency_id.compare_amounts(left, 0) <= 0

    @api.model
    def _get_to_credit(self, order):
        """The invoices for which a credit note is due, whether it may be made by itself or not.

        :rtype: recordset of `account.move`
        """
        uncredited = self._get_uncredited(order)
        return uncredited.browse() if self._is_credited_freely(order) else uncredited

    @api.model
    def _is_credited_for_all(self, invoice):
        """Whether posted credit notes leave nothing of an invoice for any order that it bills."""
        credit_notes = invoice.reversal_move_ids.filtered(lambda move: move.state == "posted")
        return all(
            invoice.currency_id.compare_amounts(
                self._get_share(invoice, order),
                self._get_share(credit_notes | self._get_free_credit_notes(order), order),
            )
            <= 0
            for order in invoice.line_ids.sale_line_ids.order_id
        )

    @api.model
    def _get_obstacle(self, invoice, order):
        """Why a person, and not this addon, is to credit an invoice.

        :return: The fact, or None.
        :rtype: dict|None
        """
        if any(line.qty_delivered > 0 for line in order.order_line if not line.is_downpayment):
            return self._make_fact("delivered", invoice=invoice)
        if self._has_undivided_line(invoice, order):
            return self._make_fact("line_of_several_orders", invoice=invoice)
        if invoice.move_type == "out_receipt":
            return self._make_fact("receipt", invoice=invoice)
        matched = self._get_matched_credit_notes(invoice)
        if matched and invoice.payment_state == "reversed":
            return self._make_fact("closed_by_others", invoice=invoice, credit_notes=matched)
        documents = self._get_documents(order)
        neighbours = invoice.line_ids.sale_line_ids.order_id - order
        if (matched | self._get_credit_notes(order)).filtered(
            lambda move: (
                move.reversed_entry_id not in documents
                and not (move.line_ids.sale_line_ids and move.line_ids.sale_line_ids.order_id <= neighbours)
            )
        ):
            return self._make_fact("partly_credited_by_hand", invoice=invoice)
        bare_payments = invoice.matched_payment_ids.filtered(
            lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
        )
        if bare_payments:
            return self._make_fact("payment_not_in_books", invoice=invoice, bare_payments=bare_payments)
        return None

    @api.model
    def _has_undivided_line(self, invoice, order):
        """Whether a line bears an amount of several orders: it bills them, or it is a discount on their common invoice.

        Of what else names no order, such as freight, nothing is credited too much: it stays open, and is told.
        """
        shared = self._is_shared(invoice, order)
        return any(
            len(line.sale_line_ids.order_id) > 1
            or (shared and not line.sale_line_ids and invoice.currency_id.compare_amounts(line.price_total, 0) < 0)
            for line in invoice.invoice_line_ids
        )

    # === WHAT IS LEFT TO DO === #

    @api.model
    def _get_work(self, cancellation):
        """What a person has to do; nothing where the books are right.

        :rtype: list[dict]
        """
        order = cancellation.order_id
        invoices = self._get_invoices(order)
        work = [
            self._get_obstacle(invoice, order) or self._make_fact("uncredited", invoice=invoice)
            for invoice in self._get_to_credit(order)
        ]
        unmatched = self.env["account.move"]
        for invoice in invoices:
            credit_notes = self._get_unmatched(invoice, order)
            unmatched |= credit_notes
            work += self._get_credited_work(invoice, credit_notes, order)
        work += self._get_overcredited_work(invoices, order)
        drafts = self._get_draft_invoices(order)
        if drafts:
            work.append(self._make_fact("draft_invoice", invoices=drafts))
        draft_credit_notes = self._get_credit_notes(order).filtered(lambda move: move.state == "draft")
        if draft_credit_notes:
            work.append(self._make_fact("draft_credit_note", credit_notes=draft_credit_notes))
        for credit_note in self._get_credit_notes(order) - unmatched:
            if credit_note.state == "posted" and credit_note.amount_residual:
                work += self._get_open_credit_work(credit_note, order)
        return work

    @api.model
    def _get_unmatched(self, invoice, order):
        """The open credit notes of an invoice that is open itself."""
        credit_notes = self._get_reversals(invoice, order).filtered(
            lambda move: move.state == "posted" and move.amount_residual
        )
        return credit_notes if invoice.amount_residual else credit_notes.browse()

    @api.model
    def _get_credited_work(self, invoice, unmatched, order):
        """What is odd about an invoice that was credited.

        :param recordset unmatched: What `_get_unmatched` gave for it.
        :rtype: list[dict]
        """
        credit_notes = self._get_reversals(invoice, order)
        free = self._get_free_credit_notes(order) if self._is_credited_freely(order) else credit_notes.browse()
        if not credit_notes and not free:
            return []
        shared = self._is_shared(invoice, order)
        unnamed = credit_notes.filtered(lambda move: move.state == "posted" and not move.line_ids.sale_line_ids)
        unnamed = unnamed if shared else unnamed.browse()
        if credit_notes and not unnamed and not self._is_credited_by_match(invoice):
            counted = credit_notes | (self._get_matched_credit_notes(invoice) & self._get_free_credit_notes(order))
            left = self._get_left(invoice, counted, order)
            if invoice.currency_id.compare_amounts(left, 0) > 0:
                amount = self._make_amount(left, invoice)
                return [self._make_fact("partly_credited", invoice=invoice, credit_notes=credit_notes, amount=amount)]
            # What stays open of a credit note is said of itself.
            over = -left - sum(self._get_posted(counted).mapped("amount_residual"))
            if invoice.currency_id.compare_amounts(over, 0) > 0:
                amount = self._make_amount(over, invoice)
                return [self._make_fact("overcredited", invoice=invoice, credit_notes=credit_notes, amount=amount)]
        if unmatched:
            return [self._make_fact("unmatched", invoice=invoice, credit_notes=unmatched)]
        if unnamed and invoice.amount_residual:
            amount = self._make_amount(invoice.amount_residual, invoice)
            return [self._make_fact("unnamed_credit", invoice=invoice, credit_notes=unnamed, amount=amount)]
        credit_notes |= free
        open_free = free.filtered("amount_residual")  # said of the credit note itself
        if (
            invoice.amount_residual
            and not open_free
            and "draft" not in credit_notes.mapped("state")
            and self._is_credited_for_all(invoice)
        ):
            amount = self._make_amount(invoice.amount_residual, invoice)
            credit_notes = self._get_matched_credit_notes(invoice)
            return [self._make_fact("residual", invoice=invoice, credit_notes=credit_notes, amount=amount)]
        return self._get_shared_payment_work(invoice, credit_notes) if shared else []

    @api.model
    def _get_shared_payment_work(self, invoice, credit_notes):
        """A part payment that came before the order's credit note: on a shared invoice nothing tells for which order.

        The credit note took what was open, so the payment counts for the orders that stay. Once these are paid, too,
        nothing is in doubt.

        :rtype: list[dict]
        """
        partials = self._get_partials(invoice)
        matches = partials.filtered(lambda partial: partial.credit_move_id.move_id in credit_notes)
        before = (partials - matches).filtered(
            lambda partial: (
                partial.credit_move_id.move_id.move_type != "out_refund"
                and partial.credit_move_id.move_id not in partials.exchange_move_id
                and partial.id < max(matches.ids, default=0)
            )
        )
        if not before or not invoice.amount_residual:
            return []
        amount = self._make_amount(sum(before.mapped("debit_amount_currency")), invoice)
        payments = before.credit_move_id.move_id
        return [self._make_fact("shared_payment", invoice=invoice, payments=payments, amount=amount)]

    @api.model
    def _get_overcredited_work(self, invoices, order):
        """Closed credit notes of the order that were made from none of its invoices, and credit more than is left.

        :rtype: list[dict]
        """
        free = self._get_posted(self._get_free_credit_notes(order))
        currency = (invoices | free).currency_id
        if not free or len(currency) > 1:
            return []
        left = sum(
            max(0, self._get_left(invoice, self._get_posted(self._get_reversals(invoice, order)), order))
            for invoice in invoices
        )
        over = self._get_share(free, order) - left - sum(free.mapped("amount_residual"))
        if currency.compare_amounts(over, 0) <= 0:
            return []
        return [self._make_fact("overcredited_freely", credit_notes=free, amount=self._make_amount(over, free[0]))]

    @api.model
    def _get_open_credit_work(self, credit_note, order):
        """Why a credit note is open.

        :rtype: list[dict]
        """
        invoices = credit_note.reversed_entry_id or self._get_invoices(order)
        amount = self._make_amount(credit_note.amount_residual, credit_note)
        # An invoice of several orders is also matched with the credit notes of the others.
        payments = self._get_counterparts(invoices).filtered(lambda move: move.move_type != "out_refund")
        if not payments:
            return [self._make_fact("open_credit", credit_note=credit_note, amount=amount)]
        work = [self._make_fact("paid", invoices=invoices, payments=payments, credit_note=credit_note, amount=amount)]
        others = self._get_counterparts(payments).filtered(lambda move: move.move_type in _BILLS) - invoices
        if others:
            work.append(self._make_fact("payment_of_several", invoices=others))
        return work

    @api.model
    def _get_remarks(self, order):
        """What an accountant wants to know although nothing is to do.

        :rtype: list[dict]
        """
        remarks = []
        for credit_note in self._get_credit_notes(order):
            invoice = credit_note.reversed_entry_id
            if not invoice or credit_note.date <= invoice.date:
                continue
            locks = invoice._get_violated_lock_dates(invoice.date, invoice._affect_tax_report())
            if locks:
                remarks.append(
                    self._make_fact(
                        "locked_period",
                        invoice=invoice,
                        locks=[[fields.Date.to_string(lock_date), field] for lock_date, field in locks],
                        date=fields.Date.to_string(credit_note.date),
                    )
                )
        return remarks

    # === GETTERS === #

    @api.model
    def _get_counterparts(self, moves):
        """The entries that the receivables of these entries are matched with."""
        partials = self._get_partials(moves)
        return (partials.debit_move_id | partials.credit_move_id).move_id - moves - partials.exchange_move_id

    @api.model
    def _get_partials(self, moves):
        """The matches of these entries' receivables."""
        receivables = moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return receivables.matched_debit_ids | receivables.matched_credit_ids

    @api.model
    def _get_matched_credit_notes(self, invoice):
        """The credit notes that an invoice is matched with, whosever they are."""
        return self._get_counterparts(invoice).filtered(lambda move: move.move_type == "out_refund")

    @api.model
    def _get_posted(self, moves):
        return moves.filtered(lambda move: move.state == "posted")

    @api.model
    def _make_fact(self, code, **values):
        """A fact as it is stored: records by their ids."""
        return {
            "code": code,
            **{name: value.ids if isinstance(value, models.BaseModel) else value for name, value in values.items()},
        }

    @api.model
    def _make_amount(self, amount, move):
        return [[move.currency_id.round(amount), move.currency_id.name]]
