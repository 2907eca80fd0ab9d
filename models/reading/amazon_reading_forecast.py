from odoo import api, fields, models

from ... import const, counted


class AmazonReadingForecast(models.AbstractModel):
    """How far an account's reading is, how far Amazon's allowance goes, and where it went, in words."""

    _name = "amazon.reading.forecast"
    _description = "Amazon Reading Forecast"

    @api.model
    def _describe_reading(self, account):
        """How the reading stands, how far Amazon's allowance goes, and what to do for more, in words.

        :param recordset account: An account that was read.
        :rtype: str
        """
        budget = self.env["amazon.cancellation.allowance"]._look(account)
        situation = account._get_cursors()._get_situation_now(budget)
        minutes = max(0, round((fields.Datetime.now() - account.last_sync_date).total_seconds() / 60))
        behind = self.env["amazon.cancellation.words"]._word(counted.minutes(minutes))
        parts = [self.env._("Reads are %(time)s behind.", time=behind)]
        by_report = situation.is_by_report or situation.pushed
        by_search = situation.is_small or situation.is_by_report or not account._get_gap_until()
        if not by_report:
            parts.append(
                self.env._(
                    "Searching is enough until about %(enough)s orders a day; there are about %(orders)s now.",
                    enough=f"{round(situation.enough_until, -3):.0f}",
                    orders=f"{situation.orders_a_day:.0f}",
                )
            )
        if situation.pushed:
            parts.append(self.env._("Notifications tell what is new; the search only proves that nothing is missed."))
            if not by_search:
                parts.append(
                    self.env._(
                        "So much changes that it proves the newest of it, every half an hour; an order that matters is "
                        "read by itself."
                    )
                )
        elif account.subscription_ids.doubt:
            parts.append(self.env["amazon.cancellation.words"]._word(account.subscription_ids.doubt["facts"]))
        if situation.is_by_report and not situation.pushed:
            parts.append(self.env._("So much changes that reports of the open orders tell what is new."))
        if situation.is_strained and not situation.pushed:
            parts.append(self.env._("Switch on notifications for more."))
            if not situation.reported:
                parts.append(self.env._("So would the role that Amazon's report of open orders needs."))
        whole = account.whole_sync_date or account.last_sync_date
        hours = round((account.last_sync_date - whole).total_seconds() / 3600)
        if hours > const.SHIPPED_IS_LATE_AFTER_HOURS:
            parts.append(
                self.env._(
                    "Shipped orders are read %(hours)s hours later; an order that matters is read by itself.",
                    hours=hours,
                )
            )
        return " ".join(parts)

    @api.model
    def _describe_spent(self, account):
        """What the calls of Amazon's day went to so far, a line for each operation, in words.

        :param recordset account: The account.
        :rtype: str
        """
        Allowance = self.env["amazon.cancellation.allowance"]
        spent, budget = Allowance._get_spent(account, account._get_amazon_time().date()), Allowance._look(account)
        return "\n".join(
            self._describe_operation(operation, spent[operation], budget.rate(operation) * const.DAY_SECONDS)
            for operation in const.SHOWN_ALLOWANCES
            if operation in spent
        )

    @api.model
    def _describe_operation(self, operation, calls, calls_a_day):
        """What an operation's calls of a day went to, in words.

        :param str operation: As Amazon names it.
        :param dict[str, int] calls: By a key of `const.ALLOWANCE_PURPOSES`.
        :param float calls_a_day: How many Amazon allows.
        :rtype: str
        """
        names = {
            "searchOrders": self.env._("Search"),
            "getOrder": self.env._("Single orders"),
            "createFeed": self.env._("Feeds"),
            "createReport": self.env._("Reports"),
        }
        purposes = {
            "reading": self.env._("reading"),
            "person": self.env._("asked for by a person"),
            "push": self.env._("after notifications"),
            "sweep": self.env._("sweeps"),
            "cancelling": self.env._("cancelling"),
            "other": self.env._("other"),
        }
        return self.env._(
            "%(operation)s: %(count)s of %(allowed)s calls (%(purposes)s)",
            operation=names[operation],
            count=sum(calls.values()),
            allowed=f"{calls_a_day:.0f}",
            purposes=", ".join(f"{purposes[purpose]} {count}" for purpose, count in calls.items()),
        )
