from contextlib import suppress

from odoo.tests import tagged

from ...spapi import errors as spapi_errors
from ..common import AmazonCase


@tagged("post_install", "-at_install")
class TestAllowance(AmazonCase):
    """Amazon's allowance is one for each seller and operation, whoever asks, and what was spent stays spent."""

    def _states(self, env=None):
        allowances = (env or self.env)["amazon.cancellation.allowance"].search([("account_id", "=", self.account.id)])
        allowances.invalidate_recordset()
        return {allowance.operation: allowance.state for allowance in allowances}

    def test_it_is_kept_across_runs(self):
        for _run in range(2):
            self._run("read", settle=False)
        self.assertLess(self._states()["searchOrders"]["level"], 19)

    def test_every_caller_spends_from_it(self):
        order = self._sell()
        self._read()
        order.action_cancel()
        self._send_and_follow()
        with self._own_transaction(self.account) as account:
            account.action_test_connection()
        spent = {operation for operation, state in self._states().items() if state["level"] < 30}
        self.assertGreaterEqual(
            spent, {"searchOrders", "getOrder", "createFeed", "getFeed", "getMarketplaceParticipations"}
        )

    def test_who_asks_at_the_same_time_spends_from_the_same(self):
        with self._own_transaction(self.account) as account:
            other = account.copy({"company_id": self.env["res.company"].create({"name": "Other"}).id, "seller_id": "X"})
            same = account.copy({"company_id": other.company_id.id, "seller_id": account.seller_id})
            for each in other | same:
                each.sudo().write(
                    {name: account.sudo()[name] for name in ("lwa_client_id", "lwa_client_secret", "lwa_refresh_token")}
                )
            with account._open_client() as one, same._open_client() as two, other._open_client() as stranger:
                before = two.budget.left("getMarketplaceParticipations", two.now())
                one.get_marketplace_participations()
                self.assertLess(two.budget.left("getMarketplaceParticipations", two.now()), before)
                self.assertEqual(stranger.budget.left("getMarketplaceParticipations", two.now()), before)

    def test_what_was_spent_stays_spent_after_an_error(self):
        with self._own_transaction(self.account) as account:
            with suppress(ZeroDivisionError), account._open_client() as client:  # assertRaises would roll back
                client.get_marketplace_participations()
                raise ZeroDivisionError
            self.assertLess(self._states(account.env)["getMarketplaceParticipations"]["level"], 15)

    def test_who_only_looks_at_it_writes_nothing(self):
        with self._own_transaction(self.account) as account, account._open_client() as client:
            client.get_marketplace_participations()
            before = self._get_versions(account.env)
            self.assertTrue(client.budget.left("getMarketplaceParticipations", client.now()))
            self.assertTrue(client.budget.rate("getMarketplaceParticipations"))
            self.assertTrue(client.budget.left("createFeed", client.now()))
            self.assertEqual(self._get_versions(account.env), before, "a turn looks often, and each write is a commit")

    def _get_versions(self, env):
        env.cr.execute("SELECT operation, ctid::text FROM amazon_cancellation_allowance ORDER BY 1")
        return env.cr.fetchall()

    def test_amazon_tells_the_rate(self):
        with self._own_transaction(self.account) as account:
            with account._open_client() as client:
                client.get_marketplace_participations()
                client.budget.learn("getMarketplaceParticipations", 5.0)
            self.assertEqual(self._states(account.env)["getMarketplaceParticipations"]["rate"], 5.0)

    def test_a_person_who_waits_leaves_the_decision_to_amazon(self):
        with self._own_transaction(self.account) as account:
            with account._open_client() as client:
                self.assertRaises(spapi_errors.Throttled, self._ask_often, client)
            with account._open_client(insist=True) as client:
                self.assertTrue(client.get_marketplace_participations())

    def _ask_often(self, client):
        for _call in range(99):
            client.get_marketplace_participations()
