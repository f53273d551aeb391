"""One stack on its way into the account, and the properties of its resources."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.errors import DeploymentRejected, LocalAccountError, UnmodelledResource
from local.function_urls import FunctionUrls
from local.template import Resolver, Stack
from local.world import World


@dataclass
class Properties:
    """A resource's resolved properties. Each must be read or ignored on purpose, or `finish` fails.

    `before` are those of the deployment before, for types that are changed and not made anew.
    """

    logical_id: str
    type: str
    values: Mapping[str, Any]
    before: Properties | None = None
    _seen: set[str] = field(default_factory=set)

    def get(self, name: str, default: Any = None) -> Any:
        self._seen.add(name)
        return self.values.get(name, default)

    def require(self, name: str) -> Any:
        if name not in self.values:
            raise DeploymentRejected(f"{self.logical_id}: {self.type} needs {name}")
        return self.get(name)

    def take(self, *names: str) -> dict[str, Any]:
        """The named properties that are set, to be passed on as they are."""
        self._seen.update(names)
        return {name: self.values[name] for name in names if name in self.values}

    def tags(self) -> dict[str, str]:
        """The resource's tags, which most types write as a list of pairs."""
        return {str(tag["Key"]): str(tag["Value"]) for tag in self.get("Tags", [])}

    def ignore(self, *names: str) -> None:
        """Properties that change nothing locally."""
        self._seen.update(names)

    def finish(self) -> None:
        unread = sorted(set(self.values) - self._seen)
        if unread:
            raise UnmodelledResource(
                f"{self.logical_id}: {self.type} has {', '.join(unread)}, which the local account does not model"
            )


class Deployment:
    """One stack on its way into the account; what the functions of `resources` get to work with."""

    def __init__(self, world: World, urls: FunctionUrls, stack: Stack, resolver: Resolver, scratch: Path) -> None:
        self.world, self.urls, self.stack, self.scratch = world, urls, stack, scratch
        self.resolver = resolver

    def client(self, service: str) -> Any:
        return self.world.client(service)

    def arn(self, service: str, resource: str) -> str:
        return self.world.scope.arn(service, resource)

    def name(self, properties: Properties, given: str, limit: int = 255) -> str:
        """The given physical name, or one CloudFormation would make up; the same on every run."""
        name = properties.get(given)
        if name:
            return str(name)
        digest = hashlib.sha256(f"{self.stack.name}/{properties.logical_id}".encode()).hexdigest()[:12].upper()
        return f"{self.stack.name}-{properties.logical_id}"[: limit - 13] + f"-{digest}"

    def asset(self, logical_id: str, key: str) -> Path:
        path = self.stack.assets.get(key) or self.stack.assets.get(key.rsplit(".", 1)[0])
        if path is None or not path.exists():
            raise DeploymentRejected(f"{logical_id}: asset {key} is not in the assembly")
        return path


def boolean(value: Any) -> bool:
    """CloudFormation takes booleans as text, too."""
    if str(value).lower() not in ("true", "false"):
        raise LocalAccountError(f"{value!r} is no boolean")
    return str(value).lower() == "true"
