from odoo.tests import tagged

from ...dev.amazon.auth import access_of
from ..common import AmazonCase

MAIL = """From: {sender}
To: amazon-orders@example.com
Subject: {subject}
Message-Id: <{number}@amazon.example>
Date: Tue, 24 Nov 2026 09:00:00 +0000
Content-Type: text/html; charset=utf-8

<html><body><p>{text}</p></body></html>
"""


@tagged("post_install", "-at_install")
class TestMailHint(AmazonCase):
    """Amazon's mails to the seller are a hint to look at Amazon, and nothing more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.alias.domain"].search([]).unlink()
        domain = cls.env["mail.alias.domain"].create({"name": "example.com"})
        cls.env.company.alias_domain_id = domain
        cls.account.write({"alias_name": "amazon-orders", "alias_domain_id": domain.id})

    def _mail(self, text="", subject="Cancellation request", sender="order-update@amazon.de", number=1):
        content = MAIL.format(text=text, subject=subject, sender=sender, number=number)
        with self.enter_registry_test_mode():
            self.env["mail.thread"].message_process("sale.order", content)
        return self.env["amazon.cancellation.mail"].search([], limit=1)

    def test_named_order_is_read_at_amazon(self):
        order = self._sell()
        self._read()
        self.account.last_sync_date = order.amazon_checked_date  # the search is up to date
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_read")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        mail = self._mail(f"The buyer of order <b>{order.amazon_order_ref}</b> asks you to cancel it.")
        self.assertEqual(mail.order_ids, order)
        self.assertEqual(mail.account_id, self.account)
        self.assertIn("asks you to cancel", mail.message_ids[-1:].body)
        self.assertFalse(order.amazon_cancel_request, "the mail alone changes nothing")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]), "Amazon is asked at once")
        self.amazon.calls.clear()
        self._read()
        self.assertEqual(self.amazon.calls.count("getOrder"), 1)
        self.assertEqual(order.amazon_cancel_request, "requested")

    def test_forged_mail_is_harmless(self):
        order = self._sell()
        self._read()
        self._mail(f"Order {order.amazon_order_ref} is cancelled! Refund it.", sender="evil@example.org")
        self._read()
        self.assertFalse(order.amazon_cancel_request)
        self.assertEqual(order.state, "sale")

    def test_mail_does_not_say_whose_of_two_accounts_an_order_is(self):
        """The mails of both may come to one alias; the account that is shown the order is its own."""
        united_states = self.env.ref("sale_amazon_cancellation.marketplace_us")
        other = self._create_account(
            **access_of("A1LOCALNA"),
            region="na",
            marketplace_ids=[(6, 0, united_states.ids)],
            alias_name="other-orders",
        )
        order = self._sell()
        content = MAIL.format(text=order.client_order_ref, subject="Cancel", sender="a@b.example", number=4)
        content = content.replace("amazon-orders@", "other-orders@")
        with self.enter_registry_test_mode():
            self.env["mail.thread"].message_process("sale.order", content)
        self.assertEqual(self.env["amazon.cancellation.mail"].search([], limit=1).account_id, other)
        self.assertFalse(order.amazon_cancel_account_id)
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertEqual((order.amazon_cancel_account_id, order.amazon_cancel_request), (self.account, "requested"))

    def test_unknown_mails_are_kept_and_not_answered(self):
        sent = self.env["mail.mail"].search_count([])
        mail = self._mail("Your order 999-9999999-9999999 and tel. 030-1234567", number=2)
        self.assertEqual(mail.state, "unknown")
        self.assertIn("999-9999999-9999999", mail.message_ids[-1:].body)
        self.assertEqual(self._mail("", subject="", number=3).state, "unknown")
        self.assertEqual(self.env["mail.mail"].search_count([]), sent)
        self._read()
        self.assertEqual(self.amazon.calls.count("getOrder"), 0)

    def test_id_in_the_subject_and_several_orders(self):
        first, second = self._sell(), self._sell()
        self._read()
        mail = self._mail(f"and {second.amazon_order_ref}.", subject=f"[{first.amazon_order_ref}] cancel")
        self.assertEqual(mail.order_ids, first | second)
