"""Pure: what should become of one accelerated instance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from functions.core.types import Decision, Json, iso
from functions.idle_gpu import offhours, resting
from functions.idle_gpu.conclude import RUNNING, STOPPED, TERMINATED, change, found, leave
from functions.idle_gpu.facts import Instance
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.stoppability import protecting, way_to
from functions.idle_gpu.verdict import Verdict, judge

ON_THE_WAY = {"stopping": STOPPED, "shutting-down": TERMINATED}
"""States that can only end in one other. `pending` is none: a start is done when `running` was seen."""


def shows(instance: Instance) -> dict[str, Json]:
    """The values that an action of this guardrail overwrites."""
    return {"state": ON_THE_WAY.get(instance.state, instance.state)}


def decide(instance: Instance, settings: IdleGpuSettings, now: datetime) -> Decision:
    """The decision about one instance: the first of these that applies."""
    if instance.tags is None:
        return found(instance, Verdict("unknown", instance.unreadable or "its tags could not be read"))
    protected = protecting(instance.tags, settings)
    if protected:
        return leave(instance, "protected", f"protect_tags {protected}", "the policy protects its tag")
    if instance.state == STOPPED:
        return resting.decide_stopped(instance, settings, now)
    if instance.state != RUNNING:
        return leave(instance, instance.state, "state", f"is {instance.state}")
    schedule = offhours.schedule_of(instance.tags, settings)
    if schedule is not None and not offhours.working(schedule, now):
        return resting.decide_off_hours(instance, schedule, settings, now)
    verdict = judge(instance, settings, now)
    if not verdict.is_idle:
        return found(instance, verdict)
    if instance.managed_by:
        why = f"{verdict.reason}; it belongs to {instance.managed_by}, which would only replace it: scale it there"
        return found(instance, verdict, "managed", why)
    return _act_on(instance, settings, now, verdict)


def is_candidate(instance: Instance, settings: IdleGpuSettings, now: datetime) -> bool:
    """Whether an action would follow if nothing barred it of what is read for candidates only.

    That is: protections, the sizes of the group, and the disks.
    """
    free = replace(
        instance,
        termination_protected=False,
        stop_protected=False,
        scale_in_protected=False,
        group_min=0,
        group_desired=1,
        volumes_gb=instance.volumes_gb or 0,
    )
    return decide(free, settings, now).action is not None


def _act_on(instance: Instance, settings: IdleGpuSettings, now: datetime, verdict: Verdict) -> Decision:
    """What follows for an idle instance: a warning first where the policy wants it idle for longer, then the action."""
    kind: Literal["stop", "terminate"] = "terminate" if settings.action == "terminate" else "stop"
    waits = _waits(settings)
    if waits is not None:
        longer = judge(instance, settings, now, int(waits.total_seconds()))
        if not longer.is_idle:
            return _warn(instance, verdict, kind, waits, settings)
        verdict = longer
    return change(instance, verdict, way_to(kind, instance, settings), settings)


def _waits(settings: IdleGpuSettings) -> timedelta | None:
    """How long an instance must have been idle before the first change, where that is longer than the window."""
    if settings.action == "staged":
        return timedelta(hours=settings.stop_after_hours)
    if settings.action == "terminate":
        return timedelta(days=settings.terminate_after_days)
    return None


def _warn(instance: Instance, verdict: Verdict, kind: str, waits: timedelta, settings: IdleGpuSettings) -> Decision:
    """Only says so, with the moments in UTC from which more happens (field report F15)."""
    assert verdict.idle_since is not None
    first = datetime.fromtimestamp(verdict.idle_since, UTC) + waits
    evidence: dict[str, Json] = {f"{kind}_from": iso(first)}
    said = f"if it stays so, {kind} from {first:%Y-%m-%d %H:%M} UTC"
    if settings.action == "staged":
        last = first + timedelta(days=settings.terminate_after_days)
        evidence["terminate_from"] = iso(last)
        said += f" and terminate from {last:%Y-%m-%d %H:%M} UTC"
    return found(instance, verdict, verdict.name, f"{verdict.reason}; {said}", rule="warn", evidence=evidence)
