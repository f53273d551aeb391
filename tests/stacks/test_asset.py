"""What a function finds in its folder beside source, and that a wheel has the same."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from functions.core.spec import GuardrailSpec
from functions.llm_keys.settings import LlmKeysSettings
from functions.policy import Policy
from stacks.asset import SOURCE, TAKEN, stage, stage_folder
from tests.conftest import ROOT

PRICE = """
import sys
sys.path.insert(0, {folder!r})
from functions.core import prices_ec2
assert prices_ec2.__file__.startswith({folder!r}), prices_ec2.__file__
print(prices_ec2.hourly("m5.large"), prices_ec2.hourly("p5.48xlarge"), prices_ec2.hourly("p9.huge"))
"""


def test_prices_are_known_in_a_staged_folder(spec: GuardrailSpec, policy: Policy, tmp_path: Path) -> None:
    folder = stage(spec, policy.guardrails[spec.name], tmp_path)
    table = "functions/core/ec2_on_demand.csv"
    assert (folder / table).read_bytes() == (ROOT / table).read_bytes()
    code = PRICE.format(folder=str(folder))
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("0.096 55.04 None\n", "")


TOKEN_PRICE = """
import sys
sys.path.insert(0, {folder!r})
from functions.llm_keys import prices
assert prices.__file__.startswith({folder!r}), prices.__file__
print(prices.price_of("aws", "us.anthropic.claude-sonnet-4-6").output, prices.price_of("aws", "us.some.model"))
"""


def test_a_guardrail_s_own_tables_come_with_it(tmp_path: Path) -> None:
    folder = stage_folder("llm_keys", "llm_keys", LlmKeysSettings(), tmp_path)
    code = TOKEN_PRICE.format(folder=str(folder))
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("16.5 None\n", "")


def test_a_function_gets_no_other_s_tables(spec: GuardrailSpec, policy: Policy, tmp_path: Path) -> None:
    folder = stage(spec, policy.guardrails[spec.name], tmp_path)
    own = {table.relative_to(SOURCE) for part in ("core", spec.name) for table in (SOURCE / part).rglob("*.csv")}
    assert {table.relative_to(folder / "functions") for table in folder.rglob("*.csv")} == own


def test_a_wheel_takes_the_tables_that_an_asset_takes() -> None:
    package_data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    packages = {".".join(["functions", *table.relative_to(SOURCE).parent.parts]) for table in SOURCE.rglob("*.csv")}
    assert {name for name in package_data if name.startswith("functions.")} == packages
    assert all({"*.py", *package_data[name]} == set(TAKEN) for name in packages)


@pytest.mark.parametrize("folder", ["core", "llm_keys"])
def test_nothing_of_a_folder_is_left_behind(folder: str) -> None:
    plain = {file.suffix for file in (SOURCE / folder).rglob("*") if file.is_file()} - {".pyc", ".md"}
    assert plain == {Path(pattern).suffix for pattern in TAKEN}
