"""Finding Odoo 19, or fetching it into the cache directory."""

import dataclasses
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .apt import PrivateApt
from .commands import run
from .paths import digest
from .say import SetupError, say

SERIES = "19.0"
# The one Odoo that everybody develops against: this package, byte for byte; where a mirror has it no more, the source
# as it was on its day. To move on, change all four and run all tests.
_PACKAGE = "odoo-19"
_VERSION = "19.0.0+dfsg-1"
_SHA256 = "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
_DAY = "2026-03-22"
_SUITE = "sid"
_REPOSITORY = "https://github.com/odoo/odoo"
# The branch has commits every day but for holidays.
_QUIET_DAYS = 14

# Packages whose files Debian's odoo-19 links to with relative links; they must lie in the same tree. They come from
# an older suite: the links name Font Awesome 4's files, and sid has moved on to Font Awesome 6.
_LINKED_SUITE = "trixie"
_LINKED_PACKAGES = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
# Named in mail's asset bundle and left out of Debian's package: its absence is an error on the browser console.
_ABSENT_SCRIPT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclasses.dataclass(frozen=True)
class Odoo:
    """An Odoo 19 to run: what to put on the Python path, and where its addons lie."""

    python_path: Path
    addons_paths: tuple[Path, ...]
    identity: str

    @classmethod
    def at(cls, root: Path) -> "Odoo":
        """The Odoo whose package is ``root/odoo``: a source checkout, a Debian tree, or site packages."""
        release = root / "odoo" / "release.py"
        if not release.is_file():
            raise SetupError(f"{root} holds no Odoo: there is no {release}")
        version = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.MULTILINE)
        if not version or f"{version[1]}.{version[2]}" != SERIES:
            raise SetupError(f"the Odoo in {root} is not {SERIES}")
        # Debian's package has a second addons directory, with nothing but Python files: no manifest of it counts.
        candidates = (root / "addons", root / "odoo" / "addons")
        addons = tuple(path for path in candidates if any(path.glob("*/static/description")))
        return cls(root, addons, f"{root}@{_revision(root) or release.stat().st_mtime_ns}")


def ensure_odoo(cache: Path) -> Odoo:
    """Odoo 19 from ``ODOO_HOME``, the Python installation, Debian's package or the source repository, in this order.

    :raise SetupError: ``ODOO_HOME`` is no Odoo 19, or none of the others can be had.
    """
    if home := os.environ.get("ODOO_HOME"):
        return Odoo.at(Path(home).expanduser().resolve())
    if installed := _importable(cache):
        return installed
    debian, source = cache / "odoo-debian", cache / "odoo-source"
    for root in (debian / "usr/lib/python3/dist-packages", source):
        if (root / "odoo" / "release.py").is_file():
            return Odoo.at(root)
    reasons = []
    for fetch, target in ((_fetch_debian, debian), (_fetch_source, source)):
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            root = fetch(unfinished, cache)
        except SetupError as error:
            reasons.append(str(error))
            shutil.rmtree(unfinished, ignore_errors=True)
            continue
        unfinished.rename(target)
        return Odoo.at(target / root)
    raise SetupError("\n".join(["Odoo 19 could not be fetched; set ODOO_HOME to a source checkout.", *reasons]))


def _revision(root: Path) -> str | None:
    """The commit of a source checkout."""
    if not (root / ".git").exists():
        return None
    return run(["git", "-C", root, "rev-parse", "HEAD"], f"asking {root} for its commit").strip()


def _importable(cache: Path) -> Odoo | None:
    """The Odoo 19 that this machine's python3 imports, reached by a link so that nothing else of there is imported."""
    code = "import odoo.release, sys; sys.stdout.write(odoo.release.__file__)"
    interpreter = shutil.which("python3") or sys.executable
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, cwd="/", env=clean, check=False)
    if done.returncode:
        return None
    root = Path(done.stdout).resolve().parents[1]
    if (root / "odoo-bin").is_file():
        return Odoo.at(root)
    link = cache / "odoo-installed" / digest(str(root)) / "odoo"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(root / "odoo")
    try:
        return Odoo.at(link.parent)
    except SetupError as error:
        say(f"passing over an installed Odoo: {error}")
        return None


def _fetch_debian(target: Path, cache: Path) -> Path:
    """Unpack Debian's package and what it links to; gives the Python path below `target`."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise SetupError("this is no Debian system, so there is no package of Odoo")
    say("fetching Odoo: reading the configured Debian mirror")
    target.mkdir(parents=True)
    linked = PrivateApt(cache / "apt", _LINKED_SUITE)
    linked.unpack(_LINKED_PACKAGES, target)
    newest = PrivateApt(cache / "apt", _SUITE)
    say(f"fetching Odoo: package {_PACKAGE} {_VERSION} (120 MB, 1.2 GB unpacked)")
    newest.unpack([f"{_PACKAGE}={_VERSION}"], target, sha256={_PACKAGE: _SHA256})
    shutil.rmtree(cache / "apt")
    root = Path("usr/lib/python3/dist-packages")
    for link in (target / root).rglob("*"):
        if link.is_symlink() and not link.exists():
            say(f"fetching Odoo: the link {link.name} leads nowhere; a font or script will be missing")
    script = target / root / "odoo" / "addons" / _ABSENT_SCRIPT
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        script.touch()
    return root


def _fetch_source(target: Path, cache: Path) -> Path:
    say(f"fetching Odoo: the source of branch {SERIES} as it was on {_DAY}")
    since = dt.date.fromisoformat(_DAY) - dt.timedelta(days=_QUIET_DAYS)
    options = [
        f"--shallow-since={since}",
        f"--branch={SERIES}",
        "--single-branch",
        "--no-checkout",
        "--filter=blob:none",
    ]
    run(["git", "clone", *options, _REPOSITORY, target], "cloning Odoo")
    git: list[str | Path] = ["git", "-C", target]
    commit = run([*git, "rev-list", "-1", f"--before={_DAY}T23:59:59Z", "HEAD"], "looking for the commit").strip()
    if not commit:
        raise SetupError(f"Odoo's source has no commit of {_DAY} or the {_QUIET_DAYS} days before")
    run([*git, "checkout", "--detach", commit], f"checking out Odoo of {_DAY}")
    return Path()
