"""fusebox_meter is a distribution of its own and needs genai-prices alone, not before something is metered."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib

import fusebox_meter
from tests.conftest import ROOT

METER = ROOT / "meter"
PROJECT = tomllib.loads((METER / "pyproject.toml").read_text())["project"]
CLOUD = "{'boto3', 'botocore', 'moto', 'aws_cdk', 'functions', 'stacks'}"
AT_IMPORT = f"""
import fusebox_meter, sys
assert not {CLOUD} & set(sys.modules), sys.modules
assert not {{"genai_prices", "pydantic", "httpx2", "asyncio"}} & set(sys.modules)
"""
AT_WORK = f"""
import sys
def refuse(event, about):
    assert not event.startswith("socket."), (event, about)
sys.addaudithook(refuse)
from fusebox_meter import track_cost
metered = track_cost(budget="assistants")(lambda: {{"model": "gpt-4o", "usage": {{"prompt_tokens": 1}}}})
assert "genai_prices.data" in sys.modules, "prices are there before the first call"
before = set(sys.modules)
metered()
assert set(sys.modules) <= before, set(sys.modules) - before
assert not {CLOUD} & set(sys.modules)
import threading
assert threading.active_count() == 1
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that finds fusebox_meter and nothing else of this project."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(METER)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def test_an_import_loads_neither_a_cloud_nor_the_prices() -> None:
    ran = python(AT_IMPORT)
    assert ran.returncode == 0, ran.stderr


def test_a_call_loads_nothing_any_more_and_opens_no_connection() -> None:
    ran = python(AT_WORK)
    assert ran.returncode == 0, ran.stderr
    assert '"EstimatedCostUSD":' in ran.stdout


def test_it_depends_on_the_prices_alone() -> None:
    (needed,) = PROJECT["dependencies"]
    assert needed == "genai-prices>=0.2.3,<0.3"
    assert "genai-prices==0.2.3" in (ROOT / "requirements-dev.txt").read_text().split()


def test_it_imports_what_it_depends_on_and_itself() -> None:
    for file in (METER / "fusebox_meter").glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names = plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        outside = {name.split(".")[0] for name in names} - sys.stdlib_module_names
        assert outside <= {"fusebox_meter", "genai_prices"}, file


def test_its_version_is_told_once_everywhere() -> None:
    assert fusebox_meter.__version__ == PROJECT["version"]
    assert PROJECT["name"] == "fusebox-meter"
