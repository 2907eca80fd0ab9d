from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import SELLER, AmazonCase

ROLES = {
    "sales_own": ("base.group_user", "sales_team.group_sale_salesman"),
    "sales_all": ("base.group_user", "sales_team.group_sale_salesman_all_leads"),
    "sales_manager": ("base.group_user", "sales_team.group_sale_manager"),
    "stock_user": ("base.group_user", "stock.group_stock_user"),
    "stock_manager": ("base.group_user", "stock.group_stock_manager"),
    "accountant": ("base.group_user", "account.group_account_invoice"),
    "auditor": ("base.group_user", "account.group_account_readonly"),
    "system": ("base.group_user", "base.group_system"),
    "employee": ("base.group_user",),
    "portal": ("base.group_portal",),
    "public": ("base.group_public",),
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}
_SALES = ("sales_own", "sales_all", "sales_manager")
_INSIDE = (*_SALES, "stock_user", "stock_manager", "accountant", "auditor", "system", "employee")

# Who may read, write, create and delete what. Roles that are not named may nothing.
MODELS = {
    "amazon.cancellation.account": {"sales_own": "r", "sales_all": "r", "sales_manager": "rwcd", "system": "rwcd"},
    "amazon.cancellation.marketplace": {**dict.fromkeys(_INSIDE, "r"), "sales_manager": "rwcd"},
    "amazon.cancellation.allowance": {"sales_manager": "r", "system": "r"},
    "amazon.cancellation.cursor": {"sales_manager": "r", "system": "r"},
    "amazon.cancellation.unit": {"sales_manager": "r", "system": "r"},
    "amazon.cancellation.unknown": {"sales_own": "r", "sales_all": "r", "sales_manager": "rd"},
    "amazon.order.cancellation": dict.fromkeys((*_SALES, "stock_user", "stock_manager", "accountant", "auditor"), "r"),
    "amazon.cancellation.feed": {"sales_all": "r", "sales_manager": "r"},
    "amazon.cancellation.report": {"sales_manager": "r"},
    "amazon.accounting.check": {"accountant": "r", "auditor": "r"},
    "amazon.cancellation.notification": {"sales_manager": "rd", "system": "rd"},
    "amazon.cancellation.subscription": {"sales_manager": "r", "system": "rwcd"},
    "amazon.cancellation.sweep": dict.fromkeys(_SALES, "r"),
    "amazon.cancellation.finding": dict.fromkeys((*_SALES, "system"), "r"),
    "amazon.cancellation.source": dict.fromkeys((*_SALES, "system"), "r"),
    "amazon.cancellation.mail": {"sales_own": "r", "sales_all": "r", "sales_manager": "rd"},
    "amazon.cancellation.log": {"sales_manager": "r", "system": "r"},
    "amazon.cancellation.setup": {"system": "rwcd"},
    "amazon.cancellation.setup.line": {"system": "rwcd"},
    "amazon.cancel.dialog": dict.fromkeys(_SALES, "rwcd"),
    "amazon.supply.dialog": dict.fromkeys(_INSIDE, "rwcd"),
    "amazon.undo.dialog": dict.fromkeys(_SALES, "rwcd"),
    "amazon.keep.dialog": dict.fromkeys(_SALES, "rwcd"),
    "amazon.ask.dialog": dict.fromkeys(_SALES, "rwcd"),
    "amazon.accept.dialog": dict.fromkeys(_SALES, "rwcd"),
    "amazon.keep.reason": {"sales_own": "r", "sales_all": "r", "sales_manager": "rwcd"},
    "amazon.cancellation.upload": dict.fromkeys(_SALES, "rwcd"),
    "amazon.cancellation.upload.line": dict.fromkeys(_SALES, "rwcd"),
    "amazon.hold.dialog": dict.fromkeys((*_SALES, "stock_user", "stock_manager"), "rwcd"),
    "amazon.marketplace.offer": {"sales_manager": "rwcd", "system": "rwcd"},
    "amazon.match.dialog": {"sales_manager": "rwcd"},
    "amazon.relink.dialog": {"sales_manager": "rwcd"},
    "amazon.settle.dialog": {"accountant": "rwcd"},
}

# Who may do what to an order of another salesperson.
DECISIONS = ("action_amazon_accept_cancellation", "action_amazon_keep_order", "action_amazon_open_keep")
DECIDERS = ("sales_all", "sales_manager")
ACCOUNT_ACTIONS = {
    "action_test_connection": ("sales_manager", "system"),
    "action_sync_now": ("sales_manager", "system"),
}


@tagged("post_install", "-at_install")
class TestRights(AmazonCase):
    """Who may see and do what: every role against every model and action."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: cls.env["res.users"].create(
                {
                    "name": f"rights {role}",
                    "login": f"rights_{role}",
                    "group_ids": [Command.set([cls.env.ref(group).id for group in groups])],
                }
            )
            for role, groups in ROLES.items()
        }

    def _sell_requested(self, **order_vals):
        order = self._sell(order_vals={"user_id": self.manager.id, **order_vals})
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        return order

    def _may(self, record, action, role):
        """Whether a role can carry an action out; what it did is taken back."""
        try:
            with self.env.cr.savepoint():
                getattr(record.with_user(self.users[role]), action)()
                self.env.flush_all()
                raise _DoneError
        except _DoneError:
            return True
        except (AccessError, UserError):
            return False
        finally:
            self.env.invalidate_all()

    # === MODELS === #

    def test_every_model_is_in_the_table(self):
        models = {name for name in self.registry if name.startswith("amazon.") and not self.env[name]._abstract}
        self.assertEqual(models, set(MODELS))

    def test_models(self):
        for model, rights in MODELS.items():
            for role, user in self.users.items():
                with self.subTest(model=model, role=role):
                    Model = self.env[model].with_user(user)
                    allowed = "".join(key for key, operation in OPERATIONS.items() if Model.has_access(operation))
                    self.assertEqual(allowed, rights.get(role, ""))

    def test_secrets_are_for_system_administrators_alone(self):
        secrets = ("lwa_client_id", "lwa_client_secret", "lwa_refresh_token")
        for role in ROLES:
            with self.subTest(role=role):
                account = self.account.with_user(self.users[role])
                readable = [name for name in secrets if account._has_field_access(account._fields[name], "read")]
                self.assertEqual(readable, list(secrets) if role == "system" else [])

    def test_secrets_are_told_by_no_other_call(self):
        """Nor guessed sign by sign: by searching, sorting, grouping, or from another record."""
        order, name = self._sell(), "lwa_client_secret"
        self._read()
        link, guess = f"amazon_cancel_account_id.{name}", [(name, "=like", f"{self.account[name][:3]}%")]
        calls = {
            "search": lambda accounts, orders: accounts.search(guess),
            "search by another": lambda accounts, orders: orders.search([(link, *guess[0][1:])]),
            "search in another": lambda accounts, orders: orders.search([("amazon_cancel_account_id", "any", guess)]),
            "sort": lambda accounts, orders: accounts.search([], order=name),
            "sort another": lambda accounts, orders: orders.search([], order=link),
            "group": lambda accounts, orders: accounts.formatted_read_group([], [name], ["__count"]),
            "group another": lambda accounts, orders: orders.formatted_read_group([], [link], ["__count"]),
            "export": lambda accounts, orders: accounts.export_data([name]),
            "export another": lambda accounts, orders: orders.export_data([link.replace(".", "/")]),
            "form": lambda accounts, orders: accounts.onchange({}, [], {name: {}}),
            "form of another": lambda accounts, orders: orders.web_read(
                {"amazon_cancel_account_id": {"fields": {name: {}}}}
            ),
        }
        for role in ROLES.keys() - {"system"}:
            accounts, orders = (records.with_user(self.users[role]) for records in (self.account, order))
            for what, call in calls.items():
                with self.subTest(role=role, what=what):
                    self.assertTrue(self._refuses(call, accounts, orders))
            if accounts.has_access("create"):
                self.assertFalse(accounts.copy({"seller_id": f"A{role}"}).sudo()[name])

    def _refuses(self, call, *arguments):
        try:
            with self.env.cr.savepoint():
                call(*arguments)
        except (AccessError, UserError, ValueError):  # a path that leads elsewhere may be none to sort or group by
            return True
        return False

    def test_evidence_cannot_be_forged(self):
        order = self._sell_requested()
        order.with_user(self.manager).action_amazon_accept_cancellation()
        for role in ROLES:
            with self.subTest(role=role), self.assertRaises(AccessError):
                order.amazon_cancellation_ids.with_user(self.users[role]).write({"state": "confirmed"})

    # === RECORDS === #

    def test_own_documents_only(self):
        own = self._sell_requested(user_id=self.users["sales_own"].id)
        others = self._sell_requested()
        (own | others).action_amazon_accept_cancellation()
        Cancellation = self.env["amazon.order.cancellation"]
        domain = [("order_id", "in", (own | others).ids)]
        seen = {role: Cancellation.with_user(self.users[role]).search(domain).order_id for role in DECIDERS}
        self.assertEqual(seen, dict.fromkeys(DECIDERS, own | others))
        self.assertEqual(Cancellation.with_user(self.users["sales_own"]).search(domain).order_id, own)

    def test_other_companies_see_nothing(self):
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        self.shop.add_order(SELLER)
        self._read()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.users["sales_manager"].copy({"login": "rights_stranger"})
        stranger.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        for model in MODELS:
            if self.env[model]._transient or model in (
                "amazon.cancellation.marketplace",
                "amazon.keep.reason",  # offered in all companies
                "amazon.accounting.check",
            ):
                continue
            with self.subTest(model=model):
                self.assertFalse(self.env[model].with_user(stranger).search([]))
        self.assertTrue(self.env["amazon.cancellation.log"].with_user(self.users["sales_manager"]).search([]))

    # === ACTIONS === #

    def test_decisions(self):
        order = self._sell_requested()
        for action in DECISIONS:
            allowed = tuple(role for role in ROLES if self._may(order, action, role))
            self.assertEqual(allowed, DECIDERS, action)

    def test_salesperson_decides_own_orders(self):
        own = self._sell_requested(user_id=self.users["sales_own"].id)
        for action in DECISIONS:
            self.assertTrue(self._may(own, action, "sales_own"), action)

    def test_undo(self):
        self.account.undo_minutes = 60
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        allowed = tuple(role for role in ROLES if self._may(order, "action_amazon_undo_cancellation", role))
        self.assertEqual(allowed, DECIDERS)

    def test_retry_is_for_managers(self):
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        order.amazon_cancellation_ids._refuse("No.")
        for record, action in (
            (order, "action_amazon_retry_cancellation"),
            (order.amazon_cancellation_ids, "action_retry"),
        ):
            allowed = tuple(role for role in ROLES if self._may(record, action, role))
            self.assertEqual(allowed, ("sales_manager",), action)

    def test_release_is_for_managers(self):
        order = self._sell_requested()
        shipping_manager = self.users["sales_manager"].copy({"login": "rights_shipper"})
        shipping_manager.group_ids = [Command.link(self.env.ref("stock.group_stock_user").id)]
        self.users["shipping_manager"] = shipping_manager
        self.addCleanup(self.users.pop, "shipping_manager")
        for role, allowed in (("stock_user", False), ("stock_manager", False), ("shipping_manager", True)):
            picking = order.picking_ids.with_user(self.users[role])
            dialog = self.env["amazon.hold.dialog"].browse(picking.button_validate()["res_id"])
            dialog.sudo().reason = "Agreed"
            self.assertEqual(self._may(dialog, "action_release", role), allowed, role)

    def test_books(self):
        order = self._sell_requested()
        order._create_invoices().action_post()
        self.account.credit_note_policy = "none"
        order.amazon_fulfillment_status = "cancelled"
        order.action_amazon_accept_cancellation()
        cancellation = order.amazon_cancellation_id
        self.env["amazon.cancellation.accounting"]._work_on_books(cancellation)
        for record, action, roles in (
            (cancellation, "action_create_credit_note", ("accountant",)),
            (cancellation, "action_mark_settled", ("accountant",)),
            (order.invoice_ids, "action_amazon_open_requests", (*DECIDERS, "accountant", "auditor")),
        ):
            allowed = tuple(role for role in ROLES if self._may(record, action, role))
            self.assertEqual(allowed, roles, action)
        dialog = self.env["amazon.settle.dialog"].with_user(self.users["accountant"])
        dialog = dialog.create({"cancellation_ids": cancellation.ids, "note": "Done"})
        self.assertTrue(self._may(dialog, "action_settle", "accountant"))
        for role in ("accountant", "auditor"):
            self.assertTrue(self._may(cancellation, "action_open_entries", role), role)

    def test_account_actions(self):
        for action, roles in ACCOUNT_ACTIONS.items():
            with self._own_transaction(self.account) as account:
                allowed = tuple(role for role in ROLES if self._may_on_account(account, action, role))
            self.assertEqual(allowed, roles, action)

    def _may_on_account(self, account, action, role):
        try:
            getattr(account.with_user(self.users[role].id), action)()
        except AccessError:
            return False
        return True

    # === SCREENS === #

    def test_buttons_are_hidden_where_not_allowed(self):
        buttons = {
            "action_amazon_accept_cancellation": _SALES,
            "action_amazon_keep_order": _SALES,
            "action_amazon_open_keep": _SALES,
            "action_amazon_undo_decision": _SALES,
            "action_amazon_retry_cancellation": ("sales_manager",),
        }
        view = self.env.ref("sale.view_order_form")
        for role in ROLES:
            Order = self.env["sale.order"].with_user(self.users[role])
            if not Order.has_access("read"):
                continue
            arch = Order.get_view(view.id, "form")["arch"]
            for button, roles in buttons.items():
                with self.subTest(role=role, button=button):
                    self.assertEqual(f'name="{button}"' in arch, role in roles)

    def test_accountants_buttons_are_hidden_from_others(self):
        views = (
            ("amazon_order_cancellation_view_list_accounting", "list"),
            ("amazon_order_cancellation_view_form", "form"),
        )
        for name, kind in views:
            view = self.env.ref(f"sale_amazon_cancellation.{name}")
            for role in MODELS["amazon.order.cancellation"]:
                arch = self.env["amazon.order.cancellation"].with_user(self.users[role]).get_view(view.id, kind)["arch"]
                for button in ("action_create_credit_note", "action_mark_settled"):
                    with self.subTest(view=kind, role=role, button=button):
                        self.assertEqual(f'name="{button}"' in arch, role == "accountant")

    def test_hold_dialog_hides_what_a_packer_may_not(self):
        view = self.env.ref("sale_amazon_cancellation.amazon_hold_dialog_view_form")
        arch = self.env["amazon.hold.dialog"].with_user(self.users["stock_user"]).get_view(view.id, "form")["arch"]
        self.assertNotIn("action_release", arch)
        self.assertNotIn("action_accept", arch)

    def test_menus(self):
        menus = {
            "menu_amazon_requests": _SALES,
            "menu_amazon_cancellations": _SALES,
            "menu_amazon_accounts": ("sales_manager",),
            "menu_amazon_sync_logs": ("sales_manager",),
            "menu_amazon_setup": (),
            "menu_amazon_accounting": ("accountant", "auditor"),
            "menu_amazon_accounting_check": ("accountant", "auditor"),
        }
        for name, roles in menus.items():
            menu = self.env.ref(f"sale_amazon_cancellation.{name}")
            for role in _INSIDE:
                with self.subTest(menu=name, role=role):
                    visible = self.env["ir.ui.menu"].with_user(self.users[role])._visible_menu_ids()
                    path = [int(part) for part in menu.parent_path.split("/") if part]
                    self.assertEqual(set(path) <= visible, role in roles)

    def test_forms_open_for_those_who_may_read(self):
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        records = {
            "amazon.cancellation.account": self.account,
            "amazon.order.cancellation": order.amazon_cancellation_ids,
        }
        for model, record in records.items():
            for role, rights in MODELS[model].items():
                if role == "sales_own" and record != self.account:
                    continue
                with self.subTest(model=model, role=role):
                    self.assertTrue(rights)
                    Form(record.with_user(self.users[role]))

    def test_deliveries_open_for_the_warehouse(self):
        order = self._sell_requested()
        for role in ("stock_user", "stock_manager"):
            with self.subTest(role=role):
                form = Form(order.picking_ids.with_user(self.users[role]))
                self.assertTrue(form.amazon_hold)
                order.with_user(self.users[role]).web_read({"name": {}, "amazon_cancel_progress": {}})


class _DoneError(Exception):
    """Takes back what an allowed action did."""
