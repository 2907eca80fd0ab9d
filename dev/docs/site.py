"""Builds the site; a link that leads nowhere stops it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from dev.docs.pages import write_all
from dev.setup.paths import CLONE

SITE = CLONE / "build" / "site"


def build(target: Path) -> bool:
    """Build the site in `target`; gives whether nothing is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="docs-") as scratch:
        pages = Path(scratch) / "pages"
        write_all(pages)
        options = ["--builder=html", "--fail-on-warning", "--keep-going", "--quiet"]
        options += [f"--conf-dir={Path(__file__).parent}", f"--doctree-dir={scratch}/doctrees"]
        command = [sys.executable, "-m", "sphinx", *options, str(pages), str(target)]
        return subprocess.run(command, check=False).returncode == 0
