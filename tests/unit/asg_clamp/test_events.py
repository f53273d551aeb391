"""Which group an event is about, and what is kept of it: nothing crashes, and no launch is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.asg_clamp import events
from functions.asg_clamp.history import CALLS_KEPT, LAUNCHES_KEPT, history, with_call, with_launch
from functions.core.events import Event, read_event
from functions.core.types import MalformedEvent, Scope
from tests.unit.asg_clamp.cloud import Cloud, Group
from tests.unit.asg_clamp.stage import START, Stage, enforce, launch_event

SAMPLES = Path(__file__).parents[3] / "events" / "asg_clamp"
SCOPE = Scope("123456789012", "us-east-1", "aws", "arn:aws:iam::123456789012:role/fusebox-us-east-1-asg-clamp")
ARN = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/"
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def sample(name: str) -> Event:
    return read_event(json.loads((SAMPLES / f"{name}.json").read_text())["event"])


def named(name: object) -> Event:
    one = sample("launch_over_ceiling")
    return replace(one, detail={**one.detail, "AutoScalingGroupName": name})


@pytest.mark.parametrize("name", ["a", "my group", "prod/web_1", "Größe", "x" * 255])
def test_a_group_is_known_by_its_name(name: str) -> None:
    assert events.subjects(named(name), SCOPE) == [ARN + name]


@pytest.mark.parametrize("name", [None, "", 7, True, {}, ["train"], "a:b", "a\nb", "a\x00", "\t", "x" * 256])
def test_what_cannot_be_a_name_ends_as_a_failure(name: object) -> None:
    with pytest.raises(MalformedEvent, match="no name of an Auto Scaling group"):
        events.subjects(named(name), SCOPE)


def test_the_group_of_an_alarm_is_that_of_its_metric_and_not_of_its_name() -> None:
    one = sample("alarm_over")
    renamed = replace(one, detail={**one.detail, "alarmName": "fusebox-asg-clamp-another"})
    assert events.subjects(renamed, SCOPE) == [ARN + "train"]


@pytest.mark.parametrize("metrics", [None, 7, "text", [], [None], [{}], [{"metricStat": 7}], {"a": "b"}])
def test_an_alarm_of_our_prefix_that_names_no_group_ends_as_a_failure(metrics: object) -> None:
    one = sample("alarm_over")
    with pytest.raises(MalformedEvent, match=r"without metrics|about 0 values of AutoScalingGroupName"):
        events.subjects(replace(one, detail={**one.detail, "configuration": {"metrics": metrics}}), SCOPE)


def test_an_alarm_that_does_not_say_its_state_ends_as_a_failure() -> None:
    one = sample("alarm_over")
    with pytest.raises(MalformedEvent, match="state None is no text"):
        events.subjects(replace(one, detail={**one.detail, "state": None}), SCOPE)


def test_a_launch_is_no_call_and_a_call_no_launch_and_an_alarm_neither() -> None:
    kept = {
        name: (events.launch_of(sample(name)) is not None, events.call_of(sample(name)) is not None)
        for name in ("launch_over_ceiling", "launch_failed", "set_desired", "alarm_over")
    }
    assert kept == {
        "launch_over_ceiling": (True, False),
        "launch_failed": (True, False),
        "set_desired": (False, True),
        "alarm_over": (False, False),
    }


@pytest.mark.parametrize(
    ("name", "what", "by"),
    [
        ("create_group", "CreateAutoScalingGroup min 0 desired 2 max 20", "assumed-role/deploy/ci"),
        ("update_group_by_user", "UpdateAutoScalingGroup max 20", "user/ada"),
        ("set_desired", "SetDesiredCapacity desired 2", "user/ada"),
        ("policy_by_service", "PutScalingPolicy", "autoscaling-plans.amazonaws.com"),
        ("call_without_identity", "UpdateAutoScalingGroup max 20", "an unknown caller"),
    ],
)
def test_a_call_says_what_was_set_and_by_whom(name: str, what: str, by: str) -> None:
    call = events.call_of(sample(name))
    assert call is not None
    assert (call.what, call.at) == (what, AT)
    assert call.by.endswith(by)


@pytest.mark.parametrize("identity", [None, 7, "root", [], {}, {"arn": None}])
def test_a_call_by_nobody_knows_whom_is_kept(identity: object) -> None:
    one = sample("update_group")
    call = events.call_of(replace(one, detail={**one.detail, "userIdentity": identity}))
    assert call is not None
    assert call.by == "an unknown caller"


def test_a_launch_counts_once_however_often_and_in_what_order_it_comes() -> None:
    first, second = (launch(activity, minute) for activity, minute in (("a", 0), ("b", 1)))
    note: dict[str, Any] = {}
    for one in (second, first, second, first):
        note = with_launch(note, one, LONG_AGO)
    assert [one.activity for one in history(note, [first]).launches] == ["a", "b"]


def test_what_was_heard_of_already_is_not_written_again() -> None:
    note = with_launch({}, launch("a", 0), LONG_AGO)
    assert with_launch(note, launch("a", 0), LONG_AGO) is note
    called = events.call_of(sample("set_desired"))
    assert called is not None
    note = with_call(note, called, LONG_AGO)
    assert with_call(note, called, LONG_AGO) is note


def test_an_activity_tells_more_than_its_event() -> None:
    heard, read = launch("a", 0), replace(launch("a", 0), by="policy out")
    assert history(with_launch({}, heard, LONG_AGO), [read]).launches == (read,)


def test_a_note_holds_so_much_and_drops_what_is_too_old() -> None:
    note: dict[str, Any] = {}
    for number in range(LAUNCHES_KEPT + 5):
        note = with_launch(note, launch(f"a{number}", number), LONG_AGO)
    kept = history(note).launches
    assert (len(kept), kept[-1].activity) == (LAUNCHES_KEPT, f"a{LAUNCHES_KEPT + 4}")
    last = launch("last", 1000)
    assert history(with_launch(note, last, last.at)).launches == (last,)
    assert with_launch(note, launch("late", -60), AT) is note
    call = events.call_of(sample("set_desired"))
    assert call is not None
    for number in range(CALLS_KEPT + 5):
        note = with_call(note, replace(call, event=f"e{number}", at=AT + timedelta(minutes=number)), LONG_AGO)
    assert len(history(note).calls) == CALLS_KEPT


@pytest.mark.parametrize("cause", [None, 7, {}, "", "Wegen der Last wurde eine Instanz gestartet."])
def test_launches_that_do_not_explain_themselves_add_up_to_a_growth_all_the_same(cause: object) -> None:
    group = Group("train", maximum=50, desired=5)
    stage = Stage(Cloud(group), enforce(growth_instances=6))
    for number in range(8):
        stage.later(minutes=1)
        group.scale_out(1)
        raw = launch_event("train", f"a{number}", stage.now, before=0, after=0)
        raw["detail"]["Cause"] = cause
        stage.event(raw)
    assert (group.maximum, group.desired, group.ended) == (12, 12, [])


def test_unexplained_launches_of_heavy_instances_count_with_their_weight() -> None:
    group = Group("train", maximum=200, desired=8, weight=4)
    stage = Stage(Cloud(group), enforce(growth_instances=20))
    for number in range(8):
        stage.later(minutes=1)
        group.scale_out(4)
        raw = launch_event("train", f"a{number}", stage.now, before=0, after=0)
        raw["detail"]["Cause"] = ""
        stage.event(raw)
    assert (group.maximum, group.desired, group.ended) == (32, 32, [])


def test_a_launch_that_comes_days_late_does_not_count() -> None:
    group = Group("train", maximum=50, desired=12)
    stage = Stage(Cloud(group), enforce(growth_instances=6))
    stage.event(launch_event("train", "a", START - timedelta(days=2), before=1, after=2))
    assert group.maximum == 50


def launch(activity: str, minute: int) -> Any:
    one = sample("launch_over_ceiling")
    started = f"{AT + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    detail = {**one.detail, "ActivityId": activity, "EndTime": started}
    return events.launch_of(replace(one, detail=detail, time=AT + timedelta(days=2)))
