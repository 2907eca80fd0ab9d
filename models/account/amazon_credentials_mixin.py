from odoo import api, models


class AmazonCredentialsMixin(models.AbstractModel):
    """What records share that hold ids and secrets: white space that is pasted along is dropped."""

    _name = "amazon.credentials.mixin"
    _description = "Amazon Credentials"
    _pasted_fields = ()

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._strip_pasted_values(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._strip_pasted_values(vals))

    @api.model
    def _strip_pasted_values(self, vals):
        return {
            key: value.strip() if key in self._pasted_fields and isinstance(value, str) else value
            for key, value in vals.items()
        }
