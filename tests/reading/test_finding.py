from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ... import const
from ..common import SELLER, AmazonCase

SALE_ORDER = "sale.order"


@tagged("post_install", "-at_install")
class TestFinding(AmazonCase):
    """Where Amazon's order ids stand is found by what stands there: a connector names its field as it likes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As a connector makes them: a text on the order, and a binding a step away.
        cls.env["ir.model.fields"].create(
            [
                cls._get_field_vals(SALE_ORDER, "x_shop_ref", "char"),
                cls._get_field_vals("sale.order.line", "x_shop_item", "char"),
            ]
        )
        cls.env["ir.model"].create(
            {
                "name": "Binding",
                "model": "x_shop_binding",
                "field_id": [
                    Command.create({"name": "x_external_ref", "ttype": "char"}),
                    Command.create({"name": "x_order_id", "ttype": "many2one", "relation": SALE_ORDER}),
                ],
            }
        )
        cls.env["ir.model.fields"].create(
            {
                **cls._get_field_vals(SALE_ORDER, "x_bind_ids", "one2many"),
                "relation": "x_shop_binding",
                "relation_field": "x_order_id",
            }
        )

    @classmethod
    def _get_field_vals(cls, model, name, ttype):
        return {"name": name, "model_id": cls.env["ir.model"]._get_id(model), "ttype": ttype, "state": "manual"}

    def _import(self, **values):
        """An order as the other connector leaves it; `ref` in its values is the Amazon order id."""
        order = self._sell(confirm=False)
        ref = order.client_order_ref
        order.write(
            {
                "client_order_ref": False,
                **{name: value.format(ref=ref) for name, value in values.items() if isinstance(value, str)},
            }
        )
        return order, ref

    def _find(self):
        return self.account.with_user(self.manager).action_find_order_refs()

    # === WHERE THEY STAND === #

    def test_a_field_of_another_module(self):
        order, ref = self._import(x_shop_ref="{ref}")
        action = self._find()
        self.assertEqual(self.account.order_ref_path, "x_shop_ref")
        self.assertIn("(x_shop_ref): 1, as in " + ref, action["params"]["message"])
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual((order.amazon_order_ref, order.amazon_cancel_request), (ref, "requested"))

    def test_between_a_constant_prefix_and_suffix(self):
        order, ref = self._import(x_shop_ref="AMZ{ref}/DE")
        other, other_ref = self._import(x_shop_ref="AMZ{ref}/DE")
        self._import(x_shop_ref="by hand {ref}")
        self._find()
        account = self.account
        self.assertEqual((account.order_ref_prefix, account.order_ref_suffix), ("AMZ", "/DE"))
        self._read()
        self.assertEqual((order | other).mapped("amazon_order_ref"), [ref, other_ref])

    def test_a_binding_a_step_away(self):
        order, ref = self._import()
        self.env["x_shop_binding"].create({"x_external_ref": ref, "x_order_id": order.id})
        self._find()
        self.assertEqual(self.account.order_ref_path, "x_bind_ids.x_external_ref")
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual((order.amazon_order_ref, order.amazon_cancel_request), (ref, "requested"))

    def test_a_salesperson_who_may_not_see_the_binding_cancels(self):
        """The order was never read: it is known by its binding alone."""
        order, ref = self._import()
        self.env["x_shop_binding"].create({"x_external_ref": ref, "x_order_id": order.id})
        self._find()
        self.assertFalse(self.env["x_shop_binding"].with_user(self.user).has_access("read"))
        order.with_user(self.user).action_cancel()
        self.assertEqual(order.amazon_cancellation_ids.amazon_order_ref, ref)

    def test_the_most_ids_win_and_odoos_own_field_needs_no_choice(self):
        self._import(x_shop_ref="{ref}", reference="{ref}")
        self._import(x_shop_ref="{ref}")
        self._find()
        self.assertEqual(self.account.order_ref_path, "x_shop_ref")
        for _order in range(3):
            self._sell()
        self._find()
        self.assertFalse(self.account.order_ref_path)
        self.assertIn("(client_order_ref): 3", self.account.order_ref_message)

    def test_only_the_accounts_company_counts(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._import(x_shop_ref="{ref}")
        stranger = self.env[SALE_ORDER].create(
            {"partner_id": self.partner.id, "company_id": company.id, "reference": "302-1234567-1234567"}
        )
        self.env["x_shop_binding"].create({"x_external_ref": "302-1234567-1234567", "x_order_id": stranger.id})
        self._find()
        self.assertNotIn("302-1234567", self.account.order_ref_message)
        other = self._create_account(company_id=company.id, seller_id="A1OTHER")
        other.action_find_order_refs()
        self.assertNotIn("x_shop_ref", other.order_ref_message)

    def test_nothing_found_is_said(self):
        action = self._find()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("None of the newest", self.account.order_ref_message)

    def test_only_the_newest_orders_are_looked_at(self):
        self._import(x_shop_ref="{ref}")
        for _order in range(3):
            self.env[SALE_ORDER].create({"partner_id": self.partner.id})
        with patch.object(const, "ORDER_REF_SAMPLE", 3):
            self._find()
        self.assertIn("None of the newest 3", self.account.order_ref_message)

    def test_an_ordinary_sample_costs_few_queries(self):
        for _order in range(3):
            self._import(x_shop_ref="{ref}")
        finder = self.env["amazon.order.finder"]
        finder._find_places(self.account)
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        finder._find_places(self.account)
        few = self.env.cr.sql_log_count - start
        for _order in range(6):
            self._import(x_shop_ref="{ref}")
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        finder._find_places(self.account)
        self.assertLessEqual(self.env.cr.sql_log_count - start, few)

    # === WITHOUT A PERSON === #

    def test_orders_that_are_not_found_are_looked_for_once_a_day(self):
        order, ref = self._import(x_shop_ref="{ref}")
        self.shop.ask_to_cancel(ref, "Changed mind")
        self._read()
        self.assertEqual(self.account.order_ref_path, "x_shop_ref")
        self.assertEqual((order.amazon_order_ref, order.amazon_cancel_request), (ref, "requested"))
        self.assertIn("x_shop_ref", self._notes(self.account))
        self.assertFalse(self.account.unknown_order_ids)

    def test_ids_that_amazon_did_not_tell_choose_nothing(self):
        self.shop.add_order(SELLER)
        self.env[SALE_ORDER].create({"partner_id": self.partner.id, "x_shop_ref": "302-1234567-1234567"})
        self._read()
        self.assertFalse(self.account.order_ref_path)

    # === PATHS === #

    def test_a_path_that_leads_nowhere_is_refused(self):
        for path in ("no_such_field", "partner_id", "amount_total", "x_bind_ids", "x_bind_ids.x_no", "order_line.name"):
            with self.subTest(path), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.account.order_ref_path = path

    def test_an_integrators_hook_may_give_a_path(self):
        matcher = self.registry["amazon.order.matcher"]
        criteria = matcher._get_match_criteria
        patched = patch.object(
            matcher,
            "_get_match_criteria",
            lambda self, account: [*criteria(self, account), ("x_bind_ids.x_external_ref", [lambda ref: ref])],
        )
        order, ref = self._import()
        self.env["x_shop_binding"].create({"x_external_ref": ref, "x_order_id": order.id})
        with patched:
            self._read()
            self.assertEqual(order.amazon_order_ref, ref)

    def test_a_copy_does_not_carry_the_id(self):
        order, _ref = self._import(x_shop_ref="{ref}")
        self._find()
        self.assertFalse(order.copy().x_shop_ref)

    def test_the_field_goes_with_its_module(self):
        order, ref = self._import(x_shop_ref="{ref}")
        self._find()
        order.client_order_ref = ref
        with patch.object(self.registry["amazon.order.finder"], "_is_usable", lambda self, path: False):
            self.env.registry.clear_cache()
            self._read()
        self.assertEqual(order.amazon_order_ref, ref)
        self.env.registry.clear_cache()

    # === LINES === #

    def test_item_ids_of_another_module_name_the_lines(self):
        """SKUs and positions would tell otherwise."""
        items = [{"sku": "ONE", "quantity": 1}, {"sku": "TWO", "quantity": 1}]
        order = self._sell(confirm=False, skus=("MUG", "LAMP"), items=items)
        first, second = order.order_line
        at_amazon = self.shop.orders[order.client_order_ref]
        second.x_shop_item, first.x_shop_item = (item.item_id for item in at_amazon.items)
        self._read()
        self.assertEqual((second | first).mapped("amazon_item_ref"), [item.item_id for item in at_amazon.items])

    # === INDEXES === #

    def _indexes(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'amazon\\_cancel\\_ref\\_%'")
        return sorted(definition.split(" ON ")[1] for (definition,) in self.env.cr.fetchall())

    def test_the_chosen_field_is_indexed_as_long_as_it_is_chosen(self):
        self.account.order_ref_path = "x_shop_ref"
        self.assertEqual(self._indexes(), ["public.sale_order USING btree (x_shop_ref) WHERE (x_shop_ref IS NOT NULL)"])
        self.account.order_ref_path = "x_bind_ids.x_external_ref"
        self.assertEqual(
            self._indexes(),
            [
                "public.x_shop_binding USING btree (x_external_ref) WHERE (x_external_ref IS NOT NULL)",
                "public.x_shop_binding USING btree (x_order_id) WHERE (x_order_id IS NOT NULL)",
            ],
        )
        self.account.order_ref_path = False
        self.assertFalse(self._indexes())

    def test_the_index_is_kept_by_the_account_that_is_left(self):
        other = self._create_account(seller_id="A1OTHER", order_ref_path="x_shop_ref")
        self.account.order_ref_path = "x_shop_ref"
        self.account.order_ref_path = False
        self.assertEqual(len(self._indexes()), 1)
        other.unlink()
        self._read()
        self.assertFalse(self._indexes())

    def test_a_field_with_an_index_gets_no_second_one(self):
        self.account.order_ref_path = "client_order_ref"
        self.assertEqual(len(self._indexes()), 0, "this addon has one on it")
