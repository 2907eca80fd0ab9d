from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestNotice(AmazonCase):
    """Somebody is told of each request, once, and of one that nobody decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.manager_id = cls.manager

    def _sell_requested(self, **order_vals):
        order = self._sell(order_vals={"user_id": self.user.id, **order_vals})
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        return order

    def _activities(self, order, name="request"):
        return order._amazon_get_activities(name)

    def test_salesperson_gets_one_activity_per_request(self):
        order = self._sell_requested()
        activity = self._activities(order)
        self.assertEqual(activity.user_id, self.user)
        self.assertEqual(activity.state, "today", "so it shows in the counter")
        self.assertIn("Changed mind", activity.note)
        self._read()
        self.assertEqual(self._activities(order), activity, "the same request is no second activity")

    def test_the_order_says_who_asked_and_since_when_it_is_known(self):
        before = fields.Datetime.now()
        order = self._sell_requested()
        self.assertIn("The buyer asks Amazon to cancel this order: Changed mind", self._notes(order))
        self.assertGreaterEqual(order.amazon_request_seen_date, before)
        self.assertEqual(order.amazon_calendar_title, "Anna Buyer: Changed mind")

    def test_without_salesperson_the_team_leader_then_the_accounts_manager(self):
        team = self.env["crm.team"].create({"name": "Marketplaces", "user_id": self.user.id})
        of_team = self._sell_requested(user_id=False, team_id=team.id)
        of_nobody = self._sell_requested(user_id=False, team_id=False)
        of_robot = self._sell_requested(user_id=self.env.ref("base.user_root").id, team_id=False)
        self.assertEqual(self._activities(of_team).user_id, self.user)
        self.assertEqual(self._activities(of_nobody).user_id, self.manager)
        self.assertEqual(self._activities(of_robot).user_id, self.manager)

    def test_whoever_has_left_is_given_nothing(self):
        """Also where the administrator is archived, as is often advised: another manager is asked."""
        left = self._create_user("left", "sales_team.group_sale_manager")
        self.account.manager_id = left
        (left | self.env.ref("base.user_admin")).active = False
        user = self._activities(self._sell_requested(user_id=left.id, team_id=False)).user_id
        self.assertTrue(user.active)
        self.assertTrue(user.has_group("sale_amazon_cancellation.group_amazon_manager"))

    def test_every_decision_closes_it(self):
        accepted, kept, withdrawn = self._sell_requested(), self._sell_requested(), self._sell_requested()
        accepted.with_user(self.manager).action_amazon_accept_cancellation()
        kept.with_user(self.manager).action_amazon_keep_order()
        self.shop.withdraw_request(withdrawn.amazon_order_ref)
        self._read()
        for order in accepted | kept | withdrawn:
            self.assertFalse(self._activities(order), order.amazon_cancel_request)

    def test_undo_asks_again(self):
        self.account.undo_minutes = 60
        order = self._sell_requested()
        order.action_amazon_accept_cancellation()
        self.assertFalse(self._activities(order))
        order.action_amazon_undo_cancellation()
        self.assertEqual(order.amazon_cancel_request, "requested")
        self.assertEqual(len(self._activities(order)), 1)

    def test_rule_that_accepts_alone_asks_nobody(self):
        self.account.auto_accept = "before_shipping"
        order = self._sell_requested()
        self.assertEqual(order.state, "cancel")
        self.assertFalse(self._activities(order))

    def test_no_mail_for_each_request(self):
        order = self._sell(order_vals={"user_id": self.user.id})
        before = self.env["mail.mail"].search_count([])
        self.shop.ask_to_cancel(order.client_order_ref, "Changed mind")
        self._read()
        self.assertTrue(self._activities(order))
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_reminder_before_the_ship_by_date(self):
        due, later = self._sell_requested(), self._sell_requested()
        due.amazon_ship_by = fields.Datetime.now() + timedelta(hours=6)
        later.amazon_ship_by = fields.Datetime.now() + timedelta(days=3)
        self._run("remind", settle=False)
        self._run("remind", settle=False)
        self.assertEqual(len(self._activities(due, "ship_by")), 1)
        self.assertFalse(self._activities(later, "ship_by"))
        due.action_amazon_keep_order()
        self.assertFalse(self._activities(due, "ship_by"))

    def test_digest_counts_the_requests(self):
        self._sell_requested()
        digest = self.env["digest.digest"].create(
            {"name": "Test", "kpi_amazon_requests": True, "company_id": self.env.company.id}
        )
        now = fields.Datetime.now()
        window = {"start_datetime": now - timedelta(days=1), "end_datetime": now + timedelta(days=1)}
        count = self.env["sale.order"].search_count([("amazon_cancel_request", "!=", False)])
        self.assertTrue(count)
        self.assertEqual(digest.with_context(**window).kpi_amazon_requests_value, count)
