from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..common import AmazonCase

ROLES = {
    "salesperson": ("sales_team.group_sale_salesman_all_leads",),
    "sales_manager": ("sales_team.group_sale_manager",),
    "stock_user": ("stock.group_stock_user",),
    "stock_manager": ("stock.group_stock_manager",),
    "accountant": ("account.group_account_invoice",),
    "administrator": ("sales_team.group_sale_manager", "stock.group_stock_manager", "base.group_system"),
}
# What whoever makes a record may tell.
IDENTITY = {
    "sale.order": {"amazon_order_ref", "amazon_channel", "amazon_cancel_account_id", "amazon_cancel_marketplace_id"},
    "sale.order.line": {"amazon_item_ref"},
}
# What managers set.
SETTINGS = {"amazon.cancellation.account", "amazon.cancellation.subscription"}


class _RefusedError(Exception):
    """Takes back what a call did that should have been refused."""


@tagged("post_install", "-at_install")
class TestFacts(AmazonCase):
    """What Amazon told, what was decided and what was sent: nobody changes it from outside, in whatever way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls._create_user(f"facts_{role}", *groups) for role, groups in ROLES.items()}

    def setUp(self):
        super().setUp()
        self.account.undo_minutes = 60
        self.order = self._sell()
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind")
        self._read()

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

    def _facts(self, model):
        """The stored fields of a model that this addon adds, and that are nobody's to set."""
        settable = IDENTITY.get(model, set())
        for name, field in self.env[model]._fields.items():
            if "sale_amazon_cancellation" not in field._modules or name in settable or not field.store:
                continue
            if model not in SETTINGS or name in self.env[model]._protected_fields:
                yield name, field

    def _other_value(self, field, record):
        """A value, other than the one that the record has, as the external API takes it."""
        if field.type in ("one2many", "many2many"):
            return [Command.clear()]
        if field.type == "many2one":
            return False if record[field.name] else self.env[field.comodel_name].search([], limit=1).id
        if field.type == "selection":
            return next(value for value in field.get_values(self.env) if value != record[field.name])
        values = {
            "boolean": not record[field.name],
            "datetime": "2020-01-01 00:00:00",
            "integer": 77,
            "float": 77.0,
            "monetary": 77.0,
            "json": {"forged": "yes"},
        }
        return values.get(field.type, "forged")

    def _records(self):
        self.order.action_amazon_accept_cancellation()
        cancellation = self.order.amazon_cancellation_ids
        values = {"account_id": self.account.id}
        subscription = self.env["amazon.cancellation.subscription"].create({**values, "queue_arn": "arn:aws:sqs:1:2:3"})
        return [
            self.order,
            self.order.order_line,
            cancellation,
            self.env["amazon.cancellation.feed"].create({"seller_account_id": self.account.id}),
            self.account,
            self.account.cursor_ids,
            subscription,
            self.env["amazon.cancellation.notification"].create(
                {"subscription_id": subscription.id, "notification_ref": "n", "state": "parked"}
            ),
            self.env["amazon.cancellation.unknown"].create({**values, "order_ref": "302-0000000-0000000"}),
            self.env["amazon.cancellation.log"].search([], limit=1),
            self.env["amazon.cancellation.sweep"].create({**values, "report_type": "GET"}),
            self.env["amazon.cancellation.mail"].create(values),
            self.env["amazon.cancellation.allowance"].search([], limit=1),
        ]

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
                    self._call(role, Model, "search_read", [], [] if model in models else ours)

    def test_a_dialog_is_its_makers_alone(self):
        manager, other = self.users["sales_manager"], self.users["administrator"]
        dialogs = [
            self.env["amazon.cancel.dialog"].with_user(manager).create({"order_id": self.order.id}),
            self.env["amazon.keep.dialog"].with_user(manager).create({"order_ids": self.order.ids}),
            self.env["amazon.cancellation.upload"].with_user(manager).create({"file": b"YWJj"}),
            self.env["amazon.hold.dialog"].with_user(manager).create({}),
        ]
        for dialog in dialogs:
            with self.subTest(model=dialog._name):
                self.assertTrue(dialog.read())
                with self.assertRaises(AccessError):
                    dialog.with_user(other).read()
                with self.assertRaises(AccessError):
                    dialog.with_user(other).write({"create_date": fields.Datetime.now()})
