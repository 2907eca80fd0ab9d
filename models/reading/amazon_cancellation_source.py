from odoo import api, fields, models
from odoo.tools import format_list

from ... import const


class AmazonCancellationSource(models.Model):
    """Whether one of an account's sources is alive: what was last heard from it, and since when it fails.

    A source that was never heard is no net, however well it is set up.
    """

    _name = "amazon.cancellation.source"
    _description = "Amazon Source of Requests"
    _inherit = ["amazon.protected.mixin", "amazon.worded.mixin"]
    _order = "account_id, sequence"
    _rec_name = "source"

    account_id = fields.Many2one(
        "amazon.cancellation.account", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True)
    source = fields.Selection(const.SOURCES, required=True, readonly=True)
    sequence = fields.Integer(compute="_compute_sequence", store=True)
    last_heard_date = fields.Datetime(
        string="Last Heard", readonly=True, help="When it last told what Amazon shows, be it that nothing changed."
    )
    last_heard_ago = fields.Char(string="Last Heard From", compute="_compute_last_heard_ago")
    failing_since = fields.Datetime(readonly=True)
    message = fields.Text(string="Problem", compute="_compute_worded", help="Why it fails; empty when it does not.")
    message_facts = fields.Json(readonly=True)
    state = fields.Selection(
        [
            ("unset", "Not set up"),
            ("waiting", "Set up, nothing heard yet"),
            ("ok", "Works"),
            ("late", "Silent for too long"),
            ("failing", "Failing"),
        ],
        compute="_compute_state",
    )

    _source_unique = models.Constraint("UNIQUE(account_id, source)", "An account has each source once.")

    # === COMPUTE METHODS === #

    @api.depends("source")
    def _compute_sequence(self):
        order = [source for source, _label in const.SOURCES]
        for source in self:
            source.sequence = order.index(source.source)

    @api.depends("last_heard_date")
    @api.depends_context("lang")
    def _compute_last_heard_ago(self):
        for source in self:
            source.last_heard_ago = source.account_id._format_ago(source.last_heard_date)

    @api.depends("last_heard_date", "failing_since")
    @api.depends_context("uid")
    def _compute_state(self):
        now = fields.Datetime.now()
        for source in self:
            limit = source.account_id._get_source_limit(source.source)
            if not source.account_id._is_source_set_up(source.source):
                source.state = "unset"
            elif source.failing_since:
                source.state = "failing"
            elif not source.last_heard_date:
                source.state = "waiting"
            else:
                source.state = "late" if limit and source.last_heard_date < now - limit else "ok"

    # === BUSINESS METHODS === #

    @api.model
    def _note_heard(self, account, source, heard=True):
        """Note that a source works.

        :param recordset account: Its account.
        :param str source: A key of `const.SOURCES`.
        :param bool heard: Whether it told something; otherwise it only answered.
        """
        row = self._ensure(account, source)
        if heard:
            row.write({"last_heard_date": fields.Datetime.now(), "failing_since": False, "message_facts": False})
        elif row.failing_since:
            row.write({"failing_since": False, "message_facts": False})

    @api.model
    def _note_failed(self, account, source, facts):
        """Note that a source fails, and since when.

        :param list facts: Why.
        """
        row = self._ensure(account, source)
        if not row.failing_since or row.message_facts != facts:
            row.write({"failing_since": row.failing_since or fields.Datetime.now(), "message_facts": facts})

    @api.model
    def _ensure(self, accounts, source=None):
        """Make the missing rows of accounts.

        :return: Those of the source, or all.
        """
        Source = self.sudo()  # nobody writes them by hand
        rows = Source.search([("account_id", "in", accounts.ids)])
        known = {(row.account_id.id, row.source) for row in rows}
        rows |= Source.create(
            [
                {"account_id": account.id, "source": key}
                for account in accounts
                for key, _label in const.SOURCES
                if (account.id, key) not in known
            ]
        )
        return rows.filtered(lambda row: row.source == source) if source else rows

    # === GETTERS === #

    def _get_names(self):
        """The sources' names in the user's language.

        :rtype: str
        """
        labels = dict(self._fields["source"]._description_selection(self.env))
        return format_list(self.env, [labels[source.source] for source in self]) if self else ""
