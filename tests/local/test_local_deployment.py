"""What the local account takes, and what it refuses as AWS would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import DeploymentRejected, LocalAccount, LocalAccountError, PatternError, UnmodelledResource
from tests.local.conftest import document, trust

NOTHING = "def handler(event, context): return None"


def test_a_type_that_is_not_modelled_fails_the_deployment_by_name(stack: Any, opened: Any) -> None:
    stack.add("Key", "AWS::KMS::Key")
    with pytest.raises(UnmodelledResource, match=r"Key: AWS::KMS::Key .*AWS::Lambda::Function"):
        opened(stack)


def test_a_property_that_would_be_ignored_fails_the_deployment_by_name(stack: Any, opened: Any) -> None:
    stack.add("Inbox", "AWS::SQS::Queue", FifoQueue=True)
    with pytest.raises(UnmodelledResource, match=r"Inbox: AWS::SQS::Queue has FifoQueue"):
        opened(stack)


def test_an_unknown_managed_policy_is_refused(stack: Any, opened: Any) -> None:
    stack.role("Role")
    stack.resources["Role"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    with pytest.raises(UnmodelledResource, match=r"Role: .*AdministratorAccess"):
        opened(stack)


def test_an_environment_over_four_kilobytes_is_refused(stack: Any, opened: Any) -> None:
    stack.function("Big", NOTHING, Environment={"Variables": {"A": "x" * 4090}})
    with pytest.raises(DeploymentRejected, match=r"Big: environment variables take 4098 bytes"):
        opened(stack)


def test_an_unknown_runtime_is_refused(stack: Any, opened: Any) -> None:
    stack.function("Old", NOTHING, Runtime="python2.7")
    with pytest.raises(DeploymentRejected, match=r"Old: unknown runtime 'python2\.7'"):
        opened(stack)


def test_a_role_lambda_cannot_assume_is_refused(stack: Any, opened: Any) -> None:
    stack.function("Mine", NOTHING)
    stack.role("MineRole", service="states")
    with pytest.raises(DeploymentRejected, match=r"Mine: the role .* cannot be assumed by Lambda"):
        opened(stack)


def test_a_circular_reference_is_refused(stack: Any, opened: Any) -> None:
    stack.add("A", "AWS::SQS::Queue", QueueName={"Fn::Sub": "${B.QueueName}-a"})
    stack.add("B", "AWS::SQS::Queue", QueueName={"Fn::Join": ["", [{"Ref": "A"}, "-b"]]})
    with pytest.raises(DeploymentRejected, match=r"circular reference: (A -> B -> A|B -> A -> B)"):
        opened(stack)


def test_a_pattern_over_2048_characters_is_refused(stack: Any, opened: Any) -> None:
    stack.rule("Long", EventPattern={"source": ["x" * 2048]})
    with pytest.raises(DeploymentRejected, match=r"Long: the event pattern has 20"):
        opened(stack)


def test_a_pattern_with_an_unknown_operator_is_refused(stack: Any, opened: Any) -> None:
    stack.rule("Odd", EventPattern={"source": [{"contains": "x"}]})
    with pytest.raises(PatternError, match=r"contains"):
        opened(stack)


def test_more_than_five_targets_are_refused(stack: Any, opened: Any) -> None:
    stack.add("Inbox", "AWS::SQS::Queue")
    stack.rule("Wide", *[{"Arn": stack.arn("Inbox")}] * 6, EventPattern={"source": ["x"]})
    with pytest.raises(DeploymentRejected, match=r"Wide: 6 targets"):
        opened(stack)


def test_a_queue_cannot_delay_for_more_than_a_quarter_of_an_hour(stack: Any, opened: Any) -> None:
    stack.add("Slow", "AWS::SQS::Queue", DelaySeconds=901)
    with pytest.raises(DeploymentRejected, match=r"Slow: DelaySeconds 901"):
        opened(stack)


def feed(stack: Any, *allow: Any, **queue: Any) -> None:
    stack.add("Work", "AWS::SQS::Queue", **queue)
    stack.function("Worker", NOTHING, *allow)
    source = {"EventSourceArn": stack.arn("Work"), "FunctionName": {"Ref": "Worker"}}
    stack.add("Feed", "AWS::Lambda::EventSourceMapping", **source)


def test_a_mapping_needs_a_visibility_timeout_as_long_as_the_function_runs(stack: Any, opened: Any) -> None:
    feed(stack, VisibilityTimeout=5)
    with pytest.raises(DeploymentRejected, match=r"Feed: the queue's visibility timeout"):
        opened(stack)


def test_a_mapping_needs_a_role_that_may_read_the_queue(stack: Any, opened: Any) -> None:
    feed(stack, {"Action": ["sqs:ReceiveMessage"], "Resource": {"Fn::GetAtt": ["Work", "Arn"]}})
    with pytest.raises(DeploymentRejected, match=r"Feed: .* may not sqs:DeleteMessage"):
        opened(stack)


def test_intrinsic_functions_conditions_and_outputs(stack: Any, opened: Any) -> None:
    stack.add("Inbox", "AWS::SQS::Queue", QueueName={"Fn::Sub": ["${AWS::StackName}-${x}", {"x": "inbox"}]})
    stack.add("Never", "AWS::SQS::Queue")
    stack.resources["Never"]["Condition"] = "Off"
    stack.add("Meta", "AWS::CDK::Metadata", Analytics="v2")
    stack.outputs["Arn"] = {"Value": stack.arn("Inbox")}
    stack.outputs["Part"] = {"Value": {"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "Name"}]}]}}
    stack.outputs["Which"] = {"Value": {"Fn::If": ["Off", "a", {"Fn::FindInMap": ["M", "k", "v"]}]}}
    template = {
        **stack.template,
        "Parameters": {
            "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk/version"},
            "Name": {"Type": "String", "Default": "a-b-c"},
        },
        "Conditions": {"Off": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}},
        "Mappings": {"M": {"k": {"v": "mapped"}}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
    }
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with LocalAccount.from_template(template, start=start) as account:
        assert account.outputs == {
            "Arn": "arn:aws:sqs:us-east-1:123456789012:Local-inbox",
            "Part": "b",
            "Which": "mapped",
        }
        assert "Never" not in account.physical_ids
        shown = account.client("cloudformation").describe_stacks(StackName="Local")["Stacks"][0]["Outputs"]
        assert {o["OutputKey"]: o["OutputValue"] for o in shown} == account.outputs


def test_an_assembly_is_read_with_its_assets_and_in_order(stack: Any, tmp_path: Path) -> None:
    stack.function("Hello", "def handler(event, context): return 'hello'")
    stack.outputs["Name"] = {"Value": {"Ref": "Hello"}, "Export": {"Name": "hello-name"}}
    second = {"Resources": {}, "Outputs": {"Again": {"Value": {"Fn::ImportValue": "hello-name"}}}}
    out = tmp_path / "cdk.out"
    out.mkdir()
    ((key, directory),) = stack.assets.items()
    directory.rename(out / "asset.abc")
    files = {
        "abc": {
            "source": {"path": "asset.abc", "packaging": "zip"},
            "destinations": {"d": {"objectKey": key}},
        }
    }
    (out / "one.assets.json").write_text(json.dumps({"files": files}))
    (out / "one.template.json").write_text(json.dumps(stack.template))
    (out / "two.template.json").write_text(json.dumps(second))
    artifacts = {
        "two": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "two.template.json"},
            "dependencies": ["one"],
        },
        "one.assets": {"type": "cdk:asset-manifest", "properties": {"file": "one.assets.json"}},
        "one": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "one.template.json"},
            "dependencies": ["one.assets"],
        },
        "Tree": {"type": "cdk:tree"},
    }
    (out / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}))

    with LocalAccount(out, start=datetime(2026, 3, 1, tzinfo=UTC)) as account:
        name = account.outputs["Again"]
        answer = account.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        assert json.loads(answer["Payload"].read()) == "hello"


def test_only_one_account_is_open_at_a_time_and_a_failed_one_is_closed(stack: Any, opened: Any) -> None:
    opened(stack)
    with pytest.raises(LocalAccountError, match=r"another local account"):
        opened(stack)


def grown(count: int) -> list[str]:
    return [f"sns:Action{number:04}" for number in range(count)]


@pytest.mark.parametrize(
    ("type", "properties", "reason"),
    [
        (
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": trust("lambda"),
                "Policies": [
                    {"PolicyName": name, "PolicyDocument": document({"Action": grown(300), "Resource": "*"})}
                    for name in "ab"
                ],
            },
            "inline policies take .* IAM allows 10240",
        ),
        (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": trust("lambda"), "ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"] * 11},
            "11 managed policies",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            {"PolicyDocument": document({"Action": grown(400), "Resource": "*"})},
            "IAM allows 6144",
        ),
    ],
)
def test_a_policy_that_is_larger_than_iam_takes_is_rejected(
    stack: Any, opened: Any, type: str, properties: dict[str, Any], reason: str
) -> None:
    stack.add("Large", type, **properties)
    with pytest.raises(DeploymentRejected, match=reason):
        opened(stack)


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ([{"Action": "sqs:SendMessage"}] * 21, "21 statements"),
        ([{"Action": grown(8)}], "8 actions"),
        ([{"Action": "sqs:SendMessage", "Principal": {"AWS": ["arn:aws:iam::123456789012:role/x"] * 51}}], "51 princ"),
        ([{"Action": "sqs:SendMessage", "Condition": {"ArnEquals": {f"k:{n}": "x" for n in range(11)}}}], "11 cond"),
        ([{"Action": "sqs:SendMessage", "Condition": {"ArnEquals": {"aws:SourceArn": ["x" * 99] * 90}}}], "8192"),
    ],
)
def test_a_policy_that_is_larger_than_a_queue_takes_is_rejected(
    stack: Any, opened: Any, statements: list[dict[str, Any]], reason: str
) -> None:
    stack.add("Queue", "AWS::SQS::Queue")
    full = [{"Principal": "*", "Resource": "*", **one} for one in statements]
    stack.add("Large", "AWS::SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=document(*full))
    with pytest.raises(DeploymentRejected, match=reason):
        opened(stack)
