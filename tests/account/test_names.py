import re
from pathlib import Path
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import file_path

from ...hooks import find_clashes, pre_init_hook
from ..common import AmazonCase

MODULE = "sale_amazon_cancellation"
# What stands around every view of Odoo, and comes first where a button has the same key.
FRAME = (
    "web/static/src/search",
    "web/static/src/core/pager",
    "web/static/src/webclient",
    "web/static/src/views/form/form_status_indicator",
    "mail/static/src/chatter/web",
)


def _definition(name, *inherit, **definitions):
    """A model's definition as a module that is about to be installed has it."""
    for field_name, field in definitions.items():
        field.name = field_name
    attributes = {"_name": name, "_inherit": list(inherit), "_field_definitions": list(definitions.values())}
    return type("Definition", (), attributes)


@tagged("post_install", "-at_install")
class TestNames(AmazonCase):
    """Beside other connectors: taken names are told at install, and fields that others look after are theirs."""

    # === AT INSTALL === #

    def test_a_taken_model_is_named_with_its_module(self):
        [clash] = find_clashes(self.env, [_definition("sale.order")])
        self.assertEqual(clash, "model sale.order, of sale")

    def test_a_taken_field_is_named_with_its_module(self):
        definition = _definition("sale.order", "sale.order", client_order_ref=fields.Char())
        [clash] = find_clashes(self.env, [definition])
        self.assertEqual(clash, "field sale.order.client_order_ref, of sale")

    def test_the_shared_names_are_used_where_they_fit(self):
        definition = _definition(
            "sale.order", "sale.order", amazon_order_ref=fields.Char(), amazon_channel=fields.Selection([])
        )
        self.assertFalse(find_clashes(self.env, [definition]))
        channel = self.env["sale.order"]._fields["amazon_channel"]
        with patch.object(channel, "selection", [("AFN", "Amazon"), ("MFN", "Merchant")]):
            [clash] = find_clashes(self.env, [definition])
        self.assertIn("amazon_channel", clash)

    def test_new_names_are_free(self):
        definitions = [_definition("amazon.new"), _definition("sale.order", "sale.order", amazon_new=fields.Char())]
        self.assertFalse(find_clashes(self.env, definitions))

    def test_the_installation_is_refused(self):
        with self.assertRaisesRegex(UserError, "model amazon.order.cancellation"):
            pre_init_hook(self.env)  # as all of the addon's own names are taken here

    # === LABELS === #

    def test_no_two_fields_of_a_model_have_one_label(self):
        """Who filters, groups or exports chooses a field by its label alone."""
        doubled = []
        for name, model in self.registry.items():
            labels = {}
            for field in model._fields.values():
                labels.setdefault(field.string, []).append(field)
            doubled += [
                (name, label, *sorted(field.name for field in fields_of_label))
                for label, fields_of_label in labels.items()
                if len(fields_of_label) > 1 and any(MODULE in field._modules for field in fields_of_label)
            ]
        self.assertFalse(doubled)

    # === KEYS === #

    def _get_keys_of_frame(self):
        attributes = [
            attribute
            for directory in FRAME
            for path in Path(file_path(directory)).rglob("*.xml")
            for attribute in re.findall(r'data-hotkey="([^"]+)"', path.read_text())
        ]
        keys = {key for attribute in attributes for key in re.findall(r"'([^']+)'", attribute) or [attribute]}
        self.assertLessEqual({"u", "b", "p", "n", "s", "m"}, keys)
        return keys

    def test_the_keys_of_our_buttons_are_free(self):
        """Odoo presses the first thing that has the key; a button in another's place has that one's key."""
        frame, taken = self._get_keys_of_frame(), []
        buttons = "//button[@data-hotkey][not(ancestor::footer)]"
        views = self.env["ir.ui.view"].search([("type", "in", ("form", "list"))])
        for view in views.filtered(lambda view: view.xml_id.startswith(f"{MODULE}.")):
            own = etree.fromstring(view.arch).xpath(buttons)
            names = {button.get("name") for button in own}
            whole = etree.fromstring((view.inherit_id or view).get_combined_arch())
            others = {
                button.get("data-hotkey"): button.get("string")
                for button in whole.xpath(buttons)
                if button.get("name") not in names
            }
            replaced = etree.fromstring(view.inherit_id.arch).xpath(buttons) if view.inherit_id else []
            replaced = {(button.get("name"), button.get("data-hotkey")) for button in replaced}
            own = [button for button in own if (button.get("name"), button.get("data-hotkey")) not in replaced]
            taken += [
                (view.xml_id, button.get("name"), button.get("data-hotkey"))
                for button in own
                if button.get("data-hotkey") in frame
                or others.get(button.get("data-hotkey"), button.get("string")) != button.get("string")
            ]
        self.assertFalse(taken)

    # === FIELDS OF OTHERS === #

    def _share(self, model, name, **attributes):
        """Let a field be another module's, too."""
        field = self.env[model]._fields[name]
        attributes.setdefault("_modules", ("sale_amazon", "sale_amazon_cancellation"))
        for attribute, value in attributes.items():
            patcher = patch.object(field, attribute, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def test_what_another_module_filled_stays(self):
        self._share("sale.order", "amazon_channel")
        order = self._sell(order_vals={"amazon_channel": "fba"})
        self._read()
        self.assertEqual(order.amazon_fulfillment_status, "unshipped")
        self.assertEqual(order.amazon_channel, "fba")

    def test_what_another_module_left_empty_is_filled(self):
        self._share("sale.order", "amazon_order_ref")
        order = self._sell()
        self._read()
        self.assertEqual(order.amazon_order_ref, order.client_order_ref)

    def test_what_is_for_reading_is_read(self):
        self._share("sale.order.line", "amazon_item_ref", readonly=True)
        self._share("sale.order", "amazon_order_ref", readonly=True)
        order = self._sell()
        order.amazon_order_ref = order.client_order_ref
        order.client_order_ref = False
        self.shop.ask_to_cancel(order.amazon_order_ref, "Changed mind")
        self._read()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertFalse(order.order_line.amazon_item_ref)

    def test_what_is_for_reading_and_empty_is_linked_all_the_same(self):
        """By whatever means the other module forbids it: the order is read and cancelled, the field left alone."""
        for attributes in ({"readonly": True}, {"compute": "_compute_theirs"}, {"related": "partner_id.name"}):
            with self.subTest(attributes):
                order = self._sell()
                ref = order.client_order_ref
                self._share("sale.order", "amazon_order_ref", **attributes)
                self.shop.ask_to_cancel(ref, "Changed mind")
                self._read()
                self.assertEqual((order.amazon_cancel_request, order.amazon_linked_ref), ("requested", ref))
                order.action_amazon_accept_cancellation()
                self._send_and_follow()
                self.assertEqual(self.shop.orders[ref].status, "CANCELLED")
                self.assertEqual(order.amazon_cancellation_state, "confirmed")
                self.assertEqual(order.amazon_cancellation_ids.amazon_order_ref, ref)
                self.assertFalse(order.amazon_order_ref)

    def test_a_manager_changes_the_order_where_it_is_kept(self):
        order = self._sell()
        self._read()
        self._share("sale.order", "amazon_order_ref")
        dialog = self.env["amazon.relink.dialog"].create({"order_id": order.id, "order_ref": "302-9999999-9999999"})
        with self.assertRaisesRegex(UserError, "change it there"):
            dialog.action_confirm()

    def test_a_field_that_is_computed_is_searched(self):
        order = self._sell()
        order.amazon_order_ref = order.client_order_ref
        SaleOrder = self.env["sale.order"]
        self.env.flush_all()
        with patch.object(SaleOrder._fields["amazon_order_ref"], "store", False):
            domain = SaleOrder._search_amazon_order_ref("in", [order.client_order_ref])
        self.assertEqual(SaleOrder.search(domain), order)
