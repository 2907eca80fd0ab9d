"""Where things lie: the clone, and the one cache directory that everything built goes to."""

import hashlib
import os
from pathlib import Path

ADDON = "sale_amazon_cancellation"
CLONE = Path(__file__).resolve().parents[2]
REQUIREMENTS = CLONE / "dev" / "requirements.txt"


def cache_directory() -> Path:
    """The cache directory: ``SALE_AMAZON_CANCELLATION_CACHE``, else below ``XDG_CACHE_HOME``, else below the home.

    For root it is ``/var/cache``, because PostgreSQL refuses to run as root and no other user can enter root's home.
    """
    if explicit := os.environ.get("SALE_AMAZON_CANCELLATION_CACHE"):
        return Path(explicit).expanduser().resolve()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base).expanduser().resolve() / ADDON
    if os.geteuid() == 0:
        return Path("/var/cache") / ADDON
    return Path.home() / ".cache" / ADDON


def digest(*parts: str | bytes) -> str:
    """A short name for a set of inputs: equal inputs, equal name."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() if isinstance(part, str) else part)
        sha.update(b"\0")
    return sha.hexdigest()[:12]


def clone_directory(cache: Path) -> Path:
    """The directory for what belongs to this clone alone, such as its addons path."""
    return cache / "clones" / digest(str(CLONE))
