"""What can go wrong before Odoo answers."""

import socket
from pathlib import Path

import pytest

from dev.odoo_server import OdooServer
from dev.setup import Environment, SetupError
from dev.setup.odoo import Odoo
from dev.setup.postgres import Postgres


@pytest.fixture
def environment(tmp_path):
    """An environment whose Python is a program that complains and ends."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'no such database'\nexit 7\n")
    program.chmod(0o755)
    odoo = Odoo(tmp_path, (tmp_path,), "none")
    return Environment(tmp_path, program, odoo, Postgres(Path("/bin"), {}), "chromium", "template")


def test_a_taken_port_is_told_before_anything_starts(environment, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = OdooServer(environment, "shop", log=tmp_path / "log", port=port)
        with pytest.raises(SetupError, match=f"port {port} is taken"):
            server.start()
    assert not (tmp_path / "log").exists()


def test_the_end_of_the_log_tells_why_odoo_ended(environment, tmp_path):
    server = OdooServer(environment, "shop", log=tmp_path / "log")
    with pytest.raises(SetupError, match=r"status 7 while starting(?s:.*)no such database"):
        server.start()
