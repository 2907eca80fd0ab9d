"""The local Amazon as a process of its own, so that it is really another party on the wire."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dev.setup.paths import CLONE


class AmazonProcess:
    """`python -m dev.amazon` in another process. Use it as a context manager."""

    def __init__(self, state: Path | None = None, sqs_url: str | None = None) -> None:
        """Describe it; nothing runs yet.

        :param state: the file that keeps its state; none by default.
        :param sqs_url: the local SQS that notifications go to; none by default.
        """
        self._variables = {"AWS_ENDPOINT_URL_SQS": sqs_url} if sqs_url else {}
        self._options = ["--state", str(state)] if state else []
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dev.amazon", "--port", "0", *self._options],
            cwd=CLONE,
            env={**os.environ, **self._variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert self._process.stdout  # a pipe
            line = self._process.stdout.readline()
            if "http://" not in line:
                raise RuntimeError("the local Amazon did not start; its own message is above")
        except BaseException:  # whoever is told to end while it starts leaves no process behind
            self._stop()
            raise
        self.url = line.split()[-1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that lets Odoo find it, with an address for each region, and the local SQS."""
        return {
            "AMAZON_SPAPI_ENDPOINT_URL": f"{self.url}/{{region}}",
            "AMAZON_LWA_ENDPOINT_URL": self.url,
            **self._variables,
        }

    def control(self, path: str, **body: Any) -> Any:
        """Play the buyer, Amazon or the clock: POST to the control API."""
        return self._ask("POST", path, json.dumps(body).encode())

    def get(self, path: str) -> Any:
        """Look at Amazon's side: GET from the control API."""
        return self._ask("GET", path)

    def clear(self, path: str) -> None:
        """Forget what Amazon noted: DELETE to the control API."""
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, data: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
