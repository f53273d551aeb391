"""Lists instances: which types are watched, and who of them is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.core.clients import Clients
from functions.idle_gpu.accelerated import RETIRED, InstanceType, read_type, types_from
from functions.idle_gpu.facts import STOPPED_TAG
from functions.idle_gpu.lookups import FILTER_VALUES
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.spec import INSTANCE_FIELDS, TYPE_FIELDS

PAGE = 1000
"""Most instances that DescribeInstances gives in one answer."""
TYPES_HOLD = timedelta(days=1)
UNREAD = re.compile(
    rb"<(networkInfo|networkInterfaceSet|ebsInfo|processorInfo|placementGroupInfo|groupSet)>.*?</\1>", re.DOTALL
)
"""Parts of EC2's answers that nobody reads here, and that are most of them: reading XML is most of a sweep's CPU."""
Raw = Mapping[str, Any]
Filters = list[dict[str, Any]]


class Fleet:
    """DescribeInstanceTypes and DescribeInstances; `kinds` holds the types met so far, None for those without
    accelerators.
    """

    def __init__(self, clients: Clients, settings: IdleGpuSettings, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._settings = settings
        self._clock = clock
        self._made: Any = None
        self._listed_at: datetime | None = None
        self.kinds: dict[str, InstanceType | None] = {}

    def selections(self) -> Iterator[Filters]:
        """Filters that together cover what is watched, each with as many types as a filter takes."""
        types = self._accelerated()
        returns = bool(self._settings.off_hours) or self._settings.action == "staged"
        for start in range(0, len(types), FILTER_VALUES):
            kinds = {"Name": "instance-type", "Values": types[start : start + FILTER_VALUES]}
            yield [kinds, _in_state("running")]
            if returns:
                yield [kinds, _in_state("stopped"), {"Name": "tag-key", "Values": [STOPPED_TAG]}]

    def running(self) -> list[str]:
        """The ids of the accelerated instances that run."""
        return [
            str(one["InstanceId"])
            for filters in self.selections()
            if filters[1] == _in_state("running")
            for one in self.described(filters)
        ]

    def described(self, filters: Filters) -> Iterator[Raw]:
        """Everything that passes the filters."""
        token = ""
        while True:
            instances, token = self.page(filters, token)
            yield from instances
            if not token:
                return

    def page(self, filters: Filters, token: str) -> tuple[list[Raw], str]:
        """One page of what passes the filters, and the token of the next, or ""."""
        more = {"NextToken": token} if token else {}
        answer = self._ec2.describe_instances(Filters=filters, MaxResults=PAGE, **more)
        found = [one for reservation in answer["Reservations"] for one in reservation["Instances"]]
        return found, answer.get("NextToken") or ""

    def learn(self, names: set[str]) -> None:
        """Asks about types that were not met yet: a few instances need no list of all types."""
        unknown = sorted(names - set(self.kinds))
        if unknown and self._listed_at is None:
            self.kinds |= {name: RETIRED.get(name) for name in unknown}
            filters = [{"Name": "instance-type", "Values": unknown}]
            answer = self._ec2.describe_instance_types(Filters=filters)
            self.kinds |= {str(one["InstanceType"]): read_type(one) for one in answer["InstanceTypes"]}

    @property
    def blind_spot(self) -> str:
        """Which fields that a safe decision reads the installed SDK would drop without a word, or ""."""
        model = self._ec2.meta.service_model
        missing = [*INSTANCE_FIELDS.unknown_to(model), *TYPE_FIELDS.unknown_to(model)]
        return f"the installed SDK does not know {', '.join(missing)}" if missing else ""

    def _accelerated(self) -> list[str]:
        """Every type with accelerators, asked for once a day."""
        now = self._clock()
        if self._listed_at is None or now - self._listed_at > TYPES_HOLD:
            self.kinds, self._listed_at = {**types_from(self._ec2)}, now
        return sorted(name for name, kind in self.kinds.items() if kind)

    @property
    def _ec2(self) -> Any:
        if self._made is None:
            self._made = self._clients.get("ec2")
            for operation in ("DescribeInstances", "DescribeInstanceTypes"):
                self._made.meta.events.register(f"before-parse.ec2.{operation}", _slim)
        return self._made


def _slim(response_dict: dict[str, Any], **_: Any) -> None:
    response_dict["body"] = UNREAD.sub(b"", response_dict["body"])


def _in_state(state: str) -> dict[str, Any]:
    return {"Name": "instance-state-name", "Values": [state]}
