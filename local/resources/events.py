"""EventBridge: rules and their targets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local import patterns, schedules, strictness
from local.deployment import Deployment, Properties
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed
from local.wiring import Rule, Target


def rule(d: Deployment, p: Properties) -> Deployed:
    """A rule of the default bus; moto keeps its state, the wiring its targets."""
    p.ignore("Description", "Tags")
    if p.get("EventBusName", "default") != "default":
        raise UnmodelledResource(f"{p.logical_id}: only the default event bus is modelled")
    name, pattern, schedule = d.name(p, "Name", 64), p.get("EventPattern"), p.get("ScheduleExpression")
    state, targets = p.get("State", "ENABLED"), p.get("Targets", [])
    strictness.check_rule(p.logical_id, pattern, len(targets))
    if pattern is not None:
        patterns.check(pattern)
    if schedule is not None:
        now = d.world.clock.now()
        schedules.next_fire(schedule, now, now)
    if pattern is None and schedule is None:
        raise DeploymentRejected(f"{p.logical_id}: a rule needs EventPattern or ScheduleExpression")
    # moto keeps the rule's state, so that DisableRule works; delivering is not left to it.
    arn = d.client("events").put_rule(
        Name=name,
        State=state,
        **({"EventPattern": json.dumps(pattern)} if pattern is not None else {}),
        **({"ScheduleExpression": schedule} if schedule is not None else {}),
    )["RuleArn"]
    d.world.wiring.rules[p.logical_id] = Rule(
        p.logical_id, name, arn, pattern, schedule, tuple(_target(p.logical_id, t) for t in targets)
    )
    return Deployed(name, {"Arn": arn})


def _target(logical_id: str, target: Mapping[str, Any]) -> Target:
    # Everything a target takes here is always taken, so RetryPolicy would never come to act.
    known = {
        "Id",
        "Arn",
        "Input",
        "InputPath",
        "InputTransformer",
        "RoleArn",
        "DeadLetterConfig",
        "RetryPolicy",
    }
    if unknown := set(target) - known:
        raise UnmodelledResource(f"{logical_id}: target property {', '.join(sorted(unknown))} is not modelled")
    service = target["Arn"].split(":")[2]
    if service not in ("lambda", "sqs", "sns", "states"):
        raise UnmodelledResource(f"{logical_id}: a target of {service} is not modelled: {target['Arn']}")
    return Target(
        target["Id"],
        target["Arn"],
        target.get("Input"),
        target.get("InputPath"),
        target.get("InputTransformer"),
        target.get("RoleArn"),
        target.get("DeadLetterConfig", {}).get("Arn"),
    )
