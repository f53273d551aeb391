"""The sample events of tag_check, and what the reader makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from functions.core.events import Skip, foreign, read_event
from functions.core.types import MalformedEvent, Refused, Scope
from functions.tag_check.events import creations, subjects
from tests.aws_world import ACCOUNT, REGION, ROLE

SAMPLES = Path(__file__).parents[3] / "events" / "tag_check"
SCOPE = Scope(ACCOUNT, REGION, "aws", ROLE)
NOW = datetime(2026, 11, 2, 12, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A file of events/tag_check."""

    name: str
    case: dict[str, Any]

    @property
    def detail(self) -> Any:
        return self.case["event"]["detail"]

    @property
    def expect(self) -> str:
        return str(self.case["expect"])

    @cached_property
    def outcome(self) -> object:
        """ARNs with tags for a creation, ARNs for a change of tags, or the skip or the error that it ends in."""
        return outcome(self.case["event"])


def outcome(raw: Any) -> object:
    """What the function would look at for an event, as far as the event alone tells."""
    try:
        event = read_event(raw)
        passed_over = foreign(event, SCOPE, NOW)
        if passed_over is not None:
            return passed_over
        found = creations(event, SCOPE)
        named = subjects(event, SCOPE)
    except (MalformedEvent, Refused) as error:
        return error
    if isinstance(found, Skip) or isinstance(named, Skip):
        return named
    assert [one.arn for one in found] == list(named)
    return {one.arn: dict(one.tags) for one in found}


ALL = [Sample(file.stem, json.loads(file.read_text())) for file in sorted(SAMPLES.glob("*.json"))]
CREATING = [one for one in ALL if "creates" in one.case]
RETAGGING = [one for one in ALL if "retagged" in one.case]


def sample(name: str) -> Sample:
    return next(one for one in ALL if one.name == name)
