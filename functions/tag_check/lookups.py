"""What is looked up for resources that lack tags: the tags of what they belong to, and what a stop would lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.tag_check.catalog import paths
from functions.tag_check.facts import Resource
from functions.tag_check.spec import INSTANCE_FIELDS, TYPE_FIELDS

STACK_TAG = "aws:cloudformation:stack-id"
AT_ONCE = 50
Tags = Mapping[str, str]


@dataclass
class Lookups:
    """Looks things up in one account, each once; `trouble` gathers what failed."""

    clients: Clients
    trouble: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], Tags] = field(default_factory=dict)

    def belongs(self, resources: Iterable[tuple[Resource, Any]]) -> dict[str, dict[str, Tags]]:
        """By ARN and source, the tags of the stack, group, instance and VPC of each; raw items name the last two."""
        wanted = {one.arn: _owners(one, raw) for one, raw in resources}
        for source in ("stack", "group", "instance", "vpc"):
            names = {owners[source] for owners in wanted.values() if source in owners}
            self._learn(source, sorted(name for name in names if (source, name) not in self._known))
        return {
            arn: {source: self._known[source, name] for source, name in owners.items() if (source, name) in self._known}
            for arn, owners in wanted.items()
        }

    def instance_stores(self, types: Iterable[str]) -> dict[str, int]:
        """GB of instance store by instance type, 0 where there is none; types that cannot be read are left out."""
        found: dict[str, int] = {}
        for some in _chunks(sorted(set(types))):
            answer = self._tried("DescribeInstanceTypes", lambda some=some: self._types(some))  # type: ignore[misc]
            for one in answer or ():
                store = one.get("InstanceStorageInfo") or {}
                found[str(one["InstanceType"])] = int(store.get("TotalSizeInGB") or 0)
        return found

    @property
    def blind_spot(self) -> str:
        """Which fields that a stop goes by the installed SDK would drop without a word, or ""."""
        model = self.clients.get("ec2").meta.service_model
        missing = [name for fields in (INSTANCE_FIELDS, TYPE_FIELDS) for name in fields.unknown_to(model)]
        return f"the installed SDK does not know {', '.join(missing)}" if missing else ""

    def _types(self, types: Sequence[str]) -> Any:
        answer = self.clients.get("ec2").describe_instance_types(
            Filters=[{"Name": "instance-type", "Values": list(types)}]
        )
        return answer["InstanceTypes"]

    def _learn(self, source: str, names: Sequence[str]) -> None:
        if source == "stack":
            for name in names:
                self._keep(source, self._tried("DescribeStacks", lambda name=name: self._stack(name)))  # type: ignore[misc]
            return
        read = {"group": self._groups, "instance": self._instances, "vpc": self._vpcs}[source]
        for some in _chunks(names):
            self._keep(source, self._tried(source, lambda some=some: read(some)))  # type: ignore[misc]

    def _keep(self, source: str, found: Mapping[str, Tags] | None) -> None:
        self._known |= {(source, name): tags for name, tags in (found or {}).items()}

    def _stack(self, stack: str) -> dict[str, Tags]:
        try:
            answer = self.clients.get("cloudformation").describe_stacks(StackName=stack)
        except ClientError as error:
            # What a deleted stack left behind still names it; after 90 days nobody knows its tags.
            if "does not exist" in str(error):
                return {}
            raise
        return {stack: paths.tags_at(answer, ["Stacks.Tags"])}

    def _groups(self, names: Sequence[str]) -> dict[str, Tags]:
        answer = self.clients.get("autoscaling", "adaptive").describe_auto_scaling_groups(
            AutoScalingGroupNames=list(names)
        )
        return {one["AutoScalingGroupName"]: paths.tags_at(one, ["Tags"]) for one in answer["AutoScalingGroups"]}

    def _instances(self, ids: Sequence[str]) -> dict[str, Tags]:
        answer = self.clients.get("ec2").describe_instances(Filters=[{"Name": "instance-id", "Values": list(ids)}])
        found = paths.at(answer, "Reservations.Instances")
        return {one["InstanceId"]: paths.tags_at(one, ["Tags"]) for one in found}

    def _vpcs(self, ids: Sequence[str]) -> dict[str, Tags]:
        answer = self.clients.get("ec2").describe_vpcs(Filters=[{"Name": "vpc-id", "Values": list(ids)}])
        return {one["VpcId"]: paths.tags_at(one, ["Tags"]) for one in answer["Vpcs"]}

    def _tried(self, what: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            text = f"what untagged resources belong to could not be read ({what}): {error}"
            if text not in self.trouble:
                self.trouble.append(text)
            return None


def _owners(resource: Resource, raw: Any) -> dict[str, str]:
    """What a resource belongs to, by source, as it and its tags say."""
    about = raw if isinstance(raw, Mapping) else {}
    instance = next(iter(paths.text(about, "Attachments.InstanceId")), "")
    found = {
        "stack": (resource.tags or {}).get(STACK_TAG, ""),
        "group": resource.group,
        "instance": instance,
        "vpc": next(iter(paths.text(about, "VpcId")), "") if resource.type != "AWS::EC2::VPC" else "",
    }
    return {source: name for source, name in found.items() if name}


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
