"""The documentation as a site: ``python3 -m dev dev.docs`` builds it, by Sphinx, into ``build/site``."""

import sys

from dev.docs.site import SITE, build
from dev.setup.say import say

if not build(SITE):
    sys.exit(1)
say(f"docs: open {SITE / 'index.html'}")
