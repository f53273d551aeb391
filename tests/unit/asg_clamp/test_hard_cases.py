"""Stories in which asg_clamp does what its README says that it never does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.asg_clamp import causes, history
from functions.asg_clamp.decide import decide
from functions.asg_clamp.facts import Launch, Member
from functions.asg_clamp.settings import AsgClampSettings
from functions.core.types import COMPACT
from tests.unit.asg_clamp.builders import NOW, group, launch, members, policy
from tests.unit.asg_clamp.cloud import Cloud, Group, refusal
from tests.unit.asg_clamp.heard import Heard, on
from tests.unit.asg_clamp.stage import enforce, launch_event

CEILING: dict[str, Any] = {"ceiling": 20, "growth_instances": None}
GROWTH: dict[str, Any] = {"growth_instances": 20}


# --- 1. stops work, or leaves Terminate suspended


AMI = "You must use a valid fully-formed launch template. The image id '[ami-0123456789abcdef0]' does not exist"


def test_a_template_whose_image_is_gone_is_no_group_that_is_gone() -> None:
    train = Group("train", desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))

    def between(call: str) -> None:
        if call == "update_auto_scaling_group":
            raise refusal(AMI)

    cloud.between = between
    stage.sweep()
    cloud.between = lambda call: None
    stage.with_settings(ceiling=None)
    stage.sweeps(3)
    assert train.suspended == set(), "Terminate stays suspended for good"
    assert "gone" not in stage.heard, "the group is there"


def test_a_launch_under_way_when_desired_went_down_ends_nobody() -> None:
    """What is being launched goes on, whatever becomes of desired: it is waited for, with Terminate suspended."""
    train = Group("train", desired=30)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**GROWTH))
    train.desired = 60  # a policy wants 60, of which 30 run and 10 are just being launched
    landing = [f"i-{number:08x}" for number in range(10)]
    raw = launch_event("train", "a1", stage.now, before=5, after=60)
    asked = []

    def between(call: str) -> None:
        if call != "describe_scaling_activities":
            return
        asked.append(call)
        if len(asked) == 3:
            train.members[:0] = landing  # which ones AWS ends is up to the termination policy, not to their age
        cloud.activities = [launching(one, "InProgress" if len(asked) < 3 else "Successful") for one in landing]

    cloud.between = between
    stage.deliver([raw])
    assert train.ended == [], "a cap ends nobody"
    assert train.sizes == (0, 40, 40)
    assert train.suspended == set()


def launching(instance: str, status: str) -> dict[str, Any]:
    return {
        "ActivityId": f"of {instance}",
        "AutoScalingGroupName": "train",
        "Description": f"Launching a new EC2 instance: {instance}",
        "Cause": "",
        "StartTime": NOW,
        "StatusCode": status,
    }


def test_an_owner_who_raises_max_and_desired_during_a_cap_loses_nobody() -> None:
    train = Group("train", maximum=100, desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))

    def between(call: str) -> None:
        if call == "update_auto_scaling_group" and train.maximum == 100:
            train.maximum, train.desired = 200, 150
            train.reconcile()

    cloud.between = between
    stage.sweep()
    stage.sweeps(2)
    assert train.ended == []


def test_a_max_that_the_owner_raised_right_before_the_cap_is_the_one_that_an_undo_restores() -> None:
    train = Group("train", maximum=100, desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))

    def between(call: str) -> None:
        if call == "suspend_processes":
            train.maximum = 200

    cloud.between = between
    stage.sweep()
    cloud.between = lambda call: None
    stage.later(minutes=1)
    done = stage.done()
    if done:
        stage.undo(str(done[-1]["action_id"]))
        assert train.maximum == 200, "the owner's max, not the one from before it"
    else:
        assert train.maximum == 200


def test_a_settle_wants_no_more_than_is_in_service() -> None:
    """Standby counts as what runs, but desired does not count it."""
    standby = [
        {
            "InstanceId": f"i-s{n}",
            "InstanceType": "g5.xlarge",
            "LifecycleState": "Standby",
            "LaunchConfigurationName": "web",
        }
        for n in range(6)
    ]
    train = Group("train", maximum=100, desired=5)
    cloud = Cloud(train)

    def shown() -> None:
        mine = [
            {
                "InstanceId": one,
                "InstanceType": "g5.xlarge",
                "LifecycleState": "InService",
                "LaunchConfigurationName": "web",
            }
            for one in train.members
        ]
        train.more = {"Instances": mine + standby}

    stage = Heard(cloud, enforce(ceiling=12, growth_instances=None))

    def between(call: str) -> None:
        if call == "update_auto_scaling_group" and train.maximum == 100:
            train.scale_out(10)
        shown()

    cloud.between = between
    stage.sweep()
    stage.later(minutes=30)
    stage.sweep()
    assert len(train.members) <= 15, "5 and 10 more were wanted; nobody wanted those in Standby in service too"


def test_a_settle_takes_nothing_from_what_is_wanted_beside_standby() -> None:
    """Max counts what may come back from Standby and desired does not: to raise max is to lower no desired."""
    train = Group("train", maximum=100, desired=5)
    cloud = Cloud(train)
    # 8 are wanted: 3 of them are on their way, and this story brings them.
    train.desired, train.suspended = 8, {"Launch"}

    def land(count: int) -> None:
        train.members += [f"i-{len(train.members) + number:08x}" for number in range(count)]

    def between(call: str) -> None:
        if call.startswith("describe") and cloud.writes[-1:] == ["update_auto_scaling_group"] and train.maximum == 10:
            land(1)
        instance = {"InstanceType": "g5.xlarge", "LaunchConfigurationName": "web"}
        train.more = {
            "Instances": [
                *({"InstanceId": one, "LifecycleState": "InService", **instance} for one in train.members),
                *({"InstanceId": f"i-s{n}", "LifecycleState": "Standby", **instance} for n in range(5)),
            ]
        }

    cloud.between = between
    Heard(cloud, enforce(ceiling=10, growth_instances=None)).sweep()
    assert train.sizes == (0, 11, 8)
    land(2)
    train.reconcile()
    assert train.ended == [], "a cap ends nobody"


def test_instances_in_standby_are_no_growth() -> None:
    waiting = tuple(Member(f"i-s{n}", "g5.xlarge", "Standby") for n in range(25))
    seen = group(desired=6, members=(*members(6), *waiting), launches=[launch(2, before=5, by="policy p")])
    assert decide(seen, policy(growth_instances=20), NOW).action is None, "from 5 to 6, with 25 in Standby all the time"


TERMINATED = (
    "At 2026-11-25T11:59:00Z an instance was started in response to a difference between desired and actual capacity, "
    "increasing the capacity from 25 to 50."
)


def test_what_comes_back_up_to_a_desired_that_nobody_changed_is_no_growth() -> None:
    """Somebody ended 25 of 50 members by hand: the group comes back up to its desired."""
    one = causes.launch_of("a1", "Launching a new EC2 instance: i-1", TERMINATED, NOW, failed=False)
    assert one is not None
    seen = group(desired=50, members=members(46), launches=[one])
    decision = decide(seen, policy(growth_instances=20), NOW)
    assert decision.action is None, f"desired goes down: {decision.reason}"


# --- 2. says done, or nothing, while it grows


def test_a_freeze_does_not_say_frozen_while_desired_is_still_being_launched() -> None:
    train = Group("train", maximum=500, desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(action="freeze", **GROWTH))
    train.members += [f"i-{n}" for n in range(25)]
    train.desired = 400
    stage.deliver([launch_event("train", "a1", stage.now, before=5, after=400)])
    train.reconcile()
    stage.later(minutes=5)
    for number in range(3):
        stage.deliver([launch_event("train", f"b{number}", stage.now, before=5, after=400)])
    stage.sweeps(2)
    assert len(train.members) == 400
    said = [str(told["reason"]) for report in stage.told for examples in report.examples.values() for told in examples]
    assert any("400" in one for one in said), f"30 became 400 after the freeze; told: {stage.heard} {said}"


def test_frozen_by_somebody_else_is_not_called_held() -> None:
    """An owner keeps AlarmNotification and ScheduledActions suspended and scales by its own service."""
    train = Group("train", maximum=500, desired=5, suspended={"AlarmNotification", "ScheduledActions"})
    stage = on(enforce(action="freeze", **GROWTH), train)
    train.desired = 40
    train.reconcile()
    stage.deliver([launch_event("train", f"a{n}", stage.now, before=5, after=40) for n in range(2)])
    first = stage.heard[:]
    train.desired = min(500, train.maximum)
    train.reconcile()
    stage.deliver([launch_event("train", f"b{n}", stage.now, before=40, after=500) for n in range(2)])
    assert train.sizes == (0, 40, 40), "what a freeze cannot hold, a cap does"
    assert first == ["done"]
    said = [str(t["reason"]) for r in stage.told for e in r.examples.values() for t in e]
    assert not any("frozen" in one for one in said), said


def hooked(name: str, status: str, minutes_ago: float, now: Any) -> dict[str, Any]:
    return {
        "ActivityId": f"h-{minutes_ago}-{status}",
        "AutoScalingGroupName": name,
        "Description": "Launching a new EC2 instance: i-1",
        "Cause": (
            "At 2026-11-25T12:00:00Z an instance was started in response to a difference between desired and actual "
            "capacity, increasing the capacity from 5 to 300."
        ),
        "StartTime": now - timedelta(minutes=minutes_ago),
        "StatusCode": status,
    }


def test_a_growth_whose_instances_wait_in_a_lifecycle_hook_is_seen() -> None:
    """A hook that prepares a GPU node for 40 minutes: the success is told 40 minutes after the start."""
    train = Group("train", maximum=500, desired=5)
    stage = on(enforce(**GROWTH), train)
    train.desired = 300
    train.reconcile()  # Pending:Wait, and paid for
    started = stage.now
    for minutes in (5, 15, 25, 35):
        stage.later(minutes=10)
        stage.cloud.activities = [hooked("train", "MidLifecycleAction", minutes, started + timedelta(minutes=minutes))]
        stage.cloud.activities[0]["StartTime"] = started
        stage.sweep()
    stage.later(minutes=5)
    raw = launch_event("train", "h", stage.now, before=5, after=300)
    raw["detail"]["StartTime"] = f"{started:%Y-%m-%dT%H:%M:%SZ}"
    stage.deliver([raw])
    stage.cloud.activities = [hooked("train", "Successful", 0, started)]
    stage.sweep()
    assert stage.heard, "from 5 to 300 within a second, and nothing is ever said"


def test_a_week_later_it_does_not_say_that_it_ended() -> None:
    stage = on(enforce(**GROWTH))
    stage.deliver(stage.climb(25))
    stage.sweeps(9, days=1)
    assert stage.group.sizes == (0, 30, 30)
    assert stage.heard == ["done"], "30 still run; nothing went back within the policy"


# --- 3. wrong state


def test_an_undo_days_later_wants_no_desired_from_long_ago() -> None:
    train = Group("train", desired=12, suspended={"Launch"})
    stage = on(enforce(ceiling=8, growth_instances=None), train)
    stage.sweep()
    assert train.sizes == (0, 8, 8)
    train.suspended.discard("Launch")
    stage.later(days=5)
    stage.person_sets(desired=3)
    stage.later(days=5)
    stage.person_sets(desired=8)
    stage.undo(str(stage.done()[-1]["action_id"]))
    assert train.desired == 8, "8 is what scaling came to by itself, ten days later; 12 is nobody's wish any more"


# --- 4., 5. events and messages


def test_launches_that_were_cancelled_did_not_fail() -> None:
    told = [
        causes.of_activity(
            {
                "ActivityId": f"a{n}",
                "StatusCode": "Cancelled",
                "StartTime": NOW - timedelta(minutes=1),
                "Description": "Launching a new EC2 instance",
                "Cause": "",
                "StatusMessage": "",
            }
        )
        for n in range(15)
    ]
    seen = group(launches=[one for one in told if one is not None])
    assert not decide(seen, policy(failed_launches=10), NOW).report, "a scale-in (or a cap) cancelled them"


def test_a_note_full_of_launches_fits_into_an_item() -> None:
    note: history.Note = {}
    name = "растёт-" * 36  # 252 characters, as a policy's name may hold them
    for number in range(history.LAUNCHES_KEPT):
        one = Launch(
            NOW + timedelta(seconds=number),
            f"{number:036x}",
            ok=False,
            before=5,
            by=f"policy {name}",
            message="недостаточно мест " * 8,
        )
        note = history.with_launch(note, one, NOW)
    assert len(COMPACT(note).encode()) < 400_000


# --- what the owner does between the read of a page and the turn of a group


def two(**settings: Any) -> tuple[Group, Heard]:
    other, train = Group("a", maximum=100, desired=5), Group("train", maximum=100, desired=5)
    return train, Heard(Cloud(other, train), enforce(**settings))


def during_the_first(stage: Heard, then: Any) -> None:
    """While the first group of the page is clamped."""
    done: list[str] = []

    def between(call: str) -> None:
        if call == "resume_processes" and not done:
            done.append(call)
            then()

    stage.cloud.between = between


def test_terminate_that_the_owner_suspends_meanwhile_stays_suspended() -> None:
    train, stage = two(**CEILING)
    during_the_first(stage, lambda: train.suspended.add("Terminate"))
    stage.sweep()
    assert train.suspended == {"Terminate"}, "README: never resumes a process that somebody else suspended"


def test_a_max_that_the_owner_sets_meanwhile_is_the_one_to_restore() -> None:
    train, stage = two(**CEILING)
    during_the_first(stage, lambda: setattr(train, "maximum", 200))
    stage.sweep()
    stage.later(minutes=1)
    mine = [one for one in stage.done() if one["name"] == "train"]
    if mine:
        stage.undo(str(mine[-1]["action_id"]))
    assert train.maximum == 200


BOTH = (
    "At 2026-11-25T11:57:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.  "
    "At 2026-11-25T11:58:00Z a monitor alarm leak in state ALARM triggered policy leak changing the desired capacity "
    "from 2 to 300.  At 2026-11-25T11:58:10Z an instance was started in response to a difference between desired and "
    "actual capacity, increasing the capacity from 0 to 300."
)


def test_what_a_policy_adds_to_a_new_group_is_growth() -> None:
    one = causes.launch_of("a1", "Launching a new EC2 instance: i-1", BOTH, NOW, failed=False)
    assert one is not None
    seen = group(desired=300, maximum=500, members=members(300), launches=[one], created_at=NOW - timedelta(minutes=3))
    assert decide(seen, policy(growth_instances=20), NOW).action is not None


def test_a_shrink_does_not_say_that_it_terminates_those_in_standby() -> None:
    waiting = tuple(Member(f"i-s{n}", "g5.xlarge", "Standby") for n in range(10))
    seen = group(desired=5, members=(*members(5), *waiting))
    decision = decide(seen, policy(ceiling=8, action="shrink", mode="approve"), NOW)
    assert decision.action is not None
    assert decision.action.irreversible == "", decision.action.irreversible
    assert decision.saving == 0


def test_a_freeze_of_a_group_that_ran_away_a_year_ago_needs_no_question() -> None:
    stage = on(enforce(action="freeze", **GROWTH))
    stage.deliver(stage.climb(25))
    stage.sweeps(6)
    stage.person_sets(desired=5)
    stage.sweeps(12, days=30)
    stage.deliver(stage.climb(25))
    assert stage.group.suspended, "the freeze of a year ago is no reason to leave it running"


def test_it_does_not_say_that_it_ended_while_terminate_is_still_suspended() -> None:
    train = Group("train", desired=5)
    stage = Heard(Cloud(train), enforce(**CEILING))

    def denied(call: str) -> None:
        if call == "resume_processes":
            raise refusal("Rate exceeded", "Throttling")

    stage.cloud.between = denied
    stage.sweep()
    stage.cloud.between = lambda call: None
    stage.deliver([launch_event("train", "t1", stage.now, before=5, after=6)])
    assert train.suspended == {"Terminate"}
    assert "ended" not in stage.heard, stage.heard


@pytest.mark.parametrize("name", ["fusebox-us-east-1-x", "team/fusebox-us-east-1-evil"])
def test_a_group_that_only_borrows_the_prefix_is_at_least_told_of(name: str) -> None:
    """Fusebox has no Auto Scaling group of its own."""
    stage = on(enforce(**GROWTH), Group(name, maximum=500))
    stage.deliver(stage.climb(400))
    stage.sweep()
    assert stage.heard


def test_an_approval_of_a_failure_that_only_sweeps_have_seen_counts() -> None:
    """Events were lost: the activities tell of failures, and a person agrees to suspend launches."""
    train = Group("train", maximum=50, desired=5)
    stage = on(enforce(action="freeze", freeze_launches=True, failed_launches=5, growth_instances=None), train)
    stage.cloud.activities = [
        {**hooked("train", "Failed", 1, stage.now), "ActivityId": f"f{n}", "StatusMessage": "no capacity"}
        for n in range(9)
    ]
    stage.sweep()
    (request,) = stage.requests
    report = stage.approve(request)
    assert report.counts == {"done": 1}, report.examples


def test_a_mixed_group_that_swings_keeps_its_approval() -> None:
    """The mix moves by a member or two between the question and the answer, as with Spot and instance types it does."""
    train = Group("train", desired=30)
    stage = Heard(Cloud(train), AsgClampSettings(mode="approve", dollars_per_hour=20.0, growth_instances=None))

    def mix(large: int) -> None:
        train.more = {
            "Instances": [
                {
                    "InstanceId": f"i-{n}",
                    "InstanceType": "g5.2xlarge" if n < large else "g5.xlarge",
                    "LifecycleState": "InService",
                    "LaunchConfigurationName": "web",
                }
                for n in range(30)
            ]
        }

    mix(4)
    stage.sweep()
    mix(9)
    stage.later(minutes=10)
    report = stage.approve(stage.requests[0])
    assert report.counts == {"done": 1}, (report.counts, report.examples)


@pytest.mark.parametrize("call", ["suspend_processes", "update_auto_scaling_group", "resume_processes"])
@pytest.mark.parametrize("by", [2, 30])
def test_a_group_that_scales_out_right_before_a_call_of_the_cap_keeps_all_it_has(call: str, by: int) -> None:
    train = Group("train", desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))
    scaled: list[str] = []

    def between(now: str) -> None:
        if now == call and not scaled:
            scaled.append(now)
            train.scale_out(by)

    cloud.between = between
    stage.sweep()
    assert scaled
    assert (train.ended, len(train.members), train.desired) == ([], min(5 + by, train.maximum), len(train.members))
    assert train.suspended == set()


def test_an_owner_who_lowers_max_right_after_terminate_stood_still_has_it_their_way() -> None:
    train = Group("train", desired=30)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))
    looks: list[str] = []

    def between(call: str) -> None:
        looks.append(call)
        if looks[-2:] == ["suspend_processes", "describe_auto_scaling_groups"]:
            train.maximum = train.desired = 25

    cloud.between = between
    stage.sweep()
    assert "changed" not in stage.heard
    assert train.maximum == 25, "nobody raised it again"
    assert (train.suspended, len(train.members)) == (set(), 25), "their own scaling in, not the cap's"


@pytest.mark.parametrize("mode", ["pause", "observe"])
def test_what_a_crash_left_is_not_touched_while_a_person_holds_everything_back(mode: str) -> None:
    train = Group("train", desired=5)
    cloud = Cloud(train)
    stage = Heard(cloud, enforce(**CEILING))

    def crash(call: str) -> None:
        if call == "resume_processes":
            raise KeyboardInterrupt

    cloud.between = crash
    with pytest.raises(KeyboardInterrupt):
        stage.sweep()
    cloud.between = lambda call: None
    stage.later(minutes=25)
    if mode == "pause":
        stage.pause()
    else:
        stage.settings = AsgClampSettings(mode="observe", **CEILING)
    written = len(cloud.writes)
    report = stage.sweep()
    assert len(cloud.writes) == written
    assert "actions that were broken off and are left as they are (1)" in str(report.notes)
    if mode == "pause":
        stage.resume()
    else:
        stage.settings = enforce(**CEILING)
    stage.later(minutes=25)
    stage.sweep()
    assert train.suspended == set()
    assert stage.done()[-1]["action"]["prior"]["max"] == 100  # type: ignore[index,call-overload]
