"""Uninstall the addon with work under way, install it again, and see: ``python3 -m dev dev.reinstall``."""

import sys

from dev.setup import prepare
from dev.verdict import tell_faults

from .reinstall import run

sys.exit(tell_faults("reinstall", lambda: run(prepare()), "nothing is lost, left behind or cancelled"))
