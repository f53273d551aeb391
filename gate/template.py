"""A CloudFormation or SAM template: its resources with the tags they will carry, and the stacks inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate import intrinsics, parameters, types
from gate.document import RESOURCES, Document
from gate.intrinsics import Scope, options
from gate.loops import LOOP, Unresolved, unrolled
from gate.resource import Resource
from gate.stack import INNER, Nested, Stack, inner
from gate.tagsets import NONE, TagSet, combined, maybe, of_property
from gate.values import Option, Unknown

INCLUDE = "Fn::Transform"
KNOWN_TRANSFORMS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen")
INSTANCE = "AWS::EC2::Instance"


@dataclass
class Contents:
    """What a template holds. `notes` are remarks with their line."""

    resources: list[Resource] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)


def contents(document: Document, stack: Stack) -> Contents:
    """Reads a template as it will be deployed; never raises for what stands in it."""
    whole, found = document.value, Contents()
    pseudo = {"AWS::Region": stack.region, "AWS::AccountId": stack.account}
    scope = Scope(
        stack.name,
        parameters.possible(whole.get("Parameters"), stack.name, stack.given),
        whole["Mappings"] if isinstance(whole.get("Mappings"), dict) else {},
        {name: value for name, value in pseudo.items() if value},
    )
    for one in _list(whole.get("Transform")):
        name = one.get("Name") if isinstance(one, dict) else one
        if not str(name).startswith(KNOWN_TRANSFORMS):
            found.notes.append((1, f"the macro {name} may change it before it is created: judged as written"))
    shared = whole["Globals"] if isinstance(whole.get("Globals"), dict) else {}
    for logical_id, body, line in _resources(document, stack.given or {}, found):
        _take(logical_id, body, line, Reading(document.file, stack, scope, shared), found)
    return found


@dataclass(frozen=True)
class Reading:
    """What is the same for every resource of a template. `shared` is SAM's Globals."""

    file: str
    stack: Stack
    scope: Scope
    shared: Mapping[str, Any]


def _resources(document: Document, given: Mapping[str, Any], found: Contents) -> list[tuple[str, Any, int]]:
    """Logical ID, body and line of each; loops are written out where that can be done."""
    rows: list[tuple[str, Any, int]] = []
    lists = _lists(document.value.get("Parameters"), given)
    for key, body in document.value[RESOURCES].items():
        line = document.line_of(key)
        if key == INCLUDE:
            found.notes.append((line, "more resources come by Fn::Transform: they are not read"))
        elif key.startswith(LOOP):
            try:
                rows += [(name, one, line) for name, one in unrolled({key: body}, lists).items()]
            except Unresolved as error:
                found.notes.append((line, f"{error}: its resources are not judged"))
        else:
            rows.append((key, body, line))
    return rows


def _lists(declared: Any, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Parameters that are lists of text with a default: what loops go through unless somebody passes another list."""
    pairs = declared.items() if isinstance(declared, dict) else ()
    found = {name: one for name, one in pairs if isinstance(one, dict) and one.get("Type") == "CommaDelimitedList"}
    return {
        name: [item.strip() for item in str(one["Default"]).split(",")]
        for name, one in found.items()
        if "Default" in one and name not in given
    }


def _take(logical_id: str, body: Any, line: int, reading: Reading, found: Contents) -> None:
    stack = reading.stack
    name = f"{stack.name}/{logical_id}" if stack.name else logical_id
    if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
        found.notes.append((line, f"{name} has no Type: not judged"))
        return
    kind, metadata = body["Type"], body.get("Metadata")
    path = metadata.get("aws:cdk:path", "") if isinstance(metadata, dict) else ""
    properties = body["Properties"] if isinstance(body.get("Properties"), dict) else {}
    tagging = types.of(kind)
    parts = _parts(kind, properties, tagging, reading) if tagging and tagging.property else {}
    found.resources.append(
        Resource(
            file=reading.file,
            line=line,
            id=name,
            type=kind,
            judged_as=types.judged_as(kind),
            path=str(path or stack.paths.get(logical_id, "")),
            takes_tags="not known" if tagging is None else "yes" if tagging.property else "no",
            parts=parts,
            instance_types=_instance_types(properties, reading.scope) if kind == INSTANCE else (),
            account=stack.account,
            region=stack.region,
        )
    )
    if kind in INNER:
        found.nested.append(inner(name, line, body, parts.get("", NONE), reading.scope, stack))


def _parts(
    kind: str, properties: Mapping[str, Any], tagging: types.Tagging, reading: Reading
) -> dict[str, tuple[TagSet, ...]]:
    """The tags of a resource: the stack's, then Globals', then its own over them."""
    stack = reading.stack.tags if tagging.stack or reading.stack.tags == NONE else maybe(reading.stack.tags)
    included = (TagSet(more=INCLUDE),) if INCLUDE in properties else NONE
    if tagging.shape == "replicas":
        listed = properties.get(tagging.property)
        if not isinstance(listed, list):
            return {"": (TagSet(more=tagging.property),)}
        return {
            name: combined([stack, included, of_property(tags, "list", reading.scope)])
            for name, tags in _replicas(listed).items()
        }
    shared = reading.shared.get(kind.removeprefix(types.SAM)) if kind.startswith(types.SAM) else None
    shared_tags = shared.get(tagging.property) if isinstance(shared, dict) else None
    sources = (shared_tags, properties.get(tagging.property))
    return {"": combined([stack, included, *(of_property(one, tagging.shape, reading.scope) for one in sources)])}


def _replicas(listed: list[Any]) -> dict[str, Any]:
    """The tags of each replica of a table by its Region, as template data."""
    found: dict[str, Any] = {}
    for number, one in enumerate(listed, start=1):
        plain = isinstance(one, dict) and intrinsics.function(one) is None
        region = one.get("Region") if plain else None
        name = region if isinstance(region, str) and f"replica {region}" not in found else str(number)
        found[f"replica {name}"] = one.get("Tags") if plain else one
    return found


def _instance_types(properties: Mapping[str, Any], scope: Scope) -> tuple[Option, ...]:
    written = properties.get("InstanceType")
    if written is None:
        more = "LaunchTemplate" in properties or INCLUDE in properties
        return (Option(Unknown("LaunchTemplate")),) if more else ()
    return options(written, scope)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
