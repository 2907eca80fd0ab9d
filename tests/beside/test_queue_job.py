from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import config

from .common import BesideCase


@tagged("post_install", "-at_install")
class TestQueueJob(BesideCase):
    """With OCA's queue and its runner, the units of work are its jobs; a job that does not come loses nothing."""

    _addons = ("queue_job",)

    def setUp(self):
        super().setUp()
        self.env["queue.job"].search([]).unlink()
        modules = patch.dict(config.options, server_wide_modules=["base", "web", "queue_job"])
        modules.start()
        self.addCleanup(modules.stop)
        self.order = self._sell()

    def _get_jobs(self):
        return self.env["queue.job"].search([("model_name", "=", "amazon.cancellation.unit")])

    def _perform(self, job):
        """Do a job as the queue's runner does: in a transaction of its own."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            stored = job.with_env(job.env(cr=cr))
            stored.records.with_context(job_uuid=stored.uuid)._work_as_job()

    def test_a_unit_is_done_by_one_job(self):
        for _run in range(2):
            self._read()
        [job] = self._get_jobs()
        self.assertFalse(self.order.amazon_order_ref, "the action leaves it to the job")
        self._perform(job)
        self.assertEqual(self.order.amazon_order_ref, self.order.client_order_ref)
        self.amazon.calls.clear()
        self._perform(job)
        self.assertFalse(self.amazon.calls.count("searchOrders"), "it is done once")

    def test_a_job_that_does_not_come_is_done_by_the_scheduled_action(self):
        self._read()
        unit = self.env["amazon.cancellation.unit"].search(
            [("account_id", "=", self.account.id), ("kind", "=", "read")]
        )
        for minutes in (6, 11):
            since = unit.due_date = fields.Datetime.now() - timedelta(minutes=minutes)
            self.assertFalse(self.order.amazon_order_ref)
            self._read()
            self.assertIn(unit.due_date, (since, False), "it has been due since then")
        self.assertEqual(self.order.amazon_order_ref, self.order.client_order_ref)
