"""Synthesis as a user meets it: no account, no Node, the same result every time, errors in lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import app
from functions.policy import Policy, load_policy
from functions.registry import GUARDRAILS
from stacks.asset import stage
from stacks.lint import EXAMPLES, findings
from stacks.synthesis import new_app, policy_file, synthesise
from tests.conftest import ROOT
from tests.stacks.llm_policy import EXAMPLE, WITH_LLM

ONE = GUARDRAILS[0].spec


def files(folder: Path) -> dict[str, bytes]:
    found = [one for one in sorted(folder.rglob("*")) if one.is_file()]
    return {str(one.relative_to(folder)): one.read_bytes() for one in found}


def test_it_needs_neither_account_nor_node_and_repeats_itself(assembly: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_bytes((ROOT / "fusebox.yaml").read_bytes())
    bare = {
        "PATH": str(tmp_path),
        # For jsii's cache only, without which a start takes half a minute.
        "HOME": str(Path.home()),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_CONTEXT_JSON": json.dumps({"policy": str(policy)}),
        "PYTHONHASHSEED": "7",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert files(tmp_path / "out") == files(assembly)


def test_the_same_process_repeats_itself_too(assembly: Path, policy: Policy, tmp_path: Path) -> None:
    assert files(synthesise(new_app(tmp_path), policy)) == files(assembly)


def test_an_asset_holds_source_tables_and_settings_only(policy: Policy, tmp_path: Path) -> None:
    folder = stage(ONE, policy.guardrails[ONE.name], tmp_path)
    names = set(files(folder))
    assert {"settings.json", "functions/__init__.py", "functions/core/entry.py"} <= names
    plain = {name for name in names if Path(name).suffix != ".py"}
    assert plain == {"settings.json", "functions/core/ec2_on_demand.csv"}
    tops = {name.split("/")[1] for name in names if "/" in name}
    assert tops == {"__init__.py", "core", ONE.handler.split(".")[1]}
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["mode"] == "observe"


def test_the_default_policy_only_observes(policy: Policy) -> None:
    assert {settings.mode for settings in policy.guardrails.values()} == {"observe"}
    assert not any(settings.allow_irreversible for settings in policy.guardrails.values())


def test_a_wrong_policy_is_explained_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fusebox.yaml"
    file.write_text("prefix: fusebox\nguardrails:\n  log_retention:\n    mode: obsreve\n    days: 3\n")
    monkeypatch.setenv("FUSEBOX_POLICY", str(file))
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "out"))
    assert app.main() == 2
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{file}:4: guardrails.log_retention.mode: found 'obsreve', allowed are: ")
    assert lines[1].startswith(f"{file}:5: guardrails.log_retention.days: unknown key")
    assert not list((tmp_path / "out").glob("*.template.json"))


def test_where_the_policy_comes_from(tmp_path: Path) -> None:
    plain = new_app(tmp_path)
    assert policy_file(plain, {}) == Path("fusebox.yaml")
    assert policy_file(plain, {"FUSEBOX_POLICY": "team.yaml"}) == Path("team.yaml")
    plain.node.set_context("policy", "given.yaml")
    assert policy_file(plain, {"FUSEBOX_POLICY": "team.yaml"}) == Path("given.yaml")


def test_the_linters_find_nothing(policy: Policy, tmp_path: Path) -> None:
    assert findings(tmp_path, policy) == []


def test_the_linters_find_nothing_where_every_kind_of_llm_key_has_a_budget(tmp_path: Path) -> None:
    assert EXAMPLE in EXAMPLES
    assert findings(tmp_path, load_policy(EXAMPLE, WITH_LLM), WITH_LLM) == []
