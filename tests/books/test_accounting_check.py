from odoo import Command
from odoo.tests import tagged

from .accounting_cases import CASES, partly_delivered, receipt, several_orders, unpaid
from .accounting_common import AccountingCase


@tagged("post_install", "-at_install")
class TestAccountingCheck(AccountingCase):
    """The lists that must come up empty at month end."""

    def _get_kinds(self, order):
        self.env.flush_all()
        return self.env["amazon.accounting.check"].search([("order_id", "=", order.id)]).mapped("kind")

    def test_open_receivable(self):
        cancellation = unpaid(self)
        self.assertEqual(self._get_kinds(cancellation.order_id), ["open_receivable"])
        self._account(cancellation)
        self.assertEqual(self._get_kinds(cancellation.order_id), [])

    def test_open_receipt(self):
        self.assertEqual(self._get_kinds(receipt(self).order_id), ["open_receivable"])

    def test_open_for_other_orders_only(self):
        cancellation = several_orders(self)
        self.assertEqual(self._get_kinds(cancellation.order_id), ["open_receivable"])
        self._account(cancellation)
        self.assertEqual(self._get_kinds(cancellation.order_id), [], "what is open is the other order's")

    def test_credited_but_open_at_amazon(self):
        order = self._sell()
        self._credit_by_hand(self._invoice(order))
        self.assertEqual(self._get_kinds(order), ["credited_not_cancelled"])
        order.amazon_fulfillment_status = "shipped"
        self.assertEqual(self._get_kinds(order), [], "a refund after shipping is no matter of cancelling")

    def test_delivered_but_cancelled(self):
        cancellation = partly_delivered(self)
        self.assertIn("delivered_but_cancelled", self._get_kinds(cancellation.order_id))

    def test_delivered_by_hand_but_cancelled(self):
        service = self._create_product(name="Engraving", lst_price=10, type="service", invoice_policy="order")
        order = self._sell(order_line=[Command.create({"product_id": service.id})])
        order.order_line.qty_delivered = 1
        self.assertEqual(order.order_line.qty_delivered_method, "manual")
        self._cancel(order)
        self.assertEqual(self._get_kinds(order), ["delivered_but_cancelled"])

    def test_cancelled_in_odoo_but_shipped_at_amazon(self):
        order = self._sell()
        order.with_context(amazon_local_only=True)._action_cancel()
        self.assertEqual(self._get_kinds(order), [])
        order.amazon_fulfillment_status = "shipped"
        self.assertEqual(self._get_kinds(order), ["cancelled_but_shipped"])

    def test_what_is_credited_by_itself_leaves_no_trace(self):
        for case in CASES:
            if case.post != "to_review":
                with self.subTest(case=case.title), self._rolled_back():
                    cancellation = case.arrange(self)
                    self._account(cancellation)
                    self.assertEqual(self._get_kinds(cancellation.order_id), [])

    def test_opens_the_cancellation(self):
        cancellation = unpaid(self)
        self.env.flush_all()
        check = self.env["amazon.accounting.check"].search([("order_id", "=", cancellation.order_id.id)])
        self.assertEqual(check.action_open()["res_id"], cancellation.id)
