from itertools import count

from odoo import fields
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ..facts_common import ROLES, FactsCase
from ..http_common import AmazonHttpCase

LOGGERS = ("odoo.http", "odoo.addons.rpc.controllers.jsonrpc", "odoo.models", "odoo.sql_db")
REFUSALS = ("odoo.exceptions.AccessError", "odoo.exceptions.UserError", "odoo.exceptions.ValidationError")
# What the addon's own steps tell in the context.
FORGED = {"amazon_step": {"amazon_step": True}, "amazon_reading": "reading", "amazon_local_only": True}


@tagged("post_install", "-at_install")
class TestFactsOverHttp(FactsCase, AmazonHttpCase):
    """The external API, called as integrators call it: who may not write facts may not do so by any call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = count(1)
        tomorrow = fields.Datetime.add(fields.Datetime.now(), days=1)
        cls.keys = {}
        for role, user in cls.users.items():
            key = cls.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "Facts", tomorrow)
            cls.keys[role] = key

    # === CALLING === #

    def _json2(self, role, model, method, ids=None, **arguments):
        """Call by JSON-2, today's external API.

        :return: The exception's name where the call is refused, and else its result.
        :rtype: tuple(str|None, Any)
        """
        body = {**arguments, **({"ids": ids} if ids else {})}
        headers = {"Authorization": f"bearer {self.keys[role]}"}
        response = self.url_open(f"/json/2/{model}/{method}", json=body, headers=headers)
        answer = response.json()
        return (None, answer) if response.ok else (answer["name"], answer["message"])

    def _jsonrpc(self, role, model, method, ids=None, context=None, **arguments):
        """Call by JSON-RPC, the external API of the versions before."""
        user = self.users[role]
        args = [[ids] if ids else [], {**arguments, **({"context": context} if context else {})}]
        params = [self.env.cr.dbname, user.id, self.keys[role], model, method, *args]
        try:
            return None, self.make_jsonrpc_request(
                "/jsonrpc", {"service": "object", "method": "execute_kw", "args": params}
            )
        except JsonRpcException as error:
            return str(error), None

    def _assert_refused(self, answer, *what):
        with self.subTest(what=what):
            self.assertIn(answer[0], REFUSALS, answer[1])

    # === THE MATRIX === #

    @mute_logger(*LOGGERS)
    def test_facts_of_every_model(self):
        """Every fact × every role: written, saved by a form, and made."""
        for record in self._records():
            self.env.flush_all()
            for name, field in self._facts(record._name):
                if field.type in ("one2many", "many2many"):
                    continue  # the other model's own facts
                value = self._other_value(field, record)
                for role in ROLES:
                    call = self._json2 if next(self.numbers) % 2 else self._jsonrpc
                    answer = call(role, record._name, "write", record.ids, vals={name: value})
                    self._assert_refused(answer, record._name, name, role, "write")
            for role in ROLES:
                values = {name: self._other_value(f, record) for name, f in self._facts(record._name)}
                answer = self._json2(role, record._name, "web_save", record.ids, vals=values, specification={})
                self._assert_refused(answer, record._name, role, "web_save")
                if record._name not in ("sale.order", "sale.order.line"):
                    answer = self._json2(role, record._name, "create", vals_list=[values])
                    self._assert_refused(answer, record._name, role, "create")

    @mute_logger(*LOGGERS)
    def test_facts_of_orders_are_not_made_or_imported(self):
        vals = {"partner_id": self.partner.id}
        self.assertIsNone(self._json2("salesperson", "sale.order", "create", vals_list=[vals])[0])
        for name, field in self._facts("sale.order"):
            if field.type in ("one2many", "many2many"):
                continue
            value = self._other_value(field, self.order)
            for role in ROLES:
                if role != "accountant" and value:
                    answer = self._json2(role, "sale.order", "create", vals_list=[{**vals, name: value}])
                    self._assert_refused(answer, name, role, "create")
                rows = [[str(self.order.id), str(value)]]
                refusal, result = self._json2(role, "sale.order", "load", fields=[".id", name], data=rows)
                with self.subTest(name=name, role=role):
                    self.assertTrue(refusal or not result["ids"], "imported")
            _refusal, ids = self._json2(
                "salesperson", "sale.order", "create", vals_list=[vals], context={f"default_{name}": value}
            )
            with self.subTest(name=name):
                self.assertFalse(ids and self.env["sale.order"].browse(ids)[name], "from the context")

    @mute_logger(*LOGGERS)
    def test_a_forged_context_opens_nothing(self):
        values = {"amazon_cancel_request": "declined"}
        for role in ROLES:
            for call in (self._json2, self._jsonrpc):
                answer = call(role, "sale.order", "write", self.order.ids, vals=values, context=FORGED)
                self._assert_refused(answer, role, "write")
            for method in ("_amazon_write", "_amazon_set_request", "_amazon_keep"):
                refusal, _message = self._json2(role, "sale.order", method, self.order.ids)
                self.assertTrue(refusal, "private methods are not called from outside")
        for role in ("salesperson", "stock_user", "stock_manager", "accountant"):
            answer = self._json2(role, "sale.order", "action_cancel", self.order.ids, context=FORGED)
            self._assert_refused(answer, role, "action_cancel")
        self.env.invalidate_all()
        self.assertEqual((self.order.state, self.order.amazon_cancel_request), ("sale", "requested"))
        self.assertTrue(self.order.picking_ids.amazon_hold)

    @mute_logger(*LOGGERS)
    def test_what_is_decided_by_who_may_is_done(self):
        answer = self._json2("salesperson", "sale.order", "action_amazon_accept_cancellation", self.order.ids)
        self.assertIsNone(answer[0], answer[1])
        self.env.invalidate_all()
        self.assertEqual(self.order.amazon_cancellation_state, "scheduled")
