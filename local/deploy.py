"""Deploys stacks: creates each resource in order of its references and collects the outputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local import updates
from local.deployment import Deployment, Properties
from local.errors import DeploymentRejected, UnmodelledResource
from local.function_urls import FunctionUrls
from local.resources import CREATE
from local.template import Deployed, Resolver, Stack, references
from local.world import World

# The CDK's own bookkeeping: analytics, and the check that the account was bootstrapped.
IGNORED_TYPES = frozenset({"AWS::CDK::Metadata"})


class Deployer:
    """Deploys stacks one after the other; exports of one are there for the next."""

    def __init__(self, world: World, urls: FunctionUrls, parameters: Mapping[str, Any]) -> None:
        self._world, self._urls, self._parameters = world, urls, parameters
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
        deployment = Deployment(self._world, self._urls, stack, resolver, Path(self._scratch.name))
        resources = {
            logical_id: resource
            for logical_id, resource in stack.template.get("Resources", {}).items()
            if resource["Type"] not in IGNORED_TYPES
            and ("Condition" not in resource or resolver.condition(resource["Condition"]))
        }
        for logical_id, resource in resources.items():
            if resource["Type"] not in CREATE:
                raise UnmodelledResource(
                    f"{logical_id}: {resource['Type']} is not modelled; modelled are {', '.join(sorted(CREATE))}"
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
            properties.before = old
        created = CREATE[properties.type](deployment, properties)
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
