"""What the stack makes for budgets of LLM keys: who may say that money is spent, and who hears it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.llm_keys import names
from functions.llm_keys.budgets import SEES, Budget, CostFilter, Source
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.settings import LlmKeysSettings
from local.iam import Caller, Check, evaluate
from tests.stacks.conftest import Build
from tests.stacks.llm_policy import example, stack_of
from tests.stacks.template import BASE, HERE, Properties, Template, statements

ACCOUNT, OTHER = "123456789012", "999999999999"
TOPIC = f"arn:aws:sns:{HERE}:{BASE}-budgets"
FAILURES = f"arn:aws:sqs:{HERE}:{BASE}-failures"
FUNCTION = f"arn:aws:lambda:{HERE}:function:{BASE}-llm-keys"
EXAMPLE = example()


@pytest.fixture(scope="module")
def template(build: Build) -> Template:
    return stack_of(build, EXAMPLE)


@pytest.fixture(scope="module")
def idle(build: Build) -> Template:
    """A policy that names no budget."""
    return stack_of(build, LlmKeysSettings())


def test_keys_that_lost_their_last_budget_are_swept_and_can_be_given_back(build: Build) -> None:
    left = stack_of(build, replace(EXAMPLE, budgets=()))
    assert left.named("AWS::Events::Rule", f"{BASE}-llm-keys-sweep")["State"] == "ENABLED"
    assert f"{BASE}-llm-stop" in {one["ManagedPolicyName"] for one in left.of("AWS::IAM::ManagedPolicy")}
    assert left.of("AWS::Budgets::Budget") == []


def budgets_of(template: Template) -> dict[str, Properties]:
    return {one["Budget"]["BudgetName"]: one for one in template.of("AWS::Budgets::Budget")}


def named(settings: LlmKeysSettings, name: str) -> Budget:
    return next(one for one in settings.budgets if one.name == name)


def with_budget(budget: Budget) -> LlmKeysSettings:
    """The example with one budget alone."""
    return replace(EXAMPLE, budgets=(budget,))


def raw(template: Template, kind: str) -> list[dict[str, Any]]:
    return [one for one in template.document["Resources"].values() if one["Type"] == kind]


def test_the_example_has_every_kind_of_key_provider_and_source() -> None:
    assert {one.kind for one in EXAMPLE.stopping} == set(KINDS)
    assert {one.kind for one in EXAMPLE.providers} == {one.provider for one in KINDS.values() if one.provider}
    assert {one.kind for budget in EXAMPLE.budgets for one in budget.sources} == set(SEES)


# Without budgets


def test_a_policy_without_budgets_makes_nothing_and_sweeps_nothing(idle: Template) -> None:
    assert idle.of("AWS::Budgets::Budget") == idle.of("AWS::SecretsManager::Secret") == []
    assert {one["TopicName"] for one in idle.of("AWS::SNS::Topic")} == {f"{BASE}-alerts", f"{BASE}-operations"}
    assert not [one for one in idle.of("AWS::CloudWatch::Alarm") if one["AlarmName"].startswith(names.ALARM_PREFIX)]
    assert f"{BASE}-llm-stop" not in {one["ManagedPolicyName"] for one in idle.of("AWS::IAM::ManagedPolicy")}
    assert "BudgetTopicArn" not in idle.document["Outputs"]
    assert idle.named("AWS::Events::Rule", f"{BASE}-llm-keys-sweep")["State"] == "DISABLED"


def test_with_budgets_it_sweeps_every_five_minutes_and_is_quick(template: Template) -> None:
    rule = template.named("AWS::Events::Rule", f"{BASE}-llm-keys-sweep")
    assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(5 minutes)")
    function = template.named("AWS::Lambda::Function", f"{BASE}-llm-keys")
    assert function["Timeout"] == 120


# The topic


def topic_policy(template: Template) -> Properties:
    (found,) = [one["PolicyDocument"] for one in template.of("AWS::SNS::TopicPolicy") if one["Topics"] == [TOPIC]]
    return dict(found)


def test_the_topic_is_the_one_that_the_function_reads(template: Template) -> None:
    assert template.output("BudgetTopicArn") == TOPIC
    assert names.topic_arn(BASE, partition="aws", region="eu-west-1", account=ACCOUNT) == TOPIC


def test_exactly_three_services_may_publish(template: Template) -> None:
    allowed = [one for one in topic_policy(template)["Statement"] if one["Effect"] == "Allow"]
    own = {"aws:SourceAccount": ACCOUNT}
    assert {one["Principal"]["Service"]: one["Condition"] for one in allowed} == {
        "budgets.amazonaws.com": {
            "StringEquals": own,
            "ArnLike": {"aws:SourceArn": f"arn:aws:budgets::{ACCOUNT}:*"},
        },
        "costalerts.amazonaws.com": {"StringEquals": own},
        "cloudwatch.amazonaws.com": {
            "StringEquals": own,
            "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{HERE}:alarm:*"},
        },
    }
    assert {one["Action"] for one in allowed} == {"sns:Publish"}


def service(name: str, source: str, account: str = ACCOUNT, *, tls: str = "true") -> tuple[Caller, dict[str, Any]]:
    context = {
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (source,),
        "aws:principalisawsservice": ("true",),
        "aws:securetransport": (tls,),
    }
    return Caller("service", name), context


def person(account: str = ACCOUNT) -> tuple[Caller, dict[str, Any]]:
    arn = f"arn:aws:iam::{account}:role/admin"
    context = {"aws:principalisawsservice": ("false",), "aws:securetransport": ("true",), "aws:principalarn": (arn,)}
    return Caller("role", arn), context


BUDGET = f"arn:aws:budgets::{ACCOUNT}:budget/Chat"
ALARM = f"arn:aws:cloudwatch:{HERE}:alarm:anything"


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        (service("budgets.amazonaws.com", BUDGET), "Allow"),
        (service("costalerts.amazonaws.com", f"arn:aws:ce::{ACCOUNT}:anomalysubscription/1"), "Allow"),
        (service("cloudwatch.amazonaws.com", ALARM), "Allow"),
        (service("budgets.amazonaws.com", BUDGET, tls="false"), "Deny"),
        (service("budgets.amazonaws.com", f"arn:aws:budgets::{OTHER}:budget/Chat", OTHER), "None"),
        (service("costalerts.amazonaws.com", f"arn:aws:ce::{OTHER}:anomalysubscription/1", OTHER), "None"),
        (service("cloudwatch.amazonaws.com", f"arn:aws:cloudwatch:eu-west-1:{OTHER}:alarm:anything", OTHER), "None"),
        (service("events.amazonaws.com", f"arn:aws:events:{HERE}:rule/anything"), "None"),
        (person(), "Deny"),
        (person(OTHER), "Deny"),
    ],
)
def test_who_may_say_that_money_is_spent(template: Template, who: tuple[Caller, dict[str, Any]], verdict: str) -> None:
    caller, context = who
    assert evaluate(topic_policy(template)["Statement"], Check("sns:Publish", TOPIC, context), caller) == verdict


def test_the_function_hears_it_and_what_does_not_arrive_is_kept(template: Template) -> None:
    (subscription,) = [one for one in template.of("AWS::SNS::Subscription") if one["TopicArn"] == TOPIC]
    assert subscription == {
        "TopicArn": TOPIC,
        "Protocol": "lambda",
        "Endpoint": FUNCTION,
        "RedrivePolicy": {"deadLetterTargetArn": FAILURES},
    }
    (invoked,) = [one for one in template.of("AWS::Lambda::Permission") if one["Principal"] == "sns.amazonaws.com"]
    assert invoked == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": FUNCTION,
        "Principal": "sns.amazonaws.com",
        "SourceArn": TOPIC,
        "SourceAccount": ACCOUNT,
    }
    (queue,) = [one for one in template.of("AWS::SQS::QueuePolicy") if one["Queues"] == [f"{BASE}-failures"]]
    assert statements(queue["PolicyDocument"], "Allow")["FuseboxBudgets"] == {
        "actions": ["sqs:SendMessage"],
        "resources": [FAILURES],
        "conditions": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }


# AWS budgets


def test_a_budget_with_an_aws_source_is_an_aws_budget_by_the_name_that_the_function_reads(template: Template) -> None:
    research = named(EXAMPLE, "Research on Bedrock")
    assert set(budgets_of(template)) == {names.aws_budget(research)}
    made = budgets_of(template)[names.aws_budget(research)]["Budget"]
    assert made == {
        "BudgetName": names.aws_budget(research),
        "BudgetType": "COST",
        "BudgetLimit": {"Amount": 5000, "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "CostFilters": {"Service": ["Amazon Bedrock"]},
    }


def test_every_notification_has_one_subscriber_and_that_is_the_topic(template: Template) -> None:
    (made,) = template.of("AWS::Budgets::Budget")
    told = made["NotificationsWithSubscribers"]
    assert [one["Subscribers"] for one in told] == [[{"SubscriptionType": "SNS", "Address": TOPIC}]] * len(told)
    assert [(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in told] == [
        ("ACTUAL", 50),
        ("ACTUAL", 80),
        ("ACTUAL", 95),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert {(one["Notification"]["ComparisonOperator"], one["Notification"]["ThresholdType"]) for one in told} == {
        ("GREATER_THAN", "PERCENTAGE")
    }


def test_a_budget_is_made_after_the_topic_lets_it_publish(template: Template) -> None:
    resources = template.document["Resources"]
    (budget,) = raw(template, "AWS::Budgets::Budget")
    before = {resources[one]["Type"] for one in budget["DependsOn"]}
    assert before >= {"AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::Lambda::Permission"}


@pytest.mark.parametrize(
    ("period", "unit", "forecast"),
    [
        ("daily", "DAILY", False),
        ("monthly", "MONTHLY", True),
        ("quarterly", "QUARTERLY", True),
        ("annually", "ANNUALLY", True),
    ],
)
def test_each_period_is_aws_s_and_a_daily_budget_has_no_forecast(
    build: Build, period: Any, unit: str, forecast: bool
) -> None:
    budget = replace(named(EXAMPLE, "Research on Bedrock"), period=period)
    (made,) = stack_of(build, with_budget(budget)).of("AWS::Budgets::Budget")
    assert made["Budget"]["TimeUnit"] == unit
    kinds = {one["Notification"]["NotificationType"] for one in made["NotificationsWithSubscribers"]}
    assert ("FORECASTED" in kinds) is forecast


def test_filters_of_one_key_add_up_and_a_budget_without_filters_counts_the_account(build: Build) -> None:
    filters = (
        CostFilter(key="TagKeyValue", values=("user:team$web",)),
        CostFilter(key="TagKeyValue", values=("user:team$data",)),
        CostFilter(key="Service", values=("Amazon Bedrock",)),
    )
    budget = named(EXAMPLE, "Research on Bedrock")
    (made,) = stack_of(
        build, with_budget(replace(budget, sources=(Source(kind="aws", filters=filters),), per_hour=None))
    ).of("AWS::Budgets::Budget")
    assert made["Budget"]["CostFilters"] == {
        "TagKeyValue": ["user:team$web", "user:team$data"],
        "Service": ["Amazon Bedrock"],
    }
    whole = replace(budget, sources=(Source(kind="aws"),), per_hour=None)
    (made,) = stack_of(build, with_budget(whole)).of("AWS::Budgets::Budget")
    assert "CostFilters" not in made["Budget"]


def test_a_changed_threshold_is_a_budget_of_another_name(build: Build) -> None:
    budget = named(EXAMPLE, "Research on Bedrock")
    changed = replace(budget, warn_percent=(70.0,))
    first, second = (budgets_of(stack_of(build, with_budget(one))) for one in (budget, changed))
    assert not set(first) & set(second)


def test_an_adopted_budget_is_not_made(build: Build) -> None:
    assert stack_of(build, with_budget(named(EXAMPLE, "Whole account"))).of("AWS::Budgets::Budget") == []


# Alarms


def test_what_the_meter_reports_is_alarmed_on_by_hour_and_by_day(template: Template) -> None:
    alarms = {one["AlarmName"]: one for one in template.of("AWS::CloudWatch::Alarm")}
    mine = {name: one for name, one in alarms.items() if name.startswith("fusebox-llm-keys-")}
    assert {name: (one["Period"], one["Threshold"]) for name, one in mine.items()} == {
        "fusebox-llm-keys-Chat-hour": (3600, 50),
        "fusebox-llm-keys-Chat-day": (86400, 200),
        "fusebox-llm-keys-Experiments-hour": (3600, 40),
        "fusebox-llm-keys-Experiments-day": (86400, 40),
    }
    for name, one in mine.items():
        budget = name.removeprefix("fusebox-llm-keys-").rsplit("-", 1)[0]
        assert (one["Namespace"], one["MetricName"], one["Statistic"]) == ("AI/FinOps", "EstimatedCostUSD", "Sum")
        assert one["Dimensions"] == [{"Name": "Budget", "Value": budget}]
        assert (one["EvaluationPeriods"], one["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
        assert one["TreatMissingData"] == "notBreaching"
        assert not {"AlarmActions", "OKActions", "InsufficientDataActions"} & set(one)


def test_without_limits_of_its_own_an_alarm_stands_at_what_stops_the_budget(build: Build) -> None:
    budget = replace(named(EXAMPLE, "Chat"), per_hour=None, per_day=None, stop_percent=110.0)
    alarms = stack_of(build, with_budget(budget)).of("AWS::CloudWatch::Alarm")
    assert {one["Threshold"] for one in alarms if one["AlarmName"].startswith("fusebox-llm-keys-")} == {2200}


def test_the_rule_hears_these_alarms(template: Template) -> None:
    (rule,) = [one for one in template.of("AWS::Events::Rule") if "alarmName" in str(one.get("EventPattern"))]
    assert rule["EventPattern"]["detail"]["alarmName"] == [{"prefix": "fusebox-llm-keys-"}]
    assert [one["Arn"] for one in rule["Targets"]] == [FUNCTION]


# The policy that stops, and the secrets


def test_the_one_policy_only_denies_and_is_attached_to_nobody(template: Template) -> None:
    stop = template.named("AWS::IAM::ManagedPolicy", f"{BASE}-llm-stop")
    (statement,) = stop["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", "*")
    assert set(statement["Action"]) == {
        "bedrock:InvokeModel*",
        "bedrock:CallWithBearerToken",
        "bedrock:CreateModelInvocationJob",
        "bedrock-mantle:CreateInference",
        "bedrock-mantle:CallWithBearerToken",
    }
    assert not {"Roles", "Users", "Groups"} & set(stop)
    (whole,) = [
        one
        for one in raw(template, "AWS::IAM::ManagedPolicy")
        if "llm-stop" in str(one["Properties"]["ManagedPolicyName"])
    ]
    assert "DeletionPolicy" not in whole


def test_without_principals_there_is_no_such_policy(build: Build) -> None:
    others = tuple(one for one in EXAMPLE.keys if one.kind != "bedrock_principal")
    built = stack_of(build, replace(with_budget(named(EXAMPLE, "Chat")), keys=others))
    assert f"{BASE}-llm-stop" not in {one["ManagedPolicyName"] for one in built.of("AWS::IAM::ManagedPolicy")}


def test_each_provider_account_has_an_empty_secret_that_stays(template: Template) -> None:
    secrets = raw(template, "AWS::SecretsManager::Secret")
    assert {template.resolve(one["Properties"]["Name"]) for one in secrets} == {
        names.admin_secret(BASE, one) for one in ("anthropic", "openai", "openrouter", "proxy")
    }
    for one in secrets:
        assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain"
        assert not {"SecretString", "GenerateSecretString"} & set(one["Properties"])


def test_what_no_budget_covers_any_longer_can_still_be_given_back(template: Template, build: Build) -> None:
    built = stack_of(build, with_budget(named(EXAMPLE, "Chat")))
    assert built.of("AWS::SecretsManager::Secret") == template.of("AWS::SecretsManager::Secret")
    assert built.named("AWS::IAM::ManagedPolicy", f"{BASE}-llm-stop")


def test_everything_of_it_carries_fuseboxs_tag(template: Template) -> None:
    own = {"Key": "fusebox:component", "Value": "llm_keys"}
    assert all(own in one["ResourceTags"] for one in template.of("AWS::Budgets::Budget"))
    assert all(own in one["Tags"] for one in template.of("AWS::SecretsManager::Secret"))
    assert own in template.named("AWS::SNS::Topic", f"{BASE}-budgets")["Tags"]
