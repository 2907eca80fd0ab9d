import os
from unittest.mock import patch

from odoo.tests import tagged

from ...dev.amazon.role_names import INVENTORY, SHIPPING
from ..tour_common import TourCase


@tagged("post_install", "-at_install")
class TestToursSetup(TourCase):
    """The guided set-up in a browser, as a seller of each region, with the roles that README names."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.dict(os.environ, AMAZON_SPAPI_ENDPOINT_URL=cls.amazon.api_url))
        cls.system = cls._create_user("amazon_system", "sales_team.group_sale_manager", "base.group_system")
        cls.account.unlink()

    def _test_setup(self, region, method, *roles):
        self.shop.set_roles(*roles)
        self.start_tour(
            "/odoo/settings#sale_management", f"amazon_setup_{region}_{method}", login="amazon_system", timeout=120
        )
        account = self.env["amazon.cancellation.account"].search([("region", "=", region)])
        self.assertEqual((account.sweep_method, account.sync_state), (method, "ok"))

    def test_north_america(self):
        self._test_setup("na", "search", INVENTORY)

    def test_north_america_with_the_restricted_role(self):
        self._test_setup("na", "report", INVENTORY, SHIPPING)

    def test_europe(self):
        self._test_setup("eu", "search", INVENTORY)

    def test_europe_with_the_restricted_role(self):
        self._test_setup("eu", "report", INVENTORY, SHIPPING)

    def test_far_east(self):
        self._test_setup("fe", "search", INVENTORY)

    def test_far_east_with_the_restricted_role(self):
        self._test_setup("fe", "report", INVENTORY, SHIPPING)
