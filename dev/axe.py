"""What axe-core finds wrong with a page: contrast, names of buttons, roles.

axe-core is under the MPL and no part of this repository: npm brings it, and only this very archive is used.
"""

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

from dev.setup.commands import run
from dev.setup.say import SetupError

_PACKAGE = "axe-core@4.10.3"
_CHECKSUM = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"
_GRAVE = ("serious", "critical")
_RUN = (
    """() => axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})"""
)


def fetch(cache: Path) -> str:
    """axe-core's script, kept in `cache` once it was downloaded.

    :raise SetupError: npm is missing or failed, or the archive is another one.
    """
    archive = cache / "axe-core-4.10.3.tgz"
    if not archive.exists():
        run(["npm", "pack", "--silent", _PACKAGE], "downloading axe-core", cwd=cache)
    content = archive.read_bytes()
    if hashlib.sha256(content).hexdigest() != _CHECKSUM:
        raise SetupError(f"{archive} is not the axe-core that is expected here; delete it and try again")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        file = tar.extractfile("package/axe.min.js")
        assert file
        return file.read().decode()


def look(page: Any, script: str) -> list[str]:
    """What is serious on the page that is open, one line for each kind, with the first places."""
    page.evaluate(script)
    found = page.evaluate(_RUN)["violations"]
    return [
        f"{rule['impact']}: {rule['id']}, {len(rule['nodes'])} times, as in {rule['nodes'][0]['html'][:200]}"
        for rule in found
        if rule["impact"] in _GRAVE
    ]
