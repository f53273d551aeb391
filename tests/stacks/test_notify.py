"""The way to Slack: what the queue lets in, where messages end, what the function may, and the secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws_cdk import Stack

from functions.core.spec import OWN_TAG
from functions.notify.spec import Mention, SlackSettings
from functions.notify.webhook import TIMEOUT
from stacks.alerts import Alerts
from stacks.asset import stage_folder
from stacks.failures import Failures
from stacks.naming import Naming
from stacks.notify import Notify
from stacks.store import Store, table_name
from stacks.synthesis import STACK, new_app
from tests.stacks.template import BASE, HERE, Properties, Template, statements

NAME = f"{BASE}-notify"
QUEUE = f"arn:aws:sqs:{HERE}:{NAME}"
FAILURES = f"arn:aws:sqs:{HERE}:{BASE}-failures"
ALERTS = f"arn:aws:sns:{HERE}:{BASE}-alerts"
OPERATIONS = f"arn:aws:sns:{HERE}:{BASE}-operations"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:{BASE}-slack-webhook-AbCdEf"
TABLE = f"arn:aws:dynamodb:{HERE}:table/{BASE}-ledger"
SETTINGS = SlackSettings(webhook=True, mentions=(Mention(owner="web", slack="U012AB3CD"),))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    naming = Naming("fusebox")
    app = new_app(tmp_path_factory.mktemp("notify"))
    stack = Stack(app, STACK)
    topics = Alerts(stack, "Topics", naming=naming, alert_emails=(), operations_emails=())
    Notify(
        stack,
        "Notify",
        naming=naming,
        settings=SETTINGS,
        alerts=topics.alerts,
        operations=topics.operations,
        failures=Failures(stack, "Failures", naming=naming).queue,
        table=Store(stack, "Store", name=table_name(naming)).table,
        layer_arn="arn:aws:lambda:eu-west-1:123456789012:layer:powertools:1",
        staging=tmp_path_factory.mktemp("staging"),
    )
    return Template.load(Path(app.synth().directory))


def function(template: Template) -> Properties:
    return template.named("AWS::Lambda::Function", NAME)


def secret_logical_id(template: Template) -> str:
    (found,) = [
        logical
        for logical, one in template.document["Resources"].items()
        if one["Type"] == "AWS::SecretsManager::Secret"
    ]
    return str(found)


def lets_in(template: Template, queue: str) -> dict[str, Properties]:
    """The statements that allow sending to a queue, by its name."""
    (policy,) = [one for one in template.of("AWS::SQS::QueuePolicy") if one["Queues"] == [queue]]
    return statements(policy["PolicyDocument"], "Allow")


def test_the_queue_takes_messages_of_the_alerts_topic_only(template: Template) -> None:
    assert lets_in(template, NAME) == {
        "FuseboxAlerts": {
            "actions": ["sqs:SendMessage"],
            "resources": [QUEUE],
            "conditions": {"ArnEquals": {"aws:SourceArn": ALERTS}},
        }
    }


def test_the_subscription_is_raw_and_has_a_way_out(template: Template) -> None:
    (subscription,) = template.of("AWS::SNS::Subscription")
    assert subscription == {
        "TopicArn": ALERTS,
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "RawMessageDelivery": True,
        "RedrivePolicy": {"deadLetterTargetArn": FAILURES},
    }
    assert lets_in(template, f"{BASE}-failures")["FuseboxAlerts"] == {
        "actions": ["sqs:SendMessage"],
        "resources": [FAILURES],
        "conditions": {"ArnEquals": {"aws:SourceArn": ALERTS}},
    }


def test_a_message_waits_some_six_hours_and_is_then_a_failure(template: Template) -> None:
    queue = template.named("AWS::SQS::Queue", NAME)
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": FAILURES, "maxReceiveCount": 28}
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["VisibilityTimeout"] >= 6 * function(template)["Timeout"]
    failures = template.named("AWS::SQS::Queue", f"{BASE}-failures")
    assert queue["MessageRetentionPeriod"] < failures["MessageRetentionPeriod"]


def test_a_batch_reports_what_failed_and_fits_into_the_functions_time(template: Template) -> None:
    (mapping,) = template.of("AWS::Lambda::EventSourceMapping")
    assert mapping["EventSourceArn"] == QUEUE
    assert mapping["FunctionName"] == NAME
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["BatchSize"] * TIMEOUT < function(template)["Timeout"]


def test_the_function_is_a_small_one_and_knows_no_address(template: Template) -> None:
    made = function(template)
    assert (made["Runtime"], made["Architectures"], made["MemorySize"]) == ("python3.13", ["arm64"], 256)
    assert made["Handler"] == "functions.notify.handler.handle"
    environment = made["Environment"]["Variables"]
    assert environment["FUSEBOX_SLACK_SECRET"] == SECRET
    assert "slack.com" not in json.dumps(template.document)
    (group,) = template.of("AWS::Logs::LogGroup")
    assert (group["LogGroupName"], group["RetentionInDays"]) == (f"/aws/lambda/{NAME}", 30)


def test_the_secret_has_no_value_and_stays(template: Template) -> None:
    secret = template.document["Resources"][secret_logical_id(template)]
    assert not {"SecretString", "GenerateSecretString"} & set(secret["Properties"])
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert template.resolve(secret["Properties"]["Name"]) == f"{BASE}-slack-webhook"


def test_the_role_may_do_what_the_function_does_and_nothing_else(template: Template) -> None:
    role = template.named("AWS::IAM::Role", NAME)
    assert "ManagedPolicyArns" not in role
    (policy,) = role["Policies"]
    streams = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/{NAME}:log-stream:*"
    assert statements(policy["PolicyDocument"], "Allow") == {
        "RememberWhatWasTold": {
            "actions": ["dynamodb:BatchGetItem", "dynamodb:PutItem"],
            "resources": [TABLE],
            "conditions": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["state#told", "state#notices"]}},
        },
        "ReadTheWebhook": {
            "actions": ["secretsmanager:GetSecretValue"],
            "resources": [SECRET],
            "conditions": {},
        },
        "SayWhatKeepsSlackFromBeingTold": {"actions": ["sns:Publish"], "resources": [OPERATIONS], "conditions": {}},
        "TakeMessages": {
            "actions": [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            "resources": [QUEUE],
            "conditions": {},
        },
        "WriteOwnLogs": {
            "actions": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "resources": [streams],
            "conditions": {},
        },
    }
    assert template.of("AWS::IAM::Policy") == []


def test_everything_carries_fuseboxs_tag(template: Template) -> None:
    for kind in ("AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SecretsManager::Secret"):
        for made in template.of(kind):
            assert {"Key": OWN_TAG, "Value": "notify"} in made["Tags"], kind


def test_the_asset_holds_core_notify_and_its_settings(tmp_path: Path) -> None:
    folder = stage_folder("notify", "notify", SETTINGS, tmp_path)
    held = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert {"settings.json", "functions/__init__.py", "functions/core/notice.py", "functions/notify/handler.py"} <= held
    assert not [
        one
        for one in held
        if one.startswith("functions/") and one.split("/")[1] not in ("__init__.py", "core", "notify")
    ]
    assert json.loads((folder / "settings.json").read_text())["mentions"] == [{"owner": "web", "slack": "U012AB3CD"}]
