"""fusebox.yaml, the owner's policy: read, validated, and explained where it is wrong.

Used when the app is synthesised and by the CLI, never in Lambda: there each function finds its own
settings, already validated, as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, create_model

from functions.approval.spec import ApprovalSettings
from functions.core.guardrail import Guardrail
from functions.core.spec import GuardrailSettings
from functions.notify.spec import SlackSettings
from functions.policy_errors import PolicyError, Problem, explain
from functions.policy_yaml import parse
from functions.registry import GUARDRAILS

POWERTOOLS_LAYER = "arn:{partition}:lambda:{region}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:27"
"""Powertools' public layer, pinned. Mainland China and GovCloud have other accounts: set your own."""
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Strict(BaseModel):
    """Unknown keys and silently converted types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Subscribers(Strict):
    """Who is told."""

    email: tuple[Email, ...] = ()
    """E-mail addresses; each confirms its subscription once."""


class PolicyFile(Strict):
    """The shape of fusebox.yaml, but for its guardrails."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,19}$")] = "fusebox"
    """Begins the name of everything that Fusebox makes: 2 to 20 of a-z, 0-9 and -, a letter first."""
    alerts: Subscribers = Subscribers()
    """Findings, questions and actions."""
    operations: Subscribers = Subscribers()
    """Alarms about Fusebox itself."""
    approval: ApprovalSettings = ApprovalSettings()
    """Who may decide what Fusebox asks, and how."""
    slack: SlackSettings = SlackSettings()
    """What Slack is told, and whom it mentions."""
    powertools_layer_arn: str = POWERTOOLS_LAYER
    """The layer with Powertools for AWS Lambda; {partition} and {region} are filled in."""


@dataclass(frozen=True)
class Policy:
    """A valid policy; `guardrails` holds the settings of every registered guardrail by its name."""

    prefix: str
    alert_emails: tuple[str, ...]
    operations_emails: tuple[str, ...]
    approval: ApprovalSettings
    slack: SlackSettings
    powertools_layer_arn: str
    guardrails: Mapping[str, GuardrailSettings]


def load_policy(file: Path, guardrails: tuple[Guardrail[Any, Any], ...] = GUARDRAILS) -> Policy:
    """Reads a policy; raises PolicyError with a line for each thing that is wrong with it."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(str(file), [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(file), [Problem(1, "", "is not UTF-8 text")]) from error
    document = parse(text, str(file))
    model = _model(guardrails)
    try:
        # Strict validation takes tuples and dataclasses from lists and objects in JSON only.
        read: Any = model.model_validate_json(json.dumps(document.value))
        found: list[Any] = []
    except ValidationError as error:
        found = list(error.errors())
    found += _inexact(model, document.value, ())
    if found:
        raise explain(str(file), found, document.line_of, lambda path: keys_at(model, path))
    return Policy(
        read.prefix,
        read.alerts.email,
        read.operations.email,
        read.approval,
        read.slack,
        read.powertools_layer_arn,
        {one.name: getattr(read.guardrails, one.name) for one in guardrails},
    )


def json_schema(guardrails: tuple[Guardrail[Any, Any], ...] = GUARDRAILS) -> dict[str, Any]:
    """The schema that editors complete and check fusebox.yaml with."""
    schema = _model(guardrails).model_json_schema()
    for settings in (ApprovalSettings, SlackSettings, *(one.spec.settings for one in guardrails)):
        described = schema["$defs"][settings.__name__]["properties"]
        for field in dataclasses.fields(settings):
            described[field.name]["description"] = re.sub("`", "", field.metadata["doc"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "fusebox.yaml", **schema}


def keys_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand under a path of the policy."""
    kind: Any = model
    for part in path:
        if isinstance(part, int):
            continue
        kind = _kind_of(kind, part)
    return list(_fields(kind))


def _fields(kind: Any) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: info.annotation for name, info in kind.model_fields.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return get_type_hints(kind)
    return {}


def _kind_of(kind: Any, key: str) -> Any:
    found = _fields(kind).get(key)
    return get_args(found)[0] if get_origin(found) is tuple else found


def _model(guardrails: tuple[Guardrail[Any, Any], ...]) -> type[BaseModel]:
    settings: dict[str, Any] = {
        one.name: (one.spec.settings, Field(default_factory=one.spec.settings, description=one.spec.does))
        for one in guardrails
    }
    section = create_model("Guardrails", __base__=Strict, **settings)
    whole: dict[str, Any] = {
        "guardrails": (section, Field(default_factory=section, description="Settings by guardrail"))
    }
    return create_model("Fusebox", __base__=PolicyFile, **whole)


def _inexact(kind: Any, value: Any, path: tuple[str | int, ...]) -> Iterator[dict[str, Any]]:
    """Values that equal an allowed one but are of another type, as errors: to Python, and so to Pydantic, true is 1."""
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        if value in allowed and type(value) is not type(allowed[allowed.index(value)]):
            expected = ", ".join(map(repr, allowed))
            yield {"type": "literal_error", "loc": path, "input": value, "ctx": {"expected": expected}}
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _inexact(_fields(kind).get(key), one, (*path, key))
    elif isinstance(value, list) and get_origin(kind) is tuple:
        for index, one in enumerate(value):
            yield from _inexact(get_args(kind)[0], one, (*path, index))
