"""The local Amazon as a process of its own, so that it is really another party on the wire."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dev.setup.paths import CLONE


class AmazonProcess:
    """`python -m dev.amazon` in another process. Use it as a context manager."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dev.amazon", "--port", "0", "--state", str(self._state)],
            cwd=CLONE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self._process.stdout.readline()
        if "http://" not in line:
            raise RuntimeError("the local Amazon did not start; its own message is above")
        self.url = line.split()[-1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)

    def control(self, path: str, **body: Any) -> Any:
        """Play the buyer, Amazon or the clock: POST to the control API."""
        return self._ask(path, json.dumps(body).encode())

    def get(self, path: str) -> Any:
        """Look at Amazon's side: GET from the control API."""
        return self._ask(path, None)

    def _ask(self, path: str, data: bytes | None) -> Any:
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=data)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
