"""Debian's package tools: installing a distribution package, and unpacking one without installing it."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .commands import run
from .say import SetupError, say

_APT = Path("/etc/apt")


def install(packages: Sequence[str], why: str) -> None:
    """Install distribution packages.

    :param why: what they are needed for, as in "browser tests need Chromium".
    :raise SetupError: not root, not a Debian system, or apt-get failed; the text has the command to run.
    """
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise SetupError(f"{why}: install it with this system's package manager (Debian calls it: {names})")
    if os.geteuid() != 0:
        raise SetupError(f"{why}: run  sudo apt-get install {names}  and start again")
    say(f"{why}: installing the distribution's {names}")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(command, f"installing {names}", env=quiet)
    except SetupError:
        # A machine whose package lists are empty or old: bring them up to date, then try once more.
        run(["apt-get", "update"], "updating the package lists", env=quiet)
        run(command, f"installing {names}", env=quiet)


class PrivateApt:
    """apt with its own lists and sources in a directory of ours: the system's are read once and never changed."""

    def __init__(self, directory: Path, suite: str) -> None:
        """Use the machine's configured Debian mirror for `suite`.

        :raise SetupError: no Debian mirror is configured, or apt cannot read `suite` from it.
        """
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (directory / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        mirror, keyring = _debian_mirror()
        options = f" [signed-by={keyring}]" if keyring else ""
        (directory / "sources.list").write_text(f"deb{options} {mirror} {suite} main\n")
        self._run("update")

    def unpack(self, packages: Sequence[str], target: Path, *, sha256: Mapping[str, str] | None = None) -> None:
        """Download `packages` and unpack their files below `target`, running none of their scripts.

        :param packages: names, or ``name=version``.
        :param sha256: what the files of some of them must be.
        :raise SetupError: one cannot be had, or is another file.
        """
        debs = self._directory / "debs"
        shutil.rmtree(debs, ignore_errors=True)
        debs.mkdir()
        self._run("download", *packages, cwd=debs)
        for deb in sorted(debs.glob("*.deb")):
            check(deb, (sha256 or {}).get(deb.name.split("_")[0]))
            run(["dpkg-deb", "-x", deb, target], f"unpacking {deb.name}")
        shutil.rmtree(debs)

    def _run(self, *arguments: str, cwd: Path | None = None) -> None:
        options = {
            "Dir::Etc::SourceList": self._directory / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self._directory / "lists",
            "Dir::Cache": self._directory,
            "APT::Get::List-Cleanup": "0",
            # An unreadable mirror is an error here, not a warning.
            "APT::Update::Error-Mode": "any",
        }
        if os.geteuid() == 0:
            # apt's own download user may not enter the cache directory.
            options["APT::Sandbox::User"] = "root"
        flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        run(["apt-get", *flags, *arguments], f"apt-get {' '.join(arguments)}", cwd=cwd)


def check(file: Path, sha256: str | None) -> None:
    """Refuse a file that is another one than it should be.

    :raise SetupError: its checksum is another.
    """
    if sha256:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != sha256:
            raise SetupError(f"{file.name} is not the file that is expected: its SHA-256 is {found}, not {sha256}")


def _debian_mirror() -> tuple[str, str | None]:
    """The configured mirror of the Debian archive and its keyring, if one is named."""
    for uri, suite, keyring in _sources():
        if "-security" not in suite and uri.rstrip("/").endswith("/debian"):
            return uri, keyring
    raise SetupError("no Debian mirror is configured in /etc/apt")


def _sources() -> Iterator[tuple[str, str, str | None]]:
    """Every (URI, suite, keyring) of the system's apt sources, of both formats."""
    for path in sorted((_APT / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
            if "deb" not in fields.get("Types", "").split():
                continue
            keyring = fields.get("Signed-By", "").strip()
            for uri in fields.get("URIs", "").split():
                for suite in fields.get("Suites", "").split():
                    yield uri, suite, keyring if keyring.startswith("/") else None
    lists = [_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*.list"))]
    for path in filter(Path.is_file, lists):
        for line in path.read_text().splitlines():
            entry = re.match(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)", line)
            if entry:
                keyring = re.search(r"signed-by=(/\S+)", entry["options"] or "")
                yield entry["uri"], entry["suite"], keyring[1] if keyring else None
