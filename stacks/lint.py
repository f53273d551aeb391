"""Checks the synthesised stack with cdk-nag and cfn-lint: `python -m stacks.lint`.

It looks at the owner's policy, and at each of EXAMPLES, which make what most policies do not.
Any finding fails it: cdk-nag's that are not accepted where they arise (see `stacks.nag`), and all
of cfn-lint's errors and warnings but for UNHEEDED, circular references (E3004) among them. Works offline.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint  # type: ignore[import-untyped]  # it ships no types

from functions.core.guardrail import Guardrail
from functions.policy import Policy, load_policy
from functions.policy_errors import PolicyError
from functions.registry import GUARDRAILS
from stacks.errors import StackError
from stacks.synthesis import STACK, new_app, policy_file, synthesise

EXAMPLES = sorted((Path(__file__).parents[1] / "docs" / "examples").glob("*.yaml"))
REPORT = "validation-report.json"
UNHEEDED = {"W3005": "CDK's own constructs write dependencies down that a reference implies already"}
"""What cfn-lint says about every CDK template, with the reason why it does not matter."""


def findings(outdir: Path, policy: Policy, guardrails: Sequence[Guardrail[Any, Any]] = GUARDRAILS) -> list[str]:
    """Synthesises a policy into `outdir` and returns one line for each finding; none is what we want."""
    app = new_app(outdir)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        synthesise(app, policy, guardrails)
    except RuntimeError as error:
        # CDK ends a synth whose validation failed with this error, and the report written.
        if "ValidationFailed" not in str(error):
            raise
    template = (outdir / f"{STACK}.template.json").read_text(encoding="utf-8")
    return [*nag_findings(json.loads((outdir / REPORT).read_text(encoding="utf-8"))), *cfn_findings(template)]


def nag_findings(report: dict[str, object]) -> Iterator[str]:
    """The violations in CDK's validation report."""
    plugins = report["pluginReports"]
    assert isinstance(plugins, list)
    for plugin in plugins:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                where = construct["constructPath"]
                yield f"cdk-nag: {where}: {violation['ruleName']}: {violation['description']}"


def cfn_findings(template: str) -> Iterator[str]:
    """cfn-lint's errors and warnings on a template."""
    for match in lint(template):
        if match.rule.id in UNHEEDED:
            continue
        where = "/".join(str(part) for part in match.path or ())
        yield f"cfn-lint: {where}: {match.rule.id}: {match.message}"


def main() -> int:
    """Prints the findings; returns the exit code: 0 clean, 1 findings, 2 the policy or stack is refused."""
    found: list[str] = []
    with TemporaryDirectory(prefix="fusebox-lint-") as folder:
        files = [policy_file(new_app(Path(folder) / "context"), dict(os.environ)), *EXAMPLES]
        try:
            for number, file in enumerate(files):
                found += [f"{file}: {line}" for line in findings(Path(folder) / str(number), load_policy(file))]
        except (PolicyError, StackError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
    for line in found:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(f"cdk-nag and cfn-lint: {len(found) or 'no'} findings\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
