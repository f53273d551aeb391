"""YAML as CloudFormation reads it: short forms of its functions, and the line of each resource.

Built from the parser's events in one pass, without recursion, so that no file is too deep for it. Aliases and
merges are taken, since `aws cloudformation package` and `sam build` write them out; a key that stands twice is not:
which of the two counts is anybody's guess.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

from gate.document import DEEPEST, RESOURCES, Document, Unreadable

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML was built with libyaml; the one in Python is ten times slower."""
STANDARD = "tag:yaml.org,2002:"
MOST = 1_000_000
"""Values that a file may unfold to through its aliases."""
NOT_FN = {"Ref", "Condition"}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+")


@dataclass
class Open:
    """A mapping or list under way."""

    into: Any
    tag: str | None
    anchor: str | None
    key: str | None = None
    lines: dict[str, int] = field(default_factory=dict)
    size: int = 1


def parse(text: str, file: str) -> Document:
    """The one document in the text; Unreadable for bad syntax, with its line."""
    reading = _Reading(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            reading.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or getattr(error, "reason", error)).splitlines()[0]
        raise Unreadable(file, mark.line + 1 if mark else 1, f"not YAML: {what}") from error
    except UnicodeError as error:
        raise Unreadable(file, 1, "not YAML: holds half a character (a lone surrogate)") from error
    return Document(file, reading.value, reading.lines)


class _Reading:
    """The place in the event stream: what is open, what anchors stand for."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.value: Any = None
        self.lines: dict[str, int] = {}
        self.stack: list[Open] = []
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event, line)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(self.stack) >= DEEPEST:
                raise Unreadable(self.file, line, f"is nested more than {DEEPEST} levels deep")
            if isinstance(event, yaml.MappingStartEvent) and self.needs_key():
                raise Unreadable(self.file, line, "a key is text, found a mapping")
            self.stack.append(Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.tag, event.anchor))
            if event.anchor:
                self.anchors[event.anchor] = None
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = self.stack.pop()
            if isinstance(done.into, dict):
                _merge(done)
            self.put(_called(done.tag, done.into), done.anchor, done.size, line)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(str(event.anchor), line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Unreadable(self.file, line, "holds several documents; a template is one")

    def needs_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].into, dict) and self.stack[-1].key is None

    def scalar(self, event: Any, line: int) -> None:
        text = str(event.value)
        if self.needs_key() and event.tag is None:
            self.key(text, line)
            return
        if event.tag is not None:
            value: Any = _called(event.tag, text)
        else:
            value = _plain(text) if event.implicit[0] else text
        self.put(value, event.anchor, 1, line)

    def key(self, text: str, line: int) -> None:
        holder = self.stack[-1]
        if text in holder.lines and text != "<<":
            raise Unreadable(self.file, line, f"{text!r:.80} stands twice, first on line {holder.lines[text]}")
        holder.lines[text] = line
        holder.key = text
        if len(self.stack) == 2 and self.stack[0].key == RESOURCES:
            self.lines[text] = line

    def alias(self, name: str, line: int) -> None:
        found = self.anchors.get(name)
        if found is None:
            raise Unreadable(self.file, line, f"alias *{name} stands for nothing that is complete before it")
        self.put(found[0], None, found[1], line)

    def put(self, value: Any, anchor: str | None, size: int, line: int) -> None:
        if anchor:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self.value = value
            return
        holder = self.stack[-1]
        holder.size += size
        if holder.size > MOST:
            raise Unreadable(self.file, line, f"its aliases unfold to more than {MOST} values")
        if isinstance(holder.into, list):
            holder.into.append(value)
        elif holder.key is None:
            if not isinstance(value, Hashable) or not isinstance(value, str):
                raise Unreadable(self.file, line, "a key is text, found something else")
            self.key(value, line)
        else:
            if holder.key == "<<" and "<<" in holder.into:
                value = [holder.into["<<"], value]
            holder.into[holder.key] = value
            holder.key = None


def _merge(done: Open) -> None:
    """Takes over what `<<` names, where the mapping does not say it itself."""
    merged = done.into.pop("<<", None)
    for one in merged if isinstance(merged, list) else [merged]:
        if isinstance(one, dict):
            done.into.update({key: value for key, value in one.items() if key not in done.into})


def _called(tag: str | None, value: Any) -> Any:
    """The long form of a function in its short form; other tags say nothing that matters here."""
    if tag is None or not tag.startswith("!") or tag == "!":
        return value
    name = tag[1:]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in NOT_FN else f"Fn::{name}": value}


def _plain(text: str) -> Any:
    """What a scalar without quotes is. Numbers that YAML 1.1 reads in another base, and dates, stay as written."""
    if text in ("", "~") or text.lower() == "null":
        return None
    low = text.lower()
    if low in yaml.SafeLoader.bool_values and text in (low, text.upper(), text.capitalize()):
        return yaml.SafeLoader.bool_values[low]
    if WHOLE.fullmatch(text) and len(text) < 20:
        return int(text)
    if DECIMAL.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    return text
