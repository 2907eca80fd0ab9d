from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...spapi.calls.finances import Transaction
from ...spapi.client import SellerClient
from ...spapi.errors import Unreachable
from ..common import AmazonCase

MINUTE = 1 / 60


@tagged("post_install", "-at_install")
class TestProof(AmazonCase):
    """Amazon's own bookings settle a cancelled order, or bring it to an accountant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.ask_for_proof = True

    def _confirm(self, hours=49, invoiced=False):
        """An order that is cancelled in Odoo and read as cancelled, some time ago."""
        order = self._sell()
        self._read()
        if invoiced:
            order._create_invoices().action_post()
        order.amazon_fulfillment_status = "cancelled"
        order._action_cancel()
        order.amazon_cancellation_id.confirmed_date = fields.Datetime.now() - timedelta(hours=hours)
        return order.amazon_cancellation_id

    def _get_answered(self):
        """The calls that Amazon answered; the first one after two days finds its token expired."""
        return [call for call in self.amazon.calls.of("listTransactions") if call.status == 200]

    def _ask(self):
        self.shop.advance(50 * 3600)
        self._run("accounting", settle=False)

    def test_no_money_moved(self):
        cancellation = self._confirm()
        self.shop.seller_cancel(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(cancellation.proof_state, "clear")
        self.assertEqual(cancellation.accounting_state, "settled")
        self._ask()
        self.assertEqual(len(self._get_answered()), 1, "one call an order")

    def test_money_moved(self):
        cancellation = self._confirm()
        self.shop.ship(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(cancellation.proof_state, "money")
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("19.99", cancellation.accounting_note.replace(",", "."))
        self._run("accounting", settle=False)
        self.assertEqual(cancellation.accounting_state, "to_review", "it stays until a person settles it")

    def test_not_before_48_hours(self):
        cancellation = self._confirm(hours=48 - MINUTE)
        self.shop.seller_cancel(cancellation.amazon_order_ref)
        self._ask()
        self.assertFalse(self.amazon.calls.count("listTransactions"))
        cancellation.confirmed_date -= timedelta(hours=2 * MINUTE)
        self._ask()
        self.assertEqual(len(self._get_answered()), 1)
        self.assertEqual(cancellation.accounting_state, "settled")

    def test_no_money_moved_settles_what_is_credited(self):
        cancellation = self._confirm(invoiced=True)
        self.shop.seller_cancel(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(set(cancellation.order_id.invoice_ids.mapped("payment_state")), {"reversed", "paid"})
        self.assertEqual(cancellation.accounting_state, "settled")

    def test_no_money_moved_credits_nothing(self):
        self.account.credit_note_policy = "none"
        cancellation = self._confirm(invoiced=True)
        self.shop.seller_cancel(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(cancellation.proof_state, "clear")
        self.assertEqual(cancellation.accounting_state, "to_review", "the invoice is still open")

    def test_shipped_then_refunded_settles(self):
        cancellation = self._confirm()
        self.shop.ship(cancellation.amazon_order_ref).refunded = self.shop.now()
        self._ask()
        self.assertEqual(cancellation.accounting_state, "settled")

    # === ASKED AGAIN === #

    def _ask_later(self, cancellation, days=15):
        """Let days go by: a settlement report could have come since."""
        cancellation.confirmed_date -= timedelta(days=days)
        cancellation.proof_next_date -= timedelta(days=days)
        self.shop.advance(days * 24 * 3600)
        self._run("accounting", settle=False)

    def test_a_later_refund_ends_the_review(self):
        cancellation = self._confirm()
        order = self.shop.ship(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(cancellation.accounting_state, "to_review")
        order.refunded = self.shop.now()
        self._ask_later(cancellation)
        self.assertEqual((cancellation.proof_state, cancellation.accounting_state), ("clear", "settled"))

    def test_money_that_comes_later_is_seen(self):
        cancellation = self._confirm()
        self._ask()
        self.assertEqual(cancellation.accounting_state, "settled")
        self.shop.ship(cancellation.amazon_order_ref)
        self._ask_later(cancellation)
        self.assertEqual((cancellation.proof_state, cancellation.accounting_state), ("money", "to_review"))

    def test_asked_after_each_settlement_until_the_period_is_over(self):
        self.account.proof_days = 40
        cancellation = self._confirm()
        self._ask()
        for number in (2, 3, 4):
            self._ask_later(cancellation, days=3)
            self.assertEqual(len(self._get_answered()), number - 1, "not yet")
            self._ask_later(cancellation, days=11)
            self.assertEqual(len(self._get_answered()), number)
        self.assertFalse(cancellation.proof_next_date, "the last question, at the end of the period")

    def test_not_asked_again_where_the_period_is_short(self):
        self.account.proof_days = 2
        cancellation = self._confirm()
        self._ask()
        self.assertEqual(len(self._get_answered()), 1)
        self.assertFalse(cancellation.proof_next_date)

    def test_a_refund_with_a_fee_is_no_money(self):
        cancellation = self._confirm()
        order = self.shop.ship(cancellation.amazon_order_ref)
        order.refunded, order.kept_fee = self.shop.now(), "0.60"
        self._ask()
        self.assertEqual((cancellation.proof_state, cancellation.accounting_state), ("clear", "settled"))
        self.assertIn("0.60", cancellation.proof_note.replace(",", "."))

    def test_money_held_back_and_paid_counts_once(self):
        cancellation = self._confirm()
        order = self.shop.ship(cancellation.amazon_order_ref)
        order.deferred, order.refunded = True, self.shop.now()
        self._ask()
        self.assertEqual(cancellation.accounting_state, "settled")

    def test_a_booking_without_its_amount_settles_nothing(self):
        cancellation = self._confirm()
        without = Transaction("t", "Shipment", "RELEASED", None, None, None, None)
        self.env["amazon.cancellation.proof"]._note(cancellation, [without])
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("without its amount", cancellation.accounting_note)

    def test_a_persons_word_stands_where_no_money_moved(self):
        cancellation = self._confirm()
        cancellation._settle("Looked at in Seller Central")
        self._ask()
        self.assertEqual(cancellation.proof_state, "clear")
        self.assertEqual(cancellation.accounting_note, "Looked at in Seller Central")

    def test_money_after_a_persons_word_is_seen(self):
        cancellation = self._confirm()
        cancellation._settle("Looked at in Seller Central")
        order = self.shop.ship(cancellation.amazon_order_ref)
        self._ask()
        self.assertEqual(cancellation.accounting_state, "to_review")
        self.assertIn("19.99", cancellation.accounting_note.replace(",", "."))
        cancellation._settle("The buyer keeps it")
        self._ask_later(cancellation)
        self.assertEqual(cancellation.accounting_state, "settled", "the same money is covered")
        order.refunded = self.shop.now()
        self._ask_later(cancellation)
        self.assertEqual(cancellation.accounting_state, "settled")

    def test_off_by_default(self):
        self.assertFalse(self._create_account(seller_id="A1OTHER").ask_for_proof)
        self.account.ask_for_proof = False
        self._confirm()
        self._ask()
        self.assertFalse(self.amazon.calls.count("listTransactions"))

    def test_an_outage_proves_nothing(self):
        cancellation = self._confirm()
        self.shop.seller_cancel(cancellation.amazon_order_ref)
        self.amazon.faults.add("listTransactions", "http", status=503)
        self._ask()
        self.assertEqual((cancellation.proof_state, cancellation.accounting_state), ("unknown", "none"))
        self.assertTrue(self.account.proof_message)
        self._ask()
        self.assertEqual(cancellation.accounting_state, "settled")
        self.assertFalse(self.account.proof_message)

    def test_missing_role_is_told(self):
        cancellation = self._confirm()
        self.shop.seller("A1LOCALEU").denied_operations = ["listTransactions"]
        self._ask()
        self.assertIn("role", self.account.proof_message)
        self.assertEqual(cancellation.proof_state, "unknown")

    def test_one_odd_answer_stops_no_other(self):
        odd, other = self._confirm(), self._confirm()
        self.shop.seller_cancel(other.amazon_order_ref)
        self.amazon.faults.add("listTransactions", "odd_json")
        self._ask()
        self.assertEqual((odd.proof_state, other.proof_state), ("unknown", "clear"))

    def test_an_order_for_which_amazon_fails_keeps_no_other_waiting(self):
        bad, other = self._confirm(), self._confirm()
        self.shop.seller_cancel(other.amazon_order_ref)
        ask = SellerClient.list_transactions

        def fail(client, order_ref):
            if order_ref == bad.amazon_order_ref:
                raise Unreachable("No.", operation="listTransactions", status=500, maybe_done=True)
            return ask(client, order_ref)

        with patch.object(SellerClient, "list_transactions", fail):
            self._ask()
            self._ask()
        self.assertEqual((bad.proof_state, other.proof_state), ("unknown", "clear"))
        self.assertTrue(self.account.proof_message)

    def test_stays_within_the_rate(self):
        cancellations = [self._confirm() for _number in range(12)]
        self._ask()
        self.assertEqual(len(self._get_answered()), 10)
        self.assertEqual(sum(c.proof_state == "unknown" for c in cancellations), 2)
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_accounting")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]), "the rest follows soon")
