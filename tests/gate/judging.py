"""What the gate says of templates that a test writes down."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import TagCheckSettings
from gate.check import Report, check
from gate.document import Document
from gate.resource import verdict
from gate.stack import Stack
from gate.tagsets import NONE
from gate.template import contents
from gate.yaml_text import parse

OWNER = RequiredTag(key="owner")
ENVIRONMENT = RequiredTag(key="environment", values=("dev", "prod"))


def policy(*required: RequiredTag, **others: Any) -> TagCheckSettings:
    return TagCheckSettings(required=required or (OWNER,), **others)


def template(text: str) -> Document:
    return parse(dedent(text), "template.yaml")


def tagged(tags: str, head: str = "", type: str = "AWS::SQS::Queue", property: str = "Tags") -> Document:
    """A template with one resource, Queue, whose tags are written in YAML."""
    indented = "\n".join(f"        {line}" for line in dedent(tags).strip().splitlines())
    return parse(
        f"{dedent(head)}\nResources:\n  Queue:\n    Type: {type}\n    Properties:\n      {property}:\n{indented}\n",
        "t.yaml",
    )


def said(document: Document, *required: RequiredTag, stack: Stack | None = None) -> list[str]:
    """What is said of the template's resources, "lacks …" or "perhaps …"."""
    found = []
    for one in contents(document, stack or Stack(tags=NONE)).resources:
        of = verdict(one, policy(*required))
        found += [f"lacks {text}" for text in of.lacks] + [f"perhaps {text}" for text in of.cannot_tell]
    return found


def written(folder: Path, name: str, content: str | dict[str, Any]) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(content) if isinstance(content, str) else json.dumps(content))
    return file


def report(*paths: Path, settings: TagCheckSettings | None = None, **tags: str) -> Report:
    return check(paths, settings or policy(), tags)


def told(found: Report) -> dict[str, list[str]]:
    """What is said of each resource by its id; an empty list where it is fine."""
    return {one.resource.id: [*one.lacks, *(f"perhaps {text}" for text in one.cannot_tell)] for one in found.verdicts}
