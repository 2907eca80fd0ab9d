"""The analysis keeps its rows, which were computed at each look before."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Write the rows of what was asked and cancelled before."""
    api.Environment(cr, SUPERUSER_ID, {})["amazon.cancellation.report"]._renew_all()
