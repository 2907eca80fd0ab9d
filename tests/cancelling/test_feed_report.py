from odoo.exceptions import UserError
from odoo.tests import tagged

from ..weather_common import WeatherCase

NO_RESULT = """<?xml version="1.0"?><AmazonEnvelope><MessageType>ProcessingReport</MessageType><Message><MessageID>1
</MessageID><ProcessingReport><DocumentTransactionID>1</DocumentTransactionID><StatusCode>{status}</StatusCode>
<ProcessingSummary><MessagesProcessed>{processed}</MessagesProcessed><MessagesSuccessful>{successful}
</MessagesSuccessful><MessagesWithError>{errors}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning>
</ProcessingSummary>{results}</ProcessingReport></Message></AmazonEnvelope>"""


@tagged("post_install", "-at_install")
class TestReports(WeatherCase):
    """A report that does not say what Amazon did with our messages is not believed."""

    def test_not_accepted(self):
        anonymous = "<Result><ResultCode>Error</ResultCode><ResultDescription>No file</ResultDescription></Result>"
        cases = {
            "nothing processed": NO_RESULT.format(status="Complete", processed=0, successful=0, errors=0, results=""),
            "error untold": NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=""),
            "of nobody": NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=anonymous),
            "not at its end": NO_RESULT.format(status="Processing", processed=1, successful=1, errors=0, results=""),
        }
        for name, content in cases.items():
            with self.subTest(name):
                self.bad = self._sell()
                self._read()
                self.shop.plan_feed(carry_out=0, report_content=content.encode())
                self._cancel(self.bad)
                self._send_and_follow(4)
                self.assertIn(self.bad.amazon_cancellation_state, ("scheduled", "refused"), "read, and sent again")
                self.assertTrue(self.bad.amazon_cancellation_ids.amazon_message)
                self._pass(1)
                self._send_and_follow(6)
                self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")

    def test_words_of_japan_and_of_nobody_are_kept(self):
        words = "注文が見つかりません"
        result = f"<Result><ResultCode>Error</ResultCode><ResultDescription>{words}</ResultDescription></Result>"
        content = NO_RESULT.format(status="Complete", processed=1, successful=0, errors=1, results=result)
        content = content.replace('version="1.0"', 'version="1.0" encoding="windows-31j"').encode("cp932")
        self.shop.plan_feed(carry_out=0, report_content=content)
        self._cancel(self.bad)
        self._send_and_follow(4)
        self.assertIn(words, self.bad.amazon_cancellation_ids.amazon_message)

    def test_every_state_has_a_way_out(self):
        self.shop.plan_feed(carry_out=0)
        self._cancel(self.bad)
        self._send_and_follow(5)
        cancellation = self.bad.amazon_cancellation_ids
        self.assertEqual(cancellation.state, "accepted")
        cancellation.with_user(self.manager).action_retry()
        self._send_and_follow(5)
        self.assertEqual(cancellation.state, "confirmed")
        with self.assertRaises(UserError):
            cancellation.with_user(self.manager).action_retry()

    def test_refused_is_withdrawn_by_a_person(self):
        self._cancel(self.bad)
        cancellation = self.bad.amazon_cancellation_ids
        cancellation._refuse("No.")
        cancellation.with_user(self.manager).action_withdraw()
        self.assertEqual((cancellation.state, self.bad.state), ("withdrawn", "sale"))
        self.assertFalse(cancellation.activity_ids)
        self._pass(48)
        self._send_and_follow()
        self.assertFalse(self.amazon.calls.count("createFeed"))

    def test_cancel_call_that_says_nothing(self):
        self.account.write({"cancel_channel": "rest", "default_cancel_reason": "NoInventory"})
        for status, body in ((204, b""), (200, b"{}"), (200, b"")):
            with self.subTest(status=status, body=body):
                self.shop.switches.rest_cancellation = 202
                self.bad = self._sell()
                self._read()
                self._cancel(self.bad)
                self.amazon.faults.add("cancelOrder", "raw", status=status, body=body)
                self._run("cancel", settle=False)
                self.assertEqual(self.bad.amazon_cancellation_state, "sent", "not accepted")
                for _hour in range(4):
                    self._pass(1)
                    self._send_and_follow(2)
                self.assertEqual(self.bad.amazon_cancellation_state, "confirmed")
