import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.misc import ReadonlyDict
from odoo.tools.translate import code_translations

from ... import const
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestWaiting(AmazonCase):
    """Whoever is stopped in the warehouse tells who must decide, and sees the decision."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.packer = cls._create_user("amazon_packer", "stock.group_stock_user")

    def setUp(self):
        super().setUp()
        self.order = self._sell(order_vals={"user_id": self.user.id})
        self.shop.ask_to_cancel(self.order.client_order_ref, "Changed mind")
        self._read()
        self.picking = self.order.picking_ids.with_user(self.packer)

    def _get_told(self):
        """The ids of the deliveries whose forms are told to look again."""
        group = self.env.ref("stock.group_stock_user")
        self.env.cr.precommit.run()  # which writes the messages
        sent = self.env["bus.bus"].sudo().search([])
        told = set()
        for channel, message in ((bus.channel, json.loads(bus.message)) for bus in sent):
            if message["type"] == const.DELIVERY_CHANGED:
                self.assertIn(f'"res.groups",{group.id}', channel, "for those who see deliveries alone")
                self.assertEqual(set(message["payload"]), {"picking_ids"}, "nothing but where to look")
                told.update(message["payload"]["picking_ids"])
        sent.unlink()
        return told

    # === TELLING === #

    def test_who_decides_is_told_once(self):
        message = self.picking.action_amazon_tell_salesperson()["params"]["message"]
        self.assertIn(self.user.name, message)
        [activity] = self.order._amazon_get_activities("warehouse")
        self.assertEqual(activity.user_id, self.user)
        self.assertIn(self.packer.name, activity.note)
        self.assertIn(self.picking.name, activity.note)
        self.assertTrue(self.picking.amazon_waiting)
        message = self.picking.action_amazon_tell_salesperson()["params"]["message"]
        self.assertIn("told already", message)
        self.assertEqual(len(self.order._amazon_get_activities("warehouse")), 1)

    def test_who_decides_is_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.user.lang = "fr_FR"
        french = ReadonlyDict({"The warehouse waits for your decision": "On attend"})
        key = ("sale_amazon_cancellation", "fr_FR")
        with patch.dict(code_translations.python_translations, {key: french}):
            self.picking.action_amazon_tell_salesperson()
        self.assertEqual(self.order._amazon_get_activities("warehouse").summary, "On attend")

    def test_the_stop_tells_too(self):
        dialog = self.env["amazon.hold.dialog"].browse(self.picking.button_validate()["res_id"])
        dialog.with_user(self.packer).action_tell_salesperson()
        self.assertEqual(len(self.order._amazon_get_activities("warehouse")), 1)

    def test_who_was_told_of_what_amazon_cancelled_is_told_when_it_is_over(self):
        """Nobody asked: the seller, or Amazon, cancelled it there."""
        self.account.follow_amazon = False
        for end in (
            lambda order: order.action_cancel(),
            lambda order: order.picking_ids._amazon_release_hold("Sent after all, by agreement"),
        ):
            order = self._sell()
            self._read()
            self.shop.seller_cancel(order.client_order_ref, "NoInventory")
            self._read()
            self.assertEqual((order.state, order.amazon_cancel_request), ("sale", False))
            order.picking_ids.with_user(self.packer).action_amazon_tell_salesperson()
            self.assertTrue(order._amazon_get_activities("warehouse"))
            end(order)
            self.assertFalse(order._amazon_get_activities("warehouse"))

    def test_nobody_is_told_of_what_is_decided(self):
        self.order.action_amazon_keep_order()
        with self.assertRaisesRegex(UserError, "Nothing is held any more"):
            self.picking.action_amazon_tell_salesperson()

    def test_who_may_not_work_on_deliveries_may_not_tell(self):
        nobody = self._create_user("amazon_nobody")
        with self.assertRaises(AccessError):
            self.order.picking_ids.with_user(nobody).action_amazon_tell_salesperson()

    # === SEEING === #

    def test_every_decision_is_shown_to_open_forms(self):
        self._get_told()
        self.account.undo_minutes = 5
        self.order.with_user(self.user).action_amazon_keep_order()
        self.assertEqual(self._get_told(), {self.picking.id})
        self.assertEqual(self.picking.amazon_decision, "Decided: the order is kept. Ship it.")
        self.order.with_user(self.user).action_amazon_undo_decision()
        self.assertEqual(self._get_told(), {self.picking.id}, "it is held again")
        self.assertFalse(self.picking.amazon_decision)
        self.picking.action_amazon_tell_salesperson()
        self.order.with_user(self.user).action_amazon_accept_cancellation()
        self.assertEqual(self._get_told(), {self.picking.id})
        self.assertEqual(self.picking.amazon_decision, "Decided: the order is cancelled. Put the goods back.")
        self.assertFalse(self.order._amazon_get_activities("warehouse"), "it is decided")

    def test_what_amazon_shows_is_shown_too(self):
        shown = []
        self.patch(
            self.registry["sale.order"], "_amazon_show_warehouse", lambda orders: shown.extend(orders.picking_ids.ids)
        )
        self.shop.withdraw_request(self.order.client_order_ref)
        self._read()
        self.assertEqual(set(shown), {self.picking.id}, "withdrawn")

    def test_ordinary_deliveries_say_nothing(self):
        ordinary = self._sell(order_vals={"client_order_ref": False})
        self.assertFalse(ordinary.picking_ids.amazon_decision or ordinary.picking_ids.amazon_waiting)
        self._get_told()
        ordinary.action_cancel()
        self.assertFalse(self._get_told())
