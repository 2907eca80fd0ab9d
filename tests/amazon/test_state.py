"""Restarts, the command, and the server's life."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import httpx
import pytest
from conftest import ROOT, Caller
from messages import envelope, failure

from dev.amazon import storage
from dev.amazon.server import LocalAmazon


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "state.json"


def test_a_restart_keeps_everything(path, http):
    with LocalAmazon(path) as first:
        shop = first.shop
        shop.advance(5000)
        order = shop.add_order(quantity=2)
        shop.ship(order.order_id, partial=True)
        asked = shop.add_order()
        shop.ask_to_cancel(asked.order_id, "Zu spät")
        shop.plan_feed(settle_seconds=600)
        shop.switches.empty_cancellation = True
        caller = Caller(first, None, http).as_seller()
        feed_id = caller.submit(envelope(failure(asked, "BuyerCanceled")))
        caller.feed(feed_id)
        first.shop.advance(180)
        token = caller.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    with LocalAmazon(path) as second:
        assert second.shop.state == first.shop.state
        assert abs(second.shop.clock.offset - 5180) < 1
        caller.amazon = second
        assert caller.search(maxResultsPerPage=1, paginationToken=token).status_code == 200
        assert caller.finished(feed_id)["processingStatus"] == "DONE"
        second.shop.advance(601)
        assert caller.status(asked.order_id) == "CANCELLED"


def test_every_change_is_on_disk_at_once(path):
    shop = LocalAmazon(path).shop
    order = shop.add_order()
    assert storage.load(path) == shop.state
    shop.ask_to_cancel(order.order_id, "x")
    assert storage.load(path).orders[order.order_id].items[0].request_reason == "x"


def test_many_changes_are_kept_once(path, monkeypatch):
    shop = LocalAmazon(path).shop
    kept = []
    monkeypatch.setattr(storage, "save", lambda state, _path: kept.append(len(state.orders)))
    with shop.change():
        for _number in range(3):
            shop.add_order()
    assert kept == [3]


def test_a_crash_while_keeping_leaves_the_old_state(path, monkeypatch):
    shop = LocalAmazon(path).shop
    shop.add_order()
    before = path.read_bytes()
    monkeypatch.setattr(json, "dump", lambda *_arguments, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        shop.add_order()
    assert path.read_bytes() == before


def test_a_file_that_is_no_state_is_refused(path):
    path.parent.mkdir()
    path.write_text("{broken")
    with pytest.raises(ValueError, match="Expecting"):
        LocalAmazon(path)


def test_a_reset_empties_it_on_the_same_address(amazon, caller):
    url = amazon.url
    amazon.shop.add_order()
    amazon.shop.advance(100)
    amazon.faults.add(None, "http")
    amazon.reset()
    assert amazon.url == url
    assert not amazon.shop.orders
    assert amazon.shop.clock.offset == 0
    assert caller.search().status_code == 403
    assert caller.as_seller().found() == []


def test_it_listens_on_this_machine_only_and_stops(amazon):
    assert amazon.url.startswith("http://127.0.0.1:")
    url = amazon.url
    amazon.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(RuntimeError):
        _ = amazon.url
    amazon.stop()


def test_a_stop_ends_waiting_answers(amazon, caller):
    order = amazon.shop.add_order()
    amazon.faults.add("getOrder", "timeout", delay=3600.0)
    errors = []

    def ask():
        try:
            caller.order(order.order_id)
        except httpx.TransportError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not amazon.calls.of("getOrder"):
        caller.found()
    amazon.stop()
    asking.join()
    assert len(errors) == 1


def test_a_taken_port_is_an_error(amazon):
    port = int(amazon.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="taken"):
        LocalAmazon(port=port).start()


def command(*arguments):
    program = [sys.executable, "-m", "dev.amazon", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_the_command_says_where_and_keeps_the_state(path):
    orders = []
    for _start in range(2):
        process = command("--port", "0", "--state", str(path), "--demo", "--rates")
        line = process.stdout.readline()
        assert line.startswith("local Amazon on http://127.0.0.1:")
        state = httpx.get(f"{line.split()[-1]}/_control/state").json()
        orders.append(list(state["orders"]))
        assert state["switches"]["rates"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert orders[0] == orders[1]
    assert len(orders[0]) == 30


def test_the_command_says_that_a_port_is_taken(amazon):
    process = command("--port", amazon.url.rsplit(":", 1)[1])
    _output, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "taken" in errors
