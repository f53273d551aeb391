"""Quarantine: told of, given time, asked about, stopped, and started again; never a working one by surprise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from moto.ec2.models import ec2_backends
from moto.sagemaker.models import sagemaker_backends

from functions.core import ledger, requests
from functions.core.items import of_request
from functions.core.types import Action, ActionFailed, Disposition, Refused, ResourceGone
from functions.tag_check.lookups import Lookups
from functions.tag_check.spec import SPEC
from tests.unit.tag_check.builders import ACCOUNT, MARK, NOTEBOOK, REGION, RIGHT_TAGS, filling, quarantine
from tests.unit.tag_check.conftest import StageOf
from tests.unit.tag_check.stage import Stage, arn, client, created, launch, pairs, retagged, state_of, tags_of

STOPS: dict[str, Any] = {"quarantine": quarantine(after_hours=72)}


def wait(stage: Stage, **by: float) -> Any:
    """Time passes; returns what the next sweep saw."""
    stage.later(**by)
    return stage.sweep()


def due(stage: Stage) -> str:
    """Told of by one sweep, and asked about by one after the deadline: the request."""
    stage.sweep()
    (request,) = wait(stage, hours=73).requests
    return str(request)


def restart(id: str, stage: Stage) -> None:
    """A person stops and starts an instance."""
    client("ec2").stop_instances(InstanceIds=[id])
    client("ec2").start_instances(InstanceIds=[id])
    backend = ec2_backends[ACCOUNT][REGION].get_instance(id)
    backend.launch_time = stage.now.replace(tzinfo=None)


# --- the whole way


def test_told_of_given_three_days_asked_about_stopped_and_started_again(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark", **STOPS)
    stage.sweep()
    assert tags_of(id) == {MARK: "project team"}
    assert wait(stage, hours=48).requests == []
    (request,) = wait(stage, hours=25).requests
    assert state_of(id) == "running"
    assert stage.approve(request).counts == {"done": 1}
    assert state_of(id) == "stopped"
    assert wait(stage, hours=1).counts["done"] == 0
    assert stage.undo(arn(id)) is Disposition.DONE
    assert state_of(id) == "running"


def test_the_request_says_why_and_what_it_costs(stage_of: StageOf) -> None:
    launch()
    stage = stage_of(**STOPS)
    (item,) = of_request(stage.table, due(stage))
    assert "told of since" in str(item.entry["reason"])
    assert item.saving > 0


def test_a_mode_that_acts_asks_all_the_same_and_silence_stops_nothing(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(on_timeout="act", **STOPS)
    request = due(stage)
    assert requests.existing(stage.table, request).status == "gathering"
    for _ in range(3):
        wait(stage, days=3)
    assert state_of(id) == "running"


# --- never by surprise


def test_what_was_never_told_of_is_not_asked_about_however_old_it_is(stage_of: StageOf) -> None:
    launch()
    stage = stage_of(**STOPS)
    stage.later(days=400)
    assert stage.sweep().requests == []


def test_a_policy_that_begins_to_stop_gives_its_whole_time(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark")
    stage.sweep()
    stage.later(days=30)
    stage.policy(**STOPS)
    assert stage.sweep().requests == []
    assert wait(stage, hours=71).requests == []
    assert len(wait(stage, hours=2).requests) == 1


def test_a_policy_that_begins_to_stop_tells_the_deadline_of_what_is_long_known(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark")
    stage.sweep()
    wait(stage, hours=6)
    stage.policy(**STOPS)
    report = stage.sweep()
    assert report.new["reported"] == 1
    assert "a person is asked to stop it from" in str(report.examples["reported"][0]["reason"])
    assert not wait(stage, hours=6).new


def test_what_was_told_of_while_it_stood_still_gets_its_whole_time_once_it_runs(stage_of: StageOf) -> None:
    (id,) = launch()
    client("ec2").stop_instances(InstanceIds=[id])
    stage = stage_of(**STOPS)
    stage.sweep()
    stage.later(hours=80)
    restart(id, stage)
    assert wait(stage, hours=1).requests == []
    assert wait(stage, hours=71).requests == []
    assert len(wait(stage, hours=2).requests) == 1


def test_what_was_right_in_between_gets_its_whole_time_again(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.sweep()
    client("ec2").create_tags(Resources=[id], Tags=pairs(RIGHT_TAGS))
    wait(stage, hours=48)
    client("ec2").delete_tags(Resources=[id], Tags=[{"Key": "team"}])
    assert wait(stage, hours=48).requests == []
    assert len(wait(stage, hours=73).requests) == 1


def test_tagged_after_the_question_it_is_not_stopped(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    request = due(stage)
    client("ec2").create_tags(Resources=[id], Tags=pairs(RIGHT_TAGS))
    assert stage.approve(request).counts == {"changed": 1}
    assert state_of(id) == "running"


def test_protected_after_the_question_it_is_not_stopped(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    request = due(stage)
    client("ec2").create_tags(Resources=[id], Tags=pairs({"fusebox:protect": ""}))
    stage.approve(request)
    assert state_of(id) == "running"


def test_started_anew_after_the_question_it_is_not_stopped(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    request = due(stage)
    restart(id, stage)
    stage.later(hours=1)
    assert stage.approve(request).counts == {"changed": 1}
    assert state_of(id) == "running"


def test_a_person_who_starts_it_again_has_turned_it_back_already(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.approve(due(stage))
    client("ec2").start_instances(InstanceIds=[id])
    with pytest.raises(Refused, match="changed nothing that is still as it left it"):
        stage.undo(arn(id))


def test_after_an_undo_nobody_is_asked_again_for_a_while(stage_of: StageOf) -> None:
    launch()
    stage = stage_of(**STOPS)
    stage.approve(due(stage))
    (resource,) = [one.arn for one in stage.facts()]
    stage.undo(resource)
    assert wait(stage, hours=6).counts == {"exempt": 1}


def test_members_of_groups_and_spot_instances_are_told_and_left_running(stage_of: StageOf) -> None:
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
    )
    launch({"eks:cluster-name": "ml"})
    stage = stage_of(**STOPS)
    stage.sweep()
    report = wait(stage, hours=73)
    assert (report.requests, report.verdicts) == ([], {"untagged": 2})


def test_what_runs_shows_no_deadline_where_it_is_never_stopped(stage_of: StageOf) -> None:
    (id,) = launch({"eks:cluster-name": "ml"})
    stage = stage_of(**STOPS)
    stage.sweep()
    (found,) = stage.history(arn(id), ledger.FINDING)
    assert "stop_from" not in found["evidence"]
    assert "not to be stopped: it belongs to EKS cluster ml" in found["reason"]


def test_what_filling_cures_is_not_asked_about(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.sweep()
    client("ec2").create_tags(Resources=[id], Tags=pairs({"Team": "ml", "Project": "atlas"}))
    stage.policy(actions=("fill",), fill=filling())
    assert wait(stage, hours=73).requests == []
    assert RIGHT_TAGS.items() <= tags_of(id).items()


def test_events_ask_no_more_often_than_sweeps(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.hear(created(id))
    stage.later(hours=73)
    told = stage.told
    for _ in range(3):
        stage.later(minutes=1)
        stage.hear(retagged(arn(id), "colour"))
    assert len(stage.history(arn(id), ledger.FINDING)) == 2
    assert stage.told == told


# --- what a stop would lose


def test_what_is_on_instance_store_is_said_and_asked_as_beyond_recall(stage_of: StageOf) -> None:
    launch(kind="m5d.large")
    stage = stage_of(allow_irreversible=True, **STOPS)
    (item,) = of_request(stage.table, due(stage))
    assert "GB of instance store" in ledger.action_of(item.entry).irreversible


def test_where_nobody_can_say_what_a_stop_loses_nobody_is_asked(stage_of: StageOf) -> None:
    launch(kind="m5d.large")
    stage = stage_of(**STOPS)
    stage.refuse("ec2", "DescribeInstanceTypes")
    stage.sweep()
    assert wait(stage, hours=73).requests == []


def test_instance_stores_are_looked_up_for_what_is_due_only(stage_of: StageOf) -> None:
    launch(count=3)
    stage = stage_of(**STOPS)
    stage.sweep()
    assert stage.count("ec2:DescribeInstanceTypes") == 0
    wait(stage, hours=73)
    assert stage.count("ec2:DescribeInstanceTypes") == 1


def test_types_with_and_without_a_store(stage_of: StageOf) -> None:
    found = Lookups(stage_of().clients).instance_stores(["m5.large", "m5d.large", "m5.large"])
    assert found == {"m5.large": 0, "m5d.large": 75}


# --- how a stop ends


def stopping(stage: Stage, id: str, to: str = "stopped") -> Any:
    facts = stage.account.read([arn(id)])[arn(id)]
    before = {"stopped": "running", "running": "stopped"}[to]
    return stage.account.act(facts, Action("stop", {"state": to}, {"state": before}))


def test_what_aws_refuses_has_failed(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.refuse("ec2", "StopInstances", "UnauthorizedOperation")
    with pytest.raises(ActionFailed):
        stopping(stage, id)


def test_what_is_gone_is_gone(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    stage.refuse("ec2", "StopInstances", "InvalidInstanceID.NotFound")
    with pytest.raises(ResourceGone):
        stopping(stage, id)


def test_a_crash_in_the_stop_is_settled_by_looking(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    request = due(stage)

    def lost(**_: Any) -> None:
        raise KeyboardInterrupt

    stage.on("ec2", "StopInstances", lost, when="after-call")
    with pytest.raises(KeyboardInterrupt):
        stage.approve(request)
    assert wait(stage, minutes=30).settled == 1
    assert stage.ends(arn(id)) == ["done"]
    assert stage.undo(arn(id)) is Disposition.DONE


# --- notebooks

LAB = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab"
NOTEBOOKS: dict[str, Any] = {"types": (NOTEBOOK,), "quarantine": quarantine(NOTEBOOK)}


def notebook(**tags: str) -> None:
    client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab",
        InstanceType="ml.t3.medium",
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/lab",
        Tags=pairs(tags),
    )


def state_of_lab() -> str:
    return str(client("sagemaker").describe_notebook_instance(NotebookInstanceName="lab")["NotebookInstanceStatus"])


def test_a_notebook_is_asked_about_stopped_and_started_again(stage_of: StageOf) -> None:
    notebook()
    stage = stage_of(**NOTEBOOKS)
    assert stage.approve(due(stage)).counts == {"done": 1}
    assert state_of_lab() == "Stopped"
    assert stage.undo(LAB) is Disposition.DONE
    assert state_of_lab() == "InService"


def test_a_notebook_s_stop_can_be_turned_back_once_the_policy_stops_none(stage_of: StageOf) -> None:
    notebook()
    stage = stage_of(**NOTEBOOKS)
    stage.approve(due(stage))
    stage.policy(quarantine=quarantine())
    assert stage.undo(LAB) is Disposition.DONE
    assert state_of_lab() == "InService"


def test_a_notebook_made_anew_under_its_name_is_not_started(stage_of: StageOf) -> None:
    notebook()
    stage = stage_of(**NOTEBOOKS)
    stage.approve(due(stage))
    sagemaker_backends[ACCOUNT][REGION].notebook_instances["lab"].creation_time = datetime.now(UTC).replace(tzinfo=None)
    with pytest.raises(Refused, match="made anew"):
        stage.undo(LAB)
    assert state_of_lab() == "Stopped"


def test_a_notebook_that_is_gone_is_gone(stage_of: StageOf) -> None:
    notebook()
    stage = stage_of(**NOTEBOOKS)
    (facts,) = stage.facts()
    stage.refuse("sagemaker", "StopNotebookInstance", "RecordNotFound")
    with pytest.raises(ResourceGone):
        stage.account.act(facts, Action("stop", {"state": "stopped"}, {"state": "running"}))


def test_a_tagged_notebook_is_left_running(stage_of: StageOf) -> None:
    notebook(**RIGHT_TAGS)
    stage = stage_of(**NOTEBOOKS)
    stage.sweep()
    assert wait(stage, hours=73).requests == []
    assert state_of_lab() == "InService"


def test_an_sdk_that_cannot_say_who_manages_an_instance_stops_none(
    stage_of: StageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id,) = launch()
    stage = stage_of(**STOPS)
    shapes = stage.clients.get("ec2").meta.service_model._service_description["shapes"]
    monkeypatch.delitem(shapes["Instance"]["members"], "Operator")
    stage.sweep()
    assert wait(stage, hours=73).requests == []
    (found,) = stage.facts()
    assert (found.id, found.bars) == (id, "the installed SDK does not know Operator")


def test_the_fields_that_a_stop_goes_by_are_fields_of_the_sdk(stage_of: StageOf) -> None:
    stage = stage_of()
    for one in SPEC.safety_fields:
        assert one.unknown_to(stage.clients.get(one.service).meta.service_model) == []
