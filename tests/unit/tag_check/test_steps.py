"""A sweep in steps: broken off whenever the time runs low, it does everything once and tells of it once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.types import ActionFailed, iso
from functions.tag_check import coverage, sweeping
from tests.aws_world import Context
from tests.unit.tag_check.builders import ACCOUNT, INSTANCE, MARK, REGION
from tests.unit.tag_check.conftest import StageOf
from tests.unit.tag_check.stage import Stage, arn, client, launch, retagged, tags_of

LOGS = "AWS::Logs::LogGroup"
STARTED = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""Of a sweep's state machine, the same for all of its steps."""
ENOUGH, LOW = 600_000, 1_000


def step(stage: Stage, before: Any, *remaining: int) -> Any:
    """One step of the sweep's state machine, from where the one before it ended."""
    given = {"fusebox": "sweep", "execution": "one", "started": iso(STARTED)}
    told = {"cursor": before["cursor"], "report": before["report"]} if before else {"cursor": "", "report": None}
    return stage.function.handle({**given, **told}, Context(*remaining))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of the engine as small as the listings' own."""
    monkeypatch.setattr(sweeping, "LARGEST", 1)


def furnished() -> list[str]:
    for number in range(5):
        client("logs").create_log_group(logGroupName=f"/g/{number}")
    return launch(count=5)


@pytest.mark.usefixtures("small_pages")
def test_broken_off_at_every_page_it_marks_everything_once_and_tells_once(stage_of: StageOf) -> None:
    ids = furnished()
    stage = stage_of("mark", types=(INSTANCE, LOGS))
    found, steps = step(stage, None, LOW), 1
    while not found["done"]:
        assert stage.told == 0
        found, steps = step(stage, found, LOW), steps + 1
        assert steps < 10
    assert steps > 1
    assert all(tags_of(id) == {MARK: "project team"} for id in ids)
    assert found["report"]["counts"] == {"done": 10}
    assert (stage.count("ec2:CreateTags"), stage.count("tag:TagResources"), stage.told) == (1, 1, 1)
    counted = {one.type: (one.coverage.seen, one.whole) for one in coverage.days(stage.table, "tag_check")}
    assert counted == {INSTANCE: (5, True), LOGS: (5, True)}


@pytest.mark.usefixtures("small_pages")
def test_a_step_that_died_is_done_again_without_doing_anything_twice(stage_of: StageOf) -> None:
    furnished()
    stage = stage_of("mark", types=(INSTANCE, LOGS))
    first = step(stage, None, LOW)
    for _ in range(2):
        last = step(stage, first, ENOUGH)
    assert last["done"]
    assert (stage.count("ec2:CreateTags"), stage.count("tag:TagResources")) == (1, 1)


def test_what_a_listing_shows_twice_is_marked_once(stage_of: StageOf) -> None:
    ids = launch(count=3)
    stage = stage_of("mark")

    def twice(answer: Any) -> None:
        answer["Reservations"] += answer["Reservations"]

    stage.answers("ec2", "DescribeInstances", twice)
    report = stage.sweep()
    assert report.counts["done"] == 3
    assert all(len(stage.ends(arn(id))) == 1 for id in ids)
    (day,) = coverage.days(stage.table, "tag_check")
    assert day.coverage.seen == 3


def test_an_event_about_what_the_policy_does_not_check_says_nothing(stage_of: StageOf) -> None:
    client("s3").create_bucket(Bucket="vault")
    stage = stage_of("mark")
    stage.refuse("s3", "GetBucketTagging")
    stage.hear(retagged("arn:aws:s3:::vault", "team"))
    client("sqs").create_queue(QueueName="jobs")
    stage.hear(retagged(f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs", "team"))
    assert stage.told == 0


def test_an_event_while_a_sweep_s_change_is_under_way_comes_back_later(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")

    def crash() -> None:
        raise KeyboardInterrupt

    stage.meanwhile("ec2", "CreateTags", crash)
    with pytest.raises(KeyboardInterrupt):
        stage.sweep()
    with pytest.raises(ActionFailed):
        stage.hear(retagged(arn(id), "team"))
    stage.later(minutes=30)
    assert stage.hear(retagged(arn(id), "team")) == {"counts": {"left": 1}}
    stage.sweep()
    assert tags_of(id) == {MARK: "project team"}
