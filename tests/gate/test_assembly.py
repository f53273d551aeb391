"""A CDK assembly: its stacks with their tags, their account and Region, nested stacks and stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.core.types import Refused
from functions.tag_check.required import RequiredTag
from tests.gate.judging import policy, report, told, written

QUEUE = {"Type": "AWS::SQS::Queue", "Metadata": {"aws:cdk:path": "App/Stack/Queue/Resource"}}


def stack(**more: Any) -> dict[str, Any]:
    properties = {"templateFile": "Stack.template.json", **more.pop("properties", {})}
    return {"type": "aws:cloudformation:stack", "environment": "aws://1/x", "properties": properties, **more}


def manifest(**artifacts: Any) -> dict[str, Any]:
    return {"version": "55.0.0", "artifacts": artifacts}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk.out"
    written(folder, "manifest.json", manifest(Stack=stack(), Tree={"type": "cdk:tree", "properties": {}}))
    written(folder, "Stack.template.json", {"Resources": {"Queue": QUEUE}})
    written(folder, "Stack.assets.json", {"files": {}})
    return folder


def test_a_stack_is_judged_and_named_by_its_construct(out: Path) -> None:
    (one,) = report(out).verdicts
    assert one.lacks == ("owner",)
    assert one.resource.path == "App/Stack/Queue/Resource"


@pytest.mark.parametrize("named", ["cdk.out", "cdk.out/manifest.json", "."])
def test_it_is_found_by_its_folder_its_manifest_or_from_above(out: Path, named: str) -> None:
    assert told(report(out.parent / named)) == {"Queue": ["owner"]}


def test_tags_of_the_stack_count(out: Path) -> None:
    written(out, "manifest.json", manifest(Stack=stack(properties={"tags": {"owner": "me"}})))
    assert told(report(out)) == {"Queue": []}


def test_construct_paths_come_from_the_manifest_too(out: Path) -> None:
    written(out, "Stack.template.json", {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    metadata = {"/App/Q/Resource": [{"type": "aws:cdk:logicalId", "data": "Queue"}]}
    written(out, "manifest.json", manifest(Stack=stack(metadata=metadata)))
    assert report(out).verdicts[0].resource.path == "App/Q/Resource"
    written(out, "manifest.json", manifest(Stack=stack(additionalMetadataFile="more.json")))
    written(out, "more.json", metadata)
    assert report(out).verdicts[0].resource.path == "App/Q/Resource"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("aws://111111111111/eu-west-1", ["owner"]),
        ("aws://222222222222/eu-west-1", []),
        ("aws://111111111111/us-east-1", []),
        ("aws://unknown-account/unknown-region", ["owner"]),
    ],
)
def test_where_it_goes_decides_what_is_required(out: Path, environment: str, expected: list[str]) -> None:
    written(out, "manifest.json", manifest(Stack=stack(environment=environment)))
    there = policy(RequiredTag(key="owner", accounts=("111111111111",), regions=("eu-*",)))
    assert told(report(out, settings=there)) == {"Queue": expected}


def test_stages_are_assemblies_inside_it(out: Path) -> None:
    inner = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    written(out, "manifest.json", manifest(Prod=inner))
    written(out / "assembly-Prod", "manifest.json", manifest(Stack=stack()))
    written(out / "assembly-Prod", "Stack.template.json", {"Resources": {"Other": QUEUE}})
    assert told(report(out)) == {"Other": ["owner"]}


def test_a_nested_stack_is_found_by_its_asset(out: Path) -> None:
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}]]}},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json", "aws:asset:property": "TemplateURL"},
    }
    written(out, "Stack.template.json", {"Resources": {"Inner": nested}})
    written(out, "Inner.nested.template.json", {"Resources": {"Queue": QUEUE}})
    written(out, "manifest.json", manifest(Stack=stack(properties={"tags": {"owner": "me"}})))
    assert told(report(out)) == {"Inner": [], "Inner/Queue": []}


def test_a_nested_stack_is_found_by_the_hash_in_its_url_too(out: Path) -> None:
    url = {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/cdk-assets/abc123.json"}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    written(out, "Stack.template.json", {"Resources": {"Inner": nested}})
    written(out, "Inner.nested.template.json", {"Resources": {"Queue": QUEUE}})
    files = {"abc123": {"source": {"path": "Inner.nested.template.json"}}, "def": {"source": {"path": "asset.def"}}}
    written(out, "Stack.assets.json", {"files": files})
    assets = {"type": "cdk:asset-manifest", "properties": {"file": "Stack.assets.json"}}
    written(out, "manifest.json", manifest(Stack=stack(properties={"tags": {"owner": "me"}}), Assets=assets))
    assert told(report(out)) == {"Inner": [], "Inner/Queue": []}


def test_an_assembly_whose_template_is_gone_is_refused(out: Path) -> None:
    (out / "Stack.template.json").unlink()
    with pytest.raises(Refused, match=r"Stack\.template\.json: there is no such file"):
        report(out)
