"""Running an Odoo server on a free port of this machine, for the demo, screenshots and the developer's own eyes."""

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dev.setup import Environment, SetupError

_STARTUP_SECONDS = 90
_STOP_SECONDS = 20


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


class OdooServer:
    """One Odoo process that serves one database on 127.0.0.1. Use it as a context manager, or start and stop it."""

    def __init__(
        self,
        environment: Environment,
        database: str,
        *,
        log: Path,
        port: int | None = None,
        variables: Mapping[str, str] | None = None,
        cron: bool = True,
        options: Sequence[str] = (),
    ) -> None:
        """Describe the server; nothing runs yet.

        :param database: the only database that it serves; it need not be chosen when logging in.
        :param log: the file that Odoo's log is appended to.
        :param port: the port to serve; a free one by default.
        :param variables: environment variables to add, such as ``AMAZON_SPAPI_ENDPOINT_URL``.
        :param cron: whether scheduled actions run.
        :param options: further command line options of Odoo, such as ``-u MODULE`` or ``--log-level=debug``.
        """
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._environment = environment
        self._variables = {**environment.process_variables, **(variables or {})}
        self._options = [
            f"--database={database}",
            f"--db-filter=^{database}$",
            "--http-interface=127.0.0.1",
            f"--http-port={self.port}",
            "--workers=0",
            f"--max-cron-threads={2 if cron else 0}",
            *options,
        ]
        self._process: subprocess.Popen | None = None

    def start(self) -> Self:
        """Start the process and wait until it answers.

        :raise SetupError: the port is taken, or Odoo ended or did not answer in time; the text has the end of its log.
        """
        if _is_taken(self.port):
            raise SetupError(f"port {self.port} is taken by another program")
        command = [str(self._environment.python), "-m", "odoo", "server", *self._environment.odoo_options()]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._variables,
                # A Ctrl-C in the terminal is for the program that started the server, which then stops it.
                start_new_session=True,
            )
        try:
            self._await_answer()
        except BaseException:  # whoever is told to end while it starts leaves no server behind
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the process; nothing happens if it does not run."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End the process at once, as a crash of the machine would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def wait(self) -> int:
        """Wait until the process ends by itself; gives its status."""
        if self._process is None:
            raise RuntimeError("Odoo does not run")
        return self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_answer(self) -> None:
        assert self._process  # it was started
        deadline = time.monotonic() + _STARTUP_SECONDS
        while not self._answers():
            if (status := self._process.poll()) is not None:
                raise SetupError(f"Odoo ended with status {status} while starting.{self._log_tail()}")
            if time.monotonic() > deadline:
                raise SetupError(f"Odoo did not answer on {self.url} in {_STARTUP_SECONDS} s.{self._log_tail()}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        return False

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "".join(f"\n  {line}" for line in [f"The end of {self.log}:", *lines])
