"""What is looked at before the addon is installed."""

from odoo.exceptions import UserError
from odoo.models import MetaModel

MODULE = "sale_amazon_cancellation"
# Names that connectors share on purpose: a field that another module has is used.
SHARED = {
    ("sale.order", "amazon_order_ref"): "char",
    ("sale.order", "amazon_channel"): "selection",
    ("sale.order.line", "amazon_item_ref"): "char",
}


def pre_init_hook(env):
    """Refuse the installation where another module has models or fields of our names, before they overwrite each other.

    :raise UserError: With the names, and the modules that own them.
    """
    clashes = find_clashes(env, MetaModel._module_to_models__[MODULE])
    if clashes:
        raise UserError(
            env._(
                "The addon cannot be installed beside what is there, as the names are taken:\n%(clashes)s\n"
                "Uninstall that module first, or ask its author to rename.",
                clashes="\n".join(clashes),
            )
        )


def find_clashes(env, definitions):
    """The names that another module has already.

    :param Iterable definitions: Definition classes of models.
    :return: A line for each, in words.
    :rtype: list[str]
    """
    clashes = []
    for definition in definitions:
        model = definition._name
        if model not in (definition._inherit or ()):
            if model in env:
                clashes.append(env._("model %(model)s, of %(module)s", model=model, module=env[model]._original_module))
            continue
        for field in definition._field_definitions:
            taken = model in env and env[model]._fields.get(field.name)
            if taken and not _is_usable(model, field, taken):
                modules = ", ".join(taken._modules) or env._("a field made by hand")
                clashes.append(
                    env._("field %(model)s.%(field)s, of %(module)s", model=model, field=field.name, module=modules)
                )
    return clashes


def _is_usable(model, field, taken):
    """Whether a field that is there already can serve as ours."""
    if taken.type != SHARED.get((model, field.name)):
        return False
    return taken.type != "selection" or {"fbm", "fba"} >= {key for key, _label in taken.selection or ()}
