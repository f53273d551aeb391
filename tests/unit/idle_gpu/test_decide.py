"""From a verdict to what is done: actions, stages, questions and what is only told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.core.types import Action
from functions.idle_gpu.decide import decide, is_candidate, shows
from functions.idle_gpu.facts import STOPPED_TAG, Instance, Window
from functions.idle_gpu.resting import mark
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.window import window
from tests.unit.idle_gpu.builders import (
    NOW,
    SETTINGS,
    at,
    every,
    gpu,
    idle,
    instance,
    memory,
    others,
    silent,
    steady,
    without_agent,
)

STAGED = IdleGpuSettings(mode="enforce", action="staged", stop_after_hours=12, terminate_after_days=7)
TERMINATE = IdleGpuSettings(mode="enforce", action="terminate", terminate_after_days=2)


def under(settings: IdleGpuSettings, pattern: Any = steady(0), **also: Any) -> Instance:  # noqa: B008
    return instance(
        gpu(pattern, settings=settings), *others(settings=settings), settings=settings, **{"vcpus": 4, **also}
    )


def test_an_idle_instance_is_stopped_with_its_reason_and_figures() -> None:
    decision = decide(idle(), SETTINGS, NOW)
    assert decision.action == Action("stop", {"state": "stopped"}, {"state": "running"})
    assert decision.reason == (
        "its GPU at most 0.0%, CPU, network and disk quiet, for 5 h; restart not guaranteed; "
        "$1.01 an hour, $734.38 a month; its disks go on costing $8.00 a month"
    )
    assert (decision.name, decision.verdict, decision.rule, decision.asks) == ("trainer", "idle", "idle", "")
    assert decision.saving == 734.38
    assert decision.evidence["idle_since"] == "2026-11-22T06:50:00.000000Z"
    assert decision.identity == "2026-10-23T12:07:30.000000Z"


def test_an_undo_is_the_stop_turned_round() -> None:
    action = decide(idle(), SETTINGS, NOW).action
    assert action is not None
    assert action.parameters.keys() == action.prior.keys() == shows(idle()).keys()
    assert shows(idle()) == action.prior


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("running", "running"),
        ("stopping", "stopped"),
        ("stopped", "stopped"),
        ("pending", "pending"),
        ("shutting-down", "terminated"),
    ],
)
def test_a_start_counts_only_once_it_runs(state: str, shown: str) -> None:
    assert shows(idle(state=state)) == {"state": shown}


@pytest.mark.parametrize(
    ("seen", "settings", "asks"),
    [
        (instance(gpu(steady(0)), memory(steady(9000)), *others()), {}, "memory"),
        (instance(gpu(steady(0)), memory(steady(9000)), *others()), {"warm_idle": "act"}, ""),
        (without_agent(*others(agentless=True)), {}, "no GPU metric"),
        (without_agent(*others(agentless=True)), {"likely_idle": "act"}, ""),
        (instance(gpu(silent(steady(0), since=60, before=64)), *others()), {}, "no data for 1 of 60"),
        (instance(gpu(silent(steady(0), since=60, before=64)), *others()), {"gaps": "act"}, ""),
        (idle(hibernates=True), {}, "hibernation"),
    ],
)
def test_what_asks_first_although_it_can_be_undone(seen: Instance, settings: dict[str, Any], asks: str) -> None:
    decision = decide(seen, IdleGpuSettings(mode="enforce", **settings), NOW)
    assert decision.action == Action("stop", {"state": "stopped"}, {"state": "running"})
    assert asks in decision.asks
    assert bool(decision.asks) is bool(asks)


def test_a_different_verdict_is_a_different_plan() -> None:
    warm = instance(gpu(steady(0)), memory(steady(9000)), *others())
    assert decide(warm, SETTINGS, NOW).rule != decide(idle(), SETTINGS, NOW).rule


def test_the_plan_of_an_account_without_agents_says_how_to_get_one() -> None:
    assert "CloudWatch agent" in decide(without_agent(*others(agentless=True)), SETTINGS, NOW).reason


@pytest.mark.parametrize(
    ("seen", "verdict", "report"),
    [
        (instance(gpu(steady(95)), *others()), "busy", False),
        (idle(launched_at=NOW), "young", False),
        (idle(tags={"fusebox:protect": "yes"}), "protected", False),
        (idle(state="pending"), "pending", False),
        (idle(state="stopped"), "stopped", False),
        (instance(gpu(steady(0)), *others(steady(70))), "starved", True),
        (idle(series=None, unreadable="throttled"), "unknown", True),
        (idle(managed_by="AWS Batch environment e"), "managed", True),
        (idle(stop_protected=True), "protected", True),
        (idle(reservation="cr-1"), "reserved", True),
        (idle(group="g", group_min=1, group_desired=1), "group", True),
    ],
)
def test_what_is_left_and_what_is_told(seen: Instance, verdict: str, report: bool) -> None:
    decision = decide(seen, SETTINGS, NOW)
    assert (decision.verdict, decision.action, decision.report) == (verdict, None, report)


def test_a_managed_instance_that_works_is_no_finding() -> None:
    seen = instance(gpu(steady(95)), *others(), managed_by="EKS cluster ml")
    assert decide(seen, SETTINGS, NOW).verdict == "busy"


def test_a_member_leaves_its_group_for_good_and_so_asks() -> None:
    decision = decide(idle(group="trainers", group_min=1, group_desired=3), SETTINGS, NOW)
    assert decision.action is not None
    assert (decision.action.kind, decision.action.parameters) == ("terminate_in_group", {"state": "terminated"})
    assert decision.action.irreversible


# --- stages


def test_a_staged_policy_warns_first_with_deadlines_in_utc() -> None:
    decision = decide(under(STAGED, at({400: 80})), STAGED, NOW)
    assert (decision.verdict, decision.rule, decision.action, decision.report) == ("idle", "warn", None, True)
    assert decision.evidence["idle_since"] == "2026-11-22T05:30:00.000000Z"
    assert decision.evidence["stop_from"] == "2026-11-22T17:30:00.000000Z"
    assert decision.evidence["terminate_from"] == "2026-11-29T17:30:00.000000Z"
    assert "stop from 2026-11-22 17:30 UTC and terminate from 2026-11-29 17:30 UTC" in decision.reason


def test_a_staged_policy_stops_when_the_time_has_come() -> None:
    decision = decide(under(STAGED), STAGED, NOW)
    assert decision.action == Action("stop", {"state": "stopped"}, {"state": "running"})


def test_a_staged_stop_needs_the_whole_time_to_be_covered() -> None:
    decision = decide(under(STAGED, silent(steady(0), since=400, before=600)), STAGED, NOW)
    assert (decision.verdict, decision.rule, decision.action) == ("idle", "warn", None)


def stopped(days: float, kind: str = "stop", **also: Any) -> Instance:
    since = NOW - timedelta(days=days)
    return idle(state="stopped", **{"stopped_at": since, "tags": {STOPPED_TAG: mark(kind, since)}, **also})


@pytest.mark.parametrize(
    ("seen", "settings", "verdict", "terminated", "report"),
    [
        (stopped(6.9), STAGED, "idle_stopped", False, True),
        (stopped(7), STAGED, "idle_stopped", True, False),
        (stopped(7, "off_hours"), STAGED, "off_hours", False, True),
        (stopped(7, tags={}), STAGED, "stopped", False, False),  # somebody else stopped it
        (stopped(7, stopped_at=NOW - timedelta(days=8)), STAGED, "stopped", False, False),  # the tag is of another stop
        (stopped(7, stopped_at=None), STAGED, "stopped", False, False),
        (stopped(30), SETTINGS, "stopped", False, False),
        (stopped(7, termination_protected=True), STAGED, "protected", False, True),
        (stopped(7, termination_protected=None), STAGED, "unknown", False, True),
    ],
)
def test_the_last_stage_ends_only_what_fusebox_itself_stopped(
    seen: Instance, settings: IdleGpuSettings, verdict: str, terminated: bool, report: bool
) -> None:
    decision = decide(seen, settings, NOW)
    assert (decision.verdict, decision.report) == (verdict, report)
    if not terminated:
        assert decision.action is None
        return
    assert decision.action is not None
    assert (decision.action.kind, decision.action.parameters) == ("terminate", {"state": "terminated"})
    assert decision.action.irreversible
    assert decision.saving == 8.0  # only its disks still cost


def test_terminate_waits_for_its_days_and_asks() -> None:
    early = decide(under(TERMINATE, at({60 * 24: 50})), TERMINATE, NOW)
    assert (early.action, early.rule) == (None, "warn")
    assert early.evidence["terminate_from"] == "2026-11-23T12:10:00.000000Z"
    due = decide(under(TERMINATE), TERMINATE, NOW)
    assert due.action is not None
    assert due.action.kind == "terminate"
    assert due.action.irreversible


def test_idle_since_goes_no_further_back_than_the_last_start() -> None:
    started = NOW - timedelta(hours=6)
    decision = decide(under(STAGED, launched_at=started), STAGED, NOW)
    assert decision.evidence["idle_since"] == "2026-11-22T06:07:30.000000Z"


# --- candidates and windows


@pytest.mark.parametrize(
    ("seen", "candidate"),
    [
        (idle(termination_protected=None, stop_protected=None), True),
        (idle(group="trainers", termination_protected=None), True),
        (idle(volumes_gb=None), True),
        (stopped(7, termination_protected=None), False),
        (instance(gpu(every(60, 9)), *others(), stop_protected=None), False),
        (idle(lifecycle="capacity-block", stop_protected=None), False),
        (idle(tags={"fusebox:protect": ""}, stop_protected=None), False),
    ],
)
def test_only_candidates_are_worth_a_look_at_their_protection(seen: Instance, candidate: bool) -> None:
    assert is_candidate(seen, SETTINGS, NOW) is candidate


def test_a_staged_stop_that_is_due_to_end_is_a_candidate() -> None:
    assert is_candidate(stopped(7, termination_protected=None), STAGED, NOW)


@pytest.mark.parametrize(
    ("settings", "alone", "hours"),
    [(SETTINGS, False, 5), (SETTINGS, True, 24), (STAGED, False, 12), (TERMINATE, True, 48)],
)
def test_the_window_is_whole_periods_that_have_settled(settings: IdleGpuSettings, alone: bool, hours: int) -> None:
    asked = window(settings, NOW, without_gpu_series=alone)
    assert asked.end == int(datetime.fromisoformat("2026-11-22T11:50:00Z").timestamp())
    assert asked.end - asked.start == hours * 3600
    assert (asked.start % 300, asked.periods) == (0, hours * 12)


def test_less_than_was_to_be_judged_is_unknown() -> None:
    seen = idle()
    assert seen.window is not None
    short = Window(seen.window.start + 3600, seen.window.end, seen.window.period)
    assert decide(replace(seen, window=short), SETTINGS, NOW).verdict == "unknown"
