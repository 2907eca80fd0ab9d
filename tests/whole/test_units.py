import re
from ast import literal_eval
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ..common import AmazonCase

UNIT = "odoo.addons.sale_amazon_cancellation.models.account.amazon_cancellation_unit"


@tagged("post_install", "-at_install")
class TestUnits(AmazonCase):
    """Accounts are worked on by who has waited longest: no slow, dead or deadly one keeps the others waiting."""

    def setUp(self):
        super().setUp()
        self.accounts = self.account
        for number in range(2, 5):
            company = self.env["res.company"].create({"name": f"Company {number}"})
            self.accounts |= self._create_account(name=f"Shop {number}", company_id=company.id)
        self.turns = []
        self.effects = {}

    def _work(self, lane="read", minutes=0):
        """Run a scheduled action in which the accounts' work is only noted; give the accounts that had a turn."""
        self.turns.clear()
        if minutes:
            self._pass(minutes)

        def do(unit):
            self.turns.append(unit.account_id.name)
            effect = self.effects.get(unit.account_id.name)
            return effect(unit) if effect else False

        with patch.object(type(self.env["amazon.cancellation.unit"]), "_do", do):
            if isinstance(lane, str):
                self._run("read", settle=False)
            else:
                with self.enter_registry_test_mode():
                    self.assertIs(lane.method_direct_trigger(), True)
        return list(self.turns)

    def _pass(self, minutes):
        for unit in self.env["amazon.cancellation.unit"].search([]):
            for name in ("waits_since", "rest_until"):
                if unit[name]:
                    unit[name] -= timedelta(minutes=minutes)

    def _let_it_take(self, seconds):
        """What a turn takes by the clock that turns are measured by."""

        def work(_unit):
            self.clock += seconds
            return seconds >= 30

        return work

    def _with_clock(self):
        self.clock = 0.0
        return patch(f"{UNIT}.time.monotonic", lambda: self.clock)

    def _names(self):
        return self.accounts.mapped("name")

    # === ROUNDS === #

    def test_each_has_a_turn_in_each_round(self):
        for _round in range(3):
            self.assertEqual(sorted(self._work(minutes=5)), self._names())

    def test_a_new_account_is_first(self):
        self._work()
        company = self.env["res.company"].create({"name": "New"})
        self._create_account(name="New", company_id=company.id)
        self.assertEqual(self._work(minutes=5)[0], "New")

    def test_when_the_time_is_up_the_next_run_goes_on_with_the_others(self):
        with (
            patch("odoo.addons.base.models.ir_cron.MIN_TIME_PER_JOB", 0),
            patch("odoo.addons.base.models.ir_cron.MIN_RUNS_PER_JOB", 1),
        ):
            first, second = self._work(), self._work()
        self.assertEqual((len(first), len(second)), (1, 1))
        self.assertNotEqual(first, second)
        self.assertEqual(sorted(first + second + self._work()), self._names())

    def test_a_round_that_is_over_plans_nothing(self):
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_read")
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        self._work()
        self.assertFalse(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    # === WHO TAKES LONG, FAILS OR KILLS === #

    def test_who_takes_long_is_last(self):
        slow = self._names()[0]
        self.effects[slow] = self._let_it_take(20)
        with self._with_clock():
            self._work()
            for _round in range(3):
                self.assertEqual(self._work(minutes=5)[-1], slow)

    def test_who_fails_slowly_rests_longer_and_longer(self):
        dead = self._names()[0]
        self.effects[dead] = self._let_it_take(30)
        with self._with_clock():
            turns = [dead in self._work(minutes=5) for _round in range(12)]
            self.assertEqual(turns[:3], [True, True, True])
            self.assertLess(sum(turns[3:]), 6, "it costs every third round at most")
            self.effects.clear()
            self.assertIn(dead, self._work(minutes=15))
            self.assertIn(dead, self._work(minutes=5), "well again, it rests no more")

    def test_who_fails_at_once_does_not_rest(self):
        self.effects[self._names()[0]] = lambda _unit: True
        for _round in range(5):
            self.assertEqual(sorted(self._work()), self._names())

    @mute_logger(UNIT)
    def test_an_error_ends_one_turn_only(self):
        def fail(_account, **_options):
            raise ValueError

        self._sell()
        with patch.object(type(self.account), "_read_orders", fail):
            self._run("read")
        units = self.env["amazon.cancellation.unit"].search([("kind", "=", "read")])
        self.assertEqual(units.mapped("failure_count"), [1] * 4)
        self._read()
        self.assertEqual(set(units.mapped("failure_count")), {0})

    def test_who_kills_the_worker_keeps_nobody_from_being_read(self):
        deadly = self._names()[0]

        def kill(_unit):
            raise SystemExit

        self.effects[deadly] = kill
        read = set()
        for _run in range(4):
            try:  # assertRaises would roll back what is committed
                read.update(self._work())
            except SystemExit:
                read.update(self.turns)
        self.assertEqual(sorted(read), self._names())
        unit = self.env["amazon.cancellation.unit"].search([("account_id.name", "=", deadly), ("kind", "=", "read")])
        self.assertGreater(unit.failure_count, 1)

    # === THE SCREEN === #

    def _get_units(self, name):
        domain = [("account_id.name", "=", name), ("kind", "=", "read")]
        self.env.invalidate_all()  # the work commits in transactions of its own
        return self.env["amazon.cancellation.unit"].search(domain)

    def test_what_waits_rests_and_fails_is_seen(self):
        well, dead = self._names()[:2]
        search = self.env.ref("sale_amazon_cancellation.amazon_cancellation_unit_view_search").arch
        self.effects[dead] = self._let_it_take(30)
        with self._with_clock():
            self._work()
            self.assertEqual((self._get_units(well).state, self._get_units(dead).state), ("done", "resting"))
            self._work(minutes=20)
        self.assertEqual(self._get_units(dead).failure_count, 2)
        for name, found in (("failing", True), ("resting", True), ("waiting", False)):
            domain = literal_eval(re.search(rf'name="{name}" [^>]*domain="([^"]+)"', search)[1].replace("&gt;", ">"))
            with self.subTest(name):
                shown = self.env["amazon.cancellation.unit"].search([("kind", "=", "read"), *domain])
                self.assertEqual(shown.account_id.mapped("name"), [dead] if found else [])
        account = self._get_units(dead).account_id
        opened = self.env["amazon.cancellation.unit"].search(account.action_view_units()["domain"])
        self.assertEqual(opened, self._get_units(dead))
        self.assertRegex(account.work_message, "Read orders: the last 2 turns failed or never ended; it rests until")
        self.assertFalse(self._get_units(well).account_id.work_message)
        self._pass(20)
        self.assertEqual(self._get_units(dead).state, "failing")
        self.assertIn("it goes on with the next round", account.work_message)

    def test_a_killed_worker_is_said(self):
        deadly = self._names()[0]

        def kill(_unit):
            raise SystemExit

        self.effects[deadly] = kill
        for _run in range(8):
            with suppress(SystemExit):
                self._work(minutes=20)
        self.assertIn("failed or never ended", self._get_units(deadly).account_id.work_message)

    def test_who_administers_opens_the_screen(self):
        self._work()
        for user, menus in ((self.manager, True), (self.user, False)):
            with self.subTest(user.name):
                menu = self.env.ref("sale_amazon_cancellation.menu_amazon_units")
                self.assertEqual(menu.id in self.env["ir.ui.menu"].with_user(user)._visible_menu_ids(), menus)
        unit = self._get_units(self._names()[0])
        self.assertTrue(unit.with_user(self.manager).state)
        self.assertFalse(unit.account_id.with_user(self.user).work_message)
        for user in (self.manager, self.user):
            with self.assertRaises(AccessError):
                unit.with_user(user).write({"failure_count": 0})

    # === TIME BOX === #

    def test_a_turn_ends_when_its_time_is_over(self):
        orders = [self._sell() for _order in range(5)]
        self.shop.advance(600)
        with patch(f"{UNIT}.const.TIME_BOX", timedelta(0)):
            self._run("read", settle=False)
        self.assertFalse(self.amazon.calls.count("searchOrders"))
        self.assertFalse(self.account.sync_failing, "slow is not broken")
        self.assertFalse(
            self.env["ir.cron.trigger"].search(
                [
                    ("cron_id", "=", self.env.ref("sale_amazon_cancellation.ir_cron_read").id),
                    ("call_at", ">", fields.Datetime.now()),
                ]
            ),
            "its next turn comes by itself",
        )
        self._read()
        self.assertTrue(all(order.amazon_order_ref for order in orders))

    def test_what_is_being_sent_is_not_ended_by_the_time(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        with patch.object(
            type(self.env["amazon.cancellation.feed"]),
            "_send",
            self._sending_takes_long(type(self.env["amazon.cancellation.feed"])._send),
        ):
            self._run("cancel", settle=False)
        self.assertEqual(order.amazon_cancellation_state, "sent")

    def _sending_takes_long(self, send):
        def slow(feeds, account, client, *arguments):
            client.budget._deadline = 0.1
            return send(feeds, account, client, *arguments)

        return slow

    def test_a_person_has_no_time_box(self):
        with self._own_transaction(self.account) as account:
            account.with_context(amazon_time_box="0.1").action_sync_now()
        self.assertTrue(self.amazon.calls.count("searchOrders"))

    # === LANES === #

    def _set_lanes(self, count):
        self.env["res.config.settings"].create({"amazon_lanes": count}).execute()
        return self.env["amazon.cancellation.unit"]._get_lanes_sudo("read")

    def test_lanes_are_made_and_removed_by_the_setting(self):
        self.assertFalse(self._set_lanes(1))
        self.assertEqual(len(self._set_lanes(3)), 2)
        self.assertEqual(len(self._set_lanes(2)), 1)
        self.assertFalse(self._set_lanes(1))

    def test_a_further_lane_does_what_the_first_left(self):
        lane = self._set_lanes(2)
        with (
            patch("odoo.addons.base.models.ir_cron.MIN_TIME_PER_JOB", 0),
            patch("odoo.addons.base.models.ir_cron.MIN_RUNS_PER_JOB", 1),
        ):
            first = self._work()
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", lane.id)]), "it is called")
        self.assertEqual(sorted(first + self._work(lane)), self._names())
        self.assertFalse(self._work(lane), "it begins no round by itself")

    # === JOBS === #

    def test_without_a_running_queue_the_scheduled_action_works(self):
        self.assertFalse(self.env["amazon.cancellation.unit"]._has_job_runner())
        with patch.dict(config.options, server_wide_modules=["base", "web", "queue_job"]):
            self.assertEqual(self.env["amazon.cancellation.unit"]._has_job_runner(), "queue.job" in self.env)
