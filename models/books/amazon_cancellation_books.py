from collections import defaultdict

from odoo import api, fields, models


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
    def _get_invoices(self, order):
        """The posted customer invoices that bill something of the order."""
        return order.invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice")

    @api.model
    def _get_draft_invoices(self, order):
        return order.invoice_ids.filtered(lambda move: move.state == "draft" and move.move_type == "out_invoice")

    @api.model
    def _get_credit_notes(self, order):
        """The credit notes, drafts too, that credit something of the order, whoever made them."""
        reversals = self._get_invoices(order).reversal_move_ids.filtered(
            # A person may have replaced the lines, and with them the link to the order.
            lambda move: not move.line_ids.sale_line_ids
        )
        return (order.invoice_ids | reversals).filtered(
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
    def _is_shared(self, move, orders):
        """Whether an entry also bills other orders."""
        return bool(move.line_ids.sale_line_ids.order_id - orders)

    @api.model
    def _is_void(self, invoice, order):
        """Whether an invoice bears nothing of the order, so that there is nothing to credit."""
        if self._is_shared(invoice, order):
            lines = invoice.invoice_line_ids.filtered(lambda line: order in line.sale_line_ids.order_id)
            return not any(lines.mapped("price_total"))
        if not invoice.currency_id.is_zero(invoice.amount_total):
            return False
        # Of a total of zero the accounts may still have moved: an advance deducted, the cost of what was given away.
        balances = defaultdict(float)
        for line in invoice.line_ids:
            balances[line.account_id] += line.balance
        return all(map(invoice.company_currency_id.is_zero, balances.values()))

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
                invoice.payment_state != "reversed"
                and not self._get_reversals(invoice, order)
                and not self._is_void(invoice, order)
            )
        )

    @api.model
    def _get_free_credit_notes(self, order):
        """The credit notes of the order's lines that were not made from its invoices."""
        return self._get_credit_notes(order).filtered(lambda move: move.reversed_entry_id not in order.invoice_ids)

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
        others = self._get_counterparts(invoice).filtered(lambda move: move.move_type == "out_refund")
        others |= self._get_credit_notes(order)
        if others.filtered(lambda move: move.reversed_entry_id not in order.invoice_ids):
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
        if credit_notes and invoice.payment_state != "reversed":
            left = self._get_share(invoice, order) - self._get_share(credit_notes, order)
            sign = invoice.currency_id.compare_amounts(left, 0)
            if sign > 0:
                amount = self._make_amount(left, invoice)
                return [self._make_fact("partly_credited", invoice=invoice, credit_notes=credit_notes, amount=amount)]
            if sign < 0 and shared:
                amount = self._make_amount(-left, invoice)
                return [self._make_fact("overcredited", invoice=invoice, credit_notes=credit_notes, amount=amount)]
        if unmatched:
            return [self._make_fact("unmatched", invoice=invoice, credit_notes=unmatched)]
        credit_notes |= free
        open_free = free.filtered("amount_residual")  # said of the credit note itself
        if (
            invoice.amount_residual
            and not open_free
            and "draft" not in credit_notes.mapped("state")
            and self._is_credited_for_all(invoice)
        ):
            amount = self._make_amount(invoice.amount_residual, invoice)
            credit_notes = self._get_counterparts(invoice).filtered(lambda move: move.move_type == "out_refund")
            return [self._make_fact("residual", invoice=invoice, credit_notes=credit_notes, amount=amount)]
        return []

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
        others = self._get_counterparts(payments).filtered(lambda move: move.move_type == "out_invoice") - invoices
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
        receivables = moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        partials = receivables.matched_debit_ids | receivables.matched_credit_ids
        return (partials.debit_move_id | partials.credit_move_id).move_id - moves - partials.exchange_move_id

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
