"""Refuses a folder of another name, from which Odoo would take the addon's.

Under another name nothing that the addon names by its own would be found, and much of that silently.
"""

from odoo.exceptions import UserError

NAME = "sale_amazon_cancellation"
_FOLDER = __name__.split(".")[-2]

if _FOLDER != NAME:
    # No user and no language yet.
    raise UserError(  # pylint: disable=translation-required
        f"The folder {_FOLDER} must have the name {NAME}: rename it, and start Odoo again."
    )
