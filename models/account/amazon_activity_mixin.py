from odoo import models


class AmazonActivityMixin(models.AbstractModel):
    """What records share that ask a person by the addon's own types of activities."""

    _name = "amazon.activity.mixin"
    _description = "Amazon Activities"

    def _amazon_get_responsible(self):
        """Hook: who looks after the record, and reads what is written on it.

        Note: self.ensure_one()

        :rtype: recordset of `res.users`
        """
        self.ensure_one()
        return self.env.user

    def _amazon_for_responsible(self):
        """The record in the language and the time zone of who is responsible for it, to write what they will read.

        Note: self.ensure_one()
        """
        user = self._amazon_get_responsible()
        return self.with_context(lang=user.lang, tz=user.tz)

    def _amazon_log(self, get_body):
        """Log on the records, each in the language of who is responsible for it.

        :param callable get_body: Gives the text for a record, which has that language in its context.
        """
        if self:
            self._message_log_batch({record.id: get_body(record._amazon_for_responsible()) for record in self})

    def _amazon_get_activities(self, *xml_names):
        """The open activities of these types on the records.

        :param str xml_names: The activity types' names after `mail_activity_`.
        :rtype: recordset of `mail.activity`
        """
        types = self.env["mail.activity.type"].union(
            *(self.env.ref(f"sale_amazon_cancellation.mail_activity_{name}") for name in xml_names)
        )
        return self.activity_ids.filtered(lambda activity: activity.activity_type_id in types)

    def _amazon_filter_without_activity(self, xml_name):
        """The records that have no open activity of this type.

        :param str xml_name: The activity type's name after `mail_activity_`.
        """
        activities = self._amazon_get_activities(xml_name)
        return self.filtered(lambda record: not record.activity_ids & activities)
