import json
import re

from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import DELIVERY_CHANGED
from ..weather_common import WeatherCase


@tagged("post_install", "-at_install")
class TestForeignWords(WeatherCase):
    """Words of the buyer's and of Amazon's are shown as words."""

    WORDS = '<a href="https://evil.test">click</a><img src="https://evil.test/x.png">'

    def test_amazons_words_in_activities(self):
        self._cancel(self.bad)
        cancellation = self.bad.amazon_cancellation_ids
        cancellation._refuse(self.WORDS)
        self._assert_plain(cancellation.activity_ids.note)
        self._assert_plain(self.bad.message_ids[0].body)

    def test_amazons_words_on_the_account(self):
        self.account._ask_manager("blind", "Blind", f"Amazon says: {self.WORDS}")
        self._assert_plain(self.account.activity_ids.note)

    def test_buyers_words(self):
        self.shop.ask_to_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertIn("evil", self.bad.amazon_cancel_request_reason)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")
        for message in self.bad.message_ids:
            self._assert_plain(message.body or "")

    def test_buyers_words_on_goods_that_are_gone(self):
        self.bad.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        self.bad.picking_ids.button_validate()
        self.shop.buyer_cancel(self.bad.amazon_order_ref, self.WORDS)
        self._read()
        self.assertTrue(self.bad.activity_ids)
        for activity in self.bad.activity_ids:
            self._assert_plain(activity.note or "")

    # === EVERYWHERE === #

    @mute_logger(
        "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender",
        "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account",
        "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_cursor",
    )
    def test_no_word_of_others_is_markup_anywhere(self):
        """Whatever buyers and Amazon write, it is markup in no note, history, mail, page or link."""
        first_message = self.env["mail.message"].search([], order="id desc", limit=1).id
        self._let_others_write()
        activities = self.env["mail.activity"].with_context(active_test=False).search([])
        messages = self.env["mail.message"].search([("id", ">", first_message)])
        texts = [
            *messages.mapped("body"),
            *activities.mapped("note"),
            *self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).mapped("body_html"),
            *self._get_pages(),
            self._get_digest_mail().body_html,
            *self._get_markup_in_browsers(),
        ]
        self.assertTrue(any("evil.test" in (text or "") for text in texts), "the words themselves are shown")
        for text in filter(None, texts):
            self._assert_plain(text)

    def test_a_link_leads_nowhere_else(self):
        """Whatever a connector took for the order's id."""
        order = self._sell()
        order.amazon_order_ref = "../../evil?q=1#x"
        order.amazon_cancel_marketplace_id = self.germany
        link = order.action_amazon_open_seller_central()["url"]
        self.assertEqual(link, f"{self.germany.seller_central_url}/orders-v3/order/..%2F..%2Fevil%3Fq%3D1%23x")

    def _let_others_write(self):
        """The buyers, Amazon's answers, its reports and its mails: each says what it can."""
        words = self.WORDS
        self.partner.write({"name": words, "email": "buyer@marketplace.amazon.de"})
        titled = self._sell(items=[{"sku": "MUG", "quantity": 1, "title": words}])
        self.shop.add_order(items=[{"sku": words, "quantity": 1, "title": words}], buyer_name=words)
        for order in (self.bad, titled):
            self.shop.ask_to_cancel(order.client_order_ref, words)
        self.shop.buyer_cancel(self.good.amazon_order_ref, words)
        self._read()
        self.assertTrue(self.bad.activity_ids)
        dialog = self.env["amazon.keep.dialog"]
        dialog.create({"order_ids": titled.ids, "reason": words, "notify_buyer": True}).action_confirm()
        self.shop.plan_feed(refusals={self.bad.amazon_order_ref: ["18028", words]})
        self.bad.action_amazon_accept_cancellation()
        self._send_and_follow(3)
        self.bad.amazon_cancellation_ids._refuse(self.bad.amazon_cancellation_ids.amazon_message)
        self.env["amazon.cancellation.mail"].message_new(
            {
                "subject": f"{words} {self.bad.amazon_order_ref}",
                "email_from": f'"{words}" <a@amazon.de>',
                "body": words,
            },
            {"account_id": self.account.id},
        )
        body = {"errors": [{"code": words, "message": words, "details": words}]}
        self.amazon.faults.add("searchOrders", "http", status=403, body=body, times=1000)
        for _run in range(3):
            self.shop.advance(3700)
            self._run("read")
        self.amazon.faults.add("createFeedDocument", "http", status=400, body=body, times=1000)
        late = self._sell()
        late.amazon_cancel_account_id = self.account
        self.account._ask_manager("blind", "Blind", self.account.sync_message)

    def _get_pages(self):
        """What is shown as a page of its own."""
        cancellation = self.bad.amazon_cancellation_ids
        page, _type = self.env["ir.actions.report"]._render_qweb_html(
            "sale_amazon_cancellation.action_report_amazon_cancellation", cancellation.ids
        )
        self.assertIn(b"evil.test", page)
        dialog = self.env["amazon.ask.dialog"].create({"order_ids": self.bad.ids})
        return [page.decode(), cancellation.timeline, dialog.body, *self._get_html_fields()]

    def _get_html_fields(self):
        """Every other field of the addon's own models that is shown as markup."""
        for name in self.registry:
            Model = self.env[name]
            if not name.startswith("amazon.") or Model._abstract or Model._transient:
                continue
            for field in Model._fields.values():
                if field.type == "html" and field.name != "timeline" and "sale_amazon_cancellation" in field._modules:
                    yield from Model.search([]).mapped(field.name)

    def _get_digest_mail(self):
        """The mail with the numbers, for who decides."""
        shown = {name: True for name in self.env["digest.digest"]._fields if re.fullmatch(r"kpi_amazon_[a-z]+", name)}
        digest = self.env["digest.digest"].create({"name": "Weekly", "user_ids": self.manager.ids, **shown})
        digest.action_send()
        mail = self.env["mail.mail"].search([("subject", "like", "Weekly")], order="id desc", limit=1)
        self.assertIn("Amazon Cancellation Requests", mail.body_html)
        return mail

    def _get_markup_in_browsers(self):
        """What browsers are sent at once as markup; our own messages tell no words at all."""
        self.env.cr.precommit.run()  # which writes the messages
        for message in map(json.loads, self.env["bus.bus"].sudo().search([]).mapped("message")):
            if message["type"] == DELIVERY_CHANGED:
                self.assertNotIn("evil.test", str(message))
            yield from self._find_markup(message["payload"])

    def _find_markup(self, value):
        if isinstance(value, list) and value[:1] == ["markup"]:
            yield value[1]
        elif isinstance(value, (dict, list)):
            for part in value.values() if isinstance(value, dict) else value:
                yield from self._find_markup(part)

    def _assert_plain(self, text):
        for element in html.fromstring(f"<div>{text}</div>").iter():
            for value in element.attrib.values():
                self.assertNotIn("evil.test", value, text)
