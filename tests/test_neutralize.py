from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import AmazonCase


@tagged("post_install", "-at_install")
class TestNeutralize(AmazonCase):
    """A copy of the database neither calls Amazon nor takes the original's notifications."""

    def test_neutralized_copy(self):
        subscription = self.env["amazon.notification.subscription"].create(
            {
                "account_id": self.account.id,
                "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:orders",
                "access_key_id": "AKIA",
                "secret_access_key": "aws-secret",
                "state": "active",
            }
        )
        self.env.flush_all()
        for query in get_neutralization_queries(["sale_amazon_cancellation"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(subscription.state, "draft")
        self.assertFalse(subscription.secret_access_key)
        self.assertFalse(self.account._has_credentials())
        for job in ("read", "receive", "sweep"):
            self._run(job)
        self.assertFalse(list(self.amazon.calls))
