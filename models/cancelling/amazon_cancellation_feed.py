import logging
from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ... import const
from ...codes import get_result_facts
from ...facts import code
from ...facts import fact as _lt
from ...spapi import errors as spapi_errors
from ...spapi.acknowledgement import build_cancellation_file, build_order_acknowledgement, cut_by_size
from ...spapi.const import FEED_ACKNOWLEDGEMENT, FEED_CONTENT_TYPE
from ...spapi.handling import About, get_handling
from ...spapi.processing_report import WHOLE_FILE, Verdict, parse_processing_report
from ...tools import get_pause, to_naive_utc

_logger = logging.getLogger(__name__)


class AmazonCancellationFeed(models.Model):
    """One feed of cancellations to Amazon, with both documents as evidence.

    Each step is written and committed before the next one is asked of Amazon, so that a crash at any point is told
    apart afterwards: `prepared` was never sent, `promised` may have been, `submitted` was.
    """

    _name = "amazon.cancellation.feed"
    _description = "Amazon Cancellation Feed"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "id desc"
    _rec_name = "feed_ref"
    _check_company_auto = True

    feed_ref = fields.Char(string="Feed ID", readonly=True, index="btree_not_null", help="Amazon's id of the feed.")
    document_ref = fields.Char(string="Feed Document", readonly=True)
    seller_account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="seller_account_id.company_id", store=True)
    channel = fields.Selection(
        [("feed", "Sent by Odoo"), ("file", "Uploaded by hand")], required=True, readonly=True, default="feed"
    )
    cancellation_ids = fields.Many2many(
        "amazon.order.cancellation",
        "amazon_cancellation_feed_rel",
        "feed_id",
        "cancellation_id",
        string="Cancellations",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("prepared", "Prepared"),
            ("promised", "Handed over, not answered"),
            ("submitted", "At Amazon"),
            ("done", "Done"),
            ("failed", "Failed at Amazon"),
            ("abandoned", "Never reached Amazon"),
        ],
        required=True,
        readonly=True,
        default="prepared",
        index=True,
    )
    amazon_status = fields.Char(string="Processing Status", readonly=True, help="As Amazon names it.")
    submitted_date = fields.Datetime(readonly=True)
    feed_attachment_id = fields.Many2one("ir.attachment", string="What Was Sent", readonly=True)
    report_attachment_id = fields.Many2one("ir.attachment", string="Amazon's Report", readonly=True)
    message = fields.Text(compute="_compute_worded")
    message_facts = fields.Json(readonly=True)
    failure_count = fields.Integer(readonly=True, help="How often in a row Amazon gave no usable answer on this feed.")
    next_look_date = fields.Datetime(readonly=True, help="Until then it is left alone after a failure.")

    # === COMPUTE METHODS === #

    @api.depends("feed_ref")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Override of `base`: a file, or what Amazon did not take yet, has no id of Amazon's."""
        for feed in self:
            feed.display_name = feed.feed_ref or self.env._("Feed %(number)s", number=feed.id)

    # === ACTION METHODS === #

    def action_download(self):
        """Download the cancellation file.

        Note: self.ensure_one()

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.feed_attachment_id.id}?download=true",
            "target": "self",
        }

    def action_uploaded(self):
        """Note that the file was uploaded in Seller Central: its cancellations are sent.

        Note: self.ensure_one()

        :raise UserError: If it is no file that waits for its upload.
        """
        feed_sudo = self._get_waiting_file_sudo()
        feed_sudo.write({"state": "done", "submitted_date": fields.Datetime.now()})
        waiting = feed_sudo._get_waiting()
        waiting._on_sent()
        waiting.write({"next_check_date": fields.Datetime.now() + const.READ_BACK_PAUSES[0]})
        return True

    def action_discard(self):
        """Drop a file that will not be uploaded: its cancellations are due again, for another file.

        Note: self.ensure_one()

        :raise UserError: If it is no file that waits for its upload.
        """
        self._get_waiting_file_sudo()._abandon()
        return True

    # === BUSINESS METHODS: FILE === #

    @api.model
    def _prepare_file(self, account, cancellations):
        """Write the flat file that a person uploads in Seller Central.

        :param recordset account: The account.
        :param recordset cancellations: Due cancellations of orders whose items are known.
        :return: The feed, `prepared` until the person says that it is uploaded.
        :rtype: recordset of `amazon.cancellation.feed`
        """
        messages = [
            cancellation._prepare_message(cancellation.order_id.amazon_item_refs) for cancellation in cancellations
        ]
        feed = self._create_with_document(account, cancellations, build_cancellation_file(messages), channel="file")
        feed.feed_attachment_id.write({"name": f"amazon-cancellations-{feed.id}.txt", "mimetype": "text/plain"})
        return feed

    def _get_waiting_file_sudo(self):
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("sale_amazon_cancellation.group_amazon_user"):
            raise AccessError(self.env._("Only users of the Amazon cancellations can do this."))
        if self.channel != "file" or self.state != "prepared":
            raise UserError(self.env._("This is no cancellation file that waits for its upload."))
        return self.sudo()  # users only read what was sent

    # === BUSINESS METHODS: SENDING === #

    @api.model
    def _send(self, account, client, cancellations, snapshots):
        """Write a feed for the cancellations, then hand it to Amazon.

        :param recordset account: The account.
        :param SellerClient client: The account's client.
        :param recordset cancellations: Cancellations that are safe to send.
        :param dict snapshots: The fresh order snapshots by sale order id.
        :raise SpApiError: If it certainly did not reach Amazon; the cancellations then stay scheduled.
        """
        messages = self._prepare_messages(cancellations, snapshots)
        feed = self._create_with_document(
            account, cancellations, build_order_acknowledgement(account.seller_id, messages)
        )
        self.env["ir.cron"]._commit_progress()
        feed._submit(client)

    @api.model
    def _cut_by_size(self, cancellations, snapshots):
        """The parts that fit into a feed each.

        :rtype: list of recordsets
        """
        return [
            cancellations.browse(message.message_id for message in part)
            for part in cut_by_size(self._prepare_messages(cancellations, snapshots))
        ]

    @api.model
    def _prepare_messages(self, cancellations, snapshots):
        return [
            cancellation._prepare_message([item.item_id for item in snapshots[cancellation.order_id.id].items])
            for cancellation in cancellations
        ]

    @api.model
    def _create_with_document(self, account, cancellations, content, **vals):
        feed = self.create({"seller_account_id": account.id, "cancellation_ids": [(6, 0, cancellations.ids)], **vals})
        feed.feed_attachment_id = feed._attach("cancellations.xml", content)
        cancellations.write({"feed_id": feed.id})
        cancellations._count_attempts(1)
        return feed

    def _submit(self, client):
        """Hand the feed to Amazon, committing each step before the next.

        Note: self.ensure_one()

        :raise SpApiError: If it certainly did not reach Amazon.
        """
        self.ensure_one()
        if not self._lock_in_state("prepared"):
            return
        try:
            document = client.create_feed_document(FEED_CONTENT_TYPE)
            client.upload_document(document.url, self.feed_attachment_id.raw, FEED_CONTENT_TYPE)
        except spapi_errors.SpApiError as error:
            self._abandon(error)
            self.env["ir.cron"]._commit_progress()
            raise
        self.write(
            {"document_ref": document.document_id, "state": "promised", "submitted_date": self._get_amazon_time(client)}
        )
        self.env["ir.cron"]._commit_progress()
        if not self._lock_in_state("promised"):
            return
        if self._get_waiting() != self.cancellation_ids:
            # One has ended meanwhile, as its order is shown as shipped: Amazon would refund what is sent all the same.
            self._abandon()
            self.env["amazon.order.cancellation"]._trigger_sending({fields.Datetime.now()})
            self.env["ir.cron"]._commit_progress()
            return
        try:
            marketplaces = tuple(self._get_marketplaces().mapped("api_ref"))
            feed_ref = client.create_feed(FEED_ACKNOWLEDGEMENT, document.document_id, marketplaces)
        except spapi_errors.Unreachable as error:
            if not error.maybe_done:
                self._abandon(error)
                self.env["ir.cron"]._commit_progress()
            raise
        except spapi_errors.SpApiError as error:
            self._abandon(error)
            self.env["ir.cron"]._commit_progress()
            raise
        self._on_submitted(feed_ref)

    def _on_submitted(self, feed_ref):
        self.write({"feed_ref": feed_ref, "state": "submitted", "amazon_status": "IN_QUEUE", "message_facts": False})
        waiting = self._get_waiting()
        waiting.feed_part = False
        waiting._on_sent()
        self.env["ir.cron"]._commit_progress(len(self.cancellation_ids))

    def _abandon(self, error=None):
        """The feed did not reach Amazon: its cancellations may be sent again, by another feed."""
        waiting = self._get_waiting()
        waiting.write({"feed_id": False})
        waiting._count_attempts(-1)
        facts = [self.seller_account_id._get_error_facts(error, retried=True)] if error else False
        self.write({"state": "abandoned", "message_facts": facts})

    # === BUSINESS METHODS: RECOVERING === #

    @api.model
    def _recover(self, account, client):
        """Settle the feeds that a crash or a time-out left between two steps. Nothing is ever resent blindly.

        :return: Which doubt cannot be settled now, as facts.
        :rtype: list
        :raise SpApiError: If the account cannot be asked; the doubt then stays.
        """
        left = self.search(
            Domain("seller_account_id", "=", account.id)
            & Domain("channel", "=", "feed")
            & Domain("state", "in", ("prepared", "promised"))
            & self._get_look_domain()
        )
        left = left.try_lock_for_update()
        for feed in left.filtered(lambda f: f.state == "prepared"):
            feed._abandon()  # createFeed is asked for only after `promised` is committed
        self.env["ir.cron"]._commit_progress()
        return left.filtered(lambda f: f.state == "promised")._look_at_each("promised", client)

    def _look_at_each(self, state, client):
        """Look at the feeds one by one; one that Amazon gives no usable answer on is left alone for a while.

        :param str state: In which they are to be looked at: `promised` or `submitted`.
        :return: What could not be looked at, as facts.
        :rtype: list
        :raise SpApiError: If the account cannot be asked.
        """
        problems = []
        for feed in self:
            if not feed._lock_in_state(state):
                continue
            try:
                if state == "promised":
                    feed._resolve_promise(client)
                else:
                    feed._follow_one(client)
                feed.write({"failure_count": 0, "next_look_date": False})
            except spapi_errors.SpApiError as error:
                if get_handling(error).about is not About.FEED:
                    raise
                _logger.warning("Amazon feed %s: %s", feed.id, error)
                feed._push_back(client, error)
                problems.append(self.env["amazon.cancellation.account"]._get_error_facts(error))
            self.env["ir.cron"]._commit_progress(1)
        return problems

    def _push_back(self, client, error):
        """Leave a feed alone with growing pauses. One that cannot be looked at for hours is doubted: its orders tell.

        Note: self.ensure_one()
        """
        self.ensure_one()
        pause = get_pause(const.FAILED_ORDER_PAUSES, self.failure_count)
        facts = [self.seller_account_id._get_error_facts(error)]
        if self._get_amazon_time(client) - self.submitted_date > const.FEED_IS_STUCK_AFTER:
            if self.state == "promised":
                self._abandon(error)
            else:
                self._end("failed", *facts)
            return
        self.write(
            {
                "failure_count": self.failure_count + 1,
                "next_look_date": fields.Datetime.now() + pause,
                "message_facts": facts,
            }
        )

    def _resolve_promise(self, client):
        """Find out whether a feed whose answer was lost reached Amazon. Another program of the seller may have sent one
        at the same time, so a feed is ours only by its content; where nothing shows that, the orders themselves tell.

        Note: self.ensure_one()
        """
        self.ensure_one()
        passed = self._get_amazon_time(client) - self.submitted_date
        candidates = self._find_candidates(client)
        own = [candidate for candidate in candidates if candidate.input_document_id == self.document_ref]
        if own:
            self._on_submitted(own[0].feed_id)
            return
        if not candidates:
            if passed > const.FEED_APPEARS_WITHIN:
                self._abandon()
            return
        looked_at = [client.get_feed(candidate.feed_id) for candidate in candidates]
        if not all(candidate.has_ended for candidate in looked_at):
            if passed > const.FEED_DOUBT_LASTS:
                self._abandon()
            return
        for candidate in looked_at:
            if self._is_own_report(client, candidate.result_document_id):
                self._on_submitted(candidate.feed_id)
                return
        self.env["amazon.cancellation.sender"]._look(self.seller_account_id, client, self._get_waiting())
        if not self._get_waiting():
            lost = _lt("Amazon's answer was lost; the orders are cancelled.")
            self.write({"state": "done", "message_facts": [lost]})
        elif passed > const.FEED_SETTLES_WITHIN:
            self._abandon()

    def _find_candidates(self, client):
        """The feeds at Amazon that may be this one: unknown here, of its time and its marketplaces.

        :rtype: list[Feed]
        """
        since = self.submitted_date.replace(tzinfo=UTC) - const.FEED_CLOCK_TOLERANCE
        until = since + const.FEED_APPEARS_WITHIN + 2 * const.FEED_CLOCK_TOLERANCE
        known = set(self.search([("seller_account_id", "=", self.seller_account_id.id)]).mapped("feed_ref"))
        marketplaces = set(self._get_marketplaces().mapped("api_ref"))
        return [
            feed
            for feed in client.list_feeds(FEED_ACKNOWLEDGEMENT, since)
            if feed.feed_id not in known
            and (not feed.created or since <= feed.created <= until)
            and set(feed.marketplace_ids) in (marketplaces, set())
            and feed.input_document_id in (None, self.document_ref)
        ]

    def _is_own_report(self, client, document_id):
        """Whether a report tells of our messages, and of no others.

        :rtype: bool
        """
        if not document_id:
            return False
        try:
            report = parse_processing_report(client.download_feed_document(document_id))
        except spapi_errors.MalformedAnswer:
            return False
        named = {result.message_id for result in report.results} - {WHOLE_FILE, None}
        orders = {result.order_id for result in report.results} - {None}
        return (
            bool(named)
            and named <= set(self.cancellation_ids.ids)
            and orders <= set(self.cancellation_ids.mapped("amazon_order_ref"))
            and report.processed in (None, len(self.cancellation_ids))
        )

    # === BUSINESS METHODS: FOLLOWING === #

    @api.model
    def _follow(self, account, client):
        """Ask Amazon for the state of the feeds that it works on, and take in their reports.

        :return: What could not be looked at, as facts.
        :rtype: list
        :raise SpApiError: If the account cannot be asked.
        """
        feeds = self.search(
            Domain("seller_account_id", "=", account.id) & Domain("state", "=", "submitted") & self._get_look_domain(),
            order="id",
        )
        return feeds._look_at_each("submitted", client)

    def _follow_one(self, client):
        """Ask Amazon how far the feed is, and take in its report.

        Note: self.ensure_one()
        """
        self.ensure_one()
        status = client.get_feed(self.feed_ref)
        self.amazon_status = status.status
        if status.status == "DONE":
            self._take_in_report(client, status.result_document_id)
        elif status.status in ("FATAL", "CANCELLED"):
            self._end("failed", _lt("Amazon ended the feed with %(status)s.", status=code(status.status)))
        elif self._get_amazon_time(client) - self.submitted_date > const.FEED_IS_STUCK_AFTER:
            self._end("failed", _lt("Amazon has not worked on the feed for hours."))

    def _take_in_report(self, client, document_id):
        """Read what Amazon's report says about each message, and keep its words."""
        if not document_id:
            self._end("done", _lt("Amazon ended the feed without a report."))
            return
        content = client.download_feed_document(document_id)
        self.report_attachment_id = self._attach("report.xml", content)
        try:
            report = parse_processing_report(content)
        except spapi_errors.MalformedAnswer as error:
            self._end("done", self.seller_account_id._get_error_facts(error))
            return
        verdicts, followed = report.judge(self.cancellation_ids.ids), self._get_followed()
        accepted = followed.filtered(lambda c: verdicts[c.id][0] is Verdict.ACCEPTED)
        accepted._on_accepted()
        # What Amazon refused or left open is seen at the order itself.
        for words, others in (followed - accepted).grouped(lambda c: verdicts[c.id][1]).items():
            others.amazon_message_facts = [[*get_result_facts(words), words]] if words else False
        followed._look_soon()
        self.state = "done"

    def _end(self, state, *facts):
        """The feed ended without a word on each order: the orders themselves are read."""
        self.write({"state": state, "message_facts": facts})
        self._get_followed()._look_soon()

    # === GETTERS === #

    @api.model
    def _get_look_domain(self):
        return Domain("next_look_date", "=", False) | Domain("next_look_date", "<=", fields.Datetime.now())

    def _get_marketplaces(self):
        return self.cancellation_ids.amazon_marketplace_id or self.seller_account_id.marketplace_ids

    def _get_waiting(self):
        """The cancellations that still wait for this feed to reach Amazon."""
        return self.cancellation_ids.filtered(lambda c: c.feed_id == self and c.state == "scheduled")

    def _get_followed(self):
        return self.cancellation_ids.filtered(lambda c: c.feed_id == self and c.state == "sent")

    def _lock_in_state(self, state):
        """Take the row, which a commit released; False where another worker was quicker.

        Note: self.ensure_one()
        """
        self.ensure_one()
        return bool(self.try_lock_for_update()) and self.state == state

    @api.model
    def _get_amazon_time(self, client):
        return to_naive_utc(client.now()).replace(microsecond=0)

    def _attach(self, name, content):
        return self.env["ir.attachment"].create(
            {
                "name": f"{self.id}-{name}",
                "raw": content,
                "mimetype": "text/xml",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
