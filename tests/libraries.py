"""Libraries that only our own tests need.

Odoo imports the tests of every installed addon as soon as it runs tests of any. The modules that need more than Odoo
and this addon need are therefore imported where that is installed; `make test` has it all, and runs each file by its
path.
"""

import importlib.util
import logging

_logger = logging.getLogger(__name__)


def have(*libraries):
    """Whether all these libraries are installed; says in the log which are not."""
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        _logger.info("tests left out: they need %s, see dev/requirements.in", ", ".join(missing))
    return not missing
