from odoo import api, models


class AmazonWordedMixin(models.AbstractModel):
    """Texts for people: what is kept are the facts of `<name>_facts`, and `<name>` words them for who reads it."""

    _name = "amazon.worded.mixin"
    _description = "Amazon Texts Worded for Their Reader"

    @api.model
    def _get_worded_fields(self):
        """The texts of this model.

        :rtype: list[str]
        """
        return [name for name, field in self._fields.items() if field.compute == "_compute_worded"]

    @api.depends(lambda self: [f"{name}_facts" for name in self._get_worded_fields()])
    @api.depends_context("lang")
    def _compute_worded(self):
        words = self.env["amazon.cancellation.words"]
        for name in self._get_worded_fields():
            texts = words._word_all({record.id: record[f"{name}_facts"] for record in self})
            for record in self:
                record[name] = texts[record.id]
