"""The repository root on the import path, so that ``dev`` is imported as scripts import it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
