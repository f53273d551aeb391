"""Stories of the services behind the account: log groups, alarms, budgets, and what can go wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccountError, LogGroupSeed, NotPermitted

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ECHO = "def handler(event, context): return event"


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_new_things_are_as_old_as_the_virtual_clock_says(stack: Any, opened: Any) -> None:
    account = opened(stack)
    account.advance(timedelta(days=10))
    account.client("logs").create_log_group(logGroupName="new")

    (group,) = account.client("logs").describe_log_groups()["logGroups"]

    created = datetime.fromtimestamp(group["creationTime"] / 1000, UTC)
    assert START + timedelta(days=10) <= created <= account.clock.now()


def test_log_groups_are_seeded_with_what_the_api_cannot_set(stack: Any, opened: Any) -> None:
    account = opened(stack)
    old = datetime(2024, 1, 1, tzinfo=UTC)
    account.seed_log_groups(
        [
            LogGroupSeed("/a", created_at=old, stored_bytes=5_000, days=7, tags={"owner": "ml"}),
            LogGroupSeed("/b", log_class="DELIVERY", account_policy="p", deletion_protection=True),
        ]
    )
    logs = account.client("logs")

    first, second = logs.describe_log_groups()["logGroups"]

    assert (first["creationTime"], first["storedBytes"]) == (old.timestamp() * 1000, 5_000)
    assert (first["retentionInDays"], first["logGroupClass"]) == (7, "STANDARD")
    assert logs.list_tags_for_resource(resourceArn=first["logGroupArn"])["tags"] == {"owner": "ml"}
    assert (second["logGroupClass"], second["deletionProtectionEnabled"]) == ("DELIVERY", True)
    assert "retentionInDays" not in second


def test_the_account_policy_overriding_a_group_is_shown_when_the_sdk_knows_the_field(stack: Any, opened: Any) -> None:
    account = opened(stack)
    account.seed_log_groups([LogGroupSeed("/b", account_policy="longest")])
    client = account.client("logs")
    known = client.meta.service_model.shape_for("LogGroup").members
    (group,) = client.describe_log_groups()["logGroups"]
    assert group.get("retentionPolicyName") == ("longest" if "retentionPolicyName" in known else None)


def test_log_groups_are_found_by_prefix_substring_identifier_and_class(stack: Any, opened: Any) -> None:
    account = opened(stack)
    names = [f"/app/{i:03}" for i in range(120)]
    account.seed_log_groups([LogGroupSeed(name) for name in names])
    account.seed_log_groups([LogGroupSeed("/x/app/1", log_class="INFREQUENT_ACCESS")])
    logs = account.client("logs")

    def found(**parameters: Any) -> list[str]:
        pages = logs.get_paginator("describe_log_groups").paginate(**parameters)
        return [group["logGroupName"] for page in pages for group in page["logGroups"]]

    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/app/007"
    assert found(logGroupNamePrefix="/app/") == names
    assert found(logGroupNamePattern="app/1") == [*names[100:], "/x/app/1"]
    assert found(logGroupIdentifiers=[arn, "/app/003", "/not/there"]) == ["/app/003", "/app/007"]
    assert found(logGroupClass="INFREQUENT_ACCESS") == ["/x/app/1"]
    assert len(logs.describe_log_groups()["logGroups"]) == 50
    both = {"logGroupNamePrefix": "/app", "logGroupNamePattern": "1"}
    assert refused(logs.describe_log_groups, **both) == "InvalidParameterException"


def test_retention_takes_only_the_days_aws_knows_and_no_delivery_groups(stack: Any, opened: Any) -> None:
    account = opened(stack)
    account.seed_log_groups([LogGroupSeed("/a"), LogGroupSeed("/d", log_class="DELIVERY")])
    put = account.client("logs").put_retention_policy

    put(logGroupName="/a", retentionInDays=3653)
    assert refused(put, logGroupName="/a", retentionInDays=31) == "InvalidParameterException"
    assert refused(put, logGroupName="/d", retentionInDays=1) == "InvalidParameterException"
    assert refused(put, logGroupName="/gone", retentionInDays=1) == "ResourceNotFoundException"
    assert [c.error for c in account.calls] == [
        None,
        "InvalidParameterException",
        "InvalidParameterException",
        "ResourceNotFoundException",
    ]


def test_a_fault_strikes_the_calls_it_names_as_often_as_it_says(stack: Any, opened: Any) -> None:
    account = opened(stack)
    account.seed_log_groups([LogGroupSeed("/a"), LogGroupSeed("/b")])
    account.fail("logs:PutRetentionPolicy", match="/b", code="OperationAbortedException")
    put = account.client("logs").put_retention_policy

    put(logGroupName="/a", retentionInDays=1)
    assert refused(put, logGroupName="/b", retentionInDays=1) == "OperationAbortedException"
    put(logGroupName="/b", retentionInDays=1)


def test_a_throttled_action_refills_with_virtual_time(stack: Any, opened: Any) -> None:
    account = opened(stack)
    account.throttle("logs:DescribeLogGroups", rate=1 / 3600, burst=2)
    describe = account.client("logs").describe_log_groups

    describe()
    describe()
    assert refused(describe) == "ThrottlingException"
    assert account.calls[-1].throttled
    account.advance(timedelta(hours=1))
    describe()


def alarm(stack: Any, **properties: Any) -> None:
    stack.add(
        "Idle",
        "AWS::CloudWatch::Alarm",
        **{
            "AlarmName": "idle",
            "ComparisonOperator": "LessThanThreshold",
            "EvaluationPeriods": 3,
            "Threshold": 5,
            "Metrics": [
                {"Id": "e", "Expression": "m * 2", "ReturnData": True},
                {
                    "Id": "m",
                    "ReturnData": False,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "GPU",
                            "MetricName": "Use",
                            "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
                        },
                        "Period": 60,
                        "Stat": "Average",
                    },
                },
            ],
            **properties,
        },
    )


def test_an_alarm_speaks_on_the_bus_and_on_its_topic_when_it_changes(stack: Any, opened: Any) -> None:
    stack.add("Ops", "AWS::SNS::Topic")
    alarm(stack, AlarmActions=[{"Ref": "Ops"}])
    stack.function("Guard", ECHO)
    pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}
    stack.rule("OnAlarm", {"Arn": stack.arn("Guard")}, EventPattern=pattern)
    stack.permit("Guard", stack.arn("OnAlarm"))
    account = opened(stack)

    assert account.set_alarm("idle", "ALARM", "too low").rules == ["OnAlarm"]
    assert account.set_alarm("idle", "ALARM", "still too low") is None
    assert account.set_alarm("idle", "OK").rules == []

    (invocation,) = account.invocations
    detail = invocation.payload["detail"]
    assert (detail["alarmName"], detail["previousState"]["value"]) == ("idle", "INSUFFICIENT_DATA")
    metric = detail["configuration"]["metrics"][1]["metricStat"]["metric"]
    assert metric == {"namespace": "GPU", "name": "Use", "dimensions": {"InstanceId": "i-1"}}
    (message,) = account.messages(account.physical_ids["Ops"])
    body = json.loads(message.message)
    assert (body["NewStateValue"], body["Region"]) == ("ALARM", "US East (N. Virginia)")
    assert body["Trigger"]["Metrics"][1]["MetricStat"]["Metric"]["MetricName"] == "Use"


def test_an_alarm_cannot_reach_a_topic_whose_policy_leaves_it_out(stack: Any, opened: Any) -> None:
    stack.add("Ops", "AWS::SNS::Topic")
    only_budgets = {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": "*",
    }
    topics = {"Topics": [{"Ref": "Ops"}], "PolicyDocument": {"Statement": [only_budgets]}}
    stack.add("Policy", "AWS::SNS::TopicPolicy", **topics)
    alarm(stack, AlarmActions=[{"Ref": "Ops"}])
    account = opened(stack)

    account.set_alarm("idle", "ALARM")

    assert account.messages(account.physical_ids["Ops"]) == []
    assert "cloudwatch.amazonaws.com" in account.losses[0].reason


def test_a_budget_cannot_publish_on_a_topic_that_does_not_let_it_in(stack: Any, opened: Any) -> None:
    stack.add("Budget", "AWS::SNS::Topic")
    account = opened(stack)

    with pytest.raises(NotPermitted, match=r"budgets\.amazonaws\.com"):
        account.publish(account.physical_ids["Budget"], "over")
    account.publish(account.physical_ids["Budget"], "by hand", service=None)

    assert [m.message for m in account.messages(account.physical_ids["Budget"])] == ["by hand"]


def test_parameters_and_log_groups_of_the_template_are_there(stack: Any, opened: Any) -> None:
    stack.add("P", "AWS::SSM::Parameter", Name="/fuse/pause", Type="String", Value="off")
    stack.add("L", "AWS::Logs::LogGroup", LogGroupName="/own", RetentionInDays=30, LogGroupClass="STANDARD")
    account = opened(stack)

    assert account.client("ssm").get_parameter(Name="/fuse/pause")["Parameter"]["Value"] == "off"
    (group,) = account.client("logs").describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("/own", 30)


def test_a_name_that_is_not_there_says_what_is(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Sweep", ECHO)
    stack.rule("Nightly", {"Arn": stack.arn("Sweep")}, ScheduleExpression="rate(1 day)")
    account = opened(stack)

    with pytest.raises(LocalAccountError, match="names 0 schedules; there are Nightly"):
        account.run_schedule("Hourly")
    with pytest.raises(LocalAccountError, match="there is no alarm 'idle'"):
        account.set_alarm("idle", "ALARM")
    incomplete = {key: value for key, value in event().items() if key != "region"}
    with pytest.raises(LocalAccountError, match="the event lacks region"):
        account.put_event(incomplete)
