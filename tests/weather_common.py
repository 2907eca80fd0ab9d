from datetime import timedelta

from odoo import fields

from .common import AmazonCase

DATES = ("send_after", "next_check_date", "next_attempt_date", "last_attempt_date")


class WeatherCase(AmazonCase):
    """Two orders, of which Amazon answers oddly about one; and time that passes."""

    ODD = {
        "not found": {"kind": "http", "status": 404, "body": {"errors": [{"code": "NotFound", "message": "No."}]}},
        "empty object": {"kind": "odd_json", "body": {}},
        "null": {"kind": "odd_json", "body": {"order": None}},
        "list": {"kind": "odd_json", "body": []},
        "another order": {"kind": "odd_json", "body": {"order": {"orderId": "902-0000000-0000009"}}},
        "refused": {"kind": "http", "status": 400, "body": {"errors": [{"code": "InvalidInput", "message": "No."}]}},
        "denied": {"kind": "message"},
        "server error": {"kind": "http", "status": 500},
        "gateway": {"kind": "not_json", "status": 502},
        "broken off": {"kind": "drop_after"},
    }

    def setUp(self):
        super().setUp()
        self.bad, self.good = self._sell(), self._sell()
        self._read()

    def _cancel(self, orders=None):
        for order in orders or self.bad | self.good:
            order.action_cancel()

    def _states(self):
        return [self.bad.amazon_cancellation_state, self.good.amazon_cancellation_state]

    def _pass(self, hours):
        """Let time pass: whatever is planned comes nearer by so much, at Amazon and in Odoo."""
        self.shop.advance(hours * 3600)
        passed = timedelta(hours=hours)
        for cancellation in (self.bad | self.good).amazon_cancellation_ids:
            cancellation.write({name: cancellation[name] - passed for name in DATES if cancellation[name]})
            since = (cancellation.failure_repeated or {}).get("since")
            if since:
                earlier = str(fields.Datetime.to_datetime(since) - passed)
                cancellation.failure_repeated = {**cancellation.failure_repeated, "since": earlier}
            feed = cancellation.feed_id
            feed.write({name: feed[name] - passed for name in ("next_look_date",) if feed[name]})
        self.env.flush_all()
        self.env.cr.execute("UPDATE amazon_cancellation_feed SET create_date = create_date - interval '1 day'")
