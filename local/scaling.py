"""Auto Scaling groups in a story: there before it begins, and driven by alarms, failures and illness."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local import moto_metrics, moto_scaling, scaling_policies
from local.delivery import Bus
from local.errors import LocalAccountError
from local.fleets import linux_image
from local.group_keeper import GroupKeeper
from local.group_state import suspended
from local.moto_metrics import MetricSeed
from local.scaling_history import ScalingActivity, ScalingHistory
from local.world import World

RETRY = timedelta(minutes=1)
"""How soon Auto Scaling tries a launch that failed again; AWS waits longer each time."""


@dataclass(frozen=True)
class GroupSeed:
    """A group that has been there since `created_at`, and has since been scaled as `scaled` says.

    With `weights` it is a mixed instances group: its overrides with their weights in order of priority, the first of
    which is launched; sizes then count weights. Tags are propagated to the members.
    """

    name: str
    type: str
    minimum: int
    maximum: int
    desired: int
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    scaled: Sequence[tuple[datetime, int]] = ()
    """Later desired capacities by moment, oldest first, as a policy set them."""
    suspended: Sequence[str] = ()
    metrics: Sequence[str] = ()
    """The metrics it collects; GroupDesiredCapacity has a point per change since `created_at`."""
    protected: bool = False
    """Whether its members are protected from scale-in."""
    deletion_protection: str = "none"


class Scaling:
    """The Auto Scaling service of the account."""

    def __init__(self, world: World, bus: Bus) -> None:
        self._world = world
        self.history = ScalingHistory()
        self.refreshes: list[Mapping[str, Any]] = []
        """What DescribeInstanceRefreshes shows, in its shape."""
        self.sized: Callable[[str], None] = lambda _group: None
        """Called after a datapoint of a group's desired capacity."""
        self._keeper = GroupKeeper(self.history)
        self._keeper.tell = lambda activity: self._tell(bus, activity)
        self._keeper.tell_size = self._size
        self._keeper.try_again = lambda work: world.later(world.clock.now() + RETRY, work)

    def install(self) -> Callable[[], None]:
        """Takes moto's groups over; returns what undoes it."""
        return moto_scaling.install_scaling(
            self._keeper, lambda group: [one for one in self.refreshes if one["AutoScalingGroupName"] == group]
        )

    # -- before the story -------------------------------------------------------------------------
    def seed(self, seeds: Iterable[GroupSeed]) -> dict[str, list[str]]:
        """Creates the groups, with their past in the history and no events; returns the members' ids by group."""
        image = linux_image(self._world.scope)
        return {seed.name: self._seed(seed, image) for seed in seeds}

    def _seed(self, seed: GroupSeed, image: str) -> list[str]:
        client = self._world.client("autoscaling")
        with self._keeper.at(seed.created_at):
            client.create_auto_scaling_group(
                AutoScalingGroupName=seed.name,
                MinSize=seed.minimum,
                MaxSize=seed.maximum,
                DesiredCapacity=seed.desired,
                AvailabilityZones=[f"{self._world.region}a"],
                NewInstancesProtectedFromScaleIn=seed.protected,
                DeletionProtection=seed.deletion_protection,
                Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in seed.tags.items()],
                **self._launched_from(seed, image),
            )
            group = self._group(seed.name)
            group.created_time = seed.created_at
            if seed.metrics:
                client.enable_metrics_collection(
                    AutoScalingGroupName=seed.name, Granularity="1Minute", Metrics=list(seed.metrics)
                )
        for moment, desired in seed.scaled:
            with self._keeper.at(moment):
                self._drive(group, desired, "scale-out", "demand")
        if seed.suspended:
            client.suspend_processes(AutoScalingGroupName=seed.name, ScalingProcesses=list(seed.suspended))
        return [member.instance.id for member in group.instance_states]

    def _launched_from(self, seed: GroupSeed, image: str) -> dict[str, Any]:
        name = f"{seed.name}-{uuid.uuid4().hex[:8]}"
        self._world.client("ec2").create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": seed.type}
        )
        template = {"LaunchTemplateName": name, "Version": "$Default"}
        if not seed.weights:
            return {"LaunchTemplate": template}
        overrides = [{"InstanceType": kind, "WeightedCapacity": str(units)} for kind, units in seed.weights.items()]
        return {
            "MixedInstancesPolicy": {
                "LaunchTemplate": {"LaunchTemplateSpecification": template, "Overrides": overrides}
            }
        }

    # -- in the story -----------------------------------------------------------------------------
    def scale(self, group: str, *, to: int | None, by: int | None, policy: str, alarm: str) -> int:
        """An alarm triggers a policy, within the group's limits; returns the desired capacity it leads to."""
        with self._keeper.lock:
            found = self._group(group)
            if (to is None) == (by is None):
                raise LocalAccountError("say either `to` which size or `by` how much the policy scales")
            if "AlarmNotification" not in suspended(found):
                self._drive(found, found.desired_capacity + by if by is not None else to, policy, alarm)
            return int(found.desired_capacity)

    def _drive(self, group: Any, size: int | None, policy: str, alarm: str) -> None:
        desired = scaling_policies.clamped(size or 0, group.min_size, group.max_size)
        self._keeper.resize(group, desired, f"a monitor alarm {alarm} in state ALARM triggered policy {policy}")

    def fail_launches(self, group: str, message: str, count: int) -> None:
        """Makes the group's next `count` launches fail."""
        with self._keeper.lock:
            self._keeper.failures.setdefault(self._group(group).name, []).extend([message] * count)

    def replace_unhealthy(self, group: str, count: int) -> None:
        """EC2 finds the oldest `count` healthy members stopped; the group replaces them unless that is suspended."""
        with self._keeper.lock:
            found = self._group(group)
            healthy = [one for one in found.active_instances() if one.health_status == "Healthy"]
            if len(healthy) < count:
                raise LocalAccountError(f"{group} has {len(healthy)} healthy members, not {count}")
            for member in healthy[:count]:
                member.instance.stop()
                member.health_status = "Unhealthy"
            self._keeper.reconcile(found)

    def desired(self, group: str) -> int | None:
        """The desired capacity of a group that there is and that collects this metric."""
        found = moto_scaling.group_named(self._world.scope, group)
        collected = found is not None and "GroupDesiredCapacity" in found.metrics
        return int(found.desired_capacity) if collected else None

    def _group(self, name: str) -> Any:
        group = moto_scaling.group_named(self._world.scope, name)
        if group is None:
            raise LocalAccountError(f"there is no Auto Scaling group {name!r}")
        return group

    def _tell(self, bus: Bus, activity: ScalingActivity) -> None:
        self._world.soon(partial(bus.put, activity.event(self._world.account_id, self._world.region)))

    def _size(self, group: str, at: datetime, desired: int) -> None:
        point = MetricSeed(
            "AWS/AutoScaling", "GroupDesiredCapacity", (("AutoScalingGroupName", group),), ((at, float(desired)),)
        )
        moto_metrics.seed_metrics(self._world.scope, [point])
        self.sized(group)
