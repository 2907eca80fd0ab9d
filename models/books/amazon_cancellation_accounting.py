import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError

# How many cancellations are looked at and committed together.
LOOK_BATCH = 200

_logger = logging.getLogger(__name__)


class AmazonCancellationAccounting(models.AbstractModel):
    """The scheduled work on the books of cancellations that Amazon confirmed: never of those that are merely sent."""

    _name = "amazon.cancellation.accounting"
    _description = "Amazon Cancellation Accounting"

    @api.model
    def _plan(self, cancellations):
        """Have the invoices of confirmed cancellations looked at, outside the reading that confirmed them."""
        books = self.env["amazon.cancellation.books"]
        planned = cancellations.filtered(lambda c: books._get_documents(c.order_id))
        if planned:
            planned.accounting_pending = True
            cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_accounting").sudo()  # users may not see the jobs
            cron_sudo._trigger()

    @api.model
    def _cron_account(self):
        """Credit what is due one by one, look at the books that changed since, and ask Amazon for its proof."""
        pending = self.env["amazon.order.cancellation"].search([("accounting_pending", "=", True)], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(pending))
        for cancellation in pending:
            self._work_on_books(cancellation)
            if not self.env["ir.cron"]._commit_progress(1):
                return  # the time is up; the scheduler calls again at once
        if self._look():
            self.env["amazon.cancellation.proof"]._ask()

    @api.model
    def _work_on_books(self, cancellation):
        """Work on the books of one cancellation; what fails becomes work for a person."""
        try:
            if not cancellation.try_lock_for_update() or not cancellation.accounting_pending:
                return
            with self.env.cr.savepoint():
                credit = self.env["amazon.cancellation.credit"].with_company(cancellation.company_id)
                credit._credit_by_policy(cancellation.with_env(credit.env))
        except OperationalError:
            self.env.cr.rollback()  # somebody else works on the same invoice; it stays pending
            _logger.info("Cancellation %s: the books are busy, tried again later", cancellation.id)
            return
        except Exception as error:
            level = logging.INFO if isinstance(error, UserError) else logging.ERROR
            _logger.log(level, "Cancellation %s: crediting failed", cancellation.id, exc_info=True)
            text = str(error) if isinstance(error, UserError) else type(error).__name__
            cancellation.write({"accounting_pending": False, "accounting_error": text})
        else:
            cancellation.write({"accounting_pending": False, "accounting_error": False})
        self.env.flush_all()  # what was credited has changed the books; that is looked at here
        self._look_at_one(cancellation)

    @api.model
    def _look(self):
        """Look at the books that changed since they were looked at, in batches; nothing is credited.

        :return: Whether all were looked at before the time was up.
        :rtype: bool
        """
        last_id = 0
        while changed := self._get_changed(last_id):
            last_id = changed[-1].id
            free = changed.try_lock_for_update()  # the others are looked at in the next run
            try:
                with self.env.cr.savepoint():
                    self._set_outcome(free)
            except OperationalError:
                self.env.cr.rollback()
                _logger.info("The books of cancelled orders are busy, looked at again later")
            except Exception:
                _logger.exception("The books of cancelled orders are looked at one by one")
                for cancellation in free:
                    self._look_at_one(cancellation)
            if not self.env["ir.cron"]._commit_progress(len(changed)):
                return False
        return True

    @api.model
    def _look_at_one(self, cancellation):
        """Look at the books of one; what cannot be looked at is a person's work."""
        try:
            with self.env.cr.savepoint():
                self._set_outcome(cancellation)
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("Cancellation %s: the books cannot be looked at", cancellation.id)
            fact = {"code": "unseen", "error": type(error).__name__}
            cancellation.write({"accounting_state": "to_review", "accounting_facts": [fact], "books_changed": False})

    @api.model
    def _refresh(self, cancellations):
        """See what the books show now, of what was worked on before; nothing is credited."""
        self._set_outcome(cancellations.filtered(lambda c: c.state == "confirmed" and not c.accounting_pending))

    @api.model
    def _set_outcome(self, cancellations):
        self.env["amazon.cancellation.books"]._prefetch(cancellations.order_id)
        for cancellation in cancellations:
            state, facts = self._get_outcome(cancellation)
            vals = {"accounting_state": state, "accounting_facts": facts, "books_changed": False}
            vals = {field: value for field, value in vals.items() if cancellation[field] != value}
            if vals:
                cancellation.write(vals)

    # === GETTERS === #

    @api.model
    def _get_changed(self, last_id):
        """The next cancellations whose books changed since they were looked at."""
        domain = [
            ("books_changed", "=", True),
            ("state", "=", "confirmed"),
            ("accounting_pending", "=", False),
            ("id", ">", last_id),
        ]
        return self.env["amazon.order.cancellation"].search(domain, order="id", limit=LOOK_BATCH)

    @api.model
    def _get_outcome(self, cancellation):
        """What the books, Amazon's bookings and a person's word come to.

        A person's word covers what there was to do when it was given; what comes up later is to review again.

        :return: The `accounting_state`, and the facts.
        :rtype: tuple(str, list[dict])
        """
        state, remarks = self.env["amazon.cancellation.books"]._assess(cancellation)
        work = self._get_work(cancellation)
        if cancellation.settled_note:
            known = cancellation.settled_facts or []
            work = [fact for fact in work if fact not in known]
            code = "settled_before" if work else "settled"
            remarks.insert(0, {"code": code, "note": cancellation.settled_note})
        if work:
            state = "to_review"
        elif cancellation.settled_note or cancellation.proof_state == "clear":
            state = "settled"
        return state, work + remarks or False

    @api.model
    def _get_work(self, cancellation):
        """What there is to do, whether or not a person's word covers it.

        :rtype: list[dict]
        """
        work = self.env["amazon.cancellation.books"]._get_work(cancellation)
        if work and cancellation.accounting_error:
            work.insert(0, {"code": "failed", "error": cancellation.accounting_error})
        if cancellation.proof_state == "money":
            work = cancellation.proof_facts + work
        return work
