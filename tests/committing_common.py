from contextlib import contextmanager

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name

from ..dev.amazon.auth import access_of
from .common import SELLER


class CommittingCase(BaseCase):
    """Transactions over connections of their own, as they meet in production; what they do is committed, and removed at
    the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())

    @contextmanager
    def _transaction(self):
        """A transaction over a connection of its own, as the system's user."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _create_account(self, env):
        return env["amazon.cancellation.account"].create(
            {
                "name": "Contended",
                **access_of(SELLER),
                "region": "eu",
                "marketplace_ids": [Command.set(env.ref("sale_amazon_cancellation.marketplace_de").ids)],
            }
        )

    def _remove(self, refs):
        with self._transaction() as env:
            orders = env["sale.order"].search([("client_order_ref", "in", refs)])
            orders._amazon_set_request(False)
            partner, products, deliveries = orders.partner_id, orders.order_line.product_id, orders.picking_ids
            orders.with_context(amazon_local_only=True)._action_cancel()
            deliveries.unlink()
            orders.unlink()
            products.unlink()
            partner.unlink()
            env["amazon.cancellation.account"].search([("name", "=", "Contended")]).unlink()
