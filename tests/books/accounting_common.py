from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, fields
from odoo.tools.misc import ReadonlyDict
from odoo.tools.translate import code_translations

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

LAST_MONTH = timedelta(days=45)


class AccountingCase(AccountTestInvoicingCommon):
    """A company with books of its own, an Amazon account, and the ways an order comes to be invoiced and paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A company's scheduled work is done by the superuser.
        context = {**cls.env.context, "allowed_company_ids": cls.env.company.ids, "tracking_disable": True}
        cls.env = cls.env(user=SUPERUSER_ID, context=context)
        cls.env["amazon.cancellation.account"].search([]).active = False
        cls.account = cls.env["amazon.cancellation.account"].create(
            {
                "name": "Shop",
                "company_id": cls.env.company.id,
                "seller_id": "A1LOCALEU",
                "region": "eu",
                "marketplace_ids": [Command.set(cls.env.ref("sale_amazon_cancellation.marketplace_de").ids)],
            }
        )
        cls.buyer = cls.partner_a.with_env(cls.env)
        cls.mug = cls._create_product(
            name="Mug", lst_price=100.0, invoice_policy="order", type="consu", is_storable=True
        ).with_env(cls.env)
        cls.bank = cls.company_data["default_journal_bank"].with_env(cls.env)
        cls._numbers = count(1)

    @property
    def today(self):
        """As the books have it; a class of many cases may run over midnight.

        :rtype: date
        """
        return fields.Date.context_today(self.env.user)

    # === ORDERS === #

    def _sell(self, quantity=1, price=100.0, tax=None, **values):
        """A confirmed order of Amazon.

        :rtype: recordset of `sale.order`
        """
        line = {"product_id": self.mug.id, "product_uom_qty": quantity, "price_unit": price}
        if tax is not None:
            line["tax_ids"] = [Command.set(tax.ids)]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.buyer.id,
                "amazon_order_ref": f"902-0000000-{next(self._numbers):07}",
                "amazon_cancel_account_id": self.account.id,
                "amazon_cancel_marketplace_id": self.account.marketplace_ids.id,
                "amazon_fulfillment_status": "unshipped",
                "amazon_channel": "fbm",
                "order_line": [Command.create(line)],
                **values,
            }
        )
        order.action_confirm()
        return order

    def _cancel(self, order):
        """The order cancelled in Odoo while Amazon shows it as cancelled: confirmed at once.

        :return: The cancellation.
        :rtype: recordset of `amazon.order.cancellation`
        """
        order.amazon_fulfillment_status = "cancelled"
        order._action_cancel()
        self.assertEqual(order.amazon_cancellation_state, "confirmed")
        return order.amazon_cancellation_id

    def _account(self, cancellation):
        """The scheduled work on one cancellation."""
        self.env["amazon.cancellation.accounting"]._work_on_books(cancellation)
        self.env.flush_all()
        self.env.invalidate_all()

    # === INVOICES === #

    def _invoice(self, orders, date=None, post=True):
        invoice = orders._create_invoices(grouped=False)
        invoice.invoice_date = date or self.today
        if post:
            invoice.action_post()
        return invoice

    def _deliver(self, order, quantity):
        move = order.picking_ids.move_ids
        move.write({"quantity": quantity, "picked": True})
        self.env["stock.backorder.confirmation"].with_context(button_validate_picking_ids=order.picking_ids.ids).create(
            {"pick_ids": [Command.set(order.picking_ids.ids)]}
        ).process()

    # === PAYMENTS === #

    def _pay(self, invoices, amount=None, in_books=True):
        """Register a payment; without an outstanding account Odoo writes no entry for it."""
        method = self.bank.inbound_payment_method_line_ids[0]
        method.payment_account_id = self._get_outstanding_account() if in_books else False
        values = {"journal_id": self.bank.id, "payment_method_line_id": method.id, "group_payment": True}
        if amount is not None:
            values["amount"] = amount
        return (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(values)
            ._create_payments()
        )

    def _get_outstanding_account(self):
        Account = self.env["account.account"]
        values = {"name": "Outstanding Amazon", "account_type": "asset_current", "reconcile": True}
        return Account.search([("name", "=", values["name"]), ("company_ids", "=", self.env.company.id)]) or (
            Account.create({**values, "code": "OUTAMZ"})
        )

    def _pay_by_bank_line(self, invoice):
        self.pay_with_statement_line(invoice, self.bank.id, self.today, invoice.amount_total)

    def _credit_by_hand(self, invoice, quantity=None):
        """An accountant's own credit note, of a part where a quantity is given."""
        credit_note = self._reverse_invoice(invoice, date=self.today)
        if quantity:
            credit_note.invoice_line_ids.quantity = quantity
        credit_note.action_post()
        return credit_note

    def _credit_freely(self, invoice, price):
        """A credit note that an accountant wrote from nothing and matched: only the match tells what it is for."""
        credit_note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": invoice.partner_id.id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Cancelled", "price_unit": price, "tax_ids": invoice.invoice_line_ids.tax_ids.ids}
                    )
                ],
            }
        )
        credit_note.action_post()
        (invoice | credit_note).line_ids.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        return credit_note

    # === BOOKS === #

    def _get_trial_balance(self):
        """Balances of posted entries in company currency by account, those without one left out.

        :rtype: dict
        """
        groups = self.env["account.move.line"]._read_group(
            [("company_id", "=", self.env.company.id), ("parent_state", "=", "posted")], ["account_id"], ["balance:sum"]
        )
        return {account: round(balance, 2) for account, balance in groups if round(balance, 2)}

    @contextmanager
    def _translated(self, texts):
        """The texts have these translations into French, whatever the files of translations have."""
        key = ("sale_amazon_cancellation", "fr_FR")
        with patch.dict(code_translations.python_translations, {key: ReadonlyDict(texts)}):
            yield

    @contextmanager
    def _rolled_back(self):
        """What happens inside leaves no trace."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
