"""Brings Auto Scaling groups to their desired capacity as AWS does, and writes each step down.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html,
…/ec2-auto-scaling-termination-policies.html, …/ec2-auto-scaling-instance-protection.html and
…/ec2-auto-scaling-mixed-instances-groups-instance-weighting.html. Groups and members are moto's objects.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from local.group_state import at_rest, capacity, next_type, spare, suspended, weight
from local.scaling_history import Kind, ScalingActivity, ScalingHistory, cause, sentence

_EC2_CHECK = "an EC2 health check indicating it has been terminated or stopped"
_DIFFERENCE = "in response to a difference between desired and actual capacity"
_ALL_PROTECTED = "Could not scale to desired capacity because all remaining instances are protected from scale-in"


class GroupKeeper:
    """Keeps every group of an account. The order of a group's members is that of their launches."""

    def __init__(self, history: ScalingHistory) -> None:
        self.history = history
        self.lock = threading.RLock()
        self.failures: dict[str, list[str]] = {}
        """By group, the messages of the launches that are to fail next."""
        self.tell: Callable[[ScalingActivity], None] = lambda _activity: None
        self.tell_size: Callable[[str, datetime, int], None] = lambda _group, _at, _desired: None
        """Told of the desired capacity of a group that collects this metric."""
        self.try_again: Callable[[Callable[[], None]], None] = lambda _work: None
        self._moment: datetime | None = None

    def now(self) -> datetime:
        return self._moment or datetime.now(UTC)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """What happens meanwhile happened at `moment`, and is no news."""
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None

    # -- changes of size --------------------------------------------------------------------------
    def resize(self, group: Any, desired: int, reason: str) -> None:
        """Sets the desired capacity and goes there; `reason` begins the causes of what follows."""
        with self.lock:
            before = getattr(group, "desired_capacity", None) or 0
            group.desired_capacity = desired
            if before != desired:
                what = f"{reason} changing the desired capacity from {before} to {desired}"
                group.local_reasons = [*getattr(group, "local_reasons", []), sentence(self.now(), what)]
                self.measure(group)
            self.reconcile(group)

    def measure(self, group: Any) -> None:
        """Records the desired capacity, if the group collects it."""
        if "GroupDesiredCapacity" in getattr(group, "metrics", ()):
            self.tell_size(group.name, self.now(), group.desired_capacity)

    def reconcile(self, group: Any) -> None:
        """Replaces what is unhealthy, ends what is too much and launches what is missing, one by one."""
        with self.lock:
            replaced = self._end_unhealthy(group)
            self._shrink(group)
            self._grow(group, replaced)
            if at_rest(group):
                group.local_reasons = []
            backend = group.autoscaling_backend
            if group.name in backend.autoscaling_groups:
                backend.update_attached_elbs(group.name)
                backend.update_attached_target_groups(group.name)

    def _end_unhealthy(self, group: Any) -> int:
        if suspended(group) & {"HealthCheck", "ReplaceUnhealthy", "Terminate"}:
            return 0
        unhealthy = [member for member in group.active_instances() if member.health_status != "Healthy"]
        for member in unhealthy:
            check = getattr(member, "local_check", _EC2_CHECK)
            self.end(group, member, f"an instance was taken out of service in response to {check}")
        return len(unhealthy)

    def _shrink(self, group: Any) -> None:
        while "Terminate" not in suspended(group) and (have := capacity(group)) > group.desired_capacity:
            free = [one for one in spare(group) if not one.protected_from_scale_in]
            if spare(group) and not free:
                self._write(group, "note", f"{_ALL_PROTECTED}.", list(group.local_reasons), message=_ALL_PROTECTED)
            if not free:
                return
            step = f"shrinking the capacity from {have} to {have - weight(free[0])}"
            self.end(
                group,
                free[0],
                f"an instance was taken out of service {_DIFFERENCE}, {step}",
                f"instance {free[0].instance.id} was selected for termination",
                reasons=list(group.local_reasons),
            )

    def _grow(self, group: Any, replaced: int) -> None:
        failed = 0
        while "Launch" not in suspended(group) and (have := capacity(group)) + failed < group.desired_capacity:
            kind, units = next_type(group)
            if replaced:
                replaced -= 1
                reasons = [
                    sentence(
                        self.now(),
                        "an instance was launched in response to an unhealthy instance needing to be replaced",
                    )
                ]
            else:
                step = f"increasing the capacity from {have} to {have + units}"
                reasons = [
                    *getattr(group, "local_reasons", []),
                    sentence(self.now(), f"an instance was started {_DIFFERENCE}, {step}"),
                ]
            if self.failures.get(group.name):
                message = self.failures[group.name].pop(0)
                self._write(
                    group,
                    "launch",
                    f"Launching a new EC2 instance.  Status Reason: {message}",
                    reasons,
                    message=message,
                )
                failed += units
            else:
                member = self._launch(group, kind, units)
                self._write(
                    group, "launch", f"Launching a new EC2 instance: {member.instance.id}", reasons, member.instance
                )
        if failed:
            self.try_again(lambda: self._once_more(group))

    def _once_more(self, group: Any) -> None:
        if group.autoscaling_backend.autoscaling_groups.get(group.name) is group:
            self.reconcile(group)

    # -- single members ---------------------------------------------------------------------------
    def end(self, group: Any, member: Any, *what: str, reasons: list[str] | None = None) -> ScalingActivity:
        """Terminates a member; EC2's own termination protection does not stop Auto Scaling."""
        instance = member.instance
        if instance.state != "terminated":
            instance.terminate()
        group.instance_states.remove(member)
        sentences = [*(reasons or []), *(sentence(self.now(), one) for one in what)]
        return self._write(group, "terminate", f"Terminating EC2 instance: {instance.id}", sentences, instance)

    def _launch(self, group: Any, kind: str | None, units: int) -> Any:
        group.local_type = kind
        try:
            group.replace_autoscaling_group_instances(1, group.get_propagated_tags())
        finally:
            group.local_type = None
        member = group.instance_states[-1]
        member.instance.launch_time = self.now()
        if kind is not None:
            member.weighted_capacity = str(units)
        return member

    def _write(
        self,
        group: Any,
        kind: Kind,
        description: str,
        sentences: list[str],
        instance: Any = None,
        *,
        message: str | None = None,
    ) -> ScalingActivity:
        activity = ScalingActivity(
            id=str(uuid.uuid4()),
            kind=kind,
            group=group.name,
            group_arn=group.arn,
            description=description,
            cause=cause(sentences),
            at=self.now(),
            instance_id=instance.id if instance is not None else "",
            zone=instance.placement.zone if instance is not None else group.availability_zones[0],
            subnet=str(getattr(instance, "subnet_id", None) or ""),
            message=message,
        )
        self.history.add(activity)
        if self._moment is None and kind != "note":
            self.tell(activity)
        return activity
