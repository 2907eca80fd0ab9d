from contextlib import contextmanager

from odoo.tests import HttpCase

from .common import AmazonCase


class AmazonHttpCase(AmazonCase, HttpCase):
    """Odoo itself is asked over HTTP."""

    @contextmanager
    def enter_registry_test_mode(self):
        """Override of `HttpCase`, which is in that mode already: only what other cursors need and do is shared."""
        self.env.flush_all()
        yield
        self.env.invalidate_all()
