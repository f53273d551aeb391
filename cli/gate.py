"""fusebox gate: required tags, checked in templates and plans before anything is created."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import options


class Format(StrEnum):
    """How the findings are written."""

    text = "text"
    json = "json"
    github = "github"


def gate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Templates, Terraform plans in JSON, CDK assemblies, folders of them."),
    ],
    policy: options.Policy = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", metavar="KEY=VALUE", help="A tag that the deployment gives its stack; repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="What cannot be told counts as lacking.")] = False,
    skip_others: Annotated[
        bool, typer.Option("--skip-others", help="Pass over files that are none of these, as inside a folder.")
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="github: annotations for a pull request's files.")
    ] = Format.text,
    as_json: options.AsJson = False,
) -> None:
    """Check templates and plans for the tags that the policy requires.

    Calls no AWS. Exits with 1 where a resource lacks a tag.
    """
    from cli import gate_policy, gate_view, trouble
    from gate.check import check

    settings, source = gate_policy.settings(policy)
    report = check(paths, settings, _stack_tags(tags or []), skip_others)
    if as_json or form is Format.json:
        gate_view.as_json(report, source, strict)
    elif form is Format.github:
        gate_view.workflow_commands(report, strict)
    else:
        gate_view.lines(report, source, strict)
    if report.lacking or (strict and report.unsure):
        raise typer.Exit(trouble.PARTIAL)


def _stack_tags(written: list[str]) -> dict[str, str]:
    from functions.core.types import Refused

    pairs = [one.partition("=") for one in written]
    for text, (key, equals, _) in zip(written, pairs, strict=True):
        if not key or not equals:
            raise Refused(f"--tags {text!r}: write key=value")
    return {key: value for key, _, value in pairs}
