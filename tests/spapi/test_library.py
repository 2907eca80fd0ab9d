"""Trap 3: the environment can neither break the import nor turn the wire."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ENV": "moon"},
        {"AWS_ENV": "SANDBOX"},
        {"AWS_ENV": ""},
        {"SP_API_DEFAULT_MARKETPLACE": "moon"},
        {"SP_API_DEFAULT_MARKETPLACE": "JP", "AWS_ENV": "SANDBOX"},
    ],
)
def test_import_and_endpoint_in_any_environment(environment):
    code = (
        "import os; from spapi.client import Credentials, SellerClient;"
        "client = SellerClient(Credentials('eu', 'A', 'b', 'c', 'd'));"
        "print(client._api.endpoint, *(os.environ.get(name, '') for name in ('AWS_ENV', 'SP_API_DEFAULT_MARKETPLACE')))"
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
