"""What accountants wrote when they marked books as settled stays theirs; other notes are worded anew from facts."""

from odoo import SUPERUSER_ID, api
from odoo.tools import sql


def migrate(cr, version):
    """Keep the notes of settled cancellations, and what was left of their books then."""
    if not sql.column_exists(cr, "amazon_order_cancellation", "accounting_note"):
        return
    cr.execute(
        """
           UPDATE amazon_order_cancellation
              SET settled_note = accounting_note
            WHERE accounting_state = 'settled' AND proof_state != 'clear' AND accounting_note IS NOT NULL
        RETURNING id
        """
    )
    env = api.Environment(cr, SUPERUSER_ID, {})
    settled = env["amazon.order.cancellation"].browse([row[0] for row in cr.fetchall()])
    settled.invalidate_recordset(["settled_note"])
    env["amazon.cancellation.books"]._prefetch(settled.order_id)
    for cancellation in settled:
        cancellation.settled_facts = env["amazon.cancellation.accounting"]._get_work(cancellation)
    cr.execute("ALTER TABLE amazon_order_cancellation DROP COLUMN accounting_note, DROP COLUMN proof_note")
