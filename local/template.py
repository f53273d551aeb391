"""Reads a synthesised assembly and resolves CloudFormation's intrinsic functions.

Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.errors import DeploymentRejected, LocalAccountError

Template = Mapping[str, Any]
NO_VALUE = object()


@dataclass(frozen=True)
class Stack:
    """One template, and the assets it names: object key (with its extension) to directory or file."""

    name: str
    template: Template
    assets: Mapping[str, Path]


def read_assembly(directory: Path) -> list[Stack]:
    """The stacks of a cdk.out directory, nested stages included, each after the stacks it depends on."""
    artifacts = json.loads((directory / "manifest.json").read_text())["artifacts"]
    stacks: list[Stack] = []
    done: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name not in artifacts:
            return
        done.add(name)
        artifact = artifacts[name]
        for dependency in artifact.get("dependencies", []):
            visit(dependency)
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            template = json.loads((directory / properties["templateFile"]).read_text())
            stacks.append(Stack(properties.get("stackName", name), template, _assets(directory, artifacts)))
        elif artifact["type"] == "cdk:cloud-assembly":
            stacks.extend(read_assembly(directory / properties["directoryName"]))

    for name in artifacts:
        visit(name)
    return stacks


def _assets(directory: Path, artifacts: Mapping[str, Any]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for artifact in artifacts.values():
        if artifact["type"] == "cdk:asset-manifest":
            manifest = json.loads((directory / artifact["properties"]["file"]).read_text())
            for asset in manifest.get("files", {}).values():
                for destination in asset["destinations"].values():
                    found[destination["objectKey"]] = directory / asset["source"]["path"]
    return found


@dataclass(frozen=True)
class Deployed:
    """A created resource: what `Ref` gives, and what `Fn::GetAtt` gives by attribute name."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def references(value: Any) -> Iterator[str]:
    """Every name a value refers to by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        for element in value:
            yield from references(element)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner.split(".")[0] if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                text, own = (inner, {}) if isinstance(inner, str) else inner
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text) if name not in own)
                yield from references(own)
            else:
                yield from references(inner)


class Resolver:
    """Turns template values into plain ones. Raises LocalAccountError for a function it does not know."""

    def __init__(
        self,
        template: Template,
        pseudo: Mapping[str, str],
        parameters: Mapping[str, Any],
        exports: Mapping[str, Any],
    ) -> None:
        self._template, self._pseudo, self._exports = template, pseudo, exports
        self._parameters = dict(parameters)
        for name, declared in template.get("Parameters", {}).items():
            if name not in self._parameters and "Default" in declared:
                self._parameters[name] = declared["Default"]
        self.deployed: dict[str, Deployed] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Join": lambda a: str(a[0]).join(str(part) for part in self.resolve(a[1])),
            "Fn::Select": lambda a: self.resolve(a[1])[int(self.resolve(a[0]))],
            "Fn::Split": lambda a: self.resolve(a[1]).split(a[0]),
            "Fn::Base64": lambda a: base64.b64encode(self.resolve(a).encode()).decode(),
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import,
            "Fn::ToJsonString": lambda a: json.dumps(self.resolve(a)),
            "Fn::GetAZs": lambda _: [f"{self._pseudo['AWS::Region']}{zone}" for zone in "abc"],
            "Fn::Equals": lambda a: self.resolve(a[0]) == self.resolve(a[1]),
            "Fn::Not": lambda a: not self.resolve(a[0]),
            "Fn::And": lambda a: all(self.resolve(part) for part in a),
            "Fn::Or": lambda a: any(self.resolve(part) for part in a),
        }

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [r for r in (self.resolve(element) for element in value) if r is not NO_VALUE]
        if not isinstance(value, Mapping):
            if isinstance(value, str) and "{{resolve:" in value:
                raise LocalAccountError(f"dynamic references are not modelled: {value}")
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise LocalAccountError(f"intrinsic function {name} is not modelled")
        resolved = {key: self.resolve(inner) for key, inner in value.items()}
        return {key: inner for key, inner in resolved.items() if inner is not NO_VALUE}

    def condition(self, name: str) -> bool:
        return bool(self.resolve(self._template["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        return self._find(name).ref

    def _find(self, name: str) -> Deployed:
        if name not in self.deployed:
            raise DeploymentRejected(f"{name}: referenced, but there is no such resource or parameter value")
        return self.deployed[name]

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        attributes = self._find(name).attributes
        if attribute not in attributes:
            raise LocalAccountError(f"{name}: attribute {attribute} is not modelled; {', '.join(attributes)} are")
        return attributes[attribute]

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        values = self.resolve(own)

        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in values:
                return str(values[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", put, text)

    def _if(self, argument: Any) -> Any:
        return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])

    def _find_in_map(self, argument: Any) -> Any:
        name, first, second = (self.resolve(part) for part in argument)
        return self._template["Mappings"][name][first][second]

    def _import(self, argument: Any) -> Any:
        name = self.resolve(argument)
        if name not in self._exports:
            raise DeploymentRejected(f"{name}: imported, but no stack exports it")
        return self._exports[name]
