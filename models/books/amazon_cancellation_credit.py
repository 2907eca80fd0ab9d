from collections import defaultdict

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
        drafts = books._get_draft_invoices(order)
        (drafts - self._leave_shared_drafts(drafts, order)).button_cancel()
        credit_notes = self._create_credit_notes(
            books._get_to_credit(order).filtered(lambda invoice: not books._get_obstacle(invoice, order)), cancellation
        )
        if policy == "post" and credit_notes:
            credit_notes.action_post()  # matches each with its invoice, as far as that is open

    @api.model
    def _leave_shared_drafts(self, drafts, orders):
        """Take the lines of orders out of the drafts that also bill other orders; these keep theirs.

        A line that bills several orders stays: what it bears of each is not known.

        :param recordset drafts: Draft invoices and credit notes.
        :param recordset orders: Orders that are cancelled.
        :return: The drafts that also bill others: not to be cancelled.
        :rtype: recordset of `account.move`
        """
        books = self.env["amazon.cancellation.books"]
        shared = drafts.filtered(lambda draft: books._is_shared(draft, orders))
        for draft in shared:
            lines = draft.invoice_line_ids.filtered(
                lambda line: line.sale_line_ids and line.sale_line_ids.order_id <= orders
            )
            if lines:
                left = lines.sale_line_ids.order_id
                draft.write({"invoice_line_ids": [Command.delete(line.id) for line in lines]})
                self._log_left(draft, left)
        return shared

    @api.model
    def _log_left(self, draft, orders):
        """Say in the chatter of a shared draft and of the orders whose lines left it that they did."""
        others = draft.line_ids.sale_line_ids.order_id
        for order in orders:
            env = order._amazon_for_responsible().env
            names = {
                "order": order.name,
                "others": ", ".join(others.mapped("name")),
                "draft": draft.with_env(env).display_name,
            }
            order._message_log(
                body=env._(
                    "Its lines left %(draft)s, which also bills %(others)s, as the order was cancelled.", **names
                )
            )
            draft._message_log(
                body=env._("%(order)s was cancelled: its lines left this document. %(others)s keep theirs.", **names)
            )
        unnamed = draft.invoice_line_ids.filtered(lambda line: not line.sale_line_ids and line.price_total)
        if unnamed:
            env = orders[:1]._amazon_for_responsible().env
            draft._message_log(
                body=env._(
                    "%(lines)s names no order and stays: see whether it still holds.",
                    lines=", ".join(line.name or line.account_id.display_name for line in unnamed),
                )
            )

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
            credit_note = wizard.new_move_ids
            # The sale never was, so it leaves at the rate at which it came in: no exchange difference stays. The note
            # of an invoice with a date to come has that date, and is posted with the others all the same.
            credit_note.write({"invoice_currency_rate": invoice.invoice_currency_rate, "auto_post": "no"})
            self._keep_lines_of(credit_note, cancellation.order_id)
            if self._is_last(credit_note):
                self._take_the_rest(credit_note)
            credit_notes |= credit_note
        return credit_notes

    @api.model
    def _keep_lines_of(self, credit_note, order):
        """Take the lines of other orders out of a draft credit note; Odoo then computes its taxes anew."""
        if not self.env["amazon.cancellation.books"]._is_shared(credit_note, order):
            return
        strangers = credit_note.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id != order)
        # The invoice was rounded to coins once; each part of it is not.
        credit_note.write(
            {
                "invoice_cash_rounding_id": False,
                "invoice_line_ids": [Command.delete(line.id) for line in strangers],
            }
        )

    @api.model
    def _is_last(self, credit_note):
        """Whether a credit note, with those made from the same invoice before, credits all lines of it."""
        left = defaultdict(float)
        for line in self._get_family(credit_note).invoice_line_ids:
            # Before any rounding: what a line bears without its taxes may depend on the lines beside it.
            amount = line.price_unit * line.quantity * (1 - line.discount / 100)
            left[line.sale_line_ids] += line.move_id.direction_sign * amount
        return all(map(credit_note.currency_id.is_zero, left.values()))

    @api.model
    def _take_the_rest(self, credit_note):
        """Have the last credit note of an invoice end it at zero, however taxes and coins were rounded on the way.

        Taxes are rounded on each document, may be corrected by hand, and a total may be rounded to coins: the sum of
        the parts is not always the whole.
        """
        own = credit_note.line_ids.grouped(self._get_rest_key)
        commands = []
        for key, (amount_currency, balance) in self._get_rest(credit_note).items():
            kind, _tax, _group, account = key
            line = own.get(key, credit_note.line_ids.browse())[:1]
            is_left = not credit_note.currency_id.is_zero(amount_currency)
            if is_left and (not line or kind != "tax"):
                commands.append(Command.create(self._prepare_rest_vals(credit_note, account, amount_currency)))
            elif line and (is_left or not credit_note.company_currency_id.is_zero(balance)):
                vals = {"amount_currency": line.amount_currency - amount_currency, "balance": line.balance - balance}
                commands.append(Command.update(line.id, vals))
        if commands:
            credit_note.write({"line_ids": commands})

    @api.model
    def _get_rest(self, credit_note):
        """What an invoice and its credit notes, this one among them, leave on each account but the receivable.

        :return: Amounts in the invoice's and the company's currency, by `_get_rest_key`.
        :rtype: dict
        """
        rest = defaultdict(lambda: (0.0, 0.0))
        for line in self._get_family(credit_note).line_ids:
            if line.display_type in ("product", "tax", "rounding"):
                key = self._get_rest_key(line)
                rest[key] = (rest[key][0] + line.amount_currency, rest[key][1] + line.balance)
        return rest

    @api.model
    def _get_rest_key(self, line):
        # A total may be rounded to coins in a tax, too.
        kind = "tax" if line.tax_repartition_line_id else line.display_type
        return kind, line.tax_line_id, line.group_tax_id, line.account_id

    @api.model
    def _get_family(self, credit_note):
        """The invoice of a credit note with all credit notes made from it that count."""
        invoice = credit_note.reversed_entry_id
        return invoice | invoice.reversal_move_ids.filtered(lambda move: move.state != "cancel")

    @api.model
    def _prepare_rest_vals(self, credit_note, account, amount_currency):
        """The line that takes a rest for which the credit note has no line yet, on the account that has it."""
        buyer_env = self.with_context(lang=credit_note.partner_id.lang or self.env.lang).env
        return {
            "name": buyer_env._("Rounding"),
            "display_type": "product",
            "account_id": account.id,
            "quantity": 1,
            "price_unit": -amount_currency,
            "tax_ids": [Command.clear()],
        }

    @api.model
    def _prepare_reversal_vals(self, invoice, cancellation):
        """The values of the reversal wizard. Hook for integrators.

        The date is today's, in the company's time zone: a correction belongs to the day on which it is made; the
        invoice's period may be locked. It never lies before the invoice's.
        """
        zone = invoice.company_id.partner_id.tz or self.env.context.get("tz")
        buyer_env = self.with_context(lang=invoice.partner_id.lang or self.env.lang).env
        dates = [fields.Date.context_today(invoice.with_context(tz=zone)), invoice.date, invoice.invoice_date]
        return {
            "reason": buyer_env._("Amazon order %(ref)s was cancelled", ref=cancellation.amazon_order_ref),
            "journal_id": invoice.journal_id.id,
            "date": max(dates),
        }
