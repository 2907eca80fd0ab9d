from odoo import api, fields, models
from odoo.tools import format_date, formatLang

# Values of facts that are pairs of an amount and the code of its currency.
_AMOUNTS = frozenset({"amount", "amounts", "fees"})


class AmazonCancellationWords(models.AbstractModel):
    """Words the facts that are kept about the books: a dict of its `code`, and values that are named as in the texts
    below; entries and amounts are named as they are when it is read.
    """

    _inherit = "amazon.cancellation.words"

    # === GETTERS === #

    @api.model
    def _get_wording(self, facts):
        """Override for facts about the books."""
        super_word = super()._get_wording(facts)
        coded = [fact for fact in facts if isinstance(fact, dict) and "code" in fact]
        if not coded:
            return super_word
        texts, names, currencies = self._get_texts(), self._get_names(coded), self._get_currencies(coded)

        def word(fact):
            if not isinstance(fact, dict) or "code" not in fact:
                return super_word(fact)
            return fact["code"] in texts and texts[fact["code"]] % self._format_values(fact, names, currencies)

        return word

    @api.model
    def _get_entry_fields(self):
        """The values of facts that are ids, with their models."""
        return {
            **dict.fromkeys(("invoice", "invoices", "credit_note", "credit_notes", "payments"), "account.move"),
            "bare_payments": "account.payment",
        }

    @api.model
    def _get_names(self, facts):
        """The names that the entries of these facts have now, by field and id; those that were deleted have none."""
        names = {}
        for field, model in self._get_entry_fields().items():
            ids = {record_id for fact in facts for record_id in fact.get(field, ())}
            # Whoever may read the cancellation may know which entries it is about.
            for record_sudo in self.env[model].sudo().browse(ids).exists() if ids else ():
                names[field, record_sudo.id] = record_sudo.name or record_sudo.display_name
        return names

    @api.model
    def _get_currencies(self, facts):
        """The currencies of these facts by their codes, those that are not in use too."""
        codes = {code for fact in facts for field in _AMOUNTS for _amount, code in fact.get(field, ())}
        if not codes:
            return {}
        Currency = self.env["res.currency"].with_context(active_test=False)
        return Currency.search_fetch([("name", "in", list(codes))], ["name"]).grouped("name")

    @api.model
    def _format_values(self, fact, names, currencies):
        values = dict(fact)
        for field in self._get_entry_fields().keys() & values.keys():
            entries = [names.get((field, record_id)) for record_id in values[field]]
            values[field] = ", ".join(filter(None, entries)) or self.env._("(deleted)")
        for field in _AMOUNTS & values.keys():
            values[field] = ", ".join(
                formatLang(self.env, float(amount), currency_obj=currencies[code])
                if code in currencies
                else f"{amount} {code or ''}"
                for amount, code in values[field]
            )
        if "date" in values:
            values["date"] = format_date(self.env, values["date"])
        if "locks" in values:
            locks = [(fields.Date.to_date(lock_date), field) for lock_date, field in values["locks"]]
            values["locks"] = self.env.company._format_lock_dates(locks)
        return values

    @api.model
    def _get_texts(self):

        return {
            # Invoices that are not credited
            "uncredited": self.env._("%(invoice)s is not credited: press Create Credit Note."),
            "delivered": self.env._(
                "%(invoice)s: goods were delivered. If they come back or never left, press Create Credit Note; "
                "if the buyer keeps them, credit only what did not leave."
            ),
            "line_of_several_orders": self.env._(
                "%(invoice)s: one line bills several orders, so this order's part is not known. Credit it by hand."
            ),
            "receipt": self.env._(
                "%(invoice)s is a receipt, which says that money came. If none did, press Create Credit Note."
            ),
            "closed_by_others": self.env._(
                "%(invoice)s is closed by %(credit_notes)s, which credits something else: undo that match, then press "
                "Create Credit Note."
            ),
            "partly_credited_by_hand": self.env._(
                "%(invoice)s: a part of the order is credited by hand already. Credit what is left."
            ),
            "payment_not_in_books": self.env._(
                "%(invoice)s: the payment %(bare_payments)s is registered, but not in the books yet. Cancel it if no "
                "money came, then press Create Credit Note; if money came, match it with the bank first."
            ),
            "failed": self.env._("The credit note could not be made: %(error)s"),
            "unseen": self.env._("The books of this order cannot be looked at: %(error)s. Look at its entries."),
            # Invoices that are credited
            "partly_credited": self.env._(
                "%(invoice)s: only a part is credited, by %(credit_notes)s. Credit what is left: %(amount)s."
            ),
            "overcredited": self.env._(
                "%(invoice)s: %(credit_notes)s credit %(amount)s more than the invoice bills of this order. Correct "
                "the credit note."
            ),
            "overcredited_freely": self.env._(
                "%(credit_notes)s credit %(amount)s more than is billed of this order. Correct the credit note."
            ),
            "unnamed_credit": self.env._(
                "%(invoice)s bills several orders and is credited by %(credit_notes)s, which names none of them: see "
                "whether the %(amount)s that stay open are the other orders'."
            ),
            "shared_payment": self.env._(
                "%(invoice)s also bills other orders, and %(payments)s paid %(amount)s of it before this order was "
                "credited. It counts for the other orders: if it was for this one, refund it."
            ),
            "unmatched": self.env._(
                "%(invoice)s is credited by %(credit_notes)s, yet the two are not matched: match them."
            ),
            "residual": self.env._(
                "%(invoice)s is credited by %(credit_notes)s, yet %(amount)s of it stay open: credit the rest, or "
                "write it off."
            ),
            # Drafts
            "draft_invoice": self.env._(
                "A draft invoice bills this order: %(invoices)s. Cancel it, or take the order's lines out."
            ),
            "draft_credit_note": self.env._(
                "A draft credit note waits: %(credit_notes)s. Look at it, then confirm it."
            ),
            # Open credit notes
            "open_credit": self.env._("The credit %(credit_note)s is open with %(amount)s: match or refund it."),
            "paid": self.env._(
                "%(invoices)s was paid by %(payments)s, so the credit %(credit_note)s is open with %(amount)s. Amazon "
                "pays nothing for a cancelled order: if the payment was only expected, undo it and match the credit; "
                "if money came, refund it."
            ),
            "payment_of_several": self.env._(
                "The same payment also pays %(invoices)s: take only this invoice's part off."
            ),
            # To be known
            "locked_period": self.env._(
                "%(invoice)s lies in a locked period (%(locks)s), so its credit note is dated %(date)s."
            ),
            "settled": "%(note)s",
            "settled_before": self.env._("It was marked as settled before: %(note)s"),
            # What Amazon booked
            "money": self.env._(
                "Amazon booked money for this cancelled order: %(amounts)s. Look at it in Seller Central, Payments."
            ),
            "no_money": self.env._("Amazon booked no money for this order, or refunded all of it."),
            "fees_kept": self.env._("Amazon's fees for it stay with %(fees)s; they come with the settlement."),
            "unclear_bookings": self.env._(
                "Amazon lists a booking for this order without its amount. Look at it in Seller Central, Payments."
            ),
            "unread_bookings": self.env._("Amazon's bookings for this order could not be read: %(details)s"),
        }
