"""Plain tests of the wire: they import ``spapi`` from the repository root and never Odoo."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# No test may depend on how busy the machine is.
settings.register_profile("wire", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wire")
