"""Pure: instances outside their working hours, and those that are stopped already.

What Fusebox stopped is told from what somebody else stopped by the tag it sets with each stop, and that only while
EC2's own record of the stop has the same time: whoever started and stopped it since has made it theirs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from functions.core.state import parse_moment
from functions.core.types import Action, Decision, iso
from functions.idle_gpu import money, offhours, telemetry
from functions.idle_gpu.conclude import RUNNING, STOPPED, TERMINATED, figures, found, identity, leave
from functions.idle_gpu.facts import OFF_HOURS, STOP, STOPPED_TAG, TERMINATE, Instance
from functions.idle_gpu.settings import IdleGpuSettings, Schedule
from functions.idle_gpu.stoppability import way_to
from functions.idle_gpu.verdict import Verdict

SAME_STOP = timedelta(minutes=10)
"""How far the time in the tag and EC2's own may lie apart: the tag is set right before the stop."""


def mark(kind: str, now: datetime) -> str:
    """The value of the tag that goes with a stop."""
    return f"{kind} {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def stopped_by_fusebox(instance: Instance) -> str:
    """The kind of action that stopped an instance, or "" where it was somebody else or cannot be told."""
    kind, _, at = (instance.tags or {}).get(STOPPED_TAG, "").partition(" ")
    if kind not in (STOP, OFF_HOURS) or instance.stopped_at is None:
        return ""
    try:
        noted = parse_moment(at)
    except ValueError:
        return ""
    return kind if abs(instance.stopped_at - noted) <= SAME_STOP else ""


def decide_stopped(instance: Instance, settings: IdleGpuSettings, now: datetime) -> Decision:
    """Starts again what off-hours stopped, and ends what was staged; everything else that is stopped stays so."""
    kind = stopped_by_fusebox(instance)
    if kind == OFF_HOURS:
        return _after_hours(instance, settings, now)
    if kind == STOP and settings.action == "staged":
        return _after_stop(instance, settings, now)
    return leave(instance, STOPPED, "state", "is stopped")


def _after_hours(instance: Instance, settings: IdleGpuSettings, now: datetime) -> Decision:
    schedule = offhours.schedule_of(instance.tags, settings)
    if schedule is None:
        why = "was stopped outside its working hours and carries no schedule's tag any more: start it yourself"
        return found(instance, Verdict("unknown", why), "off_hours")
    if not offhours.working(schedule, now):
        begin = offhours.next_begin(schedule, now)
        return leave(instance, "off_hours", "off_hours", f"starts again at {begin:%Y-%m-%d %H:%M} UTC")
    hours = f"{schedule.starts} to {schedule.ends} {schedule.zone}"
    return Decision(
        instance.arn,
        instance.name or instance.instance_id,
        "working_hours",
        f"off_hours {schedule.tag}",
        f"its working hours, {hours}, have begun; capacity is not guaranteed",
        Action(OFF_HOURS, {"state": RUNNING}, {"state": STOPPED}),
        evidence=figures(instance, Verdict("unknown", "")),
        identity=identity(instance),
    )


def _after_stop(instance: Instance, settings: IdleGpuSettings, now: datetime) -> Decision:
    """The last stage: some days after its own stop, counted from EC2's record of it."""
    assert instance.stopped_at is not None
    due = instance.stopped_at + timedelta(days=settings.terminate_after_days)
    said = f"stopped by Fusebox on {instance.stopped_at:%Y-%m-%d %H:%M} UTC"
    verdict = Verdict("idle", said)
    if now < due:
        evidence = {"terminate_from": iso(due)}
        why = f"{said}; terminate from {due:%Y-%m-%d %H:%M} UTC unless it is started"
        return found(instance, verdict, "idle_stopped", why, rule="warn", evidence=evidence)
    way = way_to("terminate", instance, settings)
    if way.barrier or way.kind != TERMINATE:
        why = way.why or f"it is a member of {instance.group}"
        return found(instance, verdict, way.barrier or "group", f"{said}; {why}")
    price = money.cost(instance)
    return Decision(
        instance.arn,
        instance.name or instance.instance_id,
        "idle_stopped",
        "terminate_after_days",
        f"{said}, and not started for {settings.terminate_after_days} days",
        Action(TERMINATE, {"state": TERMINATED}, {"state": STOPPED}, irreversible=way.irreversible),
        saving=price.disks or 0.0,
        evidence=figures(instance, verdict),
        identity=identity(instance),
    )


def decide_off_hours(instance: Instance, schedule: Schedule, settings: IdleGpuSettings, now: datetime) -> Decision:
    """A running instance outside its working hours: stopped, unless it works or nothing says that it does not."""
    rule = f"off_hours {schedule.tag}"
    begin = offhours.next_begin(schedule, now)
    said = f"outside its working hours, {schedule.starts} to {schedule.ends} {schedule.zone}"
    bar = _bar(instance, settings, now) or _activity(instance, schedule, settings, now)
    if bar is not None:
        name = "managed" if instance.managed_by else ""
        return found(instance, bar, name, f"{said}, but {bar.reason}", rule=rule)
    way = way_to("stop", instance, settings)
    if way.barrier or way.kind != STOP:
        why = way.why or "members of an Auto Scaling group follow the group's own schedule"
        return found(instance, Verdict("idle", said), way.barrier or "group", f"{said}; {why}", rule=rule)
    price = money.cost(instance)
    return Decision(
        instance.arn,
        instance.name or instance.instance_id,
        "off_hours",
        rule,
        f"{said}; {way.note}; starts again at {begin:%Y-%m-%d %H:%M} UTC",
        Action(OFF_HOURS, {"state": STOPPED}, {"state": RUNNING}, irreversible=way.irreversible),
        saving=round(price.monthly * offhours.share_off(schedule), 2),
        evidence=figures(instance, Verdict("idle", said)) | {"starts_again": iso(begin)},
        identity=identity(instance),
        asks=way.asks,
    )


def _bar(instance: Instance, settings: IdleGpuSettings, now: datetime) -> Verdict | None:
    """What keeps any schedule from applying."""
    if instance.managed_by:
        return Verdict("unknown", f"it belongs to {instance.managed_by}: schedule it there")
    if instance.unreadable or instance.series is None or instance.window is None:
        return Verdict("unknown", instance.unreadable or "its metrics could not be read")
    if instance.launched_at is None:
        return Verdict("unknown", "when it was started is missing")
    if now - instance.launched_at < timedelta(minutes=settings.warm_up_minutes):
        return Verdict("young", "it was started a moment ago")
    skew = telemetry.from_the_future(instance, now)
    return Verdict("unknown", skew) if skew else None


def _activity(instance: Instance, schedule: Schedule, settings: IdleGpuSettings, now: datetime) -> Verdict | None:
    """Work within the last `quiet_minutes`, or that nothing tells whether there was any; None where it is quiet."""
    if not schedule.quiet_minutes:
        return None
    assert instance.window is not None
    window = instance.window
    back = max((schedule.quiet_minutes + settings.settle_minutes) * 60, 2 * window.period)
    since = window.period_of(int(now.timestamp()) - back)
    gpus = telemetry.readings(instance, "utilisation", since)
    others = telemetry.second_signals(instance, since)
    for one in gpus:
        top = one.highest
        if top is not None and top[1] > settings.threshold_percent:
            return Verdict("busy", f"{one.series.name} was at {top[1]:.1f}% on {telemetry.moment(top[0])}")
    loud = telemetry.loud(others, instance, settings)
    if loud:
        return Verdict("busy", ", ".join(loud))
    silent = [one.series.name for one in [*gpus, *others] if one.newest is None]
    if silent:
        return Verdict("unknown", f"{silent[0]} says nothing about the last {schedule.quiet_minutes} min")
    if not gpus and not others:
        return Verdict("unknown", f"no metric tells whether it works (quiet_minutes: {schedule.quiet_minutes})")
    return None
