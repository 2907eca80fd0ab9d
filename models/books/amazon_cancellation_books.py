from odoo import api, fields, models
from odoo.tools import formatLang


class AmazonCancellationBooks(models.AbstractModel):
    """What the books show of an order that is cancelled at Amazon. It only looks; every call may be repeated."""

    _name = "amazon.cancellation.books"
    _description = "Amazon Cancellation Books"

    @api.model
    def _assess(self, cancellation):
        """Tell from the books what a confirmed cancellation still needs.

        :param recordset cancellation: One cancellation that Amazon confirmed.
        :return: The `accounting_state` that the books alone give (`none`, `credited`, `to_review`), and what there is
            to say or to do, in words.
        :rtype: tuple(str, str|bool)
        """
        order = cancellation.order_id
        work = self._get_work(cancellation)
        notes = [*work, *self._get_remarks(order)]
        state = "to_review" if work else "credited" if self._get_invoices(order) else "none"
        return state, "\n".join(notes) or False

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
    def _is_shared(self, move, order):
        """Whether an invoice also bills other orders."""
        return bool(move.line_ids.sale_line_ids.order_id - order)

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
            lambda invoice: invoice.payment_state != "reversed" and not self._get_reversals(invoice, order)
        )

    @api.model
    def _is_credited_freely(self, order):
        """Whether credit notes of the order's lines, yet not made from its invoices, cover what is uncredited."""
        free = self._get_credit_notes(order).filtered(lambda move: move.reversed_entry_id not in order.invoice_ids)
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
    def _get_obstacle(self, invoice, order):
        """Why a person, and not this addon, is to credit an invoice.

        :return: The reason with a suggested action, or False.
        :rtype: str|bool
        """
        if any(line.qty_delivered > 0 for line in order.order_line if not line.is_downpayment):
            return self.env._(
                "%(invoice)s: goods were delivered. If they come back or never left, press Create Credit Note; "
                "if the buyer keeps them, credit only what did not leave.",
                invoice=invoice.name,
            )
        if any(len(line.sale_line_ids.order_id) > 1 for line in invoice.invoice_line_ids):
            return self.env._(
                "%(invoice)s: one line bills several orders, so this order's part is not known. Credit it by hand.",
                invoice=invoice.name,
            )
        others = self._get_counterparts(invoice).filtered(lambda move: move.move_type == "out_refund")
        others |= self._get_credit_notes(order)
        if others.filtered(lambda move: move.reversed_entry_id not in order.invoice_ids):
            return self.env._(
                "%(invoice)s: a part of the order is credited by hand already. Credit what is left.",
                invoice=invoice.name,
            )
        bare_payments = invoice.matched_payment_ids.filtered(
            lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
        )
        if bare_payments:
            return self.env._(
                "%(invoice)s: the payment %(payments)s is registered, but not in the books yet. Cancel it if no money "
                "came, then press Create Credit Note; if money came, match it with the bank first.",
                invoice=invoice.name,
                payments=", ".join(bare_payments.mapped("display_name")),
            )
        return False

    # === WHAT IS LEFT TO DO === #

    @api.model
    def _get_work(self, cancellation):
        """What a person has to do, one sentence each; nothing where the books are right.

        :rtype: list[str]
        """
        order = cancellation.order_id
        work = [self._describe_uncredited(invoice, cancellation) for invoice in self._get_to_credit(order)]
        for invoice in self._get_invoices(order):
            work += self._describe_credited(invoice, order)
        drafts = self._get_draft_invoices(order)
        if drafts:
            work.append(
                self.env._(
                    "A draft invoice bills this order: %(invoices)s. Cancel it, or take the order's lines out.",
                    invoices=self._get_names(drafts),
                )
            )
        draft_credit_notes = self._get_credit_notes(order).filtered(lambda move: move.state == "draft")
        if draft_credit_notes:
            work.append(
                self.env._(
                    "A draft credit note waits: %(credit_notes)s. Look at it, then confirm it.",
                    credit_notes=self._get_names(draft_credit_notes),
                )
            )
        work += [
            self._describe_open_credit(credit_note, order)
            for credit_note in self._get_credit_notes(order)
            if credit_note.state == "posted" and credit_note.amount_residual
        ]
        return work

    @api.model
    def _describe_uncredited(self, invoice, cancellation):
        return self._get_obstacle(invoice, cancellation.order_id) or self.env._(
            "%(invoice)s is not credited: press Create Credit Note.", invoice=invoice.name
        )

    @api.model
    def _describe_credited(self, invoice, order):
        """What is odd about an invoice that was credited.

        :rtype: list[str]
        """
        credit_notes = self._get_reversals(invoice, order)
        posted = credit_notes.filtered(lambda move: move.state == "posted")
        if not credit_notes or invoice.payment_state == "reversed":
            return []
        left = self._get_share(invoice, order) - self._get_share(credit_notes, order)
        if invoice.currency_id.compare_amounts(left, 0) > 0:
            return [
                self.env._(
                    "%(invoice)s: only a part is credited, by %(credit_notes)s. Credit what is left: %(amount)s.",
                    invoice=invoice.name,
                    credit_notes=self._get_names(credit_notes),
                    amount=self._format(left, invoice),
                )
            ]
        if posted and posted.filtered("amount_residual") and invoice.amount_residual:
            return [
                self.env._(
                    "%(invoice)s is credited by %(credit_notes)s, yet the two are not matched: match them.",
                    invoice=invoice.name,
                    credit_notes=self._get_names(posted),
                )
            ]
        return []

    @api.model
    def _describe_open_credit(self, credit_note, order):
        invoices = credit_note.reversed_entry_id or self._get_invoices(order)
        payments = self._get_counterparts(invoices) - self._get_credit_notes(order)
        if not payments:
            return self.env._(
                "The credit %(credit_note)s is open with %(amount)s: match or refund it.",
                credit_note=credit_note.name,
                amount=self._format(credit_note.amount_residual, credit_note),
            )
        text = self.env._(
            "%(invoices)s was paid by %(payments)s, so the credit %(credit_note)s is open with %(amount)s. Amazon pays "
            "nothing for a cancelled order: if the payment was only expected, undo it and match the credit; if money "
            "came, refund it.",
            invoices=self._get_names(invoices),
            payments=self._get_names(payments),
            credit_note=credit_note.name,
            amount=self._format(credit_note.amount_residual, credit_note),
        )
        others = self._get_counterparts(payments).filtered(lambda move: move.move_type == "out_invoice") - invoices
        if others:
            text += " " + self.env._(
                "The same payment also pays %(invoices)s: take only this invoice's part off.",
                invoices=self._get_names(others),
            )
        return text

    @api.model
    def _get_remarks(self, order):
        """What an accountant wants to know although nothing is to do.

        :rtype: list[str]
        """
        remarks = []
        for credit_note in self._get_credit_notes(order):
            invoice = credit_note.reversed_entry_id
            if not invoice or credit_note.date == invoice.date:
                continue
            locks = invoice._get_violated_lock_dates(invoice.date, invoice._affect_tax_report())
            if locks:
                remarks.append(
                    self.env._(
                        "%(invoice)s lies in a locked period (%(locks)s), so its credit note is dated %(date)s.",
                        invoice=invoice.name,
                        locks=invoice.company_id._format_lock_dates(locks),
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
    def _get_names(self, moves):
        return ", ".join(move.name or move.display_name for move in moves)

    @api.model
    def _format(self, amount, move):
        return formatLang(self.env, amount, currency_obj=move.currency_id)
