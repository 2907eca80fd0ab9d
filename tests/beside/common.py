from odoo.modules.registry import Registry
from odoo.tests import get_db_name

from ..common import AmazonCase


class BesideCase(AmazonCase):
    """A test that needs addons which this one does not depend on: skipped without them, see `make test-beside`."""

    _addons = ()

    @classmethod
    def setUpClass(cls):
        missing = set(cls._addons) - Registry(get_db_name())._init_modules
        if missing:
            cls.skipTest(cls, f"needs {', '.join(sorted(missing))}: run `make test-beside`")
        super().setUpClass()

    def _pick(self, picking, quantity=1):
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()

    def _ask(self, order, reason="Changed mind"):
        self.shop.ask_to_cancel(order.client_order_ref, reason)
        self._read()
