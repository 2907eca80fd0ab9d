import logging
import time
from contextlib import closing
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import config, format_datetime

from ... import const
from ...tools import Own

_logger = logging.getLogger(__name__)


class AmazonCancellationUnit(models.Model):
    """What one worker does at a time: one kind of work for one account. The workers are those of the scheduled actions.

    A round makes the units due; whoever is free, in whatever lane and on whatever server, takes the one that has waited
    longest, and holds its row as long as it works. The row is free again when the worker ends, however it ends, and the
    unit has had its turn: nothing that takes long or kills its worker keeps the others waiting round after round.
    """

    _name = "amazon.cancellation.unit"
    _description = "Amazon Unit of Work"
    _inherit = ["amazon.protected.mixin"]
    _order = "kind, waits_since, id"
    _rec_name = "kind"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    kind = fields.Selection([], required=True, readonly=True)
    due_date = fields.Datetime(readonly=True, help="Since when it is to be done; empty when it was done in this round.")
    waits_since = fields.Datetime(
        readonly=True, help="Who has waited longest is next. What took long comes later by a few times as long."
    )
    rest_until = fields.Datetime(readonly=True, help="Until then it is left alone, as its last turns failed.")
    failure_count = fields.Integer(readonly=True, help="How many turns in a row failed, or never ended.")
    last_seconds = fields.Float(string="Last Turn (s)", readonly=True)
    state = fields.Selection(
        [("done", "Done"), ("waiting", "Waits"), ("resting", "Rests"), ("failing", "Failing")],
        compute="_compute_state",
        help="Waits: for a worker, in this round.\n"
        "Failing: its last turns failed, or were never ended; it goes on with the next round.\n"
        "Rests: the same, and it is left alone for a while, so that it costs the others no time.",
    )

    _unit_unique = models.Constraint("UNIQUE(account_id, kind)", "An account has each kind of work once.")
    _due_index = models.Index("(kind, waits_since) WHERE due_date IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("due_date", "rest_until", "failure_count")
    def _compute_state(self):
        for unit in self:
            if unit.rest_until and unit.rest_until > fields.Datetime.now():
                unit.state = "resting"
            elif unit.failure_count > 1:  # one is counted while a turn is under way
                unit.state = "failing"
            else:
                unit.state = "waiting" if unit.due_date else "done"

    # === BUSINESS METHODS: ROUNDS === #

    @api.model
    def _run(self, kind, accounts=None):
        """Do what is due of a kind, one unit after the other, until nothing is left or the time is up.

        :param str kind: A key of `kind`.
        :param recordset accounts: Those with such work, for which a round begins where none is under way; None for a
            lane that only helps.
        :return: Whether nothing is left.
        :rtype: bool
        """
        cron = self.env["ir.cron"]
        cron._commit_progress()
        if accounts is not None:
            self._in_own_transaction(lambda units: units._begin_round(kind, accounts.ids))
        self._hand_over(kind)
        cron._commit_progress(remaining=self._count_due(kind))
        while self._take_turn(self._get_due_domain(kind)):
            left = self._count_due(kind)
            if not cron._commit_progress(1, remaining=left):
                return not left  # the scheduler calls again, after others have had a chance
        cron._commit_progress(remaining=0)
        return True

    @api.model
    def _help(self, kind):
        """Do what is due of a kind beside the first lane: what a further lane runs."""
        self._run(kind)

    @api.model
    def _begin_round(self, kind, account_ids):
        """Make the units due, unless a round is under way. Those that a worker holds, or that rest, are left out."""
        if self.search_count(self._get_due_domain(kind), limit=1):
            return
        self.env.cr.execute(
            """
            INSERT INTO amazon_cancellation_unit (account_id, company_id, kind)
                 SELECT id, company_id, %s FROM amazon_cancellation_account WHERE id = ANY(%s)
            ON CONFLICT (account_id, kind) DO NOTHING
            """,
            [kind, account_ids],
        )
        now = fields.Datetime.now()
        units = self.search(
            Domain("kind", "=", kind)
            & Domain("account_id", "in", account_ids)
            & Domain("due_date", "=", False)  # what a job has not done yet stays due since then
            & (Domain("rest_until", "=", False) | Domain("rest_until", "<=", now))
        ).try_lock_for_update()
        units.write({"due_date": now})
        if len(units) > 1:
            for lane_sudo in self._get_lanes_sudo(kind):
                lane_sudo._trigger()

    # === BUSINESS METHODS: TURNS === #

    @api.model
    def _take_turn(self, domain):
        """Do the unit that has waited longest.

        :param Domain domain: Of the units that may be taken.
        :return: Whether there was one that no other worker holds.
        :rtype: bool
        """
        unit_id = self._in_own_transaction(lambda units: units._claim(domain))
        if not unit_id:
            return False
        with closing(self.env.registry.cursor()) as cr:
            unit = self.with_env(self.env(cr=cr)).browse(unit_id)
            # This transaction holds the row, as the scheduler's holds its job: the work commits as it goes.
            if unit.try_lock_for_update():
                try:
                    unit._work()
                finally:
                    cr.commit()  # pylint: disable=invalid-commit  # nothing but the unit's own row
        return True

    @api.model
    def _claim(self, domain):
        """Note that a unit has its turn, before it is done: a worker that is killed takes the turn with it.

        :return: The unit's id, or False.
        """
        unit = self.search(domain, order="waits_since NULLS FIRST, id").try_lock_for_update(limit=1)
        if not unit:
            return False
        now = fields.Datetime.now()
        killed = unit.failure_count - const.UNIT_KILLS
        unit.write(
            {
                "due_date": False,
                "waits_since": now,
                "failure_count": unit.failure_count + 1,
                "rest_until": killed >= 0 and now + self._get_rest(const.TIME_BOX, killed),
            }
        )
        return unit.id

    def _work(self):
        """Do the work in a transaction apart, and plan the next turn.

        Note: self.ensure_one()
        """
        self.ensure_one()
        start = time.monotonic()
        with self.env.registry.cursor() as cr:
            failed = self.with_env(self.env(cr=cr))._do()
        self._end_turn(failed, time.monotonic() - start)

    def _do(self):
        """Do the work, which commits by itself.

        Note: self.ensure_one()

        :return: Whether it failed as a whole.
        :rtype: bool
        """
        self.ensure_one()
        time_box = time.monotonic() + const.TIME_BOX.total_seconds()
        try:
            return getattr(self.with_context(amazon_time_box=Own(time_box)), f"_do_{self.kind}")()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Amazon account %s: %s failed", self.account_id.id, self.kind)
            return True

    def _end_turn(self, failed, seconds):
        """Plan the next turn: one that failed rests in proportion to what it cost, twice as long each time."""
        now = fields.Datetime.now()
        took = timedelta(seconds=seconds)
        vals = {"last_seconds": seconds, "waits_since": now + min(took * const.UNIT_HANDICAP, const.UNIT_HANDICAP_MOST)}
        rests = failed and took >= const.UNIT_IS_SLOW  # what fails at once keeps nobody waiting
        vals["rest_until"] = rests and now + self._get_rest(took, self.failure_count)
        if not failed:
            vals["failure_count"] = 0
        self.write(vals)

    @api.model
    def _in_own_transaction(self, change):
        """Change units in a transaction of its own, once more where another worker was quicker.

        :param callable change: Gets the model, and gives what is returned.
        """
        for tries_left in reversed(range(const.CONCURRENT_TRIES)):
            try:
                with self.env.registry.cursor() as cr:
                    return change(self.with_env(self.env(cr=cr)).browse())
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                if not tries_left:
                    _logger.info("Units of work are busy, looked at again in the next run")
        return False

    # === BUSINESS METHODS: LANES === #

    @api.model
    def _set_lanes(self, count):
        """Have as many scheduled actions for each kind of work: each keeps one more of Odoo's cron workers busy.

        :param int count: How many, from 1.
        """
        for kind, cron_name in const.UNIT_CRONS.items():
            cron_sudo = self.env.ref(f"sale_amazon_cancellation.{cron_name}").sudo()  # who sets lanes sees no jobs
            lanes_sudo = self._get_lanes_sudo(kind)
            for number in range(len(lanes_sudo) + 2, min(count, const.LANES_MOST) + 1):
                self.env["ir.model.data"].sudo()._update_xmlids(
                    [
                        {
                            "xml_id": self._get_lane_xmlid(kind, number),
                            "record": cron_sudo.create(self._prepare_lane_vals(cron_sudo, kind, number)),
                            "noupdate": True,  # or the next update of the addon would take it for a leftover
                        }
                    ]
                )
            lanes_sudo[max(count - 1, 0) :].unlink()

    @api.model
    def _prepare_lane_vals(self, cron_sudo, kind, number):
        return {
            "name": f"{cron_sudo.name} ({number})",
            "model_id": self.env["ir.model"]._get_id(self._name),
            "state": "code",
            "code": f"model._help({kind!r})",
            "interval_number": cron_sudo.interval_number,
            "interval_type": cron_sudo.interval_type,
            "user_id": cron_sudo.user_id.id,
            "active": cron_sudo.active,
        }

    # === BUSINESS METHODS: JOBS OF QUEUE_JOB === #

    @api.model
    def _hand_over(self, kind):
        """Let the jobs of OCA's `queue_job` do what is due, where it is installed and its runner is loaded."""
        if not self._has_job_runner():
            return
        for unit in self.search([("kind", "=", kind), ("due_date", "!=", False)]):
            unit.with_delay(identity_key=f"amazon_{kind}_{unit.account_id.id}")._work_as_job()

    def _work_as_job(self):
        """Do this unit, if it is still due: what a job of `queue_job` runs."""
        self.ensure_one()
        self._take_turn(Domain("id", "=", self.id) & Domain("due_date", "!=", False))

    # === GETTERS === #

    def _describe_failures(self):
        """What failed how often, and when it is tried again, in words.

        Note: self.ensure_one()

        :rtype: str
        """
        self.ensure_one()
        values = {
            "work": self._fields["kind"].convert_to_export(self.kind, self),
            "count": self.failure_count,
            "until": format_datetime(self.env, self.rest_until),
        }
        if self.state == "resting":
            return self.env._(
                "%(work)s: the last %(count)s turns failed or never ended; it rests until %(until)s.", **values
            )
        return self.env._(
            "%(work)s: the last %(count)s turns failed or never ended; it goes on with the next round.", **values
        )

    @api.model
    def _get_due_domain(self, kind):
        """The units that the scheduled actions do themselves: of those handed over to a job, what it left undone."""
        since = fields.Datetime.now()
        if self._has_job_runner():
            since -= const.JOB_PATIENCE
        return Domain("kind", "=", kind) & Domain("due_date", "<=", since)

    @api.model
    def _count_due(self, kind):
        return self.search_count(self._get_due_domain(kind))

    @api.model
    def _has_job_runner(self):
        return "queue.job" in self.env and "queue_job" in config["server_wide_modules"]

    @api.model
    def _get_rest(self, took, times):
        """How long a unit that failed is left alone.

        :param timedelta took: What its last turn cost.
        :param int times: How many turns failed.
        :rtype: timedelta
        """
        return min(took * min(2**times, const.UNIT_REST_TIMES), const.UNIT_REST_MOST)

    @api.model
    def _get_lanes_sudo(self, kind):
        """The further lanes of a kind, in their order; readable by no user."""
        lanes_sudo = self.env["ir.cron"].sudo()
        for number in range(2, const.LANES_MOST + 1):
            lane = self.env.ref(self._get_lane_xmlid(kind, number), raise_if_not_found=False)
            if not lane:
                break
            lanes_sudo |= lane.sudo()
        return lanes_sudo

    @api.model
    def _get_lane_xmlid(self, kind, number):
        return f"sale_amazon_cancellation.{const.UNIT_CRONS[kind]}_lane_{number}"
