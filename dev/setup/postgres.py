"""A private PostgreSQL cluster, reached by a socket that only this project's processes can open.

It listens on no port, so none can be taken. It keeps nothing safe from a crash of the machine (``fsync`` is off):
all that it holds can be built again.
"""

import dataclasses
import os
import pwd
import re
import shutil
import socket
import tempfile
from pathlib import Path

from .apt import install
from .commands import run
from .paths import digest
from .say import SetupError, say

ROLE = "odoo"
# Only a part of the socket's name.
_PORT = "5432"
# The longest socket path that Linux takes is 107 bytes; the file's own name needs 16 of them.
_LONGEST_SOCKET_DIRECTORY = 90
_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 256MB
max_wal_size = 2GB
max_connections = 150
jit = off
"""


@dataclasses.dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL: its client programs, and the variables (``PGHOST`` …) with which libpq reaches it."""

    binaries: Path
    variables: dict[str, str]

    def run(self, program: str, *arguments: str) -> str:
        """Run a client program (``psql``, ``createdb`` …); gives its output.

        :raise SetupError: it failed.
        """
        return run([self.binaries / program, *arguments], f"{program} {' '.join(arguments)}", env=self.variables)

    def query(self, statement: str, database: str = "postgres") -> list[str]:
        """The rows of `statement`, one string each."""
        options = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        return self.run("psql", *options, "--dbname", database, "--command", statement).splitlines()


def ensure_postgres(cache: Path, *, private: bool = False) -> Postgres:
    """The server that ``PGHOST`` names if it is set, else this project's own cluster, created and started if need be.

    :param private: whether ``PGHOST`` does not matter.
    :raise SetupError: the server programs are missing and cannot be installed, or the server does not start.
    """
    if os.environ.get("PGHOST") and not private:
        server = Postgres(_client_binaries(), {})
        server.query("SELECT 1")
        return server
    binaries = _server_binaries()
    owner = _owner()
    directory = _directory(cache, binaries)
    data, sockets = directory / "data", _socket_directory(directory)
    if not (data / "PG_VERSION").exists():
        _create(binaries, directory, data, owner)
    _own(sockets, owner)
    server = Postgres(binaries, {"PGHOST": str(sockets), "PGPORT": _PORT, "PGUSER": ROLE, "PGPASSWORD": ""})
    if not _is_running(sockets):
        say("starting the private PostgreSQL cluster")
        log = directory / "server.log"
        command: list[str | Path] = [binaries / "pg_ctl", "start", "--wait", "--silent", "--timeout=60"]
        command += ["-D", data, "-l", log]
        try:
            run([*command, "-o", f"-k {sockets}"], "starting PostgreSQL", user=owner, cwd=directory)
        except SetupError as error:
            tail = log.read_text(errors="replace").splitlines()[-10:] if log.exists() else []
            advice = "After a crash of the machine the cluster may be damaged: `make clean` removes it."
            raise SetupError("\n  ".join([f"{error}\n{advice}", f"the end of {log}:", *tail])) from error
    return server


def stop_postgres(cache: Path) -> None:
    """Stop the private clusters of this cache directory that run, if any."""
    for data in _running_clusters(cache):
        say("stopping the private PostgreSQL cluster")
        _control(data, "stop", "--mode=fast")


def restart_postgres(cache: Path, mode: str) -> None:
    """Restart the private clusters of this cache directory that run, if any.

    :param mode: ``fast`` as an administrator does it, ``immediate`` as after a crash.
    """
    for data in _running_clusters(cache):
        _control(data, "restart", f"--mode={mode}")


def _running_clusters(cache: Path) -> list[Path]:
    return [data for data in cache.glob("postgres-*/data") if _is_running(_socket_directory(data.parent))]


def _control(data: Path, action: str, *options: str) -> None:
    command: list[str | Path] = [_server_binaries() / "pg_ctl", action, "--wait", "--silent", *options, "-D", data]
    if action == "restart":  # else it writes into the pipe of who restarts it, who then waits for its end
        command += ["-l", data.parent / "server.log"]
    run(command, f"{action} of PostgreSQL", user=_owner(), cwd=data.parent)


def _create(binaries: Path, directory: Path, data: Path, owner: str | None) -> None:
    say("creating a private PostgreSQL cluster")
    _own(directory, owner)
    shutil.rmtree(data, ignore_errors=True)
    unfinished = directory / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        run(["test", "-w", directory], f"entering {directory}", user=owner)
    except SetupError as error:
        raise SetupError(
            f"PostgreSQL does not run as root, and the user {owner} may not enter {directory}: "
            "set SALE_AMAZON_CANCELLATION_CACHE to a directory that every user may enter"
        ) from error
    options = ["--encoding=UTF8", "--locale=C.UTF-8", f"--username={ROLE}", "--no-sync"]
    # Trust is safe here: the only way in is a socket in a directory that no other user can enter.
    options += ["--auth-local=trust", "--auth-host=reject"]
    run([binaries / "initdb", *options, "-D", unfinished], "creating the database cluster", user=owner, cwd=directory)
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)
    unfinished.rename(data)


def _is_running(sockets: Path) -> bool:
    """Whether a server answers on the cluster's socket; its pid file may be left over from a crash."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sockets / f".s.PGSQL.{_PORT}"))
        except OSError:
            return False
    return True


def _owner() -> str | None:
    """The user to run the server as: root hands it to a system user, anyone else keeps it."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise SetupError("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")


def _own(directory: Path, owner: str | None) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    if owner:
        shutil.chown(directory, owner)


def _directory(cache: Path, binaries: Path) -> Path:
    version = run([binaries / "postgres", "--version"], "asking PostgreSQL for its version")
    number = re.search(r"[0-9]+", version)
    if not number:
        raise SetupError(f"PostgreSQL gives no version: {version}")
    return cache / f"postgres-{number[0]}"


def _socket_directory(directory: Path) -> Path:
    sockets = directory / "socket"
    if len(os.fsencode(sockets)) <= _LONGEST_SOCKET_DIRECTORY:
        return sockets
    return Path(tempfile.gettempdir()) / f"postgres-{digest(str(directory))}"


def _server_binaries() -> Path:
    if not (found := _find_server()):
        install(["postgresql"], "databases need PostgreSQL")
        found = _find_server()
    if not found:
        raise SetupError("PostgreSQL was installed, but its program initdb was not found")
    return found


def _find_server() -> Path | None:
    """The directory of the newest server's programs; Debian keeps them off the PATH."""
    candidates = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    candidates.sort(key=lambda path: float(path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    return candidates[0] if candidates else None


def _client_binaries() -> Path:
    if not shutil.which("psql"):
        install(["postgresql-client"], "databases need PostgreSQL's client programs")
    if not (found := shutil.which("psql")):
        raise SetupError("PostgreSQL's client programs were installed, but psql was not found")
    return Path(found).parent
