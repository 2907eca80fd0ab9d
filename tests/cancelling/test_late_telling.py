from odoo.tests import tagged
from odoo.tools import mute_logger

from ..weather_common import WeatherCase

SENDER = "odoo.addons.sale_amazon_cancellation.models.cancelling.amazon_cancellation_sender"


@tagged("post_install", "-at_install")
class TestLateTelling(WeatherCase):
    """What is due and not told is said, to a person, once."""

    def _is_found(self, state):
        return self.account in self.env["amazon.cancellation.account"].search([("cancel_state", "=", state)])

    def test_sending_action_that_does_not_run(self):
        self._cancel(self.bad)
        self._run("watch", settle=False)
        self.assertEqual(self.account.cancel_state, "ok")
        self._pass(2)
        for _watch in range(3):
            self._run("watch", settle=False)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "late")
        self.assertTrue(self._is_found("late"))
        self.assertFalse(self._is_found("ok"))
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn(self.bad.name, activity.note)
        self._send_and_follow(6)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "ok")
        self.assertFalse(self.account._amazon_get_activities("untold"))

    @mute_logger(SENDER)
    def test_reason_is_told(self):
        self.amazon.faults.add("createFeedDocument", "http", status=400, times=1000)
        self._cancel(self.bad)
        self._run("cancel", settle=False)
        self.account.invalidate_recordset()
        self.assertEqual(self.account.cancel_state, "failing")
        self._pass(2)
        self._run("cancel", settle=False)
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn("refused the request", activity.note)

    @mute_logger(SENDER)
    def test_problem_is_over_with_the_last_cancellation(self):
        self._cancel(self.bad)
        self.amazon.faults.add("createFeedDocument", "http", status=503)
        self._run("cancel", settle=False)
        self.assertTrue(self.account.cancel_message)
        self.shop.seller_cancel(self.bad.amazon_order_ref)
        self._read()
        self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")
        self._run("cancel", settle=False)
        self.assertFalse(self.account.cancel_message)

    def test_file_that_nobody_uploads(self):
        self.account.write({"cancel_channel": "file"})
        self._cancel(self.bad)
        self._pass(2)
        self._run("watch", settle=False)
        [activity] = self.account._amazon_get_activities("untold")
        self.assertIn("file", activity.note)
