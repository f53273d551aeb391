"""The shape of the house: who may import whom, and what an import may do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("app", "bench", "cli", "functions", "gate", "local", "stacks")
FUNCTION_MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for file in (ROOT / "functions").rglob("*.py")
)


def imports_of(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imported_by(folder: str) -> dict[Path, set[str]]:
    return {file: imports_of(file) for file in (ROOT / folder).rglob("*.py")}


def folders_with(name: str) -> list[Path]:
    """The folders of functions/, apart from core, that hold a file of this name."""
    return sorted(file.parent for file in (ROOT / "functions").glob(f"*/{name}") if file.parent.name != "core")


HANDLERS = sorted(f"functions.{file.parent.name}.{file.stem}" for file in (ROOT / "functions").glob("*/*handler.py"))


def test_core_knows_no_guardrail() -> None:
    for file, names in imported_by("functions/core").items():
        outside = {name for name in names if name.startswith("functions.") and not name.startswith("functions.core")}
        assert outside <= {"functions.__version__"}, file


@pytest.mark.parametrize("folder", folders_with("spec.py"), ids=lambda folder: folder.name)
def test_guardrails_do_not_know_each_other(folder: Path) -> None:
    allowed = ("functions.core", f"functions.{folder.name}")
    for file, names in imported_by(f"functions/{folder.name}").items():
        for name in names:
            if name.split(".")[0] in OURS:
                assert name.startswith(allowed), f"{file} imports {name}"


def test_functions_know_neither_stacks_nor_cli_nor_local() -> None:
    for file, names in imported_by("functions").items():
        assert not {name.split(".")[0] for name in names} & {"app", "stacks", "cli", "gate", "local", "bench"}, file


def test_the_gate_judges_as_tag_check_does_and_knows_nothing_else() -> None:
    allowed = ("functions.core", "functions.tag_check.required", "functions.tag_check.settings", "gate")
    for file, names in imported_by("gate").items():
        for name in names:
            if name.split(".")[0] in OURS:
                of_an_app = file.name == "aspect.py" and name.startswith("functions.policy")
                assert of_an_app or name.startswith(allowed), f"{file} imports {name}"


def test_stacks_know_no_gate() -> None:
    for file, names in imported_by("stacks").items():
        assert not {name.split(".")[0] for name in names} & {"gate", "cli"}, file


def test_the_local_account_knows_the_template_and_not_the_code() -> None:
    for file, names in imported_by("local").items():
        assert {name.split(".")[0] for name in names} & set(OURS) <= {"local"}, file


@pytest.mark.parametrize("folder", folders_with("spec.py"), ids=lambda folder: folder.name)
def test_a_spec_needs_neither_boto3_nor_cdk(folder: Path) -> None:
    loaded = modules_after(f"functions.{folder.name}.spec")
    assert not {"boto3", "botocore", "aws_cdk", "pydantic"} & loaded


@pytest.mark.parametrize("folder", folders_with("decide.py"), ids=lambda folder: folder.name)
def test_a_decision_calls_nothing(folder: Path) -> None:
    assert not {"boto3", "botocore"} & modules_after(f"functions.{folder.name}.decide")


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_loads_nothing_that_its_cold_start_cannot_afford(handler: str) -> None:
    loaded = modules_after(handler)
    assert not {"pydantic", "yaml", "typer", "rich", "aws_xray_sdk", "aws_cdk"} & loaded
    assert not {name for name in loaded if name.startswith("aws_lambda_powertools.utilities.idempotency")}


CLIENTS_MADE = """
import botocore.session
def refuse(*args, **kwargs):
    raise SystemExit("an import made a client")
botocore.session.Session.create_client = refuse
import importlib
for name in {modules!r}:
    importlib.import_module(name)
"""


def test_importing_any_module_needs_no_environment_and_makes_no_client() -> None:
    ran = python("-c", CLIENTS_MADE.format(modules=FUNCTION_MODULES))
    assert ran.returncode == 0, ran.stderr + ran.stdout


def modules_after(module: str) -> set[str]:
    ran = python("-c", f"import {module}, sys; print('\\n'.join(sys.modules))")
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter with no AWS environment, no home and this project on its path."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_no_file_is_a_catch_all() -> None:
    for folder in OURS:
        for file in (ROOT / folder).rglob("*.py"):
            assert not {"util", "utils", "helpers", "manager", "misc", "common"} & set(file.stem.split("_")), file
