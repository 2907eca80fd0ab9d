"""The second judge: Amazon's own SDK reads every answer into its models and sends its own requests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from messages import envelope, failure

ARN = "arn:aws:sqs:eu-west-1:123456789012:amazon-orders"


def test_amazons_sdk_does_the_whole_job(amazon, tmp_path):
    shop = amazon.shop
    order, other = shop.add_order(), shop.add_order()
    shop.ask_to_cancel(order.order_id, "Zu spät")
    shop.advance(180)
    content = tmp_path / "feed.xml"
    content.write_bytes(envelope(failure(order, "BuyerCanceled")))
    # Isolated: its package would else be hidden by ours of the same name.
    program = [sys.executable, "-I", str(Path(__file__).with_name("official_sdk.py"))]
    done = subprocess.run(
        [*program, amazon.url, order.order_id, str(content), ARN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    (first,), (second,) = shown["orders"].pop("pages")
    assert {first, second} == {order.order_id, other.order_id}
    assert shown["orders"] == {
        "last": True,
        "typed": True,
        "status": "UNSHIPPED",
        "ship_by": True,
        "reason": "Zu spät",
        "item_id": order.items[0].item_id,
    }
    assert {"DE", "FR", "GB"} <= set(shown["marketplaces"])
    assert shown["report"] == "order-id"
    assert shown["subscription"] == [ARN, True]
    assert shown["transactions"] == []
    assert shown["refusal"] == [404, "NotFound"]
    assert shown["feed"]["states"] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert shown["feed"]["algorithm"] == "GZIP"
    assert "<MessagesSuccessful>1<" in shown["feed"]["report"]
    assert shown["feed"]["listed"]
    assert order.status == "CANCELLED"
    assert {call.status for call in amazon.calls} <= {200, 201, 202, 404}
