"""Texts for people are kept as facts from now on: those that are there stay as they were told, in their language."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, sql


def migrate(cr, version):
    """Keep each old text as the one fact that it is."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model in env.values():
        if model._abstract or not hasattr(model, "_get_worded_fields"):
            continue
        for name in model._get_worded_fields():
            if sql.column_exists(cr, model._table, name):
                values = {
                    "table": SQL.identifier(model._table),
                    "text": SQL.identifier(name),
                    "facts": SQL.identifier(f"{name}_facts"),
                }
                cr.execute(
                    SQL(
                        "UPDATE %(table)s SET %(facts)s = jsonb_build_array(%(text)s)"
                        " WHERE %(text)s <> '' AND %(facts)s IS NULL",
                        **values,
                    )
                )
                cr.execute(SQL("ALTER TABLE %(table)s DROP COLUMN %(text)s", **values))
