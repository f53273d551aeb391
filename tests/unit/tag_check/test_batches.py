"""Events that waited together: each is looked at for itself, and one message tells of them all."""

from __future__ import annotations

import json
from typing import Any

from tests.aws_world import Context
from tests.unit.tag_check.builders import MARK
from tests.unit.tag_check.conftest import StageOf
from tests.unit.tag_check.stage import Stage, created, launch, tags_of


def hear(stage: Stage, *events: Any) -> list[str]:
    """Hands over a batch of the delay queue; returns the messages that are to come again."""
    records = [
        {"messageId": str(number), "body": one if isinstance(one, str) else json.dumps(one), "eventSource": "aws:sqs"}
        for number, one in enumerate(events)
    ]
    answer = stage.function.handle({"Records": records}, Context())
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_many_creations_are_one_message(stage_of: StageOf) -> None:
    ids = launch(count=7)
    stage = stage_of("mark")
    assert hear(stage, *(created(id) for id in ids)) == []
    assert all(tags_of(id) == {MARK: "project team"} for id in ids)
    assert stage.told == 1


def test_what_fails_comes_again_alone_and_is_told_with_the_rest(stage_of: StageOf) -> None:
    bad, good = launch(count=2)
    stage = stage_of("mark")
    stage.refuse("ec2", "CreateTags", when=lambda sent: bad in str(sent["body"]))
    assert hear(stage, created(bad), created(good), "no JSON") == ["0", "2"]
    assert (tags_of(good), tags_of(bad), stage.told) == ({MARK: "project team"}, {}, 1)
    assert hear(stage, created(bad)) == []
    assert stage.told == 1


def test_what_is_none_of_its_business_is_told_by_nobody(stage_of: StageOf) -> None:
    stage = stage_of("mark")
    other = created("i-0123456789abcdef0")
    other["detail"]["eventName"] = "StopInstances"
    assert hear(stage, other, other) == []
    assert stage.told == 0
