"""From a policy to a cloud assembly, the same from the CDK CLI, a test and the linter."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import App

from functions.core.guardrail import Guardrail
from functions.policy import Policy
from functions.registry import GUARDRAILS
from stacks.fusebox_stack import FuseboxStack

STACK = "Fusebox"
DEFAULT_POLICY = "fusebox.yaml"
CDK_JSON = Path(__file__).parents[1] / "cdk.json"


def new_app(outdir: Path | None = None) -> App:
    """An app with the feature flags of cdk.json, which otherwise only the CDK CLI would read.

    Without `outdir` it writes where the CDK CLI says (CDK_OUTDIR), or to cdk.out.
    """
    target = outdir or Path(os.environ.get("CDK_OUTDIR") or "cdk.out")
    context = json.loads(CDK_JSON.read_text(encoding="utf-8"))["context"]
    return App(outdir=str(target), context=context, analytics_reporting=False)


def policy_file(app: App, environment: dict[str, str]) -> Path:
    """The policy to use: `-c policy=FILE`, else FUSEBOX_POLICY, else fusebox.yaml."""
    return Path(app.node.try_get_context("policy") or environment.get("FUSEBOX_POLICY") or DEFAULT_POLICY)


def synthesise(app: App, policy: Policy, guardrails: Sequence[Guardrail[Any, Any]] = GUARDRAILS) -> Path:
    """Builds the stack and writes the assembly; returns its folder. StackError: AWS would reject it."""
    with TemporaryDirectory(prefix="fusebox-") as staging:
        FuseboxStack(app, STACK, policy=policy, guardrails=guardrails, staging=Path(staging))
        return Path(app.synth().directory)
