from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..committing_common import CommittingCase

REF = "302-7777777-7777777"


@tagged("post_install", "-at_install")
class TestGate(CommittingCase):
    """A request that is shown while the warehouse validates: it is seen, or it comes after; never neither."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._remove, [REF])
        with self._transaction() as env:
            product = env["product.product"].create({"name": "Contended", "type": "consu"})
            order = env["sale.order"].create(
                {
                    "partner_id": env["res.partner"].create({"name": "Contended Buyer"}).id,
                    "client_order_ref": REF,
                    "amazon_order_ref": REF,
                    "amazon_cancel_account_id": self._create_account(env).id,
                    "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 1})],
                }
            )
            order.action_confirm()
            self.order_id = order.id

    def _show_request(self):
        """What the reader does in its own transaction."""
        with self._transaction() as env:
            env["sale.order"].browse(self.order_id)._amazon_set_request("requested")

    def test_a_request_shown_meanwhile_is_not_overlooked(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure), self._transaction() as env:
            moves = env["sale.order"].browse(self.order_id).picking_ids.move_ids
            self.assertEqual(moves.mapped("state"), ["assigned"])  # the validation has begun
            self._show_request()
            moves._amazon_check_hold()
        with self.assertRaisesRegex(UserError, "buyer asks to cancel"), self._transaction() as env:
            env["sale.order"].browse(self.order_id).picking_ids.move_ids._amazon_check_hold()  # Odoo's second try

    def test_a_request_shown_before_is_seen(self):
        self._show_request()
        with self.assertRaises(UserError), self._transaction() as env:
            env["sale.order"].browse(self.order_id).picking_ids.move_ids._amazon_check_hold()

    def test_nothing_is_asked_and_nothing_is_held(self):
        with self._transaction() as env:
            env["sale.order"].browse(self.order_id).picking_ids.move_ids._amazon_check_hold()
