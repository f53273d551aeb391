"""What was seen of one resource: everything a verdict needs, and nothing of any SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.types import Json, Refused, iso

TAG, STOP = "tag", "stop"
"""Kinds of action."""
STATE, RUNNING, STOPPED = "state", "running", "stopped"
INSTANCE, NOTEBOOK = "AWS::EC2::Instance", "AWS::SageMaker::NotebookInstance"
PREFIX = "tag:"
"""In an action, the key of a tag's value: apart from the state, whatever tags are called."""


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a resource, as the event of its creation said: `by` is a name, `how` the call and what they were."""

    by: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """What was seen of a resource.

    `type` is CloudFormation's name of its kind. `tags` is None where they could not be read, and `unreadable` says why.
    `listed` marks what a sweep found; `since` is from when its tags can be expected, None where nobody knows.
    `instance_type` and `state` are known of what can be stopped; `bars` says why it must not be all the same, `loses`
    what a stop cannot bring back, `monthly` what running it costs in US dollars. `belongs` has the tags of what it
    belongs to, by source. `first_told` is when the deadline of a stop was first told of, `first_met` when it was
    first found at all. `account` and `region` are where it is: not every ARN says so. `own_mark` is the mark as Fusebox
    left it by its ledger, looked up where a mark might be taken away or replaced.
    """

    arn: str
    read_at: datetime
    tags: Mapping[str, str] | None
    type: str
    id: str
    listed: bool = False
    since: datetime | None = None
    instance_type: str = ""
    state: str = ""
    bars: str = ""
    loses: str = ""
    monthly: float = 0.0
    group: str = ""
    made: Made | None = None
    belongs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    first_told: datetime | None = None
    first_met: datetime | None = None
    unreadable: str = ""
    account: str = ""
    region: str = ""
    own_mark: str = ""

    @property
    def identity(self) -> str:
        """What tells it from a successor of the same name, where that matters: an instance's id never comes again."""
        return iso(self.since) if self.type == NOTEBOOK and self.since is not None else ""

    @property
    def name(self) -> str:
        """What people call it."""
        named = (self.tags or {}).get("Name", "").strip()
        return f"{named} ({self.id})" if named and named != self.id else self.id


class Shown(dict[str, Json]):
    """Present values under an action's keys; of a tag that is not there, None."""

    def __missing__(self, key: str) -> Json:
        return None


def shows(resource: Resource) -> Shown:
    """The values that an action of this guardrail overwrites; Refused where they could not be read."""
    if resource.tags is None:
        raise Refused(resource.unreadable or f"the tags of {resource.name} could not be read")
    tags = {PREFIX + key: value for key, value in resource.tags.items()}
    return Shown({**tags, STATE: resource.state or None})
