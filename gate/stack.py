"""What a template is deployed as: a stack, or a stack inside another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.intrinsics import Scope, function, options
from gate.tagsets import NONE, TagSet
from gate.values import Option

INNER = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
"""Types that are a stack of their own, and the property that says where its template is."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What a template is deployed as: its tags, what its parent passes (None: it has none), and where.

    `name` is the path of logical IDs that leads to it, "" for the outermost. `paths` are construct paths by logical ID,
    and `assets` files of nested templates by the hash that their URLs contain, where CDK wrote them.
    """

    tags: tuple[TagSet, ...] = NONE
    given: Mapping[str, tuple[Option, ...]] | None = None
    account: str = ""
    region: str = ""
    name: str = ""
    paths: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Nested:
    """A stack in a template: where its template is as far as that is written, and what it gets.

    `paths` are to be tried in turn; `written` is for the reader.
    """

    id: str
    line: int
    paths: tuple[str, ...]
    written: str
    stack: Stack


def inner(name: str, line: int, body: Any, tags: tuple[TagSet, ...], scope: Scope, outer: Stack) -> Nested:
    """The stack that a resource of another is, with the tags that the resource carries."""
    metadata = body.get("Metadata") if isinstance(body.get("Metadata"), dict) else {}
    properties = body["Properties"] if isinstance(body.get("Properties"), dict) else {}
    location = properties.get(INNER[body["Type"]])
    # CDK puts the URL in a bucket into the property; which file that will be, its CLI has written into the metadata.
    uploaded = json.dumps(location) if outer.assets else ""
    by_hash = next((path for key, path in outer.assets.items() if key in uploaded), None)
    written = (metadata.get("aws:asset:path"), by_hash, location)
    passed = properties.get("Parameters", {})
    known = isinstance(passed, dict) and function(passed) is None
    given = {key: options(value, scope) for key, value in passed.items()} if known else None
    stack = Stack(
        tags=tags,
        given=given,
        account=outer.account,
        region=outer.region,
        name=name,
        paths=outer.paths,
        assets=outer.assets,
    )
    texts = [one for one in written if isinstance(one, str)]
    return Nested(name, line, tuple(one for one in texts if "://" not in one), next(iter(texts), ""), stack)
