"""Receives notifications from the seller's SQS queue. boto3 is needed only here, so only here it is imported."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import AccessDenied, InvalidRequest, NotFound, SpApiError, Throttled, Unreachable
from .quiet import quiet

RECEIVE_LIMIT = 10  # SQS's own, for receiving and deleting alike
WAIT_LIMIT = 20  # seconds, SQS's own

_ARN = re.compile(r"arn:aws[a-z-]*:sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[\w-]{1,80})", re.ASCII)
_CONNECT_TIMEOUT = 10
_INSTALL = "Run  pip install --upgrade 'boto3>=1.34.101'  in Odoo's Python environment and start Odoo again."
_MISSING = f"Notifications need the Python package boto3, which is not installed. {_INSTALL}"
_TOO_OLD = f"The installed version of the Python package boto3 is too old for notifications. {_INSTALL}"
# Words in SQS's error codes, whose form changed with its protocol (AWS.SimpleQueueService.NonExistentQueue…).
_NO_QUEUE = ("NonExistentQueue", "QueueDoesNotExist")
_DENIED = (
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
)
_THROTTLED = ("Throttl", "OverLimit")


@dataclass(frozen=True)
class QueueMessage:
    """One message; delete it only when its effect is committed.

    :ivar receive_count: how often it was received, this time included.
    """

    message_id: str
    body: str = field(repr=False)
    receipt: str = field(repr=False)
    receive_count: int


class NotificationQueue:
    """A standard SQS queue: at least once, in no order.

    :param arn: the queue's Amazon Resource Name.
    :param access_key_id: with ``secret_access_key``, the keys; without both, the machine's own role is used.
    :raises InvalidRequest: no ARN of an SQS queue.
    :raises AccessDenied: one key without the other.
    :raises SpApiError: boto3 is not installed, or too old.
    """

    def __init__(self, arn: str, *, access_key_id: str | None = None, secret_access_key: str | None = None) -> None:
        parts = _ARN.fullmatch((arn or "").strip())
        if parts is None:
            raise InvalidRequest("This is not the ARN of an SQS queue (arn:aws:sqs:region:account:name).")
        if bool(access_key_id) != bool(secret_access_key):
            raise AccessDenied("An AWS access key needs its secret, and the other way round.")
        try:
            import boto3  # noqa: PLC0415
            from botocore import exceptions  # noqa: PLC0415
            from botocore.config import Config  # noqa: PLC0415
        except ImportError:
            raise SpApiError(_MISSING) from None
        self._exceptions = exceptions
        self._name, self._account = parts["name"], parts["account"]
        self._secrets = (secret_access_key or "",)
        self._url: str | None = None
        # The queue's own long polling waits; a failed call is the caller's to repeat.
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=WAIT_LIMIT + _CONNECT_TIMEOUT,
            retries={"total_max_attempts": 1},
        )
        with self._errors("createClient"):
            session = boto3.session.Session(
                aws_access_key_id=access_key_id or None,
                aws_secret_access_key=secret_access_key or None,
                region_name=parts["region"],
            )
            self._sqs = session.client("sqs", config=config)

    def find(self) -> None:
        """See whether the queue is there and open; nothing is received.

        :raises AccessDenied, NotFound, Throttled, Unreachable, InvalidRequest: it is not.
        """
        with self._errors("GetQueueUrl"):
            self._get_url()

    def receive(self, *, limit: int = RECEIVE_LIMIT, wait: int = 0) -> list[QueueMessage]:
        """Return up to 10 messages, fewer or none if no more are there now.

        :param wait: seconds to wait for a first message, at most 20.
        :raises AccessDenied, NotFound, Throttled, Unreachable, InvalidRequest: it did not work.
        """
        with self._errors("ReceiveMessage"):
            answer = self._sqs.receive_message(
                QueueUrl=self._get_url(),
                MaxNumberOfMessages=max(1, min(limit, RECEIVE_LIMIT)),
                WaitTimeSeconds=max(0, min(wait, WAIT_LIMIT)),
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            _check_answer(answer)
        return [_read_message(message) for message in answer.get("Messages", [])]

    def delete(self, messages: Sequence[QueueMessage]) -> list[str]:
        """Delete the messages; return the ids of those that SQS kept, which will come again.

        :raises AccessDenied, NotFound, Throttled, Unreachable, InvalidRequest: it did not work.
        """
        kept: list[str] = []
        for start in range(0, len(messages), RECEIVE_LIMIT):
            batch = messages[start : start + RECEIVE_LIMIT]
            entries = [{"Id": str(number), "ReceiptHandle": message.receipt} for number, message in enumerate(batch)]
            with self._errors("DeleteMessageBatch"):
                answer = self._sqs.delete_message_batch(QueueUrl=self._get_url(), Entries=entries)
                _check_answer(answer)
            kept += [batch[int(failure["Id"])].message_id for failure in answer.get("Failed", [])]
        return kept

    def _get_url(self) -> str:
        if self._url is None:
            answer = self._sqs.get_queue_url(QueueName=self._name, QueueOwnerAWSAccountId=self._account)
            _check_answer(answer)
            self._url = answer["QueueUrl"]
        return self._url

    @contextmanager
    def _errors(self, operation: str) -> Iterator[None]:
        """Turn botocore's exceptions into the wire's, and keep its log quiet."""
        exceptions = self._exceptions
        try:
            with quiet():
                yield
        except exceptions.ClientError as error:
            raise self._translate(operation, error) from None
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.CredentialRetrievalError):
            raise AccessDenied("There are neither AWS keys nor a role of this machine.", operation=operation) from None
        except exceptions.ParamValidationError:
            # The wire gives no other parameters than its own, which are right.
            raise SpApiError(_TOO_OLD, operation=operation) from None
        except (exceptions.HTTPClientError, exceptions.BotoCoreError, ValueError) as error:
            cause = type(error).__name__
            raise Unreachable("The queue cannot be reached.", operation=operation, cause=cause) from None

    def _translate(self, operation: str, error: Any) -> SpApiError:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = str(details.get("Code") or "")
        facts = {"operation": operation, "status": status, "code": code or None, "secrets": self._secrets}
        words = f"{operation}: {details.get('Message') or code or 'no reason given'}"
        if any(word in code for word in _NO_QUEUE):
            return NotFound(f"There is no queue {self._name} in that account and region, or it is not yours.", **facts)
        if any(word in code for word in _DENIED):
            return AccessDenied(words, **facts)
        if any(word in code for word in _THROTTLED) or status == 429:
            return Throttled(words, **facts)
        if status is None or status >= 500:
            return Unreachable(words, **facts)
        return InvalidRequest(words, **facts)


def _check_answer(answer: dict[str, Any]) -> None:
    """Refuse an answer that is not SQS's own: botocore reads a proxy's page as an empty success."""
    if not answer.get("ResponseMetadata", {}).get("RequestId"):
        raise Unreachable("The queue's answer is not SQS's.", maybe_done=True)


def _read_message(message: dict[str, Any]) -> QueueMessage:
    return QueueMessage(
        message_id=message["MessageId"],
        body=message.get("Body", ""),
        receipt=message["ReceiptHandle"],
        receive_count=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
    )
