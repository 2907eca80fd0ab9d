"""Each source of an account tells from now on whether it is alive: what is known of it is carried over."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, sql

# When a source was last heard, as the version before kept it.
LAST_HEARD = {
    "search": "SELECT id, last_sync_date FROM amazon_cancellation_account",
    "push": "SELECT account_id, max(last_received_date) FROM amazon_cancellation_subscription GROUP BY account_id",
    "sweep": (
        "SELECT account_id, max(write_date) FROM amazon_cancellation_sweep WHERE state = 'done' GROUP BY account_id"
    ),
    "mail": "SELECT account_id, max(create_date) FROM amazon_cancellation_mail GROUP BY account_id",
}


def migrate(cr, version):
    """Make the sources of every account."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    accounts = env["amazon.cancellation.account"].with_context(active_test=False).search([])
    sources = env["amazon.cancellation.source"]._ensure(accounts)
    for name, query in LAST_HEARD.items():
        cr.execute(SQL(query))
        heard = dict(cr.fetchall())
        for source in sources.filtered(lambda row, name=name: row.source == name):
            source.last_heard_date = heard.get(source.account_id.id)
    if sql.column_exists(cr, "amazon_cancellation_account", "sweep_message"):
        cr.execute(
            SQL(
                "UPDATE amazon_cancellation_source s"
                " SET message_facts = jsonb_build_array(a.sweep_message), failing_since = now() AT TIME ZONE 'UTC'"
                " FROM amazon_cancellation_account a"
                " WHERE a.id = s.account_id AND s.source = 'sweep' AND a.sweep_message IS NOT NULL"
            )
        )
        cr.execute(SQL("ALTER TABLE amazon_cancellation_account DROP COLUMN sweep_message"))
