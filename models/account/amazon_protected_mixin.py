from odoo import api, models
from odoo.exceptions import AccessError

from ...tools import Own

_MODULE = "sale_amazon_cancellation"
_STEP = "amazon_step"
# Context keys that change what Amazon is told.
_TELLING = ("amazon_cancel_reason", "amazon_local_only")


def _without_nulls(value):
    if isinstance(value, dict):
        return {key: _without_nulls(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    return False if value is None else value


class AmazonProtectedMixin(models.AbstractModel):
    """Facts that only the addon's own steps write: what Amazon told, what was decided, and what was sent.

    `readonly` binds forms alone. Here whatever comes from outside is refused, be it `write`, `create`, an import, or a
    default in the context; steps write with `_amazon_write`, and code in superuser mode as it likes.
    """

    _name = "amazon.protected.mixin"
    _description = "Amazon Facts"

    # The protected fields; None for all that this addon adds to the model.
    _protected_fields = None
    # Of these, what whoever creates a record may tell, and change until Amazon was read.
    _identity_fields = ()

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Override of `base`: facts have no default but their own, whatever the context or a user's defaults say."""
        facts = {name for name in fields if self._is_amazon_fact(name) and name not in self._identity_fields}
        defaults = super().default_get([name for name in fields if name not in facts])
        defaults.update({name: self._fields[name].default(self) for name in facts if self._fields[name].default})
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: refuse facts from outside.

        :raise AccessError: If facts are given.
        """
        if not self._is_amazon_step():
            names = {name for vals in vals_list for name, value in vals.items() if value}
            self._amazon_refuse(name for name in names - {*self._identity_fields} if self._is_amazon_fact(name))
        return super().create(vals_list)

    def write(self, vals):
        """Override of `base`: refuse facts from outside; one that is written as it is changes nothing.

        :raise AccessError: If facts would be changed.
        """
        facts = [name for name in vals if self._is_amazon_fact(name)]
        if facts and not self._is_amazon_step():
            identified = self._amazon_filter_identified()
            self._amazon_refuse(
                name
                for name in facts
                if (identified if name in self._identity_fields else self)._amazon_would_change(name, vals[name])
            )
        return super().write(vals)

    def _read_format(self, fnames, load="_classic_read"):
        """Override of `base`: what is not there is told as False within facts, too, as XML-RPC knows no null."""
        rows = super()._read_format(fnames, load)
        names = [
            name for name in fnames if self._fields[name].type == "json" and _MODULE in self._fields[name]._modules
        ]
        for row in rows if names else ():
            row.update({name: _without_nulls(row[name]) for name in names if name in row})
        return rows

    # === BUSINESS METHODS === #

    def _amazon_write(self, vals):
        """Write facts, as one of the addon's own steps; what another module looks after is left to it."""
        shared = [name for name in self._identity_fields if name in vals and self._amazon_has_other_owner(name)]
        if shared:
            for record in self:
                kept = {name for name in shared if not record._amazon_may_fill(name)}
                record._amazon_as_step().write({name: value for name, value in vals.items() if name not in kept})
            return True
        return self._amazon_as_step().write(vals)

    def _amazon_as_step(self):
        return self.with_context(**{_STEP: Own(_STEP)})

    @api.model
    def _amazon_has_other_owner(self, name):
        """Whether another module has a field of this name, too: the names that connectors share.

        :rtype: bool
        """
        return set(self._fields[name]._modules) != {_MODULE}

    def _amazon_may_fill(self, name):
        """Whether a field that another module has, too, may be written: it is plain, and empty.

        Note: self.ensure_one()

        :rtype: bool
        """
        field = self._fields[name]
        return not (field.compute or field.related or field.readonly or self[name])

    @api.model
    def _amazon_refuse(self, names):
        """Refuse to change facts.

        :param Iterable[str] names: Their fields.
        :raise AccessError: If there are any.
        """
        labels = [self._fields[name]._description_string(self.env) or name for name in sorted(names)]
        if labels:
            raise AccessError(
                self.env._(
                    "What Amazon told, what was decided and what was sent can not be written, created or imported "
                    "(%(model)s: %(fields)s). Use the buttons: accept or keep a request, undo or retry a cancellation, "
                    "or read the orders again.",
                    model=self._description,
                    fields=", ".join(labels),
                )
            )

    # === GETTERS === #

    @api.model
    def _is_amazon_step(self):
        return self.env.su or isinstance(self.env.context.get(_STEP), Own)

    @api.model
    def _is_amazon_fact(self, name):
        """Whether a field holds what Amazon told, what was decided or what was sent.

        :rtype: bool
        """
        field = self._fields.get(name)
        if not field or _MODULE not in field._modules:
            return False
        return self._protected_fields is None or name in self._protected_fields

    def _amazon_filter_identified(self):
        """Those whose identity at Amazon is settled, as Amazon was read. Hook for the models with identity fields."""
        return self

    def _amazon_would_change(self, name, value):
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            return bool(self and value)
        records_sudo = self.sudo()  # compared only; a fact may be hidden from who must not change it
        return any(
            field.convert_to_record(field.convert_to_cache(value, record, validate=False), record) != record[name]
            for record in records_sudo
        )

    def _amazon_with_own_context(self):
        """The same records without those context keys to which the user has no right, for what superuser mode does."""
        return self.with_context(**{key: self._amazon_get_context(key) for key in _TELLING})

    @api.model
    def _amazon_get_context(self, key):
        """A context key that changes what Amazon is told: it counts if the addon set it, or from who has the right to.

        :return: The value, or None.
        """
        value = self.env.context.get(key)
        if isinstance(value, Own) or self.env.su:
            return value
        return value if self.env.user.has_group("sale_amazon_cancellation.group_amazon_manager") else None
