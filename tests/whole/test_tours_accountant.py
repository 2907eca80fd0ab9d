from odoo.tests import tagged

from ..tour_common import TourCase


@tagged("post_install", "-at_install")
class TestToursAccountant(TourCase):
    """The accountant's main path, by one who may invoice and sell nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user("amazon_accountant", "account.group_account_invoice")

    def _cancel_invoiced(self, name, policy):
        """An order with a posted invoice, paid where the policy credits it, that Amazon confirmed as cancelled."""
        partner = self.env["res.partner"].create({"name": name})
        order = self._sell(order_vals={"partner_id": partner.id})
        self._read()
        invoice = order._create_invoices()
        invoice.action_post()
        if policy == "post":
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({})._create_payments()
        self.account.credit_note_policy = policy
        order.amazon_fulfillment_status = "cancelled"
        order._action_cancel()
        self.env["amazon.cancellation.accounting"]._work_on_books(order.amazon_cancellation_id)
        return order.amazon_cancellation_id

    def test_review(self):
        self._test_review()

    def test_review_narrow(self):
        self._use_phone()
        self._test_review()

    def _test_review(self):
        created = self._cancel_invoiced("Klaus Open", "none")
        settled = self._cancel_invoiced("Petra Paid", "post")
        self.assertEqual((created | settled).mapped("accounting_state"), ["to_review", "to_review"])
        self.start_tour("/odoo", "amazon_accountant", login="amazon_accountant", timeout=120)
        self.assertEqual((created | settled).mapped("accounting_state"), ["credited", "settled"])
        self.assertEqual(settled.accounting_note, "Refunded by bank transfer")
        self.assertEqual(created.amount_open, 0)
