"""The queue, with real boto3 against moto's SQS server and against servers that fail."""

import logging
import subprocess
import sys

import boto3
import pytest
from conftest import ROOT

from spapi import errors
from spapi.queue import NotificationQueue, QueueMessage

ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"
KEYS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "aws-secret-hunter2"}


@pytest.fixture
def sqs(moto, monkeypatch, request):
    """The queue's other side, as Amazon has it; what was received is seen again after the parameter's seconds."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", moto)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    sender = boto3.client("sqs", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    url = sender.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": getattr(request, "param", "0")})[
        "QueueUrl"
    ]
    yield lambda *bodies: [sender.send_message(QueueUrl=url, MessageBody=body) for body in bodies]
    sender.delete_queue(QueueUrl=url)


def test_receive_and_delete(sqs):
    sqs(*(f"body {number} ä" for number in range(13)))
    queue = NotificationQueue(ARN, **KEYS)
    seen = {}
    for count in (10, 3, 0):
        messages = queue.receive(wait=0)
        assert len(messages) == count
        seen |= {message.message_id: message.body for message in messages}
        assert queue.delete(messages) == []
    assert sorted(seen.values()) == sorted(f"body {number} ä" for number in range(13))


def test_what_is_not_deleted_comes_again_and_is_counted(sqs):
    sqs("poison")
    queue = NotificationQueue(ARN, **KEYS)
    assert [queue.receive()[0].receive_count for _time in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("sqs", ["3600"], indirect=True)
def test_deleting_more_than_ten_and_what_cannot_be(sqs):
    sqs(*map(str, range(12)))
    queue = NotificationQueue(ARN, **KEYS)
    messages = queue.receive() + queue.receive()
    assert len({message.message_id for message in messages}) == 12
    bogus = QueueMessage("bogus", "", "no-receipt", 1)
    assert queue.delete([*messages, bogus]) == ["bogus"]
    assert queue.receive() == []
    assert queue.delete([]) == []


def test_no_queue(sqs):
    queue = NotificationQueue(ARN + "-other", **KEYS)
    with pytest.raises(errors.NotFound, match="orders-other"):
        queue.receive()


@pytest.mark.parametrize(
    "arn", ["", None, "orders", "arn:aws:sns:eu-west-1:123456789012:orders", ARN + "/x", ARN + ".fifo"]
)
def test_no_arn_of_a_standard_queue(arn):
    with pytest.raises(errors.InvalidRequest):
        NotificationQueue(arn, **KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_half_a_key(name):
    with pytest.raises(errors.AccessDenied):
        NotificationQueue(ARN, **{name: KEYS[name]})


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "InvalidClientTokenId", errors.AccessDenied),
        (403, "SignatureDoesNotMatch", errors.AccessDenied),
        (403, "AccessDeniedException", errors.AccessDenied),
        (400, "AWS.SimpleQueueService.NonExistentQueue", errors.NotFound),
        (400, "QueueDoesNotExist", errors.NotFound),
        (400, "ThrottlingException", errors.Throttled),
        (403, "OverLimit", errors.Throttled),
        (429, "Slow", errors.Throttled),
        (500, "InternalFailure", errors.Unreachable),
        (503, "ServiceUnavailable", errors.Unreachable),
        (400, "InvalidParameterValue", errors.InvalidRequest),
    ],
)
def test_refusals(fake, monkeypatch, status, code, kind):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", fake.url)
    body = {"__type": f"com.amazonaws.sqs#{code}", "message": "AKIAEXAMPLE aws-secret-hunter2"}
    fake.answer("/", body, method="POST", status=status)
    with pytest.raises(errors.SpApiError) as caught:
        NotificationQueue(ARN, **KEYS).receive()
    assert type(caught.value) is kind
    assert "hunter2" not in str(caught.value) + repr(caught.value.details)
    # The caller decides when to ask again, not botocore.
    assert len(fake.requests("/")) == 1


def test_a_proxys_page_is_no_empty_queue(fake, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", fake.url)
    for content in (b"<html>log in to the network</html>", b"", b"{}"):
        queue = NotificationQueue(ARN, **KEYS)
        fake.answer("/", data=content, method="POST", headers={"x-amzn-RequestId": ""})
        with pytest.raises(errors.Unreachable):
            queue.receive()
        queue._url = fake.url
        for call in (queue.receive, lambda queue=queue: queue.delete([QueueMessage("1", "", "r", 1)])):
            fake.answer("/", data=content, method="POST", headers={"x-amzn-RequestId": ""})
            with pytest.raises(errors.Unreachable):
                call()


def test_nobody_there(monkeypatch, raw_server):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", raw_server(lambda connection: connection.close()))
    with pytest.raises(errors.Unreachable):
        NotificationQueue(ARN, **KEYS).receive()


def test_neither_keys_nor_a_role(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    with pytest.raises(errors.AccessDenied, match="keys"):
        NotificationQueue(ARN).receive()


def test_nothing_leaks(sqs, caplog):
    for name in [None, *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, logger=name)
    sqs("the buyer's data")
    caplog.clear()
    queue = NotificationQueue(ARN, **KEYS)
    (message,) = queue.receive()
    queue.delete([message])
    text = "\n".join(record.getMessage() + repr(record.args) for record in caplog.records)
    for secret in ("hunter2", "AKIAEXAMPLE", "Signature", "the buyer's data"):
        assert secret not in text + repr(queue) + repr(message)


def test_without_boto3():
    code = """
import sys
sys.modules["boto3"] = None
from spapi.queue import NotificationQueue
from spapi.errors import SpApiError
try:
    NotificationQueue("arn:aws:sqs:eu-west-1:123456789012:orders")
except SpApiError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pip install" in result.stdout and "boto3" in result.stdout


def test_boto3_that_is_too_old_is_told(sqs, monkeypatch):
    queue = NotificationQueue(ARN, **KEYS)
    queue._sqs.get_queue_url(QueueName="orders")
    old = {**queue._sqs.meta.service_model.operation_model("ReceiveMessage").input_shape.members}
    del old["MessageSystemAttributeNames"]
    model = queue._sqs.meta.service_model
    monkeypatch.setattr(model.operation_model("ReceiveMessage").input_shape, "members", old)
    with pytest.raises(errors.SpApiError, match="too old") as caught:
        queue.receive()
    assert type(caught.value) is errors.SpApiError and "pip install --upgrade" in str(caught.value)
