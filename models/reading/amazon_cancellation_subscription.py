import logging
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import ormcache

from ... import const
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.notification import parse_order_change
from ...spapi.queue import NotificationQueue
from ...tools import to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationSubscription(models.Model):
    """An account's subscription to Amazon's ORDER_CHANGE notifications, which come through a queue of the seller."""

    _name = "amazon.cancellation.subscription"
    _description = "Amazon Notification Subscription"
    _inherit = ["mail.thread", "amazon.credentials.mixin", "amazon.protected.mixin", "amazon.worded.mixin"]
    _protected_fields = (
        "destination_ref",
        "doubt",
        "emptied_date",
        "last_received_date",
        "message",
        "message_facts",
        "state",
        "subscription_ref",
    )
    _pasted_fields = ("queue_arn", "access_key_id", "secret_access_key")
    _rec_name = "account_id"

    account_id = fields.Many2one("amazon.cancellation.account", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    active = fields.Boolean(related="account_id.active", store=True)
    queue_arn = fields.Char(
        string="Queue ARN",
        required=True,
        tracking=True,
        help="A standard SQS queue of your AWS account, as in arn:aws:sqs:eu-west-1:123456789012:orders, whose policy "
        "lets Amazon (account 437568002678) send messages.",
    )
    access_key_id = fields.Char(
        string="AWS Access Key ID",
        groups="base.group_system",
        exportable=False,
        help="With sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueUrl on this queue. Empty: the server's role.",
    )
    secret_access_key = fields.Char(string="AWS Secret Access Key", groups="base.group_system", exportable=False)
    listen = fields.Boolean(
        string="Listen All the Time",
        default=True,
        help="Requests show within seconds, and one worker of the scheduled actions is kept busy by it. Otherwise the "
        "queue is emptied once a minute.",
    )
    state = fields.Selection(
        [("draft", "Not set up"), ("active", "Receiving")], required=True, readonly=True, default="draft", tracking=True
    )
    destination_ref = fields.Char(string="Destination", readonly=True, help="Amazon's id of the queue.")
    subscription_ref = fields.Char(string="Subscription", readonly=True, help="Amazon's id of the subscription.")
    last_received_date = fields.Datetime(string="Last Notification", readonly=True)
    emptied_date = fields.Datetime(string="Queue Emptied", readonly=True)
    # Until when they are not relied on, as they missed something, and the facts of it.
    doubt = fields.Json(readonly=True)
    message = fields.Text(
        string="Problem", compute="_compute_worded", help="Why nothing can be received now; empty when it can."
    )
    message_facts = fields.Json(readonly=True)
    parked_count = fields.Integer(compute="_compute_parked_count")

    _account_unique = models.Constraint("UNIQUE(account_id)", "This account has a subscription already.")

    # === COMPUTE METHODS === #

    def _compute_parked_count(self):
        counts = dict(
            self.env["amazon.cancellation.notification"]._read_group(
                [("subscription_id", "in", self.ids), ("state", "=", "parked")], ["subscription_id"], ["__count"]
            )
        )
        for subscription in self:
            subscription.parked_count = counts.get(subscription, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: who is told is cached."""
        subscriptions = super().create(vals_list)
        self.env.registry.clear_cache()
        return subscriptions

    def write(self, vals):
        """Override of `base`: who is told is cached."""
        result = super().write(vals)
        if vals.keys() & {"state", "account_id"}:
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `base`: who is told is cached."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_receiving(self):
        if any(subscription.state == "active" for subscription in self):
            raise UserError(self.env._("Remove the notifications at Amazon first."))

    # === ACTION METHODS === #

    def action_set_up(self):
        """Make the queue known to Amazon and subscribe the seller. What exists already is taken over.

        Note: self.ensure_one()

        :return: A notification.
        :rtype: dict
        :raise UserError: With the cause in words.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            self._get_queue().receive(limit=1)  # it shows again: nothing is deleted
            with self.account_id._open_client(insist=True) as client:
                destination_id = self._ensure_destination(client)
                subscription = self._ensure_subscription(client, destination_id)
        except spapi_errors.SpApiError as error:
            raise UserError(self._describe_error(error)) from error
        self._amazon_write(
            {
                "state": "active",
                "destination_ref": destination_id,
                "subscription_ref": subscription.subscription_id,
                "message_facts": False,
            }
        )
        self._trigger_receiving()
        return self.account_id._get_notification_action(
            self.env._("Amazon sends the notifications of this seller to your queue."), "success"
        )

    def action_remove(self):
        """End the subscription at Amazon, and forget the queue there unless another seller uses it.

        Note: self.ensure_one()

        :raise UserError: With the cause in words.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            # Amazon has one subscription a seller, whose marketplaces may be those of several accounts.
            if not self._get_sharing_sudo():
                with self.account_id._open_client(insist=True) as client:
                    self._forget(client.delete_subscription, self.subscription_ref)
                    self._forget(client.delete_destination, self.destination_ref, shared=True)
        except spapi_errors.SpApiError as error:
            raise UserError(self._describe_error(error)) from error
        self._amazon_write(
            {"state": "draft", "destination_ref": False, "subscription_ref": False, "message_facts": False}
        )
        return self.account_id._get_notification_action(
            self.env._("Amazon no longer sends notifications. The orders are still read every few minutes."), "success"
        )

    def action_view_parked(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale_amazon_cancellation.amazon_notification_action")
        return {**action, "domain": [("subscription_id", "=", self.id)]}

    # === BUSINESS METHODS: SETTING UP === #

    def _ensure_destination(self, client):
        """The destination of the queue: destinations belong to the application, so another seller may have made it."""

        def find():
            return next((d for d in client.get_destinations() if d.queue_arn == self.queue_arn), None)

        destination = find()
        if not destination:
            # Names are the application's, and queues of one name may be in several regions.
            name = "-".join(("odoo", *self.queue_arn.split(":")[3:]))
            try:
                destination = client.create_destination(name, self.queue_arn)
            except spapi_errors.InvalidRequest as error:
                destination = error.status == 409 and find()
                if not destination:
                    raise
        return destination.destination_id

    def _ensure_subscription(self, client, destination_id):
        try:
            return client.create_subscription(destination_id)
        except spapi_errors.InvalidRequest as error:
            if error.status != 409:
                raise
        subscription = client.get_subscription()
        if subscription.destination_id != destination_id:  # a seller has one subscription for this kind
            client.delete_subscription(subscription.subscription_id)
            subscription = client.create_subscription(destination_id)
        return subscription

    @api.model
    def _forget(self, delete, ref, shared=False):
        if not ref:
            return
        try:
            delete(ref)
        except spapi_errors.NotFound:
            return
        except spapi_errors.InvalidRequest as error:
            if not (shared and error.status == 409):
                raise

    # === BUSINESS METHODS: RECEIVING === #

    @api.model
    def _cron_receive(self):
        """Empty the queues of all subscriptions; one queue's failure does not stop the others."""
        started = time.monotonic()
        active = self.search([("state", "=", "active")])
        # A queue is a unit of work of the first account that is told by it.
        accounts = active.account_id.browse(s[:1].account_id.id for s in active.grouped("queue_arn").values())
        done = self.env["amazon.cancellation.unit"]._run("receive", accounts)
        # A queue that does not wait for messages would be asked without end; it is asked at the action's interval.
        waited = time.monotonic() - started >= const.LISTEN_AT_LEAST_SECONDS
        if done and waited and any(s.listen and not s.message for s in active):
            self._trigger_receiving()

    def _receive_from_queue(self):
        """Empty the queue of this subscription, for all that share it.

        :return: Whether that failed.
        :rtype: bool
        """
        active = self.search([("state", "=", "active")])
        sharing = active.filtered(lambda subscription: subscription.queue_arn in self.mapped("queue_arn"))
        if not sharing:
            return False
        wait = max(1, const.LISTEN_SECONDS // len(active.grouped("queue_arn")))
        sharing._receive(wait if any(sharing.mapped("listen")) else 0)
        return any(sharing.mapped("message"))

    def _receive(self, wait):
        """Empty the queue of these subscriptions: batch by batch, applied, committed, then deleted.

        :param int wait: Seconds to wait for a first message.
        """
        try:
            queue, wanted = self[:1]._get_queue(), False
            for _batch in range(const.RECEIVES_PER_RUN):
                messages = queue.receive(wait=0 if wanted else wait)
                if not messages:
                    self._note_emptied()
                    if not wanted:
                        break
                handled = self._work_off(messages) if messages else []
                queue.delete(handled)
                if len(handled) < len(messages):
                    self._doubt(messages[0].message_id)
                    self.env["ir.cron"]._commit_progress()  # what is rolled back next is another batch
                wanted = self._read_wanted()
            self._set_message(False)
        except spapi_errors.SpApiError as error:
            self.env.cr.rollback()
            _logger.warning("Amazon notifications of %s: %s", self.mapped("account_id.id"), error)
            self._set_message([self._get_error_facts(error, retried=True)])
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("Amazon notifications of %s: receiving failed", self.mapped("account_id.id"))
            self._set_message(
                [
                    _lt(
                        "Receiving stopped at an unexpected error (%(error)s). See the server log.",
                        error=type(error).__name__,
                    )
                ]
            )

    def _work_off(self, messages):
        """Apply a batch of messages and commit.

        :param list[QueueMessage] messages: As they came from the queue.
        :return: The messages whose effect, or whose uselessness, is committed: they are to be deleted.
        :rtype: list[QueueMessage]
        """
        try:
            self._apply_messages(messages)
            self.env["ir.cron"]._commit_progress()
            return messages
        except Exception as error:
            self.env.cr.rollback()
            if len(messages) > 1:
                return [handled for message in messages for handled in self._work_off([message])]
            if isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                return []  # others write the same orders; nothing is wrong with it
            if isinstance(error, spapi_errors.MalformedAnswer):
                self._want_named(error)
            else:
                _logger.exception("Amazon notification %s could not be worked off", messages[0].message_id)
            if messages[0].receive_count < const.POISON_TRIES:
                return []
            self._park(messages[0], error)
            self.env["ir.cron"]._commit_progress()
            return messages

    def _want_named(self, error):
        """Have the order read that a notification names and else tells nothing of that can be read."""
        SaleOrder = self.env["sale.order"]
        of_ref = SaleOrder._amazon_get_ref_domain([error.order_id]) if error.order_id else Domain.FALSE
        orders = SaleOrder.search(of_ref & Domain("amazon_cancel_account_id", "in", self.account_id.ids))
        orders._amazon_want_reading()
        self.env["ir.cron"]._commit_progress()

    def _apply_messages(self, messages):
        """Apply what the messages tell, each notification once.

        :raise MalformedAnswer: If one is no notification.
        """
        changes = {}
        for message in messages:
            change = parse_order_change(message.body)
            if change:
                changes[change.notification_id] = change
        self._apply_changes(changes)

    def _apply_changes(self, changes):
        """Apply what notifications tell, each once, for those of these accounts whose seller and marketplace they name.

        :param dict[str, OrderChange] changes: By Amazon's id of the notification.
        :return: Whether one of them is about one of these accounts.
        :rtype: bool
        """
        seen = self.env["amazon.cancellation.notification"].search(
            [("subscription_id", "in", self.ids), ("notification_ref", "in", list(changes))]
        )
        known = {(notification.subscription_id, notification.notification_ref) for notification in seen}
        of_seller = self.grouped(lambda subscription: subscription.account_id.seller_id)
        fresh, vals_list, is_about_ours = {}, [], False
        for ref, change in changes.items():
            # A queue may also serve sellers that are not here; several accounts may share one seller.
            subscriptions = of_seller.get(change.seller_id, self.browse())
            concerned = subscriptions._filter_of_marketplace(change.snapshot.marketplace_id)
            is_about_ours = is_about_ours or bool(concerned)
            for subscription in concerned or subscriptions[:1]:
                if (subscription, ref) in known:
                    continue
                if concerned:
                    fresh.setdefault(subscription, []).append(change.snapshot)
                state = "applied" if concerned else "ignored"
                vals_list.append(subscription._prepare_notification_vals(change, state))
        for subscription, snapshots in fresh.items():
            subscription._apply_snapshots(snapshots)
        self.env["amazon.cancellation.notification"].create(vals_list)
        return is_about_ours

    def _apply_snapshots(self, snapshots):
        """Apply what notifications tell. They prove nothing: the orders that they concern are read.

        Note: self.ensure_one()
        """
        start = self.env["amazon.cancellation.log"]._start()
        counts = self.env["amazon.order.reader"]._apply(self.account_id, snapshots)
        self.last_received_date = fields.Datetime.now()
        self.env["amazon.cancellation.source"]._note_heard(self.account_id, "push")
        self.env["amazon.cancellation.log"]._note(self.account_id, "notification", start, counts)

    def _read_wanted(self):
        """Read some of the orders that the notifications contradict: few, as what is in the queue waits for it. They
        wait for the next reading if that fails.

        :return: Whether others are left.
        :rtype: bool
        """
        left, lookup = False, self.env["amazon.order.lookup"]
        for account in self.account_id:
            wanted = lookup._get_wanted(account)
            orders = wanted[: const.READ_BETWEEN_RECEIVES]
            if not orders:
                continue
            start = self.env["amazon.cancellation.log"]._start()
            try:
                with account._open_client(purpose="push") as client:
                    counts = lookup._read_each(account, client, orders)
            except spapi_errors.SpApiError as error:
                self.env.cr.rollback()
                _logger.warning("Amazon account %s: %s", account.id, error)
            else:
                self.env["amazon.cancellation.log"]._note(account, "lookup", start, {**counts, "calls": len(orders)})
                left = left or len(wanted) > len(orders)
        return left

    def _park(self, message, error):
        """Keep a message that could not be worked off, and tell the account's manager.

        :param QueueMessage message: A message that came again and again.
        :param Exception error: Why it could not be worked off.
        """
        subscription = self[:1]
        self.env["amazon.cancellation.notification"].create(
            {
                "subscription_id": subscription.id,
                "notification_ref": f"message {message.message_id}",
                "order_ref": getattr(error, "order_id", False),
                "state": "parked",
                "message": str(error) if isinstance(error, spapi_errors.SpApiError) else type(error).__name__,
                "body": message.body,
            }
        )
        account = subscription.account_id._amazon_for_responsible()
        account._ask_manager(
            "parked",
            account.env._("Notifications that could not be understood"),
            account.env._("Open the account's notifications, and try them again or delete them."),
        )

    def _note_emptied(self):
        """Note that all notifications until now were received, and end a doubt that is over."""
        now = fields.Datetime.now()
        self.write({"emptied_date": now})
        self.filtered(lambda subscription: subscription.doubt and not subscription._is_doubted()).doubt = False

    def _doubt(self, what):
        """Rely on these notifications no longer for a while: what they missed, and what else they may have, is read.

        :param str what: The order whose change they missed, or the message that could not be worked off.
        """
        facts = _lt(
            "Notifications missed a change (%(what)s), so the search reads everything for two hours.", what=what
        )
        self.doubt = {"until": str(fields.Datetime.now() + const.PUSH_IS_TRUSTED_FOR), "facts": facts}

    @api.model
    def _note_missed(self, account, happened, read):
        """Doubt the notifications of an account where a search or a report shows first what they ought to have told.

        :param recordset account: The account that was read.
        :param dict happened: `[(sale.order, OrderSnapshot)]` by event.
        :param dict read: What was read, as lists of snapshots by Amazon order id.
        """
        shown = {
            snapshot.order_id: max((s.last_updated for s in read[snapshot.order_id] if s.last_updated), default=None)
            for event in ("requested", "cancelled", "shipped")
            for _order, snapshot in happened.get(event, ())
            if any(s.source in ("search", "report") for s in read[snapshot.order_id])
        }
        if not shown or account.id not in self._get_told_account_ids():
            return
        # Whoever reads may see no subscriptions.
        subscription_sudo = account.sudo().subscription_ids.filtered(lambda s: s.state == "active")
        behind = to_naive_utc(account._get_amazon_time()) - fields.Datetime.now()  # of Amazon's clock against ours
        told = dict(
            self.env["amazon.cancellation.notification"]
            .sudo()
            ._read_group(
                [
                    ("subscription_id", "=", subscription_sudo.id),
                    ("order_ref", "in", list(shown)),
                    ("state", "=", "applied"),
                ],
                ["order_ref"],
                ["create_date:max"],
            )
        )
        missed = [
            ref
            for ref, changed in shown.items()
            if ref not in told or (changed and told[ref] + behind < to_naive_utc(changed) - const.CLOCK_TOLERANCE)
        ]
        if missed:
            _logger.warning("Amazon account %s: no notification told the change of %s", account.id, missed[0])
            subscription_sudo._doubt(missed[0])

    def _retry_parked(self, notification):
        """Try a parked notification once more. It may be about another account than the one with which it is kept.

        Note: self.ensure_one()
        """
        self.ensure_one()
        sharing = self | self.search([("queue_arn", "=", self.queue_arn), ("state", "=", "active")])
        try:
            with self.env.cr.savepoint():
                change = parse_order_change(notification.body)
                applied = bool(change) and sharing._apply_changes({change.notification_id: change})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.exception("Amazon notification %s failed again", notification.id)
            notification.message = str(error) if isinstance(error, spapi_errors.SpApiError) else type(error).__name__
        else:
            state = "applied" if applied else "ignored"
            notification.write({"state": state, "message": False, "body": False})

    def _prepare_notification_vals(self, change, state):
        return {
            "subscription_id": self.id,
            "notification_ref": change.notification_id,
            "order_ref": change.snapshot.order_id,
            "state": state,
        }

    def _set_message(self, facts):
        Source = self.env["amazon.cancellation.source"]
        for account in self.account_id:
            if facts:
                Source._note_failed(account, "push", facts)
            else:
                Source._note_heard(account, "push", heard=False)
        changed = self.filtered(lambda subscription: (subscription.message_facts or False) != facts)
        changed.write({"message_facts": facts})
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _trigger_receiving(self):
        self.env.ref("sale_amazon_cancellation.ir_cron_receive").sudo()._trigger()  # managers may not see the jobs

    # === GETTERS === #

    @api.model
    @ormcache()
    def _get_told_account_ids(self):
        """The accounts that notifications are received for; asked for with each page that shows something new.

        :rtype: frozenset[int]
        """
        everyones_sudo = self.sudo().with_context(active_test=False)  # an account that is restored clears no cache
        return frozenset(everyones_sudo.search([("state", "=", "active")]).account_id.ids)

    def _get_sharing_sudo(self):
        """The other accounts' subscriptions, of any company, that are the same one at Amazon.

        Note: self.ensure_one()
        """
        self.ensure_one()
        same = [("id", "!=", self.id), ("state", "=", "active"), ("subscription_ref", "=", self.subscription_ref)]
        return self.sudo().search(same)

    def _filter_of_marketplace(self, api_ref):
        """Those whose accounts have the marketplace.

        :param str|None api_ref: Amazon's id of a marketplace.
        """
        return self.filtered(lambda subscription: api_ref in subscription.account_id.marketplace_ids.mapped("api_ref"))

    def _is_healthy(self):
        """Whether notifications come, are all received, and have missed nothing lately, so that they can be relied on.

        :rtype: bool
        """
        if not self:
            return False
        now = fields.Datetime.now()
        heard_since = now - const.PUSH_IS_TRUSTED_FOR
        cron_sudo = self.env.ref("sale_amazon_cancellation.ir_cron_receive").sudo()  # who asks may see no jobs
        runs = cron_sudo.active and cron_sudo.lastcall and cron_sudo.lastcall > now - const.RECEIVING_IS_LATE_AFTER
        return bool(runs) and any(
            subscription.state == "active"
            and not subscription.message
            and (subscription.last_received_date or heard_since) > heard_since
            and (subscription.emptied_date or heard_since) > now - const.RECEIVING_IS_LATE_AFTER
            and not subscription._is_doubted()
            for subscription in self
        )

    def _is_doubted(self):
        """Whether they were lately found to miss something.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.doubt) and fields.Datetime.to_datetime(self.doubt["until"]) > fields.Datetime.now()

    def _get_queue(self):
        """The queue, with the keys of this subscription.

        Note: self.ensure_one()

        :rtype: NotificationQueue
        :raise SpApiError: If boto3 is missing, or the ARN or the keys cannot be right.
        """
        self.ensure_one()
        subscription_sudo = self.sudo()  # the keys are readable by system administrators alone
        return NotificationQueue(
            self.queue_arn,
            access_key_id=subscription_sudo.access_key_id or None,
            secret_access_key=subscription_sudo.secret_access_key or None,
        )

    def _describe_error(self, error):
        """Say what went wrong at Amazon or at the queue, and what to do, to be shown now.

        :rtype: str
        """
        return self.env["amazon.cancellation.words"]._word(self._get_error_facts(error))

    def _get_error_facts(self, error, retried=False):
        """What went wrong at Amazon or at the queue, and what to do.

        :param bool retried: Whether it is tried again without a person.
        :rtype: dict|list|str
        """
        if type(error) is spapi_errors.SpApiError:
            return str(error)  # boto3 is missing
        if isinstance(error, spapi_errors.AccessDenied) and error.operation not in const.AMAZON_FEATURES:
            return _lt(
                "The access to the queue was denied. Check the AWS keys or the server's role. (%(details)s)",
                details=str(error),
            )
        account = self.account_id[:1] or self.env["amazon.cancellation.account"]
        facts = account._get_error_facts(error, retried=retried)
        if isinstance(error, spapi_errors.AccessDenied) and error.operation == "createSubscription":
            return [facts, _lt("Or the queue's policy does not let Amazon send messages.")]
        return facts
