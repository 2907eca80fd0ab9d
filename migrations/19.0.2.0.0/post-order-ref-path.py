"""Where order ids stand is a path now, and was a field of the sale order."""

from odoo.tools import sql


def migrate(cr, version):
    cr.execute("ALTER TABLE amazon_cancellation_setup DROP COLUMN IF EXISTS order_ref_field_id")
    if not sql.column_exists(cr, "amazon_cancellation_account", "order_ref_field_id"):
        return
    cr.execute(
        """
        UPDATE amazon_cancellation_account account
           SET order_ref_path = field.name
          FROM ir_model_fields field
         WHERE field.id = account.order_ref_field_id
        """
    )
    cr.execute("ALTER TABLE amazon_cancellation_account DROP COLUMN order_ref_field_id")
