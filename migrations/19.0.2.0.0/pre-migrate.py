"""Models and fields take names that no other connector has; what they hold stays.

Before the models are loaded, so that the update finds tables, columns, references and translations under new names.
"""

import re

from odoo.tools import SQL, sql

MODULE = "sale_amazon_cancellation"
# The longer name first where one begins like another.
MODELS = {
    "amazon.seller.account": "amazon.cancellation.account",
    "amazon.seller.marketplace": "amazon.cancellation.marketplace",
    "amazon.order.cursor": "amazon.cancellation.cursor",
    "amazon.order.sweep": "amazon.cancellation.sweep",
    "amazon.order.mail": "amazon.cancellation.mail",
    "amazon.notification.subscription": "amazon.cancellation.subscription",
    "amazon.notification": "amazon.cancellation.notification",
    "amazon.sync.log": "amazon.cancellation.log",
    "amazon.unknown.order": "amazon.cancellation.unknown",
    "amazon.setup.line": "amazon.cancellation.setup.line",
    "amazon.setup": "amazon.cancellation.setup",
    "amazon.report.upload": "amazon.cancellation.upload",
}
ORDER_FIELDS = {
    "amazon_seller_account_id": "amazon_cancel_account_id",
    "amazon_marketplace_id": "amazon_cancel_marketplace_id",
    "amazon_status": "amazon_fulfillment_status",
}
# Columns of Odoo that hold the name of a model.
MODEL_COLUMNS = [
    ("ir_model", "model"),
    ("ir_model_fields", "model"),
    ("ir_model_fields", "relation"),
    ("ir_model_data", "model"),
    ("ir_act_client", "res_model"),
    ("ir_act_report_xml", "model"),
    ("ir_act_server", "model_name"),
    ("ir_act_window", "res_model"),
    ("ir_attachment", "res_model"),
    ("ir_cron", "model_name"),
    ("ir_embedded_actions", "parent_res_model"),
    ("ir_exports", "resource"),
    ("ir_filters", "model_id"),
    ("ir_ui_view", "model"),
    ("mail_activity", "res_model"),
    ("mail_activity_plan", "res_model"),
    ("mail_activity_type", "res_model"),
    ("mail_compose_message", "model"),
    ("mail_followers", "res_model"),
    ("mail_message", "model"),
    ("mail_message_schedule", "model"),
    ("mail_message_subtype", "res_model"),
    ("mail_scheduled_message", "model"),
    ("mail_template", "model"),
    ("rating_rating", "parent_res_model"),
    ("rating_rating", "res_model"),
]
# Texts that users write: table, columns, and which rows speak of sale orders.
TEXTS = [
    ("ir_filters", ["domain", "context", "sort"], "model_id = 'sale.order'"),
    ("ir_act_window", ["domain", "context"], "res_model = 'sale.order'"),
    ("ir_act_server", ["code"], "model_id IN (SELECT id FROM ir_model WHERE model = 'sale.order')"),
    ("ir_rule", ["domain_force"], "model_id IN (SELECT id FROM ir_model WHERE model = 'sale.order')"),
    ("ir_exports_line", ["name"], "export_id IN (SELECT id FROM ir_exports WHERE resource = 'sale.order')"),
    ("mail_template", ["subject", "body_html", "email_to", "email_cc"], "model = 'sale.order'"),
    ("ir_ui_view", ["arch_db"], "model = 'sale.order'"),
    ("mail_alias", ["alias_defaults"], None),
]


def migrate(cr, version):
    """Rename what the version before has."""
    for old, new in MODELS.items():
        if _query(cr, SQL("SELECT 1 FROM ir_model WHERE model = %s", old)):
            _rename_table(cr, old.replace(".", "_"), new.replace(".", "_"))
            _rename_model(cr, old, new)
    fields = {old: new for old, new in ORDER_FIELDS.items() if _rename_order_field(cr, old, new)}
    _rename_in_texts(cr, fields)


def _rename_table(cr, old, new):
    """Rename a table with all that is named after it, and the tables of its many2many fields."""
    if sql.table_exists(cr, old):
        cr.execute(SQL("ALTER TABLE %s RENAME TO %s", SQL.identifier(old), SQL.identifier(new)))
        sequence = f"{old}_id_seq"
        if sql.table_exists(cr, sequence) or _query(cr, SQL("SELECT 1 FROM pg_class WHERE relname = %s", sequence)):
            cr.execute(SQL("ALTER SEQUENCE %s RENAME TO %s", SQL.identifier(sequence), SQL.identifier(f"{new}_id_seq")))
        _rename_dependents(cr, new, old, new)
    relations = _query(
        cr,
        SQL(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = current_schema AND column_name = %s AND table_name LIKE %s",
            f"{old}_id",
            "%\\_rel",
        ),
    )
    for (relation,) in relations:
        sql.rename_column(cr, relation, f"{old}_id", f"{new}_id")
        others = [column.removesuffix("_id") for column in sql.table_columns(cr, relation) if column != f"{new}_id"]
        if len(others) != 1 or relation != "_".join([*sorted([old, others[0]]), "rel"]):
            continue  # named by its field
        renamed = "_".join([*sorted([new, others[0]]), "rel"])
        cr.execute(SQL("ALTER TABLE %s RENAME TO %s", SQL.identifier(relation), SQL.identifier(renamed)))
        _rename_dependents(cr, renamed, relation, renamed)
        cr.execute(SQL("UPDATE ir_model_relation SET name = %s WHERE name = %s", renamed, relation))


def _rename_dependents(cr, table, old, new):
    """Rename the constraints and indexes of a table whose names begin with its old one."""
    constraints = _query(
        cr, SQL("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype != 'n'", table)
    )
    for (name,) in constraints:
        if name.startswith(f"{old}_"):
            renamed = sql.make_identifier(new + name.removeprefix(old))
            cr.execute(
                SQL(
                    "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
                    SQL.identifier(table),
                    SQL.identifier(name),
                    SQL.identifier(renamed),
                )
            )
            _rename_reflected_constraint(cr, name, renamed)
    for (name,) in _query(
        cr, SQL("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass", table)
    ):
        if name.startswith(f"{old}_"):
            renamed = sql.make_identifier(new + name.removeprefix(old))
            cr.execute(SQL("ALTER INDEX %s RENAME TO %s", SQL.identifier(name), SQL.identifier(renamed)))
            _rename_reflected_constraint(cr, name, renamed)


def _rename_reflected_constraint(cr, old, new):
    cr.execute(SQL("UPDATE ir_model_constraint SET name = %s WHERE name = %s", new, old))
    _rename_xml_ids(cr, "ir.model.constraint", f"constraint_{old}", f"constraint_{new}")


def _rename_model(cr, old, new):
    """Rename a model wherever Odoo names it; what refers to it by id needs nothing."""
    for table, column in MODEL_COLUMNS:
        if sql.column_exists(cr, table, column):
            cr.execute(
                SQL(
                    "UPDATE %(table)s SET %(column)s = %(new)s WHERE %(column)s = %(old)s",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    new=new,
                    old=old,
                )
            )
    old, new = old.replace(".", "_"), new.replace(".", "_")
    _rename_xml_ids(cr, "ir.model", f"model_{old}", f"model_{new}")
    _rename_xml_ids(cr, "ir.model.inherit", f"model_inherit__{old}__", f"model_inherit__{new}__")
    _rename_xml_ids(cr, "ir.model.fields", f"field_{old}__", f"field_{new}__")
    _rename_xml_ids(cr, "ir.model.fields.selection", f"selection__{old}__", f"selection__{new}__")


def _rename_order_field(cr, old, new):
    """Rename a field of the sale order, unless another module has one of that name: then it keeps it, and the next
    reading fills ours.

    :return: Whether it was renamed.
    :rtype: bool
    """
    others = _query(
        cr,
        SQL(
            "SELECT 1 FROM ir_model_data WHERE model = 'ir.model.fields' AND name = %s AND module != %s",
            f"field_sale_order__{old}",
            MODULE,
        ),
    )
    if others or not sql.column_exists(cr, "sale_order", old):
        return False
    sql.rename_column(cr, "sale_order", old, new)
    _rename_dependents(cr, "sale_order", f"sale_order_{old}", f"sale_order_{new}")
    _rename_dependents(cr, "sale_order", f"sale_order__{old}", f"sale_order__{new}")
    cr.execute(SQL("UPDATE ir_model_fields SET name = %s WHERE model = 'sale.order' AND name = %s", new, old))
    _rename_xml_ids(cr, "ir.model.fields", f"field_sale_order__{old}", f"field_sale_order__{new}")
    _rename_xml_ids(
        cr, "ir.model.fields.selection", f"selection__sale_order__{old}__", f"selection__sale_order__{new}__"
    )
    return True


def _rename_xml_ids(cr, model, old, new):
    """Rename the generated external ids that are, or, where `old` ends with `__`, begin with an old name."""
    whole = not old.endswith("__")
    cr.execute(
        SQL(
            "UPDATE ir_model_data SET name = %(new)s || substr(name, %(length)s) WHERE model = %(model)s AND %(found)s",
            new=new,
            length=len(old) + 1,
            model=model,
            found=SQL("name = %s", old) if whole else SQL("starts_with(name, %s)", old),
        )
    )


def _rename_in_texts(cr, fields):
    """Rename models and the order's fields in what users wrote: filters, exports, templates, actions, own views."""
    for table, columns, of_order in TEXTS:
        for column in columns:
            if of_order:
                _rename_in_column(cr, table, column, fields, of_order)
            by_path = {f"order_id.{old}": f"order_id.{new}" for old, new in fields.items()}
            _rename_in_column(cr, table, column, {**MODELS, **by_path})


def _rename_in_column(cr, table, column, names, where="TRUE"):
    """Rename whole words in a column of text or of translations."""
    if not names or not sql.column_exists(cr, table, column):
        return
    words = "|".join(re.escape(name) for name in names)
    place = {"table": SQL.identifier(table), "column": SQL.identifier(column)}
    pattern = rf"(?<!\w)({words})(?!\w)"
    rows = _query(
        cr,
        SQL(
            "SELECT id, %(column)s::text FROM %(table)s WHERE " + where + " AND %(column)s::text ~ %(p)s",
            p=pattern,
            **place,
        ),
    )
    column_type = SQL.identifier(sql.table_columns(cr, table)[column]["udt_name"])
    for record_id, text in rows:
        renamed = re.sub(pattern, lambda found: names[found[0]], text)
        cr.execute(
            SQL(
                "UPDATE %(table)s SET %(column)s = %(text)s::%(type)s WHERE id = %(id)s",
                text=renamed,
                type=column_type,
                id=record_id,
                **place,
            )
        )


def _query(cr, query):
    cr.execute(query)
    return cr.fetchall()
