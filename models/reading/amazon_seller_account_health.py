from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools.misc import babel_locale_parse

from ... import const


class AmazonSellerAccount(models.Model):
    """Being alive: an account that no longer sees new requests says so, to a person, once."""

    _inherit = "amazon.seller.account"

    manager_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets an activity when the account no longer sees new requests, or needs a decision.",
    )
    last_sync_ago = fields.Char(string="Last Checked", compute="_compute_last_sync_ago")

    # === COMPUTE METHODS === #

    @api.depends("last_sync_date")
    @api.depends_context("lang")
    def _compute_last_sync_ago(self):
        for account in self:
            account.last_sync_ago = account._format_ago(account.last_sync_date)

    # === BUSINESS METHODS === #

    @api.model
    def _cron_watch(self):
        """Look whether the accounts still see new requests, even where the reading action itself no longer runs."""
        accounts = self.search([("marketplace_ids", "!=", False)]).filtered(lambda a: a._has_credentials())
        accounts._for_each(lambda account: account._watch())

    def _watch(self, lasting=False):
        """Tell the manager once when the account goes blind, and note when it sees again.

        Note: self.ensure_one()

        :param bool lasting: Whether it is known already that only a person can end the failure.
        """
        self.ensure_one()
        told = self._amazon_get_activities("blind")
        if told and self.sync_state == "ok":
            told.action_feedback(feedback=self.env._("The orders are read again; nothing was lost."))
        elif not told and (lasting or self._is_blind()):
            self._ask_manager(
                "blind",
                self.env._("New cancellation requests are not seen"),
                self.env._(
                    "%(account)s was last read completely: %(ago)s. %(message)s",
                    account=self.name,
                    ago=self.last_sync_ago or self.env._("never"),
                    message=self.sync_message
                    if self.sync_failing
                    else self.env._("The scheduled action that reads the orders does not run: ask the administrator."),
                ),
            )

    def _ask_manager(self, xml_name, summary, note):
        """Give the account's manager an activity, unless the same one is open.

        :param str xml_name: The activity type's name after `mail_activity_`.
        """
        for account in self:
            if summary in account._amazon_get_activities(xml_name).mapped("summary"):
                continue
            account.activity_schedule(
                f"sale_amazon_cancellation.mail_activity_{xml_name}",
                summary=summary,
                note=note,
                user_id=account._get_manager().id,
            )

    # === GETTERS === #

    def _is_blind(self):
        """Whether changes have not been read for longer than a passing disturbance lasts.

        Note: self.ensure_one()

        :rtype: bool
        """
        self.ensure_one()
        read_until = self.last_sync_date or (self.sync_failing and self.create_date)
        return bool(read_until) and read_until < fields.Datetime.now() - const.READING_IS_LATE_AFTER

    def _get_manager(self):
        self.ensure_one()
        return (self.manager_id | self.create_uid).filtered("active")[:1] or self.env.ref("base.user_admin")

    @api.model
    def _format_ago(self, moment):
        """How long ago a moment is, in the user's language, or False.

        :param datetime moment: Naive UTC, or False.
        :rtype: str|bool
        """
        if not moment:
            return False
        passed = max(fields.Datetime.now() - moment, const.SMALLEST_AGO)
        return format_timedelta(-passed, add_direction=True, locale=babel_locale_parse(self.env.lang))
