"""A template as data: JSON values with functions in their long form, and the lines of its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.types import Refused

DEEPEST = 100
"""Levels of nesting; templates have thirty at most, and what reads them goes as deep as they do."""
RESOURCES = "Resources"


class Unreadable(Refused):
    """A file that cannot be judged: its text is the one line that says which, where and why."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}" if line else f"{file}: {what}")


@dataclass(frozen=True)
class Document:
    """What a file holds: its value, and the line of each logical ID under Resources (one-line files: 1)."""

    file: str
    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, logical_id: str) -> int:
        """The line of a resource; 1 where it is not known."""
        return self.lines.get(logical_id, 1)


def is_template(value: Any) -> bool:
    """Whether it is a CloudFormation template: has Resources, and says so or holds types with a namespace."""
    if not isinstance(value, dict) or not isinstance(value.get(RESOURCES), dict):
        return False
    if "AWSTemplateFormatVersion" in value or "Transform" in value:
        return True
    return any(isinstance(one, dict) and "::" in str(one.get("Type", "")) for one in value[RESOURCES].values())


def is_plan(value: Any) -> bool:
    """Whether it is what `terraform show -json` prints of a plan (Terraform, JSON output format)."""
    return (
        isinstance(value, dict)
        and "format_version" in value
        and not {"resource_changes", "planned_values"}.isdisjoint(value)
    )


def is_state(value: Any) -> bool:
    """Whether it is what `terraform show -json` prints of a state, or a state file."""
    if not isinstance(value, dict) or "terraform_version" not in value or is_plan(value):
        return False
    return "values" in value or "resources" in value or "format_version" in value
