"""Every command in the README runs, and its files for others are what those others read."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from tests.gate.judging import written
from tests.gate.test_sources import PLAN, QUEUE, YAML

ROOT = Path(__file__).parents[2]
README = (ROOT / "gate" / "README.md").read_text()
COMMANDS = re.findall(r"^fusebox gate ([^#·\n]+)#", README, re.MULTILINE)
BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything that the README names."""
    for name in ("template.yaml", "templates/app.yaml"):
        written(tmp_path, name, YAML)
    written(tmp_path, "plan.json", PLAN)
    written(tmp_path, "tags.yaml", "guardrails: {}\n")
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}
    written(tmp_path, "cdk.out/manifest.json", {"version": "55.0.0", "artifacts": {"S": artifact}})
    written(tmp_path, "cdk.out/S.template.json", QUEUE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", [*COMMANDS, "templates --format github"])
def test_a_command_runs(folder: Path, line: str) -> None:
    ran = CliRunner().invoke(app, ["gate", *shlex.split(line)], prog_name="fusebox", catch_exceptions=False)
    assert ran.exit_code == 1, ran.stderr
    assert "lack" in ran.stdout


def test_commands_were_found() -> None:
    assert len(COMMANDS) >= 7


def test_the_workflow_runs_a_command_of_these() -> None:
    (workflow, _) = map(yaml.safe_load, BLOCKS)
    steps: list[dict[str, Any]] = workflow["jobs"]["gate"]["steps"]
    assert steps[-1]["run"] == "fusebox gate templates --format github"
    assert steps[-2]["run"].startswith("pip install git+https://")


def test_the_hook_that_is_named_is_there(folder: Path) -> None:
    (_, config) = map(yaml.safe_load, BLOCKS)
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [one["id"] for one in config["repos"][0]["hooks"]] == [hook["id"]]
    assert re.search(hook["files"], "templates/app.yaml")
    assert not re.search(hook["files"], "app.py")
    command, *words = hook["entry"].split()
    assert command == "fusebox"
    (folder / "package.json").write_text(json.dumps({"name": "x"}))
    ran = CliRunner().invoke(app, [*words, "templates/app.yaml", "package.json"], catch_exceptions=False)
    assert ran.exit_code == 1
    assert CliRunner().invoke(app, [*words, "package.json"], catch_exceptions=False).exit_code == 0


def test_what_the_command_needs_is_installed_with_it() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "dependencies" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements-cli.txt"]}
    assert "gate*" in project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert project["tool"]["setuptools"]["package-data"]["gate"] == ["*.csv"]
