"""The aspect in an app of CDK, with its real constructs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import (
    App,
    Aspects,
    CfnResource,
    CfnTag,
    Environment,
    Fn,
    NestedStack,
    Stack,
    Stage,
    Tags,
    aws_ec2,
    aws_iam,
    aws_sqs,
    aws_ssm,
)

from functions.policy_errors import PolicyError
from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import TagCheckSettings
from gate.aspect import RequiredTags
from tests.gate.judging import ENVIRONMENT, OWNER, policy, written

MISSING = "lacks required tags: "


def messages(app: App, level: str = "ERROR") -> dict[str, str]:
    """What is annotated by construct path."""
    found: dict[str, str] = {}
    assembly = app.synth()
    for one in (assembly, *(inner.nested_assembly for inner in assembly.nested_assemblies)):
        for stack in one.stacks_recursively if hasattr(one, "stacks_recursively") else one.stacks:
            found |= {said.id: str(said.entry.data) for said in stack.messages if said.level.value == level}
    return found


def test_what_lacks_a_tag_is_marked_whatever_adds_tags_and_when() -> None:
    app = App(analytics_reporting=False)
    Aspects.of(app).add(RequiredTags(policy(OWNER, ENVIRONMENT)))
    stack = Stack(app, "Stack")
    for name in ("Bare", "ByTags", "Wrong"):
        aws_sqs.Queue(stack, name)
    aws_sqs.CfnQueue(stack, "Own", tags=[CfnTag(key="owner", value="me"), CfnTag(key="environment", value="dev")])
    CfnResource(stack, "Raw", type="AWS::SQS::Queue", properties={"Tags": [{"Key": "owner", "Value": "me"}]})
    aws_ssm.CfnParameter(stack, "Map", type="String", value="x", tags={"owner": "me", "environment": "test"})
    aws_iam.ManagedPolicy(
        stack, "TakesNone", statements=[aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])]
    )
    tags = [CfnTag(key="owner", value=Fn.ref("AWS::StackName")), CfnTag(key="environment", value=Fn.import_value("x"))]
    aws_ec2.CfnVPC(stack, "ByFunctions", cidr_block="10.0.0.0/16", tags=tags)
    inner = NestedStack(stack, "Inner")
    aws_sqs.Queue(inner, "Queue")
    for key, value in (("owner", "me"), ("environment", "dev")):
        Tags.of(stack.node.find_child("ByTags")).add(key, value)
        Tags.of(stack.node.find_child("Inner.NestedStack")).add(key, value)
    Tags.of(stack.node.find_child("Wrong")).add("owner", "me")
    Tags.of(stack.node.find_child("Wrong")).add("environment", "prodd")
    found = messages(app)
    assert {path: text.split(MISSING)[1] for path, text in found.items()} == {
        "/Stack/Bare/Resource": "owner; environment",
        "/Stack/Wrong/Resource": "environment is none of dev, prod (prodd)",
        "/Stack/Raw": "environment",
        "/Stack/Map": "environment is none of dev, prod (test)",
    }


def test_tags_of_the_stack_count_and_its_account_decides() -> None:
    app = App(analytics_reporting=False)
    there = RequiredTag(key="team", accounts=("111111111111",))
    Aspects.of(app).add(RequiredTags(policy(OWNER, there), warn=True))
    for name, account in (("One", "111111111111"), ("Two", "222222222222")):
        stack = Stack(app, name, tags={"owner": "me"}, env=Environment(account=account, region="eu-west-1"))
        aws_sqs.Queue(stack, "Queue")
    assert messages(app) == {}
    ((path, text),) = messages(app, "WARNING").items()
    assert path == "/One/Queue/Resource"
    assert text.startswith("AWS::SQS::Queue lacks required tags: team")


@pytest.mark.parametrize(("strict", "expected"), [(False, 0), (True, 1)])
def test_what_cannot_be_told_is_marked_when_strict(strict: bool, expected: int) -> None:
    app = App(analytics_reporting=False)
    stage = Stage(app, "Stage")
    Aspects.of(stage).add(RequiredTags(policy(ENVIRONMENT), strict=strict))
    values: Any = Fn.import_value("x")
    aws_sqs.CfnQueue(Stack(stage, "Stack"), "Queue", tags=[CfnTag(key="environment", value=values)])
    assert len(messages(app)) == expected


def test_it_takes_a_policy_file(tmp_path: Path) -> None:
    file = written(tmp_path, "fusebox.yaml", "guardrails: {}\n")
    assert RequiredTags(file).settings == RequiredTags(str(file)).settings == TagCheckSettings()
    with pytest.raises(PolicyError, match="cannot be read"):
        RequiredTags(tmp_path / "nothing.yaml")
