"""A fleet in moto: how it is read page by page and again, and what becomes of every answer AWS may give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core import ec2_starts
from functions.core.clients import Retries
from functions.core.types import Action, ActionFailed, ResourceGone, Scope
from functions.idle_gpu.aws import GpuFleet
from functions.idle_gpu.decide import decide
from functions.idle_gpu.facts import Instance
from functions.idle_gpu.settings import IdleGpuSettings, Schedule
from tests.aws_world import RecordingClients, environment
from tests.unit.idle_gpu import moto_fleet
from tests.unit.idle_gpu.moto_fleet import client, instance, launch, states, tags_of

HOURLY: dict[str, Any] = {"period_seconds": 3600, "window_minutes": 240, "likely_idle_hours": 4, "stop_after_hours": 4}
SETTINGS = IdleGpuSettings(mode="enforce", **HOURLY)
STOP = Action("stop", {"state": "stopped"}, {"state": "running"})
START = Action("stop", {"state": "running"}, {"state": "stopped"})
TERMINATE = Action("terminate", {"state": "terminated"}, {"state": "running"})
IDS = [f"i-0c{number:015x}" for number in range(12)]
Sent = Callable[[Any], bool]


class Account:
    """A fleet at work; `refuse` makes calls of an operation fail from then on."""

    def __init__(self, settings: IdleGpuSettings = SETTINGS) -> None:
        self.settings = settings
        self.clients = RecordingClients()
        self.slept: list[float] = []
        scope = Scope("123456789012", "us-east-1")
        self.fleet = GpuFleet(self.clients, scope, settings, lambda: datetime.now(UTC), sleep=self.slept.append)

    def facts(self) -> dict[str, Instance]:
        return {one.name: one for page in self.fleet.pages("") for one in page.facts}

    def only(self) -> Instance:
        (one,) = self.facts().values()
        return one

    def verdicts(self) -> dict[str, str]:
        return {name: self.decide(one).verdict for name, one in self.facts().items()}

    def decide(self, one: Instance) -> Any:
        return decide(one, self.settings, datetime.now(UTC))

    def read(self, *ids: str) -> dict[str, Instance]:
        arns = [f"arn:aws:ec2:us-east-1:123456789012:instance/{one}" for one in ids]
        return {one.instance_id: one for one in self.fleet.read(arns).values()}

    def refuse(self, service: str, operation: str, code: str, when: Sent = lambda sent: True) -> None:
        def answer(params: Any = None, **_: Any) -> None:
            if when(params):
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

        retries: Retries = "adaptive" if service == "autoscaling" else "standard"
        self.clients.get(service, retries).meta.events.register(f"before-call.*.{operation}", answer)

    def count(self, operation: str) -> int:
        return sum(call.endswith(f":{operation}") for call in self.clients.calls)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with mock_aws():
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        for key, value in environment("").items():
            monkeypatch.setenv(key, value)
        moto_fleet.offer_few_types()
        yield Account()


# --- what is found


def test_every_kind_of_instance_gets_its_verdict(account: Account) -> None:
    launch(IDS[0], "idle")
    launch(IDS[1], "busy", gpus=(0.0, 71.0))
    launch(IDS[2], "dark", gpus=())
    launch(IDS[3], "nothing", gpus=(), cpu=None)
    launch(IDS[4], "loud", cpu=64.0)
    launch(IDS[5], "web", "t3.large", gpus=())
    launch(IDS[6], "young", age=timedelta(minutes=5))
    assert account.verdicts() == {
        "idle": "idle",
        "busy": "busy",
        "dark": "likely_idle",
        "nothing": "unknown",
        "loud": "starved",
        "young": "young",
    }


def test_a_type_that_is_no_longer_offered_is_watched_all_the_same(account: Account) -> None:
    launch(IDS[0], "old", "p3.2xlarge")
    assert account.verdicts() == {"old": "idle"}


def test_types_are_asked_for_once(account: Account) -> None:
    launch(IDS[0], "idle")
    account.facts()
    account.facts()
    assert account.count("DescribeInstanceTypes") == 1


def test_a_look_at_a_few_lists_the_series_of_those_only(account: Account) -> None:
    launch(IDS[0], "idle")
    launch(IDS[1], "web", "t3.large", gpus=())
    found = account.read(IDS[0], IDS[1], IDS[7])
    assert set(found) == {IDS[0]}
    assert account.decide(found[IDS[0]]).action == STOP
    assert account.count("ListMetrics") == 1


def test_protections_are_read_for_candidates_only(account: Account) -> None:
    launch(IDS[0], "idle")
    launch(IDS[1], "busy", gpus=(80.0,))
    launch(IDS[2], "kept", tags={"fusebox:protect": ""})
    launch(IDS[3], "locked", DisableApiStop=True)
    assert account.verdicts() == {"idle": "idle", "busy": "busy", "kept": "protected", "locked": "protected"}
    assert account.count("DescribeInstanceAttribute") == 2


def test_a_fleet_is_read_page_by_page_and_goes_on_from_a_cursor(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.idle_gpu.fleet.PAGE", 5)
    for number, identity in enumerate(IDS[:8]):
        launch(identity, f"n{number}", metrics=False)
    first, *rest = account.fleet.pages("")
    assert [len(first.facts), *(len(page.facts) for page in rest)] == [5, 3]
    (again,) = account.fleet.pages(first.cursor)
    assert {one.name for one in again.facts} == {one.name for page in rest for one in page.facts}
    assert [page.cursor for page in rest] == [""]


def test_many_instances_are_listed_by_metric_and_read_together(account: Account) -> None:
    for number, identity in enumerate(IDS):
        launch(identity, f"n{number}")
    account.facts()
    account.read(*IDS)
    assert account.count("ListMetrics") == len({(one.namespace, one.metric) for one in SETTINGS.metrics})
    assert account.count("GetMetricData") == 4


def test_where_listing_takes_long_the_instances_are_read_after_it(account: Account) -> None:
    for number, identity in enumerate(IDS):
        launch(identity, f"n{number}")
    late = timedelta(0)

    def clock() -> datetime:
        return datetime.now(UTC) + late

    def slow(**_: Any) -> None:
        nonlocal late
        late += timedelta(seconds=9)

    account.fleet = GpuFleet(account.clients, Scope("123456789012", "us-east-1"), SETTINGS, clock)
    account.clients.get("cloudwatch").meta.events.register("before-call.*.ListMetrics", slow)
    (page,) = account.fleet.pages("")
    assert {clock() - one.read_at < timedelta(seconds=15) for one in page.facts} == {True}
    assert account.count("DescribeInstances") == 2


def test_a_long_window_is_read_only_of_what_the_newest_datapoints_do_not_prove_to_work(account: Account) -> None:
    long = Account(replace(SETTINGS, window_minutes=300 * 60, likely_idle_hours=300, stop_after_hours=300))
    launch(IDS[0], "busy", gpus=(80.0,), age=timedelta(days=30))
    assert long.verdicts() == {"busy": "busy"}
    assert long.count("GetMetricData") == 1
    launch(IDS[1], "idle", age=timedelta(days=30))
    assert long.verdicts() == {"busy": "busy", "idle": "unknown"}, "eight hours of data are no 300"


def test_what_off_hours_stopped_is_found_again_and_nobody_elses(account: Account) -> None:
    nights = Schedule(tag="hours=office", zone="UTC", starts="00:00", ends="00:00")
    other = Account(replace(SETTINGS, off_hours=(nights,)))
    for identity, name in ((IDS[0], "mine"), (IDS[1], "theirs")):
        launch(identity, name, metrics=False, tags={"hours": "office"})
    moto_fleet.stop(IDS[0], datetime.now(UTC) - timedelta(hours=3), "off_hours")
    client("ec2").stop_instances(InstanceIds=[IDS[1]])
    assert set(other.facts()) == {"mine"}
    assert set(account.facts()) == set()


def test_a_group_shows_its_size_and_its_members_protection(account: Account) -> None:
    moto_fleet.join_group(IDS[0], "member", "trainers")
    client("autoscaling").set_instance_protection(
        InstanceIds=[IDS[0]], AutoScalingGroupName="trainers", ProtectedFromScaleIn=True
    )
    found = account.only()
    assert (found.group, found.group_min, found.group_desired, found.scale_in_protected) == ("trainers", 0, 1, True)


# --- what AWS would not tell


@pytest.mark.parametrize("operation", ["GetMetricData", "ListMetrics"])
def test_metrics_that_cannot_be_read_leave_all_unknown_and_the_run_goes_on(account: Account, operation: str) -> None:
    launch(IDS[0], "idle")
    launch(IDS[1], "idle-too")
    account.refuse("cloudwatch", operation, "Throttling")
    (page,) = account.fleet.pages("")
    assert [account.decide(one).verdict for one in page.facts] == ["unknown", "unknown"]
    assert any(operation in text for text in page.trouble)


def test_second_signals_that_cannot_be_read_leave_an_idle_one_unknown_and_a_busy_one_busy(account: Account) -> None:
    launch(IDS[0], "idle")
    launch(IDS[1], "busy", gpus=(80.0,))
    account.refuse("cloudwatch", "GetMetricData", "InternalServiceFault", lambda sent: "CPUUtilization" in str(sent))
    assert account.verdicts() == {"idle": "unknown", "busy": "busy"}


@pytest.mark.parametrize(
    ("service", "operation"),
    [("ec2", "DescribeInstanceAttribute"), ("autoscaling", "DescribeAutoScalingGroups")],
)
def test_a_look_up_that_fails_bars_the_action_and_says_so(account: Account, service: str, operation: str) -> None:
    moto_fleet.join_group(IDS[0], "one", "trainers")
    account.refuse(service, operation, "UnauthorizedOperation")
    (page,) = account.fleet.pages("")
    assert account.decide(page.facts[0]).action is None
    assert page.trouble


def test_disks_that_cannot_be_read_make_it_ask(account: Account) -> None:
    launch(IDS[0], "one")
    account.refuse("ec2", "DescribeVolumes", "RequestLimitExceeded")
    (page,) = account.fleet.pages("")
    assert account.decide(page.facts[0]).asks
    assert page.trouble


def test_an_sdk_that_drops_fields_leaves_everything_unknown(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    launch(IDS[0], "idle")
    monkeypatch.setattr("functions.core.spec.SafetyFields.unknown_to", lambda self, model: ["Operator"])
    (page,) = account.fleet.pages("")
    assert account.decide(page.facts[0]).verdict == "unknown"
    assert "Operator" in page.trouble[0]


# --- acting


def test_several_are_marked_and_stopped_in_one_call_each(account: Account) -> None:
    for number in range(3):
        launch(IDS[number], f"n{number}")
    batch = [(one, STOP) for one in account.facts().values()]
    assert account.fleet.act_together(batch) == [None, None, None]
    assert (account.count("CreateTags"), account.count("StopInstances")) == (1, 1)
    assert set(states().values()) == {"stopped"}
    assert tags_of(IDS[0])["fusebox:stopped"].startswith("stop 20")


def test_one_that_is_protected_meanwhile_and_one_that_is_gone_hold_up_no_other(account: Account) -> None:
    for number in range(4):
        launch(IDS[number], f"n{number}")
    facts = list(account.facts().values())
    facts[3] = replace(facts[3], instance_id="i-0dddddddddddddddd")
    instance(IDS[1]).disable_api_stop = True
    ended = account.fleet.act_together([(one, STOP) for one in facts])
    assert [ended[0], ended[2]] == [None, None]
    assert isinstance(ended[1], ActionFailed)
    assert ended[1].certain
    assert isinstance(ended[3], ResourceGone)
    assert states() == {"n0": "stopped", "n1": "running", "n2": "stopped", "n3": "running"}


def test_what_cannot_be_marked_is_not_stopped(account: Account) -> None:
    launch(IDS[0], "one")
    one = account.only()
    account.refuse("ec2", "CreateTags", "UnauthorizedOperation")
    with pytest.raises(ActionFailed):
        account.fleet.act(one, STOP)
    assert states() == {"one": "running"}


def stopped(account: Account) -> Instance:
    launch(IDS[0], "one")
    one = account.only()
    account.fleet.act(one, STOP)
    return one


def test_a_start_has_succeeded_once_it_is_seen_running_and_takes_the_mark_away(account: Account) -> None:
    account.fleet.act(stopped(account), START)
    assert states() == {"one": "running"}
    assert "fusebox:stopped" not in tags_of(IDS[0])


def shown(monkeypatch: pytest.MonkeyPatch, *looks: tuple[str, str]) -> None:
    """What DescribeInstances shows of an instance, look by look; the last goes on."""
    left = list(looks)

    def look(ec2: Any, ids: Any) -> dict[str, tuple[str, str]]:
        return dict.fromkeys(ids, left.pop(0) if len(left) > 1 else left[0])

    monkeypatch.setattr(ec2_starts, "_states", look)


@pytest.mark.parametrize(
    ("end", "certain", "told"),
    [
        (("stopped", "Client.InvalidKMSKey.InvalidState: the key is disabled"), True, "InvalidKMSKey"),
        (("stopped", "Server.InsufficientInstanceCapacity: none"), True, "no capacity"),
        (("pending", ""), False, "still not running after 75 s"),
        (("terminated", ""), True, "it is terminated"),
    ],
    ids=["key", "capacity", "slow", "terminated"],
)
def test_a_start_that_does_not_come_up_says_why(
    account: Account, monkeypatch: pytest.MonkeyPatch, end: tuple[str, str], certain: bool, told: str
) -> None:
    one = stopped(account)
    shown(monkeypatch, ("pending", ""), ("pending", ""), end)
    with pytest.raises(ActionFailed, match=told) as caught:
        account.fleet.act(one, START)
    assert caught.value.certain is certain
    assert sum(account.slept) <= 75


def test_a_start_waits_while_it_is_shown_as_before(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    one = stopped(account)
    shown(monkeypatch, ("stopped", ""), ("pending", ""), ("running", ""))
    account.fleet.act(one, START)
    assert account.slept == [5.0, 5.0]


def test_no_capacity_is_called_that(account: Account) -> None:
    one = stopped(account)
    account.refuse("ec2", "StartInstances", "InsufficientInstanceCapacity")
    with pytest.raises(ActionFailed, match="no capacity"):
        account.fleet.act(one, START)


def test_terminations_go_zone_by_zone(account: Account) -> None:
    for number, zone in enumerate("aab"):
        launch(IDS[number], f"n{number}", Placement={"AvailabilityZone": f"us-east-1{zone}"})
    instance(IDS[0]).disable_api_termination = True
    ended = account.fleet.act_together([(one, TERMINATE) for one in account.facts().values()])
    assert [one is None for one in ended] == [False, True, True]
    assert states() == {"n0": "running", "n1": "terminated", "n2": "terminated"}


def test_a_member_leaves_through_its_group_which_gets_smaller(account: Account) -> None:
    moto_fleet.join_group(IDS[0], "member", "trainers")
    one = account.only()
    account.fleet.act(one, account.decide(one).action)
    (group,) = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["DesiredCapacity"], states()) == (0, {"member": "terminated"})
    assert account.count("TerminateInstances") == 0


def test_a_state_that_nobody_asks_for_is_refused(account: Account) -> None:
    launch(IDS[0], "one")
    with pytest.raises(ActionFailed, match="hibernated"):
        account.fleet.act(account.only(), Action("stop", {"state": "hibernated"}, {"state": "running"}))


# --- alarms


def alarms() -> set[str]:
    return {one["AlarmName"] for one in client("cloudwatch").describe_alarms()["MetricAlarms"]}


def test_alarms_come_with_the_series_and_go_with_the_instance(account: Account) -> None:
    keeper = Account(replace(SETTINGS, alarms=True))
    launch(IDS[0], "idle")
    launch(IDS[1], "dark", gpus=())
    for _ in range(2):
        assert keeper.fleet.tend(lambda: False) == []
    assert alarms() == {f"fusebox-idle-gpu-{IDS[0]}"}
    assert keeper.count("PutMetricAlarm") == 1
    client("ec2").stop_instances(InstanceIds=[IDS[0]])
    assert keeper.fleet.tend(lambda: False) == []
    assert alarms() == set()


def test_without_alarms_none_is_made_and_old_ones_go(account: Account) -> None:
    launch(IDS[0], "idle")
    Account(replace(SETTINGS, alarms=True)).fleet.tend(lambda: False)
    assert account.fleet.tend(lambda: False) == []
    assert alarms() == set()


def test_no_alarm_goes_where_the_series_could_not_be_listed(account: Account) -> None:
    launch(IDS[0], "idle")
    keeper = Account(replace(SETTINGS, alarms=True))
    keeper.fleet.tend(lambda: False)
    keeper.refuse("cloudwatch", "ListMetrics", "Throttling")
    assert keeper.fleet.tend(lambda: False)
    assert len(alarms()) == 1
