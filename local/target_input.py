"""What a target receives of an event: the whole, a part, a constant, or a filled-in template.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from local.errors import LocalAccountError
from local.wiring import Rule, Target


def shape(rule: Rule, target: Target, event: Mapping[str, Any]) -> Any:
    """What the target receives: the event, a constant, a part of the event, or a filled-in template."""
    if target.input is not None:
        return json.loads(target.input)
    if target.input_path is not None:
        return _select(target.input_path, event)
    if target.input_transformer is None:
        return event
    values = {name: _select(path, event) for name, path in target.input_transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event.json": event,
        "aws.events.event": {k: v for k, v in event.items() if k != "detail"},
    }
    return _fill(target.input_transformer["InputTemplate"], values)


def _fill(template: str, values: Mapping[str, Any]) -> Any:
    """Inside quotes a value is put in as text, outside as JSON; a value the event lacks becomes empty."""

    def put(match: re.Match[str]) -> str:
        if match["text"] is not None:
            return re.sub(r"<([^<>]+)>", lambda m: _as_text(values.get(m[1], m[0])), match["text"])
        return json.dumps(values.get(match["name"], match[0]))

    filled = re.sub(r'(?P<text>"(?:[^"\\]|\\.)*")|<(?P<name>[^<>]+)>', put, template)
    try:
        return json.loads(filled)
    except ValueError:
        return filled  # A template need not be JSON; such a target receives the text.


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]


def _select(path: str, event: Mapping[str, Any]) -> Any:
    """The part of the event at a JSONPath of names and indexes; None if it is not there."""
    if not re.fullmatch(r"\$(\.[\w-]+|\[\d+\])*", path):
        raise LocalAccountError(f"JSONPath {path!r} is not modelled; names and indexes are")
    value: Any = event
    for step in re.findall(r"[\w-]+", path[1:]):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
