"""A local SQS with one queue, as a process of its own: what Amazon's notifications come through."""

import subprocess
import sys
import time
from types import TracebackType
from typing import Self

import boto3
from botocore.exceptions import BotoCoreError

from dev.odoo_server import free_port

REGION = "eu-west-1"
QUEUE = "amazon-order-changes"
KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
_STARTUP_SECONDS = 60


class QueueProcess:
    """Moto's server in another process. Use it as a context manager.

    :ivar url: its address, for boto3's own variable ``AWS_ENDPOINT_URL_SQS``.
    :ivar arn: of the queue.
    """

    def __init__(self) -> None:
        self.url = ""
        self.arn = ""

    def __enter__(self) -> Self:
        port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{port}"
        try:
            self.arn = self._make_queue()
        except BaseException:  # whoever is told to end while it starts leaves no process behind
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _make_queue(self) -> str:
        sqs = boto3.client("sqs", region_name=REGION, endpoint_url=self.url, **KEYS)
        deadline = time.monotonic() + _STARTUP_SECONDS
        while True:
            try:
                queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
                break
            except BotoCoreError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the local SQS did not start") from None
                time.sleep(0.2)
        return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
