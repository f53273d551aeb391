"""Whatever is in a file, it is judged or refused in one line."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.core.types import Refused
from functions.tag_check.required import RequiredTag
from gate import assembly, json_text, yaml_text
from gate.check import check
from gate.document import Document, Unreadable, is_plan, is_state, is_template
from gate.resource import verdict
from gate.stack import Stack
from gate.template import contents
from gate.terraform import resources
from tests.gate.judging import ENVIRONMENT, OWNER, policy

WORDS = st.sampled_from(
    [
        "Ref",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::Transform",
        "Fn::GetAtt",
        "Fn::ForEach::L",
        "Key",
        "Value",
        "owner",
        "environment",
        "Tags",
        "Type",
        "Properties",
        "AWS::NoValue",
        "Default",
        "AllowedValues",
        "${a}",
        "${!a}",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::EC2::Instance",
        "Metadata",
        "AWS::DynamoDB::GlobalTable",
        "AWS::EC2::LaunchTemplate",
        "AWS::CloudFormation::Stack",
        "TagSpecifications",
        "Replicas",
        "InstanceType",
        "TemplateURL",
        "ResourceType",
        "Items",
        "Region",
        "x",
        "",
        "C",
        "\x00",
        "../x",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | WORDS | st.text(max_size=4)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=25
)
TYPES = st.sampled_from(
    [
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::DynamoDB::GlobalTable",
        "AWS::EC2::LaunchTemplate",
        "AWS::CloudFormation::Stack",
        "AWS::EC2::Instance",
        "AWS::Serverless::Function",
        "AWS::CloudFront::AnycastIpList",
    ]
)
RESOURCES = st.dictionaries(
    st.sampled_from(["A", "B", "Fn::Transform", "Fn::ForEach::L"]),
    st.fixed_dictionaries(
        {"Type": TYPES, "Properties": st.dictionaries(WORDS, ANYTHING, max_size=4) | ANYTHING},
        optional={"Metadata": ANYTHING},
    )
    | ANYTHING,
    min_size=1,
    max_size=3,
)
TEMPLATES = st.fixed_dictionaries(
    {"AWSTemplateFormatVersion": st.just("2010-09-09"), "Resources": RESOURCES},
    optional={
        "Parameters": st.dictionaries(WORDS, st.dictionaries(WORDS, ANYTHING, max_size=3) | ANYTHING, max_size=3),
        "Mappings": ANYTHING,
        "Globals": ANYTHING,
        "Transform": ANYTHING,
    },
)
SETTINGS = policy(OWNER, ENVIRONMENT, RequiredTag(key="Key", key_case="any", pattern="a+"))
OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@OFTEN
@example(
    {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"B": {"Type": "AWS::CloudFront::AnycastIpList", "Properties": {"Tags": []}}},
    },
    None,
)
@given(TEMPLATES, st.none() | st.dictionaries(WORDS, st.just(()), max_size=2))
def test_what_looks_like_a_template(value: Any, given_: Any) -> None:
    for stack in (Stack(), Stack(given={}, region="x", name="Outer")):
        found = contents(Document("t", value), stack)
        for one in found.resources:
            for said in verdict(one, SETTINGS).findings:
                assert said.text.startswith(said.key)


@OFTEN
@given(st.text() | st.text(alphabet="{}[]:,-&*!<> \n\t'\"abR#|>?%@0", max_size=60))
@example("!<tag:yaml.org,2002:str> a: b")
@example("? - a\n: b")
@example("&a a: *a")
@example("<<: &x [1]\n<<: *x")
@example("!Ref : x")
@example("\ud800")
@example("{a: !!binary x, ? !Sub b : c}")
def test_what_looks_like_text(text: str) -> None:
    for parse in (yaml_text.parse, json_text.parse):
        complaint = "one line"
        try:
            parse(text, "t")
        except Unreadable as error:
            complaint = str(error)
        assert len(complaint.splitlines()) == 1


@OFTEN
@given(ANYTHING.map(lambda one: json.loads(json.dumps(one))))
def test_what_looks_like_anything(value: Any) -> None:
    for asked in (is_template, is_plan, is_state, assembly.is_manifest):
        assert asked(value) in (True, False)
    artifact = {"type": "aws:cloudformation:stack", "properties": value, "environment": value, "metadata": value}
    inner = {"type": "cdk:cloud-assembly", "properties": value}
    manifest = {"version": "1", "artifacts": {"a": value, "b": artifact, "c": inner}}
    assembly.stacks(manifest)
    assembly.nested(manifest)
    assembly.asset_manifests(manifest)
    assembly.nested_templates(value)
    assembly.nested_templates({"files": {"a": value, "b": {"source": value}}})
    assembly.paths(value, {"/a": value})


@OFTEN
@given(ANYTHING, ANYTHING, ANYTHING, st.sampled_from(["aws_instance", "awscc_s3_bucket", "aws_autoscaling_group"]))
def test_what_looks_like_a_plan(after: Any, later: Any, more: Any, type: str) -> None:
    def one(change: Any) -> Any:
        return {"address": "module.x.y", "type": type, "change": change}

    tags = {"tags": after, "tags_all": more, "tag": later, "instance_type": more}
    changes = [
        more,
        one(more),
        one({"actions": ["create"], "after": after, "after_unknown": later, "after_sensitive": more}),
        one({"actions": ["create"], "after": tags, "after_unknown": {"tags": later, "tag": after, "tags_all": more}}),
    ]
    plan = {"format_version": "1.2", "resource_changes": changes, "configuration": more}
    for resource in resources(Document("p", plan))[0]:
        verdict(resource, SETTINGS)
    with suppress(Unreadable):
        resources(Document("p", {"format_version": "1.2", "resource_changes": more}))


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"\x80abc", b"", b"\x00", b"%YAML 9\n---\na", b"\xef\xbb\xbf{}"])
@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_bytes(tmp_path: Path, raw: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(raw)
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(Refused) as error:
            check([path], SETTINGS, {})
        assert len(str(error.value).splitlines()) == 1
        assert str(tmp_path) in str(error.value)
