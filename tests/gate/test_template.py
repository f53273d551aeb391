"""A template: which of its resources are judged, where they stand, and the tags of their stack."""

from __future__ import annotations

import json

import pytest

from functions.tag_check.required import RequiredTag
from gate import json_text
from gate.document import Unreadable
from gate.resource import verdict
from gate.stack import Stack
from gate.tagsets import plain
from gate.template import contents
from tests.gate.judging import OWNER, policy, said, tagged, template

MODEL = RequiredTag(key="model", only="ai")
MINE = Stack(tags=plain({"owner": "me"}))


def test_a_resource_without_tags_lacks_them() -> None:
    one = template("Resources: {Queue: {Type: 'AWS::SQS::Queue'}}")
    assert said(one, OWNER) == ["lacks owner"]


@pytest.mark.parametrize(
    ("type", "property", "tags"),
    [
        ("AWS::SSM::Parameter", "Tags", "owner: me"),
        ("AWS::AutoScaling::AutoScalingGroup", "Tags", "- {Key: owner, Value: me, PropagateAtLaunch: true}"),
        ("AWS::EFS::FileSystem", "FileSystemTags", "- {Key: owner, Value: me}"),
        ("AWS::CloudFront::AnycastIpList", "Tags", "Items: [{Key: owner, Value: me}]"),
        ("AWS::AppStream::AppBlock", "Tags", "- {TagKey: owner, TagValue: me}"),
        (
            "AWS::EC2::LaunchTemplate",
            "TagSpecifications",
            "- {ResourceType: launch-template, Tags: [{Key: owner, Value: me}]}",
        ),
        ("AWS::EC2::EC2Fleet", "TagSpecifications", "- {ResourceType: fleet, Tags: [{Key: owner, Value: me}]}"),
        ("AWS::DynamoDB::GlobalTable", "Replicas", "- {Region: eu-west-1, Tags: [{Key: owner, Value: me}]}"),
        ("AWS::SSM::Parameter", "Tags", "!If [C, {owner: me}, {owner: you}]"),
        ("AWS::SSM::Parameter", "Tags", "owner: !If [C, me, you]"),
        ("AWS::SSM::Parameter", "Tags", "Fn::ForEach::K: [K, [owner, team], {'${K}': me}]"),
    ],
)
def test_every_shape_of_tags_is_read(type: str, property: str, tags: str) -> None:
    assert said(tagged(tags, type=type, property=property), OWNER) == []
    other = tags.replace("owner", "other")
    assert any("lacks owner" in one for one in said(tagged(other, type=type, property=property), OWNER))


def test_tag_specifications_for_what_it_launches_are_not_its_own() -> None:
    tags = "- {ResourceType: instance, Tags: [{Key: owner, Value: me}]}"
    one = tagged(tags, type="AWS::EC2::LaunchTemplate", property="TagSpecifications")
    assert said(one, OWNER) == ["lacks owner"]


def test_every_replica_of_a_global_table_needs_its_tags() -> None:
    replicas = "- {Region: eu-west-1, Tags: [{Key: owner, Value: me}]}\n- {Region: us-east-1}"
    one = tagged(replicas, type="AWS::DynamoDB::GlobalTable", property="Replicas")
    assert said(one, OWNER) == ["lacks owner (replica us-east-1)"]


def test_replicas_by_a_function_cannot_be_told() -> None:
    replicas = "!If [C, [{Region: eu-west-1, Tags: [{Key: owner, Value: me}]}], []]"
    one = tagged(replicas, type="AWS::DynamoDB::GlobalTable", property="Replicas")
    assert said(one, OWNER) == ["perhaps owner: Replicas is not known yet"]


@pytest.mark.parametrize("type", ["AWS::IAM::Policy", "Custom::Thing", "Other::Org::Thing"])
def test_nothing_is_said_of_what_takes_none_or_is_not_known(type: str) -> None:
    assert said(template(f"Resources: {{One: {{Type: '{type}'}}}}"), OWNER) == []


def test_tags_of_the_stack_reach_what_takes_them() -> None:
    assert said(template("Resources: {Queue: {Type: 'AWS::SQS::Queue'}}"), OWNER, stack=MINE) == []


def test_a_resources_own_tag_wins_over_the_stacks() -> None:
    one = tagged("- {Key: owner, Value: ''}")
    assert said(one, OWNER, stack=MINE) == ["lacks owner is empty"]


def test_whether_they_reach_a_type_that_does_not_say_so_cannot_be_told() -> None:
    one = template("Resources: {Zone: {Type: 'AWS::Route53::HostedZone'}}")
    assert said(one, OWNER, stack=MINE) == ["perhaps owner, if the stack's tags do not reach it"]
    assert said(one, OWNER) == ["lacks owner"]


def test_tags_that_an_include_may_bring() -> None:
    text = "Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {Fn::Transform: {Name: AWS::Include}}}}"
    assert said(template(text), OWNER) == ["perhaps owner: Fn::Transform is not known yet"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("InstanceType: p5.48xlarge", ["lacks model"]),
        ("InstanceType: t3.micro", []),
        ("InstanceType: !If [Gpu, g6.xlarge, p5.48xlarge]", ["lacks model"]),
        ("InstanceType: !If [Gpu, g6.xlarge, t3.micro]", ["perhaps model, if it is for AI"]),
        ("InstanceType: !Ref Kind", ["perhaps model, if it is for AI"]),
        ("LaunchTemplate: {LaunchTemplateId: x}", ["perhaps model, if it is for AI"]),
        ("ImageId: ami-1", []),
    ],
)
def test_whether_an_instance_is_for_ai(properties: str, expected: list[str]) -> None:
    one = template(f"Resources: {{I: {{Type: 'AWS::EC2::Instance', Properties: {{{properties}}}}}}}")
    assert said(one, MODEL) == expected


def test_a_type_that_is_for_ai() -> None:
    assert said(template("Resources: {M: {Type: 'AWS::SageMaker::Model'}}"), MODEL) == ["lacks model"]
    assert said(template("Resources: {M: {Type: 'AWS::SQS::Queue'}}"), MODEL) == []


def test_a_requirement_of_one_account() -> None:
    one = template("Resources: {Queue: {Type: 'AWS::SQS::Queue'}}")
    there = RequiredTag(key="owner", accounts=("111111111111",))
    assert said(one, there, stack=Stack(account="222222222222")) == []
    assert said(one, there, stack=Stack(account="111111111111")) == ["lacks owner"]
    assert said(one, there) == ["lacks owner"]


LOOP = """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'A, B'}
Resources:
  Fn::ForEach::Queues:
    - Name
    - LIST
    - Queue${Name}:
        Type: AWS::SQS::Queue
        Properties:
          Tags: [{Key: owner, Value: !Ref Name}, {Key: team, Value: !Sub 'x-${Name}'}]
"""


@pytest.mark.parametrize("listed", ["[A, B]", "!Ref Names"])
def test_a_loop_is_written_out(listed: str) -> None:
    found = contents(template(LOOP.replace("LIST", listed)), Stack())
    assert [(one.id, one.line) for one in found.resources] == [("QueueA", 6), ("QueueB", 6)]
    team = RequiredTag(key="team", values=("x-A",))
    assert verdict(found.resources[0], policy(OWNER, team)).findings == ()
    assert verdict(found.resources[1], policy(OWNER, team)).lacks == ("team is none of x-A (x-B)",)


@pytest.mark.parametrize("listed", ["!Ref Other", "!ImportValue x", "text", f"[{', '.join(map(str, range(3000)))}]"])
def test_a_loop_over_what_is_not_known_is_told_of(listed: str) -> None:
    found = contents(template(LOOP.replace("LIST", listed)), Stack())
    assert found.resources == []
    ((line, text),) = found.notes
    assert line == 6
    assert text.startswith("Fn::ForEach::Queues ")


def test_other_macros_are_told_of() -> None:
    found = contents(template("Transform: [Mine, AWS::LanguageExtensions]\nResources: {}"), Stack())
    assert found.notes == [(1, "the macro Mine may change it before it is created: judged as written")]


def test_resources_that_are_none_are_told_of() -> None:
    found = contents(template("Resources: {A: text, B: {Type: [x]}, Fn::Transform: {Name: AWS::Include}}"), Stack())
    assert sorted(text for _, text in found.notes) == [
        "A has no Type: not judged",
        "B has no Type: not judged",
        "more resources come by Fn::Transform: they are not read",
    ]


def test_the_line_of_a_resource_in_yaml() -> None:
    one = template(
        """
        AWSTemplateFormatVersion: '2010-09-09'
        Resources:
          # a comment
          First:
            Type: AWS::SQS::Queue

          Second: {Type: AWS::SQS::Queue}
        Outputs:
          First: {Value: x}
        """
    )
    assert one.lines == {"First": 5, "Second": 8}


def test_the_line_of_a_resource_in_json() -> None:
    value = {"Metadata": {"Resources": {"No": 1}, "a": '"}{: \n'}, "Resources": {"A": {"Type": "AWS::S::T"}, "B": {}}}
    text = json.dumps(value, indent=1)
    lines = json_text.parse(text, "t.json").lines
    assert {key: text.splitlines()[line - 1].strip()[1] for key, line in lines.items()} == {"A": "A", "B": "B"}
    assert json_text.parse(json.dumps(value), "t.json").lines == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Resources:\n  A: {}\n  A: {}\n", "t.yaml:3: 'A' stands twice, first on line 2"),
        ("Resources: [", "t.yaml:2: not YAML: "),
        ("a: 1\n---\nb: 2\n", "t.yaml:2: holds several documents; a template is one"),
        ("a: *b\n", "t.yaml:1: alias *b stands for nothing"),
        ("a: &b [*b]\n", "t.yaml:1: alias *b stands for nothing"),
        ("? {a: b}\n: c\n", "t.yaml:1: a key is text"),
        ("[" * 200 + "]" * 200, "t.yaml:1: is nested more than 100 levels deep"),
        ("- " * 50_000 + "x", "t.yaml:1: is nested more than 100 levels deep"),
    ],
)
def test_yaml_that_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(Unreadable) as error:
        template_of(text)
    assert str(error.value).startswith(complaint)
    assert "\n" not in str(error.value)


def template_of(text: str) -> object:
    from gate.yaml_text import parse

    return parse(text, "t.yaml")


def test_aliases_that_unfold_without_end() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Unreadable, match="aliases unfold to more than"):
        template_of("\n".join(lines))


def test_aliases_and_merges_are_read() -> None:
    one = template(
        """
        Mine: &mine {owner: me, team: x}
        Resources:
          P: {Type: AWS::SSM::Parameter, Properties: {Tags: *mine}}
          Q: {Type: AWS::SSM::Parameter, Properties: {Tags: {<<: *mine, team: y}}}
        """
    )
    assert said(one, OWNER) == []
    assert one.value["Resources"]["Q"]["Properties"]["Tags"] == {"team": "y", "owner": "me"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"a": 1,\n"a": 2}', "t.json: not JSON: 'a' stands twice in one object"),
        ('{"a": \n}', "t.json:2: not JSON: Expecting value"),
        ('{"a": NaN}', "t.json: not JSON: NaN is no number"),
        ("[" * 100_000, "t.json:1: is nested more than 100 levels deep"),
    ],
)
def test_json_that_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(Unreadable) as error:
        json_text.parse(text, "t.json")
    assert str(error.value) == complaint


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("yes", True), ("12", 12), ("1.5", 1.5), ("0123", "0123"), ("1:30", "1:30"), ("1.10", "1.10"),
     ("2024-01-01", "2024-01-01"), ("null", None), ("~", None), ("'12'", "12"), ("!Ref X", {"Ref": "X"}),
     ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}), ("!Condition C", {"Condition": "C"}), ("!!str 12", "12"),
     ("!Equals [a, b]", {"Fn::Equals": ["a", "b"]})],
)  # fmt: skip
def test_what_a_scalar_is(written: str, value: object) -> None:
    assert template(f"a: {written}").value == {"a": value}
