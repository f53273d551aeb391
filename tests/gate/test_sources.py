"""What a path can name, and what is said of one that names nothing to judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.core.types import Refused
from gate.check import check
from tests.gate.judging import policy, report, told, written

YAML = "Resources:\n  Queue: {Type: AWS::SQS::Queue}\n"
QUEUE: dict[str, Any] = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "resource_changes": [
        {
            "address": "aws_s3_bucket.b",
            "type": "aws_s3_bucket",
            "change": {"actions": ["create"], "after": {"tags": {}}},
        }
    ],
}


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "a.template", "a.json", "sub/deeper/a.yaml"])
def test_a_folder_is_looked_through(tmp_path: Path, name: str) -> None:
    written(tmp_path, name, json.dumps(QUEUE) if name.endswith("json") else YAML)
    assert told(report(tmp_path)) == {"Queue": ["owner"]}


def test_what_is_neither_is_skipped_and_counted(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml", YAML)
    written(tmp_path, "plan.json", PLAN)
    written(tmp_path, "package.json", {"name": "x", "dependencies": {}})
    written(tmp_path, "k8s.yaml", "kind: A\n---\nkind: B\n")
    written(tmp_path, "helm.yaml", "{{- if .Values.x }}\nResources: none\n")
    written(tmp_path, "node_modules/x/a.yaml", YAML)
    written(tmp_path, ".hidden/a.yaml", YAML)
    written(tmp_path, "notes.txt", YAML)
    found = report(tmp_path)
    assert told(found) == {"Queue": ["owner"], "aws_s3_bucket.b": ["owner"]}
    assert (found.files, found.skipped) == (2, 3)


def test_a_broken_template_in_a_folder_is_not_skipped(tmp_path: Path) -> None:
    written(tmp_path, "fine.yaml", YAML)
    written(tmp_path, "broken.yaml", YAML + "  Queue: {Type: AWS::SQS::Queue}\n")
    with pytest.raises(Refused, match=r"broken\.yaml:3: 'Queue' stands twice, first on line 2"):
        report(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.json", {"name": "x"}, "is neither a CloudFormation template nor a Terraform plan (terraform show -json)"),
        ("a.yaml", "just text", "is neither a CloudFormation template nor a Terraform plan (terraform show -json)"),
        ("a.yaml", "", "is neither a CloudFormation template nor a Terraform plan (terraform show -json)"),
        ("a.json", "{", "not JSON: Expecting property name enclosed in double quotes"),
        (
            "a.json",
            {"format_version": "1.0", "terraform_version": "1.9.0", "values": {}},
            "is a Terraform state; a plan is what is checked: terraform show -json PLAN",
        ),
        (
            "terraform.tfstate",
            {"version": 4, "terraform_version": "1.9.0", "resources": []},
            "is a Terraform state; a plan is what is checked: terraform show -json PLAN",
        ),
    ],
)
def test_a_file_that_is_named_and_is_neither_is_refused(
    tmp_path: Path, name: str, content: Any, complaint: str
) -> None:
    file = written(tmp_path, name, content)
    with pytest.raises(Refused) as error:
        report(file)
    assert str(error.value).startswith(str(file))
    assert str(error.value).endswith(complaint)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no such file or folder"):
        report(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("other", [(), ("a.yaml",)])
def test_a_folder_with_nothing_to_judge_is_refused(tmp_path: Path, other: tuple[str, ...]) -> None:
    written(tmp_path, "empty/notes.json", {"a": 1})
    written(tmp_path, "a.yaml", YAML)
    with pytest.raises(Refused, match="empty: holds neither a CloudFormation template, a CDK assembly nor"):
        report(*(tmp_path / one for one in other), tmp_path / "empty")


def test_several_paths_are_judged_together_and_each_file_once(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml", YAML)
    written(tmp_path, "b/b.yaml", YAML.replace("Queue:", "Other:"))
    found = report(tmp_path / "a.yaml", tmp_path / "b", tmp_path)
    assert told(found) == {"Queue": ["owner"], "Other": ["owner"]}


def test_a_plan_in_the_encoding_of_powershell_is_read(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN), encoding="utf-16")
    assert told(report(tmp_path / "plan.json")) == {"aws_s3_bucket.b": ["owner"]}


def test_types_that_the_policy_leaves_out(tmp_path: Path) -> None:
    file = written(tmp_path, "a.yaml", YAML + "  Topic: {Type: AWS::SNS::Topic}\n  P: {Type: AWS::IAM::Policy}\n")
    found = report(file, settings=policy(types=("AWS::S*",), ignore=("AWS::SNS::*",)))
    assert told(found) == {"Queue": ["owner"]}
    assert (found.ignored, found.no_tags) == (2, 0)


def test_what_is_not_judged_is_counted(tmp_path: Path) -> None:
    text = "Resources:\n  A: {Type: Custom::X}\n  B: {Type: Custom::X}\n  P: {Type: AWS::IAM::Policy}\n"
    found = report(written(tmp_path, "a.yaml", text))
    assert (found.verdicts, found.no_tags, found.not_known) == ([], 1, {"Custom::X": 2})


def test_others_are_passed_over_where_that_is_asked_for(tmp_path: Path) -> None:
    names: dict[str, Any] = {"a.yaml": YAML, "b.json": {"name": "x"}, "c.yaml": "{{- if }}"}
    files = [written(tmp_path, name, content) for name, content in names.items()]
    found = check(files, policy(), {}, skip_others=True)
    assert told(found) == {"Queue": ["owner"]}
    assert found.skipped == 2
    assert check(files[1:], policy(), {}, skip_others=True).verdicts == []
    with pytest.raises(Refused, match="there is no such file"):
        check([tmp_path / "gone.yaml"], policy(), {}, skip_others=True)
    with pytest.raises(Refused, match="stands twice"):
        check([written(tmp_path, "d.yaml", YAML * 2)], policy(), {}, skip_others=True)
