from odoo import api, models


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
        context = user.with_user(user).context_get()  # which Odoo keeps
        # Without a zone of their own, Odoo's web client and activities take UTC; the context would take the caller's.
        return self.with_context(lang=context.get("lang"), tz=context.get("tz") or "UTC")

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
        type_ids = {self._amazon_get_activity_type(name).id for name in xml_names}
        return self.activity_ids.filtered(lambda activity: activity.activity_type_id.id in type_ids)

    def _amazon_close_activities(self, *xml_names, get_feedback):
        """Close the open activities of these types on the records.

        :param str xml_names: The activity types' names after `mail_activity_`.
        :param callable get_feedback: Gives the feedback for a record, which has the language of who is responsible for
            it in its context.
        """
        for record in self.filtered("activity_ids"):
            activities = record._amazon_get_activities(*xml_names)
            if activities:
                # Whoever ends the matter closes it, even where it was another's.
                activities.sudo().action_feedback(feedback=get_feedback(record._amazon_for_responsible()))

    def _amazon_filter_without_activity(self, xml_name):
        """The records that have no open activity of this type.

        :param str xml_name: The activity type's name after `mail_activity_`.
        """
        activities = self._amazon_get_activities(xml_name)
        return self.filtered(lambda record: not record.activity_ids & activities)

    @api.model
    def _amazon_get_activity_type(self, xml_name):
        """An activity type of the addon.

        :param str xml_name: Its name after `mail_activity_`.
        :rtype: recordset of `mail.activity.type`
        """
        xmlid = f"sale_amazon_cancellation.mail_activity_{xml_name}"
        return self.env["mail.activity.type"].browse(self.env["ir.model.data"]._xmlid_to_res_id(xmlid))
