"""Auto Scaling groups of the local account: what they do, write down and tell, as on AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccount
from local.errors import LocalAccountError
from local.scaling import GroupSeed

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEFORE = START - 3 * DAY


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    with LocalAccount.from_template({"Resources": {}}, start=START) as account:
        yield account


def web(**changes: Any) -> GroupSeed:
    """A group of three in a range of zero to ten."""
    usual = {"minimum": 0, "maximum": 10, "desired": 3, "created_at": BEFORE}
    return GroupSeed("web", "m5.large", **{**usual, **changes})


def group(account: LocalAccount, name: str = "web") -> Any:
    (found,) = account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    return found


def size(account: LocalAccount, name: str = "web") -> tuple[int, int]:
    """What is desired, and how many members there are."""
    found = group(account, name)
    return found["DesiredCapacity"], len(found["Instances"])


def members(account: LocalAccount, name: str = "web") -> list[str]:
    return [member["InstanceId"] for member in group(account, name)["Instances"]]


def activities(account: LocalAccount, **which: Any) -> list[Any]:
    found: list[Any] = account.client("autoscaling").describe_scaling_activities(**which)["Activities"]
    return found


def events(account: LocalAccount, detail_type: str) -> list[Any]:
    return [one.event for one in account.deliveries if one.event["detail-type"] == detail_type]


def change(account: LocalAccount, operation: str, **parameters: Any) -> Any:
    return getattr(account.client("autoscaling"), operation)(AutoScalingGroupName="web", **parameters)


# -- what is written down ------------------------------------------------------------------------
def test_a_group_was_there_before_the_story(account: LocalAccount) -> None:
    ids = account.seed_groups([web(tags={"team": "ml"}, scaled=[(START - DAY, 5)], deletion_protection="none")])
    found = group(account)
    assert [member["InstanceId"] for member in found["Instances"]] == ids["web"]
    assert (found["CreatedTime"], found["DeletionProtection"]) == (BEFORE, "none")
    assert [(tag["Key"], tag["Value"]) for tag in found["Tags"]] == [("team", "ml")]
    moments = [one["StartTime"] for one in activities(account, AutoScalingGroupName="web")]
    assert moments == [START - DAY] * 2 + [BEFORE] * 3
    instances = account.client("ec2").describe_instances(InstanceIds=ids["web"][:1])["Reservations"][0]["Instances"]
    assert (instances[0]["LaunchTime"], instances[0].get("Platform")) == (BEFORE, None)
    assert account.deliveries == []


def test_an_alarm_scales_out_and_each_launch_is_an_activity_and_an_event(account: LocalAccount) -> None:
    account.seed_groups([web()])
    assert account.scale("web", by=2, policy="leak-scale-out", alarm="memory-high") == 5
    newest, before = activities(account)[:2]
    stamp = newest["StartTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert newest["Cause"] == (
        f"At {stamp} a monitor alarm memory-high in state ALARM triggered policy leak-scale-out changing the desired"
        f" capacity from 3 to 5.  At {stamp} an instance was started in response to a difference between desired and"
        " actual capacity, increasing the capacity from 4 to 5."
    )
    assert before["Cause"].endswith("increasing the capacity from 3 to 4.")
    assert newest["Description"] == f"Launching a new EC2 instance: {members(account)[-1]}"
    assert (newest["StatusCode"], newest["Progress"]) == ("Successful", 100)
    assert newest["AutoScalingGroupARN"] == group(account)["AutoScalingGroupARN"]

    first, last = events(account, "EC2 Instance Launch Successful")
    assert (last["detail"]["ActivityId"], first["detail"]["ActivityId"]) == (newest["ActivityId"], before["ActivityId"])
    assert (last["source"], last["detail"]["StatusCode"]) == ("aws.autoscaling", "InProgress")
    assert last["detail"]["EC2InstanceId"] == members(account)[-1]
    assert last["resources"] == [
        group(account)["AutoScalingGroupARN"],
        f"arn:aws:ec2:us-east-1:123456789012:instance/{members(account)[-1]}",
    ]


def test_a_launch_that_fails_is_told_and_tried_again(account: LocalAccount) -> None:
    account.seed_groups([web()])
    account.fail_launches("web", "There is no capacity.", count=2)
    account.scale("web", by=1)
    (failed,) = activities(account, Filters=[{"Name": "StartTimeLowerBound", "Values": ["2026-03-01"]}])
    assert (failed["StatusCode"], failed["StatusMessage"]) == ("Failed", "There is no capacity.")
    assert failed["Description"] == "Launching a new EC2 instance.  Status Reason: There is no capacity."
    (event,) = events(account, "EC2 Instance Launch Unsuccessful")
    assert (event["detail"]["EC2InstanceId"], event["detail"]["StatusCode"]) == ("", "Failed")
    assert event["resources"] == [group(account)["AutoScalingGroupARN"]]
    assert size(account) == (4, 3)
    account.advance(3 * MINUTE)
    assert size(account) == (4, 4)
    assert [one["StatusCode"] for one in activities(account)[:3]] == ["Successful", "Failed", "Failed"]


def test_what_ec2_finds_stopped_is_replaced(account: LocalAccount) -> None:
    ids = account.seed_groups([web()])["web"]
    account.replace_unhealthy("web")
    launched, ended = activities(account)[:2]
    assert ended["Description"] == f"Terminating EC2 instance: {ids[0]}"
    assert ended["Cause"].endswith(
        "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or"
        " stopped."
    )
    assert launched["Cause"].endswith(
        "an instance was launched in response to an unhealthy instance needing to be replaced."
    )
    assert members(account)[:2] == ids[1:]
    assert len(events(account, "EC2 Instance Terminate Successful")) == 1


def test_a_member_that_somebody_terminates_in_ec2_is_replaced(account: LocalAccount) -> None:
    ids = account.seed_groups([web()])["web"]
    account.client("ec2").terminate_instances(InstanceIds=[ids[1]])
    assert size(account) == (3, 3)
    assert [one["Description"].split(":")[0] for one in activities(account)[:2]] == [
        "Launching a new EC2 instance",
        "Terminating EC2 instance",
    ]


def test_the_history_is_read_in_pages_by_group_and_by_time(account: LocalAccount) -> None:
    api = GroupSeed("api", "m5.large", 0, 9, 2, START - DAY)
    account.seed_groups([web(created_at=START - 50 * DAY, desired=1, scaled=[(START - 2 * DAY, 4)]), api])
    every = [one["ActivityId"] for one in activities(account)]
    assert len(every) == 5, "what is older than six weeks is gone"
    client = account.client("autoscaling")
    pages = list(client.get_paginator("describe_scaling_activities").paginate(PaginationConfig={"PageSize": 2}))
    assert [[one["ActivityId"] for one in page["Activities"]] for page in pages] == [every[:2], every[2:4], every[4:]]
    bounds = [
        {"Name": "StartTimeLowerBound", "Values": [(START - 2 * DAY - MINUTE).isoformat()]},
        {"Name": "StartTimeUpperBound", "Values": [f"{START - DAY - MINUTE:%Y-%m-%dT%H:%M:%SZ}"]},
    ]
    assert {one["AutoScalingGroupName"] for one in activities(account, Filters=bounds)} == {"web"}
    assert activities(account, AutoScalingGroupName="web", Filters=[{"Name": "Status", "Values": ["Failed"]}]) == []
    for wrong in (
        {"MaxRecords": 101},
        {"Filters": [{"Name": "Other", "Values": ["1"]}]},
        {"Filters": [{"Name": "StartTimeLowerBound", "Values": ["yesterday"]}]},
    ):
        with pytest.raises(ClientError, match="ValidationError"):
            activities(account, **wrong)
    with pytest.raises(ClientError, match="InvalidNextToken"):
        activities(account, NextToken="gone")


def test_a_page_does_not_shift_when_the_group_goes_on_scaling(account: LocalAccount) -> None:
    account.seed_groups([web()])
    client = account.client("autoscaling")
    first = client.describe_scaling_activities(MaxRecords=2)
    account.scale("web", by=4)
    second = client.describe_scaling_activities(MaxRecords=2, NextToken=first["NextToken"])
    assert [one["Cause"][-7:-1] for one in second["Activities"]] == ["0 to 1"]


def test_the_history_of_a_deleted_group_is_shown_on_request(account: LocalAccount) -> None:
    account.seed_groups([web()])
    with pytest.raises(ClientError, match="ResourceInUse"):
        change(account, "delete_auto_scaling_group")
    change(account, "delete_auto_scaling_group", ForceDelete=True)
    assert activities(account) == []
    shown = activities(account, IncludeDeletedGroups=True)
    assert {one["AutoScalingGroupState"] for one in shown} == {"Deleted"}
    assert len(shown) == 6


# -- limits and suspended processes --------------------------------------------------------------
def test_a_lower_maximum_takes_the_oldest_members_away(account: LocalAccount) -> None:
    ids = account.seed_groups([web(desired=5)])["web"]
    change(account, "update_auto_scaling_group", MaxSize=2)
    assert (size(account), members(account)) == ((2, 2), ids[3:])
    assert (
        "constraints to min: 0, max: 2, desired: 2 changing the desired capacity from 5 to 2."
        in (activities(account)[0]["Cause"])
    )


def test_a_higher_minimum_launches(account: LocalAccount) -> None:
    account.seed_groups([web()])
    change(account, "update_auto_scaling_group", MinSize=6)
    assert size(account) == (6, 6)


def test_an_update_of_limits_that_still_hold_the_desired_capacity_changes_nothing_else(account: LocalAccount) -> None:
    account.seed_groups([web()])
    before = len(activities(account))
    change(account, "update_auto_scaling_group", MaxSize=3)
    assert (size(account), len(activities(account))) == ((3, 3), before)


@pytest.mark.parametrize(
    ("operation", "parameters", "message"),
    [
        ("update_auto_scaling_group", {"DesiredCapacity": 11}, "between the specified min size:0 and max size:10"),
        ("update_auto_scaling_group", {"MaxSize": 2, "DesiredCapacity": 3}, "between the specified"),
        ("update_auto_scaling_group", {"MinSize": 11}, "Max bound, 10, must be greater"),
        ("set_desired_capacity", {"DesiredCapacity": 11}, "above max value 10"),
        ("suspend_processes", {"ScalingProcesses": ["Everything"]}, "Unknown processes"),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    account: LocalAccount, operation: str, parameters: dict[str, Any], message: str
) -> None:
    account.seed_groups([web()])
    with pytest.raises(ClientError, match=message) as refused:
        change(account, operation, **parameters)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert (size(account), group(account)["MaxSize"], group(account)["MinSize"]) == ((3, 3), 10, 0)


def test_nothing_is_known_of_a_group_that_is_not_there(account: LocalAccount) -> None:
    for operation in ("suspend_processes", "resume_processes", "update_auto_scaling_group"):
        with pytest.raises(ClientError, match="AutoScalingGroup name not found"):
            change(account, operation)
    assert activities(account, AutoScalingGroupName="web") == []
    with pytest.raises(LocalAccountError, match="no Auto Scaling group 'web'"):
        account.scale("web", by=1)


def test_while_launch_is_suspended_nothing_is_launched(account: LocalAccount) -> None:
    account.seed_groups([web(suspended=["Launch"])])
    account.scale("web", to=6)
    assert size(account) == (6, 3)
    change(account, "resume_processes", ScalingProcesses=["Launch"])
    assert size(account) == (6, 6)
    assert "triggered policy scale-out changing the desired capacity from 3 to 6." in activities(account)[0]["Cause"]


def test_while_terminate_is_suspended_nothing_is_terminated(account: LocalAccount) -> None:
    ids = account.seed_groups([web()])["web"]
    change(account, "suspend_processes", ScalingProcesses=["Terminate"])
    change(account, "update_auto_scaling_group", MaxSize=1)
    assert size(account) == (1, 3)
    account.replace_unhealthy("web")
    account.advance(DAY)
    assert members(account) == ids
    change(account, "resume_processes", ScalingProcesses=["Terminate"])
    assert members(account) == ids[2:]


def test_a_correction_before_terminate_is_resumed_saves_the_members(account: LocalAccount) -> None:
    ids = account.seed_groups([web()])["web"]
    change(account, "suspend_processes", ScalingProcesses=["Terminate"])
    change(account, "update_auto_scaling_group", MaxSize=1)
    change(account, "update_auto_scaling_group", MaxSize=3, DesiredCapacity=3)
    change(account, "resume_processes", ScalingProcesses=["Terminate"])
    assert members(account) == ids


def test_while_alarms_are_suspended_no_policy_of_theirs_acts(account: LocalAccount) -> None:
    account.seed_groups([web(suspended=["AlarmNotification"])])
    assert account.scale("web", by=2) == 3
    assert events(account, "EC2 Instance Launch Successful") == []
    change(account, "set_desired_capacity", DesiredCapacity=4)
    assert size(account) == (4, 4)


def test_a_policy_stops_at_the_maximum(account: LocalAccount) -> None:
    account.seed_groups([web()])
    assert account.scale("web", by=50) == 10
    assert account.scale("web", to=-4) == 0
    with pytest.raises(LocalAccountError, match="either"):
        account.scale("web")


def test_processes_are_suspended_by_name_or_all_at_once(account: LocalAccount) -> None:
    account.seed_groups([web()])

    def suspended() -> set[str]:
        return {one["ProcessName"] for one in group(account)["SuspendedProcesses"]}

    change(account, "suspend_processes", ScalingProcesses=["AlarmNotification"])
    change(account, "suspend_processes", ScalingProcesses=["Launch"])
    assert suspended() == {"AlarmNotification", "Launch"}
    change(account, "resume_processes", ScalingProcesses=["Launch"])
    assert suspended() == {"AlarmNotification"}
    change(account, "suspend_processes")
    assert len(suspended()) == 9
    change(account, "resume_processes")
    assert suspended() == set()


def test_protected_members_stay_until_they_are_not(account: LocalAccount) -> None:
    ids = account.seed_groups([web(protected=True)])["web"]
    change(account, "set_instance_protection", InstanceIds=[ids[2]], ProtectedFromScaleIn=False)
    change(account, "update_auto_scaling_group", MaxSize=1)
    assert (size(account), members(account)) == ((1, 2), ids[:2])
    assert activities(account)[0]["StatusMessage"].startswith("Could not scale to desired capacity because all")
    change(account, "set_instance_protection", InstanceIds=[ids[0]], ProtectedFromScaleIn=False)
    assert members(account) == [ids[1]]


def test_a_member_is_terminated_by_request_with_and_without_a_successor(account: LocalAccount) -> None:
    ids = account.seed_groups([web(minimum=2)])["web"]
    client = account.client("autoscaling")
    client.terminate_instance_in_auto_scaling_group(InstanceId=ids[0], ShouldDecrementDesiredCapacity=False)
    assert (size(account), members(account)[:2]) == ((3, 3), ids[1:])
    answer = client.terminate_instance_in_auto_scaling_group(InstanceId=ids[1], ShouldDecrementDesiredCapacity=True)
    assert answer["Activity"]["Cause"].endswith("in response to a user request, shrinking the capacity from 3 to 2.")
    assert size(account) == (2, 2)
    with pytest.raises(ClientError, match="desiredSize equals minSize"):
        client.terminate_instance_in_auto_scaling_group(InstanceId=ids[2], ShouldDecrementDesiredCapacity=True)


def test_policies_are_executed_by_hand_within_the_limits(account: LocalAccount) -> None:
    account.seed_groups([web(), GroupSeed("api", "m5.large", 0, 9, 2, BEFORE)])
    client = account.client("autoscaling")
    for name, by in (("web", 20), ("api", 1)):
        client.put_scaling_policy(
            AutoScalingGroupName=name, PolicyName="out", AdjustmentType="ChangeInCapacity", ScalingAdjustment=by
        )
    client.execute_policy(AutoScalingGroupName="web", PolicyName="out")
    assert (size(account), size(account, "api")) == ((10, 10), (2, 2))
    assert "a user request executed policy out changing" in activities(account)[0]["Cause"]
    assert [one["AutoScalingGroupName"] for one in client.describe_policies()["ScalingPolicies"]] == ["web", "api"]
    steps = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": -50}]
    client.put_scaling_policy(
        AutoScalingGroupName="web",
        PolicyName="steps",
        PolicyType="StepScaling",
        AdjustmentType="PercentChangeInCapacity",
        StepAdjustments=steps,
    )
    client.execute_policy(AutoScalingGroupName="web", PolicyName="steps", MetricValue=9.0, BreachThreshold=5.0)
    assert size(account) == (5, 5)


def test_weights_count_in_a_mixed_instances_group(account: LocalAccount) -> None:
    account.seed_groups([web(desired=8, weights={"p4d.24xlarge": 4, "g5.xlarge": 1})])
    found = group(account)
    assert [(one["InstanceType"], one["WeightedCapacity"]) for one in found["Instances"]] == [("p4d.24xlarge", "4")] * 2
    account.scale("web", to=10)
    assert size(account) == (10, 3)
    assert activities(account)[0]["Cause"].endswith("increasing the capacity from 8 to 12.")
    change(account, "update_auto_scaling_group", MaxSize=7)
    assert size(account) == (7, 2)
    assert len(group(account)["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]) == 2


# -- who is told ---------------------------------------------------------------------------------
def trail(account: LocalAccount) -> None:
    account.client("s3").create_bucket(Bucket="example-trail")
    account.client("cloudtrail").create_trail(Name="management-events", S3BucketName="example-trail")
    account.client("cloudtrail").start_logging(Name="management-events")


def calls(account: LocalAccount) -> list[Any]:
    account.settle()
    return [event["detail"] for event in events(account, "AWS API Call via CloudTrail")]


def test_changes_reach_eventbridge_while_a_trail_logs(account: LocalAccount) -> None:
    account.seed_groups([web()])
    change(account, "update_auto_scaling_group", MaxSize=9)
    assert calls(account) == []
    trail(account)
    change(account, "update_auto_scaling_group", MinSize=1, MaxSize=8, DesiredCapacity=2)
    change(account, "suspend_processes", ScalingProcesses=["Terminate"])
    with pytest.raises(ClientError):
        change(account, "set_desired_capacity", DesiredCapacity=80)
    activities(account)
    updated, halted, refused = calls(account)
    assert (updated["eventSource"], updated["eventName"]) == ("autoscaling.amazonaws.com", "UpdateAutoScalingGroup")
    assert updated["requestParameters"] == {
        "autoScalingGroupName": "web",
        "minSize": 1,
        "maxSize": 8,
        "desiredCapacity": 2,
    }
    assert (updated["responseElements"], "errorCode" in updated) == (None, False)
    assert updated["userIdentity"]["type"] == "IAMUser"
    assert halted["requestParameters"]["scalingProcesses"] == ["Terminate"]
    assert refused["errorCode"] == "ValidationError"
    assert "above max value 8" in refused["errorMessage"]


CLAMP = "arn:aws:iam::123456789012:role/clamp"


def clamping(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template with one role."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "only", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    properties = {
        "RoleName": "clamp",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [policy],
    }
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


READS = {
    "Effect": "Allow",
    "Action": [f"autoscaling:Describe{what}" for what in ("ScalingActivities", "InstanceRefreshes", "Policies")],
    "Resource": "*",
}
WRITES = {
    "Effect": "Allow",
    "Action": ["autoscaling:UpdateAutoScalingGroup", "autoscaling:SuspendProcesses", "autoscaling:ResumeProcesses"],
    "Resource": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/*",
}
NOT_KEPT = {
    "Effect": "Deny",
    "Action": "autoscaling:*",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/keep": "yes"}},
}
ONLY_DOWN_TO_TWO = {
    "Effect": "Deny",
    "Action": "autoscaling:UpdateAutoScalingGroup",
    "Resource": "*",
    "Condition": {"NumericLessThan": {"autoscaling:MaxSize": "2"}},
}


def test_a_role_is_judged_by_the_groups_tags_and_the_limits_it_asks_for() -> None:
    template = clamping(READS, WRITES, NOT_KEPT, ONLY_DOWN_TO_TWO)
    with LocalAccount.from_template(template, start=START) as account:
        account.seed_groups([web(), GroupSeed("kept", "m5.large", 0, 9, 1, BEFORE, {"keep": "yes"})])
        trail(account)
        client = account.client("autoscaling", CLAMP)
        assert client.describe_scaling_activities()["Activities"]
        assert client.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"] == []
        client.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=2)
        client.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
        client.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
        for name, maximum in (("web", 1), ("kept", 5)):
            with pytest.raises(ClientError, match="AccessDenied"):
                client.update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=maximum)
        assert size(account) == (2, 2)
        issuer = calls(account)[0]["userIdentity"]["sessionContext"]["sessionIssuer"]
        assert (issuer["arn"], issuer["type"]) == (CLAMP, "Role")
        assert [one.get("errorCode") for one in calls(account)] == [None] * 3 + ["AccessDenied"] * 2


def test_instance_refreshes_are_those_of_the_story(account: LocalAccount) -> None:
    account.seed_groups([web()])
    refresh = {"InstanceRefreshId": "r-1", "AutoScalingGroupName": "web", "Status": "InProgress", "StartTime": START}
    account.seed_instance_refreshes([refresh, {**refresh, "AutoScalingGroupName": "api"}])
    assert change(account, "describe_instance_refreshes")["InstanceRefreshes"] == [refresh]


def test_a_protected_group_cannot_be_deleted(account: LocalAccount) -> None:
    account.seed_groups([web(deletion_protection="prevent-all-deletion")])
    assert group(account)["DeletionProtection"] == "prevent-all-deletion"
    with pytest.raises(ClientError, match="deletion protection"):
        change(account, "delete_auto_scaling_group", ForceDelete=True)


def test_an_alarm_on_the_desired_capacity_fires_by_itself(account: LocalAccount) -> None:
    account.seed_groups([web()])
    change(account, "enable_metrics_collection", Granularity="1Minute", Metrics=["GroupDesiredCapacity"])
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="web-above-5",
        Namespace="AWS/AutoScaling",
        MetricName="GroupDesiredCapacity",
        Dimensions=[{"Name": "AutoScalingGroupName", "Value": "web"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    account.advance(2 * MINUTE)
    account.scale("web", to=7)
    account.advance(2 * MINUTE)
    states = [event["detail"]["state"]["value"] for event in events(account, "CloudWatch Alarm State Change")]
    assert states == ["OK", "ALARM"]
    change(account, "update_auto_scaling_group", MaxSize=4)
    account.advance(2 * MINUTE)
    assert len(events(account, "CloudWatch Alarm State Change")) == 3


def test_the_desired_capacity_is_a_metric_once_it_is_collected(account: LocalAccount) -> None:
    account.seed_groups([web(metrics=["GroupDesiredCapacity"], scaled=[(START - DAY, 5)])])
    account.scale("web", to=6)
    metric = {
        "Namespace": "AWS/AutoScaling",
        "MetricName": "GroupDesiredCapacity",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}],
    }
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=BEFORE - DAY, EndTime=START + DAY, ScanBy="TimestampAscending"
    )
    assert answer["MetricDataResults"][0]["Values"] == [3.0, 5.0, 6.0]
    assert group(account)["EnabledMetrics"] == [{"Metric": "GroupDesiredCapacity", "Granularity": "1Minute"}]
    change(account, "disable_metrics_collection")
    assert group(account)["EnabledMetrics"] == []


CODE = """
import boto3

def handler(event, context):
    group = event["detail"]["AutoScalingGroupName"]
    boto3.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=4)
"""


def test_a_function_clamps_a_group_on_its_launches(stack: Any, opened: Any) -> None:
    stack.function("Clamp", CODE, {"Action": "autoscaling:UpdateAutoScalingGroup", "Resource": "*"})
    pattern = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance Launch Successful"]}
    stack.rule("Launches", {"Arn": stack.arn("Clamp")}, EventPattern=pattern)
    stack.permit("Clamp", stack.arn("Launches"))
    account = opened(stack)
    account.seed_groups([web()])
    trail(account)
    account.scale("web", by=3)
    assert [one.error for one in account.invocations] == [None] * 3
    assert size(account) == (4, 4)
    assert len(events(account, "EC2 Instance Terminate Successful")) == 2
    assert [one["requestParameters"]["maxSize"] for one in calls(account)] == [4] * 3
    assert "Boto3" in calls(account)[0]["userAgent"]
    account.scale("web", to=9, settle=False)
    assert len(account.invocations) == 3
    account.settle()
    assert size(account) == (4, 4)
