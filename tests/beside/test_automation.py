from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BesideCase


@tagged("post_install", "-at_install")
class TestAutomation(BesideCase):
    """A rule of `base_automation` on the request, as docs/integrators.md tells it."""

    _addons = ("base_automation",)

    def _automate(self, code):
        model = self.env["ir.model"]._get("sale.order")
        self.env["base.automation"].create(
            {
                "name": "Tell the packing station",
                "model_id": model.id,
                "trigger": "on_write",
                "filter_pre_domain": "[('amazon_cancel_request', '!=', 'requested')]",
                "filter_domain": "[('amazon_cancel_request', '=', 'requested')]",
                "action_server_ids": [
                    Command.create({"name": "Tell", "model_id": model.id, "state": "code", "code": code})
                ],
            }
        )

    def test_a_rule_runs_once_for_a_request(self):
        self._automate("for order in records: order.message_post(body='packing station: stop')")
        order = self._sell()
        self._ask(order)
        self._read()
        self.assertEqual(self._notes(order).count("packing station: stop"), 1)

    @mute_logger(
        "odoo.addons.sale_amazon_cancellation.models.reading.amazon_order_reader",
        "odoo.addons.sale_amazon_cancellation.models.reading.amazon_cancellation_account",
    )
    def test_a_rule_that_fails_stops_no_other_order_and_lets_no_parcel_leave(self):
        broken, other = self._sell(), self._sell()
        self._read()
        self._automate(f"if {broken.id} in records.ids: raise UserError('the packing station is down')")
        self.shop.ask_to_cancel(broken.client_order_ref, "Changed mind")
        self._ask(other)
        self.assertEqual((broken | other).mapped("amazon_cancel_request"), ["requested"] * 2)
        self.assertTrue(broken.picking_ids.amazon_hold)
        with self.assertRaises(UserError):
            self._pick(broken.picking_ids)
        self.assertIn("the packing station is down", "".join(map(str, broken.activity_ids.mapped("note"))))
        self.assertFalse(other.activity_ids.filtered(lambda activity: "packing station" in str(activity.note)))
