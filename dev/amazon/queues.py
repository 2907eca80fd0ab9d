"""The SQS queues that notifications go to: a local SQS where one is named, and a record of what was sent."""

from __future__ import annotations

import json
import logging
import os
from collections import deque
from typing import Any

_logger = logging.getLogger(__name__)
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_SQS"
MOST_KEPT = 10_000


class Queues:
    """Sends with boto3 to a local SQS; without one it only keeps the record, so nothing ever goes to AWS itself.

    :param endpoint_url: address of the local SQS; None is that of the environment variable :data:`ENDPOINT_VARIABLE`
    """

    def __init__(self, endpoint_url: str | None = None) -> None:
        self.endpoint_url = endpoint_url
        self.sent: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self._urls: dict[tuple[str | None, str], str] = {}

    def can_send(self, arn: str) -> bool:
        """Whether the queue takes messages; taken for granted without a local SQS."""
        return self._endpoint() is None or self._url(arn) is not None

    def send(self, arn: str, body: dict[str, Any]) -> None:
        """Deliver a notification; one that cannot be delivered is lost, as at Amazon."""
        self.sent.append(body)
        if self._endpoint() is None:
            return
        url = self._url(arn)
        if url is None:
            _logger.warning("There is no queue %s at the local SQS; a notification is lost.", arn)
            return
        self._client(arn).send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def _endpoint(self) -> str | None:
        return self.endpoint_url or os.environ.get(ENDPOINT_VARIABLE)

    def _client(self, arn: str) -> Any:
        import boto3  # noqa: PLC0415  only where notifications are really sent

        region = arn.split(":")[3]
        return boto3.client(
            "sqs",
            region_name=region,
            endpoint_url=self._endpoint(),
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def _url(self, arn: str) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  as boto3

        key = (self._endpoint(), arn)
        if key not in self._urls:
            try:
                found = self._client(arn).get_queue_url(QueueName=arn.rsplit(":", 1)[1])
            except (BotoCoreError, ClientError):
                return None
            self._urls[key] = found["QueueUrl"]
        return self._urls[key]
