"""Deploys stacks: creates each resource in order of its references and collects the outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local import resource_types, updates
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed, Resolver, Stack, references
from local.world import World

# The CDK's own bookkeeping: analytics, and the check that the account was bootstrapped.
IGNORED_TYPES = frozenset({"AWS::CDK::Metadata"})


@dataclass
class Properties:
    """A resource's resolved properties. Each must be read or ignored on purpose, or `finish` fails."""

    logical_id: str
    type: str
    values: Mapping[str, Any]
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
    """One stack on its way into the account; what the creating functions in resource_types get to work
    with.
    """

    def __init__(self, world: World, stack: Stack, resolver: Resolver, scratch: Path) -> None:
        self.world, self.stack, self.scratch = world, stack, scratch
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


class Deployer:
    """Deploys stacks one after the other; exports of one are there for the next."""

    def __init__(self, world: World, parameters: Mapping[str, Any]) -> None:
        self._world, self._parameters = world, parameters
        self._exports: dict[str, Any] = {}
        self._scratch = TemporaryDirectory(prefix="local-account-")
        self._registered: set[str] = set()
        self.outputs: dict[str, str] = {}
        self.physical_ids: dict[str, str] = {}
        self._resources: dict[str, dict[str, tuple[Properties, Deployed]]] = {}
        """By stack and logical id, what was deployed last; in the order of its creation."""

    def close(self) -> None:
        self._scratch.cleanup()

    def deploy(self, stacks: Iterable[Stack]) -> None:
        """Creates the stacks, or updates those that are there."""
        for stack in stacks:
            self._deploy(stack)

    def _deploy(self, stack: Stack) -> None:
        place = self._world
        pseudo = {
            "AWS::AccountId": place.account_id,
            "AWS::Region": place.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": place.scope.arn("cloudformation", f"stack/{stack.name}/local"),
        }
        resolver = Resolver(stack.template, pseudo, {"BootstrapVersion": "30", **self._parameters}, self._exports)
        deployment = Deployment(self._world, stack, resolver, Path(self._scratch.name))
        resources = {
            logical_id: resource
            for logical_id, resource in stack.template.get("Resources", {}).items()
            if resource["Type"] not in IGNORED_TYPES
            and ("Condition" not in resource or resolver.condition(resource["Condition"]))
        }
        for logical_id, resource in resources.items():
            if resource["Type"] not in resource_types.CREATE:
                raise UnmodelledResource(
                    f"{logical_id}: {resource['Type']} is not modelled; modelled are "
                    f"{', '.join(sorted(resource_types.CREATE))}"
                )
        before = dict(self._resources.get(stack.name, {}))
        after: dict[str, tuple[Properties, Deployed]] = {}
        for logical_id in _in_order(resources):
            resource = resources[logical_id]
            properties = Properties(logical_id, resource["Type"], resolver.resolve(resource.get("Properties", {})))
            created = self._bring_up(deployment, properties, before.pop(logical_id, None))
            after[logical_id] = properties, created
            resolver.deployed[logical_id] = created
            self.physical_ids[logical_id] = created.ref
        for logical_id, (properties, deployed) in reversed(before.items()):
            updates.forget(deployment, properties, deployed, gone=True)
            del self.physical_ids[logical_id]
        self._resources[stack.name] = after
        self._register(stack, resolver)

    def _bring_up(
        self, deployment: Deployment, properties: Properties, before: tuple[Properties, Deployed] | None
    ) -> Deployed:
        """Creates a resource; one that is there is left alone if nothing changed, else made anew."""
        if before is not None:
            old, deployed = before
            if (old.type, old.values) == (properties.type, properties.values):
                return deployed
            updates.forget(deployment, old, deployed, gone=False)
        created: Deployed = resource_types.CREATE[properties.type](deployment, properties)
        properties.finish()
        return created

    def _register(self, stack: Stack, resolver: Resolver) -> None:
        """Makes outputs and exports known, and the stack visible to DescribeStacks."""
        outputs = {
            name: {"Value": str(resolver.resolve(output["Value"]))}
            for name, output in stack.template.get("Outputs", {}).items()
            if "Condition" not in output or resolver.condition(output["Condition"])
        }
        for name, output in stack.template.get("Outputs", {}).items():
            if name in outputs and "Export" in output:
                self._exports[resolver.resolve(output["Export"]["Name"])] = outputs[name]["Value"]
        self.outputs.update({name: output["Value"] for name, output in outputs.items()})
        client = self._world.client("cloudformation")
        put = client.update_stack if stack.name in self._registered else client.create_stack
        put(StackName=stack.name, TemplateBody=json.dumps({"Resources": {}, "Outputs": outputs}))
        self._registered.add(stack.name)


def _in_order(resources: Mapping[str, Any]) -> list[str]:
    """Logical ids so that each comes after what it refers to. A circle is refused, as CloudFormation does."""
    needs: dict[str, set[str]] = {}
    for logical_id, resource in resources.items():
        depends_on = resource.get("DependsOn", [])
        named = set(references(resource.get("Properties", {}))) | set(
            [depends_on] if isinstance(depends_on, str) else depends_on
        )
        needs[logical_id] = named & set(resources)
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise DeploymentRejected(f"circular reference: {' -> '.join(reversed(error.args[1]))}") from None
