"""The library: the environment can neither break its import nor turn the wire, and every part that is used is there."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from spapi import library


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ENV": "moon"},
        {"AWS_ENV": "SANDBOX"},
        {"AWS_ENV": ""},
        {"SP_API_DEFAULT_MARKETPLACE": "moon"},
        {"SP_API_DEFAULT_MARKETPLACE": "JP", "AWS_ENV": "SANDBOX"},
        {"SP_API_AUTH_CACHE_SIZE": "many", "SP_API_AUTH_CACHE_TTL": "long"},
    ],
)
def test_import_and_endpoint_in_any_environment(environment):
    code = (
        "import os; from spapi.client import Credentials, SellerClient;"
        "client = SellerClient(Credentials('eu', 'A', 'b', 'c', 'd'));"
        f"print(client._api.endpoint, *(os.environ[name] for name in {sorted(environment)}))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AMAZON_")}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=True
    )
    expected = ["https://sellingpartnerapi-eu.amazon.com", *environment.values()]
    assert sorted(result.stdout.split()) == sorted(filter(None, expected))


def test_the_wire_imports_no_odoo():
    code = (
        "import sys, spapi.client; assert not [name for name in sys.modules if name.split('.')[0] in ('odoo', 'boto3')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_every_part_of_the_library_that_is_used_is_there():
    assert library.find_missing_parts() == []


def test_a_part_that_went_is_named(monkeypatch):
    monkeypatch.delattr(library.Client, "_request_grantless_operation")
    monkeypatch.setattr(library.HttpxTransport, "request", lambda self, method, url, params, data, headers: None)
    monkeypatch.setattr(library.AccessTokenClient, "__init__", lambda self: None)
    assert library.find_missing_parts() == [
        "Client._request_grantless_operation",
        "HttpxTransport.request(content)",
        "AccessTokenClient().cred",
    ]


def test_no_other_file_names_the_library():
    files = [path for path in (ROOT / "spapi").rglob("*.py") if path.name not in ("library.py", "quiet.py")]
    assert not [path.name for path in files if "sp_api" in path.read_text()]
