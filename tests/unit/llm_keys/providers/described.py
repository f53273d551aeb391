"""Holds what was sent and answered against the published descriptions of the providers' APIs (openapi/*.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator

from local.llm_providers.exchanges import Exchange
from local.llm_providers.provider import FakeProvider

FOLDER = Path(__file__).parent / "openapi"


def problems(fake: FakeProvider) -> list[str]:
    """What of all that an admin key was used for does not match the description, one line each."""
    described = description(fake.name)
    asked = [one for one in fake.requests if one.by == "admin"]
    return [f"{one.method} {one.path}: {what}" for one in asked for what in _problems(described, fake.base, one)]


@cache
def description(name: str) -> Any:
    """The description of one provider."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


def _problems(described: Any, base: str, one: Exchange) -> Iterator[str]:
    path = one.path.removeprefix(base)
    operations = next((found for at, found in described["paths"].items() if _is_at(at, path)), None)
    operation = (operations or {}).get(one.method.lower())
    if operation is None:
        yield "no such operation"
        return
    parameters = [_resolved(described, each) for each in operation.get("parameters", [])]
    yield from _query(described, parameters, one)
    for each in parameters:
        if each["in"] == "header":
            yield from _errors(described, each["schema"], one.headers.get(each["name"]), each["name"])
    yield from _body(described, operation, one)
    if one.genuine:
        answers = operation["responses"]
        answer = _resolved(described, answers.get(str(one.status)) or answers["default"])
        yield from _errors(described, answer["content"]["application/json"]["schema"], one.answer, "answer")


def _query(described: Any, parameters: list[Any], one: Exchange) -> Iterator[str]:
    known = {each["name"]: each for each in parameters if each["in"] == "query"}
    sent: dict[str, list[str]] = {}
    for name, value in one.query:
        sent.setdefault(name, []).append(value)
    yield from (f"unknown parameter {name}" for name in sent.keys() - known.keys())
    for name, each in known.items():
        if each.get("required") and name not in sent:
            yield f"parameter {name} is missing"
        if name in sent:
            yield from _errors(described, each["schema"], _typed(each["schema"], sent[name]), name)


def _typed(schema: Any, values: list[str]) -> Any:
    """What texts of a query stand for."""
    kind = schema.get("type")
    if kind == "array":
        return values
    assert len(values) == 1, f"{values} for one value"
    if kind == "integer":
        return int(values[0])
    if kind == "boolean":
        return {"true": True, "false": False}[values[0]]
    return values[0]


def _body(described: Any, operation: Any, one: Exchange) -> Iterator[str]:
    wanted = operation.get("requestBody")
    if wanted is None:
        yield from ("a body where none is described",) if one.body is not None else ()
        return
    if one.headers.get("content-type") != "application/json":
        yield "the body is not marked as JSON"
    schema = _resolved(described, wanted)["content"]["application/json"]["schema"]
    yield from _errors(described, schema, one.body, "body")


def _errors(described: Any, schema: Any, value: Any, what: str) -> Iterator[str]:
    whole = {"allOf": [schema], "components": described["components"]}
    for error in OAS31Validator(whole).iter_errors(value):
        yield f"{what}: {error.json_path}: {error.message}"


def _resolved(described: Any, part: Any) -> Any:
    found = part
    for name in part.get("$ref", "#").split("/")[1:]:
        found = (described if found is part else found)[name]
    return found


def _is_at(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) is not None
