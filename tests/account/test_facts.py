from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from odoo.addons.rpc.controllers.xmlrpc import OdooMarshaller

from ..common import SELLER
from ..facts_common import IDENTITY, ROLES, SETTINGS, FactsCase


class _RefusedError(Exception):
    """Takes back what a call did that should have been refused."""


@tagged("post_install", "-at_install")
class TestFacts(FactsCase):
    """What Amazon told, what was decided and what was sent: nobody changes it from outside, in whatever way."""

    def _call(self, role, record, method, *args, context=None):
        """Call a method as the external API does."""
        model = self.env[record._name].with_user(self.users[role])
        ids = [record.ids] if record else []
        return call_kw(model, method, [*ids, *args], {"context": context or {}})

    def _refuses(self, role, record, method, *args, context=None):
        """Whether a call is refused, or does nothing to the facts; what it did is taken back."""
        try:
            with self.env.cr.savepoint():
                result = self._call(role, record, method, *args, context=context)
                self.env.flush_all()
                raise _RefusedError(result)
        except (AccessError, UserError):
            return True
        except _RefusedError:
            return False
        finally:
            self.env.invalidate_all()

    # === THE MATRIX === #

    def test_no_fact_is_written_from_outside(self):
        for record in self._records():
            for name, field in self._facts(record._name):
                value = self._other_value(field, record)
                for role in ROLES:
                    with self.subTest(model=record._name, field=name, role=role):
                        self.assertTrue(self._refuses(role, record, "write", {name: value}))
                        self.assertTrue(self._refuses(role, record, "web_save", {name: value}, {}))

    def test_no_fact_is_made_from_outside(self):
        self._sell().action_cancel()  # so that there is a cancellation to name
        order_vals = {"partner_id": self.partner.id}
        line_vals = {"order_id": self._sell(confirm=False).id, "product_id": self.mug.id}
        for model, vals in (("sale.order", order_vals), ("sale.order.line", line_vals)):
            self.assertFalse(self._refuses("salesperson", self.env[model], "create", [vals]))
            for name, field in self._facts(model):
                value = self._other_value(field, self.env[model])
                for role in ROLES:
                    with self.subTest(model=model, field=name, role=role):
                        made = [{**vals, name: value}]
                        if field.type in ("one2many", "many2many"):
                            made = [{**vals, name: [Command.create({})]}]
                        self.assertTrue(self._refuses(role, self.env[model], "create", made))

    def test_evidence_is_not_made_from_outside(self):
        for record in self._records()[2:]:
            for role in ROLES:
                if record._name in SETTINGS and role in ("sales_manager", "administrator"):
                    continue
                with self.subTest(model=record._name, role=role):
                    self.assertTrue(self._refuses(role, self.env[record._name], "create", [{}]))

    def test_no_fact_is_imported(self):
        for name, field in self._facts("sale.order"):
            if field.type in ("json", "one2many", "many2many", "many2one"):
                continue  # no import takes these, or only by names
            for role in ROLES:
                value = self._other_value(field, self.order)
                with self.subTest(field=name, role=role):
                    with self.env.cr.savepoint() as savepoint:
                        result = self._call(
                            role, self.env["sale.order"], "load", [".id", name], [[str(self.order.id), str(value)]]
                        )
                        savepoint.rollback()
                    self.assertFalse(result["ids"])
                    self.assertTrue(result["messages"])

    def test_no_fact_comes_from_the_context(self):
        for name, field in self._facts("sale.order"):
            context = {f"default_{name}": self._other_value(field, self.env["sale.order"])}
            with self.subTest(field=name):
                ids = self._call(
                    "salesperson", self.env["sale.order"], "create", [{"partner_id": self.partner.id}], context=context
                )
                self.assertFalse(self.env["sale.order"].browse(ids)[name])

    def test_no_fact_comes_from_a_users_defaults(self):
        user = self.users["salesperson"]
        self.env["ir.default"].set("sale.order", "amazon_cancel_request", "declined", user_id=user.id)
        order = self.env["sale.order"].with_user(user).create({"partner_id": self.partner.id})
        self.assertFalse(order.amazon_cancel_request)

    def test_a_copy_has_no_facts(self):
        self.assertTrue(self._refuses("salesperson", self.order, "copy", {"amazon_cancel_request": "declined"}))
        copy = self.order.with_user(self.users["salesperson"]).copy()
        self.assertFalse(copy.amazon_order_ref or copy.amazon_cancel_request or copy.amazon_knowledge)

    def test_what_is_written_as_it_is_changes_nothing(self):
        order = self.order.with_user(self.users["salesperson"])
        order.write({"amazon_cancel_request": "requested", "amazon_channel": "fbm", "note": "Mine"})
        self.assertIn("Mine", order.note)

    def test_the_refusal_says_what_to_do(self):
        with self.assertRaisesRegex(AccessError, "Cancellation Request.*accept or keep"):
            self.order.with_user(self.users["stock_user"]).write({"amazon_cancel_request": "declined"})
        self.assertTrue(self.order.picking_ids.amazon_hold)

    # === THE CONTEXT === #

    def test_a_cancellation_is_scheduled_whatever_the_context(self):
        forged = {
            "amazon_step": "amazon_step",
            "amazon_reading": "reading",
            "default_state": "confirmed",
            "default_origin": "amazon",
            "default_send_after": "2999-01-01 00:00:00",
            "amazon_cancel_reason": "NoInventory",
        }
        order = self._sell()
        self._read()
        self._call("salesperson", order, "action_cancel", context=forged)
        cancellation = order.amazon_cancellation_ids
        self.assertEqual(cancellation.state, "scheduled")
        self.assertEqual(cancellation.origin, "odoo")
        self.assertEqual(cancellation.reason, self.account.default_cancel_reason)

    def test_a_decision_is_taken_whatever_the_context(self):
        """Odoo has one environment for equal contexts: the addon's own word equals no other."""
        forged = {"amazon_step": "amazon_step", "amazon_reading": "reading", "amazon_cancel_reason": "NoInventory"}
        self._call("salesperson", self.order, "action_amazon_keep_order", context=forged)
        self.assertEqual(self.order.amazon_cancel_request, "declined")
        self.assertFalse(self.order.picking_ids.amazon_hold)
        order = self._sell()
        self._read()
        Dialog = self.env["amazon.cancel.dialog"].with_user(self.users["salesperson"]).with_context(**forged)
        Dialog.create({"order_id": order.id, "reason": "NoInventory"}).action_confirm()
        self.assertEqual(order.amazon_cancellation_ids.reason, "NoInventory")

    def test_a_draft_invoice_goes_with_its_order_whatever_the_context(self):
        order = self._sell(order_vals={"user_id": self.users["salesperson"].id})
        self.mug.invoice_policy = "order"
        invoice = order._create_invoices()
        self._read()
        self._call("salesperson", order, "action_cancel", context={"amazon_shared_draft_ids": invoice.ids})
        self.assertEqual(invoice.state, "cancel")

    def test_a_manager_cancels_in_odoo_alone(self):
        order = self._sell()
        self._read()
        self.assertTrue(self._refuses("salesperson", order, "action_cancel", context={"amazon_local_only": True}))
        self._call("sales_manager", order, "action_cancel", context={"amazon_local_only": True})
        self.assertEqual(order.state, "cancel")
        self.assertFalse(order.amazon_cancellation_ids)

    def test_the_step_is_no_word(self):
        for step in ("amazon_step", True, 1, ["amazon_step"]):
            with self.subTest(step=step):
                vals = {"amazon_cancel_request": "declined"}
                self.assertTrue(
                    self._refuses("sales_manager", self.order, "write", vals, context={"amazon_step": step})
                )
        with self.assertRaises(AccessError):
            self._call("sales_manager", self.order, "_amazon_write", {"amazon_cancel_request": "declined"})

    # === DECISIONS === #

    def test_only_deciders_cancel_undo_and_reopen(self):
        outside = ("stock_user", "stock_manager", "accountant")
        for role in outside:
            for method, *args in (("action_cancel",), ("write", {"state": "cancel"})):
                with self.subTest(role=role, method=method):
                    self.assertTrue(self._refuses(role, self.order, method, *args))
        self.order.action_amazon_accept_cancellation()
        for role in outside:
            for method, *args in (
                ("action_draft",),
                ("write", {"state": "draft"}),
                ("action_amazon_undo_cancellation",),
            ):
                with self.subTest(role=role, method=method):
                    self.assertTrue(self._refuses(role, self.order, method, *args))
        self.assertFalse(self._refuses("salesperson", self.order, "action_draft"))

    # === IDENTITY === #

    def test_a_connector_names_the_order_when_it_makes_it(self):
        at_amazon = self.shop.add_order(self.account.seller_id, items=[{"sku": "MUG", "quantity": 1}])
        order = self.env["sale.order"].with_user(self.users["salesperson"])
        order = order.create(
            {
                "partner_id": self.partner.id,
                "amazon_order_ref": "302-0000000-0000000",
                "amazon_channel": "fbm",
                "order_line": [Command.create({"product_id": self.mug.id, "amazon_item_ref": "item"})],
            }
        )
        order.write({"amazon_order_ref": at_amazon.order_id})
        order.order_line.write({"amazon_item_ref": at_amazon.items[0].item_id})
        self._read()
        self.assertEqual(order.sudo().amazon_cancel_account_id, self.account)
        for role in ROLES:
            for name in IDENTITY["sale.order"]:
                with self.subTest(role=role, field=name):
                    value = self._other_value(order._fields[name], order.sudo())
                    if name.endswith("_id"):
                        value = False
                    self.assertTrue(self._refuses(role, order, "write", {name: value}))
            self.assertTrue(self._refuses(role, order.order_line, "write", {"amazon_item_ref": "other"}))

    def _relink(self, role, order, ref):
        dialog = self.env["amazon.relink.dialog"].with_user(self.users[role])
        dialog.create({"order_id": order.id, "order_ref": ref}).action_confirm()

    def test_a_manager_changes_the_order_by_reading_it(self):
        other = self.shop.add_order(self.account.seller_id, items=[{"sku": "MUG", "quantity": 1}])
        ref_before = self.order.amazon_order_ref
        self._relink("sales_manager", self.order, other.order_id)
        self.assertEqual(self.order.amazon_order_ref, other.order_id)
        self.assertEqual(self.order.amazon_fulfillment_status, "unshipped")
        self.assertFalse(self.order.amazon_cancel_request)
        self.assertEqual(self.order.order_line.amazon_item_ref, other.items[0].item_id)
        self.assertIn(ref_before, self._notes(self.order))
        self.shop.ask_to_cancel(ref_before, "Once more")
        self._read()
        self.assertEqual(self.order.amazon_order_ref, other.order_id)
        self.assertFalse(self.order.amazon_cancel_request)

    def test_what_amazon_does_not_know_is_no_order(self):
        ref_before = self.order.amazon_order_ref
        for ref in ("302-9999999-9999999", "nonsense"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._relink("sales_manager", self.order, ref)
            self.env.invalidate_all()
            self.assertEqual(self.order.amazon_order_ref, ref_before)
            self.assertEqual(self.order.amazon_cancel_request, "requested")

    def test_only_managers_change_the_order(self):
        for role in ("salesperson", "stock_manager", "accountant"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self._relink(role, self.order, "302-9999999-9999999")

    def test_a_cancelled_order_stays_its_order(self):
        self.order.action_amazon_accept_cancellation()
        with self.assertRaisesRegex(UserError, "undo"):
            self._relink("sales_manager", self.order, "302-9999999-9999999")

    # === READING === #

    def test_whoever_may_read_a_model_reads_it_whole(self):
        """By XML-RPC, too, which has no nulls: a call that names no fields would fail for each order of Amazon."""
        self.shop.add_order(SELLER)
        self._read()
        self._records()
        models = [name for name in self.registry if name.startswith("amazon.") and not self.env[name]._abstract]
        # Of Odoo's models only our fields, as Odoo lets not everybody read all of its own.
        for model in [*models, "sale.order", "sale.order.line", "stock.picking", "account.move"]:
            for role, user in self.users.items():
                Model = self.env[model].with_user(user)
                if not Model.has_access("read"):
                    continue
                ours = [
                    name
                    for name, field in Model._fields.items()
                    if "sale_amazon_cancellation" in field._modules and Model._has_field_access(field, "read")
                ]
                with self.subTest(model=model, role=role):
                    rows = self._call(role, Model, "search_read", [], [] if model in models else ours)
                    OdooMarshaller(allow_none=False).dumps((rows,))

    def test_every_dialog_is_its_makers_alone(self):
        rules = self.env["ir.rule"].search([("domain_force", "=", "[('create_uid', '=', user.id)]")])
        dialogs = {name for name, model in self.registry.items() if name.startswith("amazon.") and model._transient}
        self.assertFalse(dialogs - set(rules.model_id.mapped("model")))

    def test_the_supply_dialog_confirms_nothing_else(self):
        for model in ("sale.order", "res.users", "no.model"):
            vals = {"supply_model": model, "supply_ids": [1], "reason": "For fun"}
            dialog = self.env["amazon.supply.dialog"].with_user(self.users["stock_user"]).create(vals)
            self.assertTrue(self._refuses("stock_user", dialog, "action_confirm"), model)

    def test_a_dialog_is_its_makers_alone(self):
        manager, other = self.users["sales_manager"], self.users["administrator"]
        dialogs = [
            self.env["amazon.cancel.dialog"].with_user(manager).create({"order_id": self.order.id}),
            self.env["amazon.keep.dialog"].with_user(manager).create({"order_ids": self.order.ids}),
            self.env["amazon.cancellation.upload"].with_user(manager).create({"file": b"YWJj"}),
            self.env["amazon.hold.dialog"].with_user(manager).create({}),
            self.env["amazon.supply.dialog"].with_user(manager).create({"supply_model": "x", "supply_ids": [1]}),
            self.env["amazon.undo.dialog"].with_user(manager).create({"losses": "Its goods."}),
        ]
        for dialog in dialogs:
            with self.subTest(model=dialog._name):
                self.assertTrue(dialog.read())
                with self.assertRaises(AccessError):
                    dialog.with_user(other).read()
                with self.assertRaises(AccessError):
                    dialog.with_user(other).write({"create_date": fields.Datetime.now()})
