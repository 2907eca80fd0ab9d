"""An account serves the branches of its company, too: who works for a branch sees it."""

from odoo.tools import SQL


def migrate(cr, version):
    """Widen the rule, which an update leaves alone, unless somebody has changed it."""
    cr.execute(
        SQL(
            """
            UPDATE ir_rule rule
               SET domain_force = '[(''company_id'', ''parent_of'', company_ids)]'
              FROM ir_model_data data
             WHERE data.module = 'sale_amazon_cancellation'
               AND data.name = 'amazon_seller_account_company_rule'
               AND data.model = 'ir.rule'
               AND data.res_id = rule.id
               AND rule.domain_force = '[(''company_id'', ''in'', company_ids)]'
            """
        )
    )
