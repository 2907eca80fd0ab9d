from odoo import Command, api, fields, models


class AmazonCancellationCredit(models.AbstractModel):
    """Credits the invoices of orders that are cancelled at Amazon: Odoo's own reversal, never own arithmetic."""

    _name = "amazon.cancellation.credit"
    _description = "Amazon Cancellation Crediting"

    @api.model
    def _credit_by_policy(self, cancellation):
        """Do what the account's policy says, where that needs no judgement. Made once, however often it is called.

        :param recordset cancellation: One cancellation that Amazon confirmed.
        """
        policy = cancellation.seller_account_id.credit_note_policy
        if policy == "none":
            return
        books = self.env["amazon.cancellation.books"]
        order = cancellation.order_id
        self._take_out_of_drafts(books._get_draft_invoices(order), order)
        credit_notes = self._create_credit_notes(
            books._get_to_credit(order).filtered(lambda invoice: not books._get_obstacle(invoice, order)), cancellation
        )
        if policy == "post" and credit_notes:
            credit_notes.action_post()  # matches each with its invoice, as far as that is open

    @api.model
    def _take_out_of_drafts(self, invoices, order):
        """Cancel draft invoices of this order alone; take its lines out of those that also bill other orders."""
        books = self.env["amazon.cancellation.books"]
        for invoice in invoices:
            if books._is_shared(invoice, order):
                lines = invoice.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == order)
                invoice.write({"invoice_line_ids": [Command.delete(line.id) for line in lines]})
            else:
                invoice.button_cancel()

    @api.model
    def _create_credit_notes(self, invoices, cancellation):
        """Make a draft credit note from each invoice, of this order's lines alone.

        :param recordset invoices: Posted customer invoices.
        :return: The credit notes.
        :rtype: recordset of `account.move`
        """
        credit_notes = self.env["account.move"]
        for invoice in invoices:
            wizard = (
                self.env["account.move.reversal"]
                .with_company(invoice.company_id)
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create(self._prepare_reversal_vals(invoice, cancellation))
            )
            # Not `modify_moves`: with `cancel=True` Odoo first takes every payment off the invoice.
            wizard.refund_moves()
            # The sale never was, so it leaves at the rate at which it came in: no exchange difference stays.
            wizard.new_move_ids.invoice_currency_rate = invoice.invoice_currency_rate
            self._keep_lines_of(wizard.new_move_ids, cancellation.order_id)
            credit_notes |= wizard.new_move_ids
        return credit_notes

    @api.model
    def _keep_lines_of(self, credit_note, order):
        """Take the lines of other orders out of a draft credit note; Odoo then computes its taxes anew."""
        if not self.env["amazon.cancellation.books"]._is_shared(credit_note, order):
            return
        strangers = credit_note.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id != order)
        credit_note.write({"invoice_line_ids": [Command.delete(line.id) for line in strangers]})

    @api.model
    def _prepare_reversal_vals(self, invoice, cancellation):
        """The values of the reversal wizard. Hook for integrators.

        The date is today's: a correction belongs to the day on which it is made; the invoice's period may be locked.
        """
        return {
            "reason": self.env._("Amazon order %(ref)s was cancelled", ref=cancellation.amazon_order_ref),
            "journal_id": invoice.journal_id.id,
            "date": fields.Date.context_today(invoice),
        }
