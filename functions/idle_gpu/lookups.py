"""What is looked up for candidates only, because it costs a call for each of them, or for few of them.

Each look-up that fails leaves its fact unread, which bars an action, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.pacing import Pacer
from functions.idle_gpu.facts import Instance

FILTER_VALUES = 200
"""Most values of one filter (EC2 API reference)."""
GROUPS = 50
"""Most names of one DescribeAutoScalingGroups call."""
ATTRIBUTES_PER_SECOND = 20.0
ATTRIBUTES_AT_ONCE = 50
"""EC2 refills what it allows of Describe calls at this rate, up to 100 (EC2 API throttling): half is left to others."""
GONE = frozenset({"InvalidInstanceID.NotFound"})
Attribute = Literal["disableApiStop", "disableApiTermination"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Volume:
    """An EBS volume's size, and the KMS key of its own that the customer encrypted it with, or ""."""

    gigabytes: int
    key: str


@dataclass
class Lookups:
    """Looks things up in one account; `trouble` gathers what failed."""

    clients: Clients
    pacer: Pacer = field(default_factory=lambda: Pacer(ATTRIBUTES_PER_SECOND, ATTRIBUTES_PER_SECOND))
    trouble: list[str] = field(default_factory=list)
    _keys: dict[str, bool] = field(default_factory=dict)
    _asked: int = 0

    def spot(self, instances: Sequence[Instance]) -> dict[str, Instance]:
        """The Spot instances among them whose request is persistent, as such, by id."""
        wanted = {one.instance_id: one for one in instances if one.lifecycle == "spot one-time"}
        found: dict[str, Instance] = {}
        for batch in _chunks(list(wanted), FILTER_VALUES):
            filters = [{"Name": "instance-id", "Values": batch}]
            for one in self._all("ec2", "describe_spot_instance_requests", "SpotInstanceRequests", Filters=filters):
                if one.get("Type") == "persistent" and one.get("InstanceId") in wanted:
                    found[one["InstanceId"]] = replace(wanted[one["InstanceId"]], lifecycle="spot persistent")
        return found

    def groups(self, names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Auto Scaling groups by name."""
        found: dict[str, Mapping[str, Any]] = {}
        for batch in _chunks(sorted(set(names)), GROUPS):
            for one in self._all(
                "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", AutoScalingGroupNames=batch
            ):
                found[one["AutoScalingGroupName"]] = one
        return found

    def volumes(self, ids: Iterable[str]) -> dict[str, Volume]:
        """Volumes by id, each with its size and the customer's own key."""
        found: dict[str, Volume] = {}
        for batch in _chunks(sorted(set(ids)), FILTER_VALUES):
            filters = [{"Name": "volume-id", "Values": batch}]
            for one in self._all("ec2", "describe_volumes", "Volumes", Filters=filters):
                key = str(one.get("KmsKeyId") or "")
                found[one["VolumeId"]] = Volume(int(one["Size"]), key if key and self._is_customers(key) else "")
        return found

    def protection(self, instance: Instance, attribute: Attribute) -> bool | None:
        """Whether a protection of an instance is on; None where that could not be read, or the instance is gone."""
        self._asked += 1
        if self._asked > ATTRIBUTES_AT_ONCE:
            self.pacer.wait()
        name = attribute[0].upper() + attribute[1:]

        def read() -> bool:
            answer = self.clients.get("ec2").describe_instance_attribute(
                InstanceId=instance.instance_id, Attribute=attribute
            )
            return bool(answer[name]["Value"])

        return self._tried(read, attribute)

    def _is_customers(self, key: str) -> bool:
        """Whether a key is the customer's own; one that cannot be looked at counts as such."""
        if key not in self._keys:
            try:
                about = self.clients.get("kms").describe_key(KeyId=key)["KeyMetadata"]
                self._keys[key] = about.get("KeyManager") != "AWS"
            except (ClientError, BotoCoreError):
                self._keys[key] = True
        return self._keys[key]

    def _all(self, service: str, operation: str, listed: str, **request: Any) -> Iterator[Mapping[str, Any]]:
        """Every page of a listing; ends early where one fails."""
        retries: Literal["standard", "adaptive"] = "adaptive" if service == "autoscaling" else "standard"
        call = getattr(self.clients.get(service, retries), operation)
        more: dict[str, str] = {}
        while True:
            answer = self._tried(lambda more=more: call(**request, **more), operation)  # type: ignore[misc]
            yield from answer[listed] if answer else ()
            if not answer or not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}

    def _tried(self, call: Callable[[], T], what: str) -> T | None:
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                self._note(f"{what} could not be read: {error}")
            return None
        except BotoCoreError as error:
            self._note(f"{what} could not be read: {error}")
            return None

    def _note(self, text: str) -> None:
        if text not in self.trouble:
            self.trouble.append(text)


def _chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
