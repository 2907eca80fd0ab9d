"""What is looked at before the addon is installed, and what is said before it goes."""

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


def uninstall_hook(env):
    """Say on the orders what nobody will look after any more, and take the addon's own activities with it.

    Nothing is cancelled, and the orders keep their history.
    """
    requested = env["sale.order"].search([("amazon_cancel_request", "=", "requested"), ("state", "!=", "cancel")])
    body = env._(
        "The addon that watches Amazon was uninstalled: the buyer's cancellation request is still open at Amazon, and "
        "the deliveries are no longer held."
    )
    requested._message_log_batch({order.id: body for order in requested})
    untold = env["amazon.order.cancellation"].search([("state", "in", ("scheduled", "refused"))])
    body = env._(
        "The addon that watches Amazon was uninstalled: Amazon is not told that this order is cancelled. Cancel it in "
        "Seller Central."
    )
    untold.order_id._message_log_batch({order.id: body for order in untold.order_id})
    unproven = env["amazon.order.cancellation"].search([("state", "in", ("sent", "accepted"))])
    body = env._(
        "The addon that watches Amazon was uninstalled: Amazon was told to cancel this order and has not shown it "
        "done. Look at it in Seller Central."
    )
    unproven.order_id._message_log_batch({order.id: body for order in unproven.order_id})
    own_types = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "mail.activity.type")])
    activities = env["mail.activity"].with_context(active_test=False)
    activities.search([("activity_type_id", "in", own_types.mapped("res_id"))]).unlink()
    # They would keep the marketplaces, which Odoo deletes first, and its log would be full of errors.
    env["amazon.cancellation.cursor"].search([]).unlink()
    env["amazon.cancellation.account"].with_context(active_test=False).search([]).write(
        {"marketplace_ids": False, "order_ref_path": False}
    )
    env["amazon.order.finder"]._sync_indexes()  # those on other modules' fields go


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
