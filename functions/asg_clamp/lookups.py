"""What is looked up for few groups only. What fails leaves its fact unread, and says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp import causes
from functions.asg_clamp.facts import Group, Launch
from functions.core.clients import Clients

FILTER_VALUES = 200
"""Most values of one filter (EC2 API reference)."""
ACTIVITY_PAGES = 100
"""Pages of a hundred activities read at most: ten thousand, terminations among them, within the longest window."""
ENDED = frozenset({"Successful", "Failed", "Cancelled"})
INSTANCE = re.compile(r"\bi-[0-9a-f]{8,17}\b")
UNDER_WAY = frozenset({"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"})
"""States of an instance refresh that has not ended (Auto Scaling API reference, InstanceRefresh)."""


@dataclass
class Lookups:
    """Looks things up in one account; `trouble` gathers what failed, except what `coming` raises."""

    clients: Clients
    trouble: list[str] = field(default_factory=list)

    def launches(self, since: datetime, group: str = "") -> dict[str, list[Launch]]:
        """The launches since a moment, by the group's name: one listing for the whole account, or for one group."""
        found: dict[str, list[Launch]] = {}
        try:
            for activity in self._activities(since, group):
                launch = causes.of_activity(activity)
                if launch is not None:
                    found.setdefault(str(activity["AutoScalingGroupName"]), []).append(launch)
        except (ClientError, BotoCoreError) as error:
            self._note(f"scaling activities could not be read, so that only events tell of launches: {error}")
        return found

    def coming(self, group: Group) -> int:
        """The launches of a group that are under way and whose instances are no members yet; raises what AWS raises."""
        answer = self._autoscaling.describe_scaling_activities(AutoScalingGroupName=group.name, MaxRecords=100)
        here = {one.id for one in group.members}
        return sum(
            not here & set(INSTANCE.findall(str(one.get("Description", ""))))
            for one in answer["Activities"]
            if one.get("StatusCode") not in ENDED and causes.of_activity(one) is not None
        )

    def refreshing(self, name: str) -> bool | None:
        """Whether an instance refresh of a group is under way; None where that could not be read."""
        try:
            answer = self._autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)
        except (ClientError, BotoCoreError) as error:
            self._note(f"instance refreshes of {name} could not be read: {error}")
            return None
        return any(one.get("Status") in UNDER_WAY for one in answer.get("InstanceRefreshes") or ())

    def spot(self, names: Sequence[str]) -> frozenset[str] | None:
        """The names among these whose groups have Spot members; None where that could not be read."""
        found: set[str] = set()
        try:
            for start in range(0, len(names), FILTER_VALUES):
                found |= set(self._spot_groups(names[start : start + FILTER_VALUES]))
        except (ClientError, BotoCoreError) as error:
            self._note(f"Spot members could not be read: {error}")
            return None
        return frozenset(found)

    def _spot_groups(self, names: Sequence[str]) -> Iterator[str]:
        filters = [
            {"Name": "tag:aws:autoscaling:groupName", "Values": list(names)},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        more: dict[str, str] = {}
        while True:
            answer = self.clients.get("ec2").describe_instances(Filters=filters, MaxResults=1000, **more)
            instances = [one for each in answer["Reservations"] for one in each["Instances"]]
            for instance in (one for one in instances if one.get("InstanceLifecycle") == "spot"):
                yield from (tag["Value"] for tag in instance["Tags"] if tag["Key"] == "aws:autoscaling:groupName")
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}

    def _activities(self, since: datetime, group: str) -> Iterable[Mapping[str, Any]]:
        filters = [{"Name": "StartTimeLowerBound", "Values": [f"{since:%Y-%m-%dT%H:%M:%SZ}"]}]
        more: dict[str, str] = {}
        of_group = {"AutoScalingGroupName": group} if group else {}
        for _ in range(ACTIVITY_PAGES):
            answer = self._autoscaling.describe_scaling_activities(Filters=filters, MaxRecords=100, **of_group, **more)
            # An endpoint that does not know the filter answers with older ones, too.
            yield from (one for one in answer["Activities"] if one["StartTime"] >= since)
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}
        self._note(f"more than {ACTIVITY_PAGES * 100:,} scaling activities: the oldest of them are not judged")

    @property
    def _autoscaling(self) -> Any:
        return self.clients.get("autoscaling", "adaptive")

    def _note(self, text: str) -> None:
        if text not in self.trouble:
            self.trouble.append(text)
