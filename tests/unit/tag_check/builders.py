"""Puts together what is seen of a resource, and what a policy says, with everything that a test leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.types import Decision
from functions.tag_check.decide import decide
from functions.tag_check.facts import Made, Resource
from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import Fill, FillRule, Quarantine, TagCheckSettings

NOW = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
ID = "i-0123456789abcdef0"
ACCOUNT, REGION = "123456789012", "us-east-1"
INSTANCE, FUNCTION, NOTEBOOK = "AWS::EC2::Instance", "AWS::Lambda::Function", "AWS::SageMaker::NotebookInstance"
PROJECT, TEAM = RequiredTag(key="project"), RequiredTag(key="team")
MARK = "fusebox:missing-tags"
RIGHT_TAGS = {"project": "atlas", "team": "ml"}
ALICE = Made("alice", "RunInstances as IAMUser", LONG_AGO)


def policy(*actions: Any, required: tuple[RequiredTag, ...] = (PROJECT, TEAM), **also: Any) -> TagCheckSettings:
    """Project and team are required; `actions` are the steps that follow."""
    return TagCheckSettings(mode="enforce", required=required, actions=actions, **also)


def filling(*rules: FillRule, creator: str = "", created_at: str = "", **also: Any) -> Fill:
    """What is filled in: nothing of the creation unless a test asks for it."""
    return Fill(rules=rules, creator=creator, created_at=created_at, **also)


def quarantine(*types: Any, after_hours: float = 72.0) -> Quarantine:
    return Quarantine(types=types or (INSTANCE,), after_hours=after_hours)


def seen(tags: Mapping[str, str] | None = None, **also: Any) -> Resource:
    """An instance that has run for a month, met by a sweep."""
    facts = Resource(
        arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{ID}",
        read_at=NOW,
        tags={} if tags is None else tags,
        type=INSTANCE,
        id=ID,
        listed=True,
        since=LONG_AGO,
        instance_type="g5.xlarge",
        state="running",
        monthly=734.38,
    )
    return replace(facts, **also)


def function(tags: Mapping[str, str] | None = None, **also: Any) -> Resource:
    """A function that was made a month ago."""
    facts = Resource(
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sort-mail",
        read_at=NOW,
        tags={} if tags is None else tags,
        type=FUNCTION,
        id="sort-mail",
        listed=True,
        since=LONG_AGO,
    )
    return replace(facts, **also)


def judged(facts: Resource, settings: TagCheckSettings, now: datetime = NOW) -> Decision:
    return decide(facts, settings, now)


def written(decision: Decision) -> dict[str, Any]:
    """The tags that a decision sets, None for those it takes away; empty where it changes none."""
    if decision.action is None or decision.action.kind != "tag":
        return {}
    return {key.removeprefix("tag:"): value for key, value in decision.action.parameters.items()}
