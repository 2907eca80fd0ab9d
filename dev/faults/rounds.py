"""One round: buyers, users and Amazon do something, Amazon falters, and Odoo is killed at its work."""

import contextlib
import http.client
import random
import threading
import urllib.error

from dev.demo.json2 import Json2Error
from dev.demo.stage import Stage
from dev.demo.story import MODULE

_OPERATIONS = [None, "searchOrders", "getOrder", "createFeedDocument", "uploadDocument", "createFeed", "getFeed"]
_FAULTS = ["http", "not_json", "message", "empty", "odd_json", "bad_utf8", "throttled", "token_expired", "drop_before"]
_FAULTS += ["drop_after", "malformed_order"]
_JOBS = ["ir_cron_read", "ir_cron_cancel"]
_LONGEST_LIFE = 0.8  # seconds of work before a kill
_SETTLING_RUNS = 12
_HOURS = 9
# The pauses between attempts are hours long: what Odoo planned is brought forward as if they had passed.
_PAST = """
UPDATE amazon_order_cancellation SET
    send_after = send_after - interval '{hours} hours',
    next_check_date = next_check_date - interval '{hours} hours',
    next_attempt_date = next_attempt_date - interval '{hours} hours';
UPDATE amazon_cancellation_feed SET create_date = create_date - interval '{hours} hours';
UPDATE amazon_cancellation_cursor SET retry_date = NULL;
"""
# Odoo leaves a job out once that was killed three times in a row, and its button then fails.
_FORGET_KILLS = "UPDATE ir_cron_progress SET timed_out_counter = 0"
_BUSY = 10  # orders at which things happen: few enough that they meet


class Rounds:
    """Plays rounds on a shop that is read already.

    :ivar kills: how often Odoo was killed so far.
    """

    def __init__(self, stage: Stage, orders: dict[str, int], chance: random.Random) -> None:
        """Describe the rounds; nothing happens yet.

        :param orders: sale order ids by Amazon's order id.
        :param chance: what decides, seeded.
        """
        self.kills = 0
        self._odoo = stage.odoo
        self._amazon = stage.amazon
        self._server = stage.server
        self._query = stage.query
        self._orders = dict(chance.sample(sorted(orders.items()), _BUSY))
        self._chance = chance

    def play(self) -> str:
        """Play one round; gives what happened in words."""
        events = [self._at_amazon() for _event in range(3)]
        events += [self._in_odoo() for _event in range(2)]
        self._amazon.control("clock", advance=600)
        events.append(self._falter())
        self._run("ir_cron_read")
        job = self._chance.choice(_JOBS)
        seconds = self._chance.uniform(0, _LONGEST_LIFE) if self._chance.random() < 0.7 else None
        events.append(self._work(job, seconds))
        return "; ".join(events)

    def settle(self) -> None:
        """Let hours pass without faults until all is read, sent and followed.

        :raise Json2Error: a scheduled action failed.
        """
        self._amazon.clear("faults")
        for _run in range(_SETTLING_RUNS):
            self._query(_PAST.format(hours=_HOURS))
            self._amazon.control("clock", advance=_HOURS * 3600)
            for job in _JOBS:
                self._odoo.run_scheduled_action(f"{MODULE}.{job}")

    def _at_amazon(self) -> str:
        ref = self._chance.choice(list(self._orders))
        # What happens at Amazon while it works on the order's cancellation, nobody can prevent.
        on_its_way = [["amazon_order_ref", "=", ref], ["feed_id", "!=", False], ["state", "in", ["scheduled", "sent"]]]
        if self._odoo.find("amazon.order.cancellation", on_its_way, ["id"]):
            return f"{ref} is being cancelled"
        action = self._chance.choices(["request", "withdraw", "buyer-cancel", "ship"], [6, 1, 1, 1])[0]
        try:
            self._amazon.control(f"orders/{ref}/{action}", reason="Changed mind about purchase")
        except urllib.error.HTTPError:
            return f"{ref} cannot {action}"
        return f"{ref} {action}"

    def _in_odoo(self) -> str:
        requested = self._odoo.find("sale.order", [["amazon_cancel_request", "=", "requested"]], ["id"], order="id")
        if requested and self._chance.random() < 0.7:
            order_id = self._chance.choice(requested)["id"]
            action = self._chance.choices(["action_amazon_accept_cancellation", "action_amazon_keep_order"], [3, 1])[0]
        else:
            order_id = self._chance.choice(list(self._orders.values()))
            action = self._chance.choice(["action_cancel", "action_draft", "action_confirm"])
        try:
            self._odoo.call("sale.order", action, ids=[order_id])
        except Json2Error:
            return f"{action} on {order_id} refused"
        return f"{action} on {order_id}"

    def _falter(self) -> str:
        if self._chance.random() < 0.3:
            return "Amazon is well"
        operation, kind = self._chance.choice(_OPERATIONS), self._chance.choice(_FAULTS)
        self._amazon.control("faults", operation=operation, kind=kind)
        return f"{operation or 'any call'}: {kind}"

    def _work(self, job: str, seconds: float | None) -> str:
        worker = threading.Thread(target=self._run, args=(job,))
        worker.start()
        if seconds is None:
            worker.join()
            return f"{job} ran"
        worker.join(seconds)
        self._server.kill()
        worker.join()
        self._server.start()
        self._query(_FORGET_KILLS)
        self.kills += 1
        return f"{job} killed after {seconds:.2f} s"

    def _run(self, job: str) -> None:
        # A killed Odoo answers nobody; what an undisturbed run could not do is seen at the end.
        with contextlib.suppress(Json2Error, OSError, http.client.HTTPException):
            self._odoo.run_scheduled_action(f"{MODULE}.{job}")
