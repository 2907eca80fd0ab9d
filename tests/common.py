import os
from contextlib import contextmanager
from email.utils import format_datetime
from unittest.mock import patch

from odoo.tests import TransactionCase

from ..dev.amazon.auth import access_of
from ..dev.amazon.server import LocalAmazon
from ..spapi.clock import note_date

SELLER = "A1LOCALEU"


class AmazonCase(TransactionCase):
    """Odoo against the local Amazon, over HTTP: what a test asks of Odoo crosses the wire as it would to Amazon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.amazon = LocalAmazon()
        cls.amazon.start()
        cls.addClassCleanup(cls.amazon.stop)
        cls.startClassPatcher(
            patch.dict(os.environ, AMAZON_SPAPI_ENDPOINT_URL=cls.amazon.url, AMAZON_LWA_ENDPOINT_URL=cls.amazon.url)
        )
        cls.germany = cls.env.ref("sale_amazon_cancellation.marketplace_de")
        cls.france = cls.env.ref("sale_amazon_cancellation.marketplace_fr")
        cls.env["amazon.cancellation.account"].search([]).active = False
        cls.account = cls._create_account()
        cls.partner = cls.env["res.partner"].create({"name": "Anna Buyer"})
        cls.mug, cls.lamp = cls.env["product.product"].create(
            [
                {
                    "name": "Mug",
                    "default_code": "MUG",
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 10,
                    "taxes_id": False,
                },
                {
                    "name": "Lamp",
                    "default_code": "LAMP",
                    "type": "consu",
                    "is_storable": True,
                    "list_price": 30,
                    "taxes_id": False,
                },
            ]
        )
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        for product in cls.mug | cls.lamp:
            cls.env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 1000)
        cls.user = cls._create_user("amazon_user", "sales_team.group_sale_salesman_all_leads")
        cls.manager = cls._create_user("amazon_manager", "sales_team.group_sale_manager")

    def setUp(self):
        super().setUp()
        self.amazon.reset()
        self.shop = self.amazon.shop

    # === DATA === #

    @classmethod
    def _create_account(cls, **values):
        return cls.env["amazon.cancellation.account"].create(
            {
                "name": "Shop",
                **access_of(SELLER),
                "region": "eu",
                "marketplace_ids": [(6, 0, cls.germany.ids)],
                "undo_minutes": 0,
                **values,
            }
        )

    @classmethod
    def _create_user(cls, login, *groups):
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "group_ids": [(6, 0, [cls.env.ref(group).id for group in ("base.group_user", *groups)])],
            }
        )

    def _sell(self, confirm=True, skus=("MUG",), order_vals=None, **amazon_vals):
        """An order at Amazon and its sale order in Odoo, as a connector leaves them: linked by the order id alone."""
        amazon_vals.setdefault("items", [{"sku": sku, "quantity": 1} for sku in skus])
        at_amazon = self.shop.add_order(SELLER, **amazon_vals)
        products = {product.default_code: product for product in self.mug | self.lamp}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "client_order_ref": at_amazon.order_id,
                "order_line": [(0, 0, {"product_id": products[sku].id, "product_uom_qty": 1}) for sku in skus],
                **(order_vals or {}),
            }
        )
        if confirm:
            order.action_confirm()
        return order

    # === WORK === #

    def _run(self, name, settle=True):
        """Run a scheduled action of the addon as the scheduler does: own cursor, own commits.

        :param bool settle: Whether Amazon's clock first moves past the time that its search needs to settle.
        """
        if settle:
            self._advance_clock(180)
        with self.enter_registry_test_mode():
            result = self.env.ref(f"sale_amazon_cancellation.ir_cron_{name}").method_direct_trigger()
        self.assertIs(result, True, "the scheduled action failed")

    def _advance_clock(self, seconds):
        """Let time pass at Amazon, and let Odoo know it as from an earlier answer."""
        self.shop.advance(seconds)
        note_date(self.amazon.url, format_datetime(self.shop.now()))

    def _read(self):
        self._run("read")

    def _send_and_follow(self, runs=5):
        for _run in range(runs):
            self._run("cancel", settle=False)

    @contextmanager
    def _own_transaction(self, records):
        """The records in a transaction of their own, where code may commit."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield records.with_env(records.env(cr=cr))

    def _notes(self, record):
        return "\n".join(body for body in record.message_ids.mapped("preview"))
