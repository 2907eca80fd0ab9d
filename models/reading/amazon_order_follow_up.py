import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ... import const
from ...tools import get_pause

_logger = logging.getLogger(__name__)


class AmazonOrderFollowUp(models.AbstractModel):
    """Does what follows from what Amazon shows of orders (`sale.order._amazon_get_consequences`): all of it for all of
    them together; where that fails, each thing by itself, and in the end for each order.
    """

    _name = "amazon.order.follow.up"
    _description = "Amazon Order Follow-up"

    # === WHAT FOLLOWS === #

    @api.model
    def _do(self, orders, guarded=True):
        """Do what follows from what Amazon shows of the orders. What fails is told, and tried again later.

        :param recordset orders: Sale orders.
        :param bool guarded: Whether that is so; otherwise what fails is raised, and the caller rolls all back.
        """
        failures = defaultdict(list)
        if orders and not self._try_all(orders, guarded):
            for name in orders._amazon_get_consequences():
                self._try(orders, name, failures)
        failed = orders.filtered(lambda order: failures[order.id])
        (orders - failed).filtered("amazon_follow_up_date")._amazon_write(
            {"amazon_follow_up_date": False, "amazon_follow_up_tries": 0}
        )
        for order in failed:
            pause = get_pause(const.FOLLOW_UP_PAUSES, order.amazon_follow_up_tries)
            order._amazon_write(
                {
                    "amazon_follow_up_date": fields.Datetime.now() + pause,
                    "amazon_follow_up_tries": order.amazon_follow_up_tries + 1,
                }
            )
            order._amazon_on_follow_up_failed(list(dict.fromkeys(failures[order.id])))

    @api.model
    def _do_and_commit(self, orders):
        """The same in transactions of its own. The caller has written nothing that is not committed."""
        if not orders:
            return
        try:
            try:
                self._do(orders, guarded=False)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.debug("What follows from a reading is done one by one", exc_info=True)
                self.env.cr.rollback()
                self._do(orders)
            self.env["ir.cron"]._commit_progress()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()
            if len(orders) == 1:  # it stays due, and the next reading does it
                _logger.info("Sale order %s is changed by another worker; what follows is tried again", orders.id)
                return
            for order in orders:
                self._do_and_commit(order)

    @api.model
    def _do_late(self):
        """Do what follows and could not be done so far."""
        due = Domain("amazon_follow_up_date", "<=", fields.Datetime.now())
        self._do_and_commit(self.env["sale.order"].search(due, limit=const.FOLLOW_UPS_PER_RUN))

    @api.model
    def _do_due(self, account):
        """Do what follows from what was read of an account's orders, and was not tried yet, as of `_do_and_commit`."""
        due = (
            Domain("amazon_cancel_account_id", "=", account.id)
            & Domain("amazon_follow_up_date", "<=", fields.Datetime.now())
            & Domain("amazon_follow_up_tries", "=", 0)
        )
        self._do_and_commit(self.env["sale.order"].search(due))

    # === STEPS === #

    @api.model
    def _try_all(self, orders, guarded):
        """Do all that follows, for all orders together.

        :param bool guarded: As of `_do`.
        :return: Whether it was done; otherwise nothing was, and each is to be tried by itself.
        :rtype: bool
        """
        if not guarded:
            self._do_all(orders)
            return True
        try:
            with self.env.cr.savepoint():
                self._do_all(orders)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.debug("What follows from a reading is done one by one", exc_info=True)
            return False
        return True

    @api.model
    def _do_all(self, orders):
        for name in orders._amazon_get_consequences():
            getattr(orders, name)()
        self.env.flush_all()

    @api.model
    def _try(self, orders, name, failures):
        """Do one thing that follows, for all orders together; where that fails, for each alone.

        :param str name: A method's name.
        :param dict failures: Why it failed, by order id; added to.
        """
        if not orders:
            return
        try:
            with self.env.cr.savepoint():
                getattr(orders, name)()
                self.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(orders) > 1:
                for order in orders:
                    self._try(order, name, failures)
                return
            if isinstance(error, UserError):
                failures[orders.id].append(str(error))
                return
            _logger.exception("Sale order %s: %s failed", orders.id, name)
            failures[orders.id].append(
                self.env._("Unexpected error (%(error)s). See the server log.", error=type(error).__name__)
            )
