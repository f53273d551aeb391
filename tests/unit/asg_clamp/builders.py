"""Puts together what is seen of a group: five instances that cost $1.006 an hour each, everything else by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.asg_clamp.facts import Group, History, Launch, Member, shows
from functions.asg_clamp.settings import AsgClampSettings
from functions.core.memory import Standing
from functions.core.types import Action, Decision

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ARN = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/train"
NOTHING = AsgClampSettings(mode="enforce", growth_instances=None, churn=None, failed_launches=None)
"""A policy without a limit."""


def policy(**limits: Any) -> AsgClampSettings:
    """Only these limits."""
    return replace(NOTHING, **limits)


def members(count: int, type: str = "g5.xlarge", **more: Any) -> tuple[Member, ...]:
    return tuple(Member(f"i-{type}-{number}", type, "InService", **more) for number in range(count))


def group(**more: Any) -> Group:
    """`runs` gives so many members; `history` may be a list of launches."""
    runs = more.pop("runs", more.get("desired", 5))
    launches = more.pop("launches", ())
    facts: dict[str, Any] = {
        "arn": ARN,
        "read_at": NOW,
        "tags": {},
        "name": "train",
        "minimum": 0,
        "maximum": 100,
        "desired": runs,
        "members": members(runs),
        "created_at": NOW - timedelta(days=30),
        "spot": False,
        "history": History(tuple(sorted(launches, key=lambda one: one.at))),
    }
    return Group(**{**facts, **more})


def launch(ago: float, before: int | None = None, **more: Any) -> Launch:
    return Launch(NOW - timedelta(minutes=ago), more.pop("activity", f"a{ago}"), before=before, **more)


def standing(action: Action, **more: Any) -> Standing:
    """What Fusebox did an hour ago."""
    at = more.pop("at", NOW - timedelta(hours=1))
    since = more.pop("since", dict.fromkeys(action.parameters, at))
    return Standing("20261125T110000-000001.0", action.kind, at, action.parameters, action.prior, action.terms, since)


def change(decision: Decision) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The action of a decision: kind, what it writes, what was before."""
    assert decision.action is not None, decision.reason
    return decision.action.kind, dict(decision.action.parameters), dict(decision.action.prior)


__all__ = ["ARN", "NOTHING", "NOW", "change", "group", "launch", "members", "policy", "shows", "standing"]
