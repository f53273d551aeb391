"""What a function finds in its folder beside source, and that a wheel has the same."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from functions.core.spec import GuardrailSpec
from functions.policy import Policy
from stacks.asset import CORE, SOURCE, stage
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


def test_a_wheel_takes_the_tables_that_an_asset_takes() -> None:
    package_data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert {"*.py", *package_data["functions.core"]} == set(CORE)
    plain = {file.suffix for file in (SOURCE / "core").rglob("*") if file.is_file()} - {".pyc"}
    assert plain == {Path(pattern).suffix for pattern in CORE}
