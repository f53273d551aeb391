"""fusebox gate: what it prints, for people and for programs, and what it exits with."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cli import chosen
from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import TagCheckSettings
from tests.cli.conftest import Fusebox

TEMPLATE = """
Parameters:
  Env: {Type: String}
Resources:
  Fine:
    Type: AWS::SQS::Queue
    Properties:
      Tags:
        - {Key: project, Value: p}
        - {Key: team, Value: t}
        - {Key: environment, Value: dev}
        - {Key: cost_center, Value: '1'}
        - {Key: owner, Value: me}
  Bare:
    Type: AWS::SNS::Topic
  Rule:
    Type: AWS::IAM::Policy
  Odd:
    Type: Custom::Thing
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(fusebox: Fusebox) -> Path:
    (fusebox.folder / "a.yaml").write_text(TEMPLATE)
    return fusebox.folder


def test_a_line_for_each_resource_and_one_for_all(fusebox: Fusebox, folder: Path) -> None:
    ran = fusebox("gate", "a.yaml")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "fusebox gate · required tags · policy: defaults (there is no ./fusebox.yaml)",
        "",
        "lacks",
        "a.yaml:14  Bare (AWS::SNS::Topic)  project; team; environment; cost_center; owner",
        "",
        "! not known whether they take tags: Custom::Thing",
        "",
        "2 resources in 1 file checked: 1 lacks tags, 0 cannot be told; 1 takes no tags; 1 of types that are not known",
    ]
    assert fusebox.calls == []


def test_it_is_fine(fusebox: Fusebox, folder: Path) -> None:
    tags = [f"--tags={key}=x" for key in ("project", "team", "environment", "cost_center", "owner")]
    ran = fusebox("gate", "a.yaml", *tags)
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("2 resources in 1 file checked: 0 lack tags, 0 cannot be told")


def test_a_narrow_terminal_has_what_is_missing_below(
    fusebox: Fusebox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = fusebox("gate", "a.yaml").out.splitlines()
    assert lines[3:5] == [
        "a.yaml:14  Bare (AWS::SNS::Topic)",
        "    project; team; environment; cost_center; owner",
    ]


DOUBTFUL = """
Parameters:
  Who: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {Tags: !Ref Who}
"""


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_what_cannot_be_told_fails_only_when_strict(
    fusebox: Fusebox, folder: Path, options: tuple[str, ...], code: int
) -> None:
    (folder / "b.yaml").write_text(DOUBTFUL)
    ran = fusebox("gate", "b.yaml", *options)
    assert ran.code == code
    assert "cannot be told before the deployment" in ran.out
    assert (
        "b.yaml:5  Queue (AWS::SQS::Queue)  project, team, environment, cost_center, owner: Ref Who is not known yet"
    ) in ran.out


def test_json_for_programs(fusebox: Fusebox, folder: Path) -> None:
    (folder / "b.yaml").write_text(DOUBTFUL)
    ran = fusebox("gate", "a.yaml", "b.yaml", "--json")
    assert ran.code == 1
    (lacking,), (unsure,) = ran.json["lacking"], ran.json["cannot_tell"]
    assert lacking["lacks"][0] == {"key": "project", "text": "project"}
    assert {key: lacking[key] for key in ("file", "line", "id", "type", "judged_as")} == {
        "file": "a.yaml",
        "line": 14,
        "id": "Bare",
        "type": "AWS::SNS::Topic",
        "judged_as": "AWS::SNS::Topic",
    }
    assert unsure["cannot_tell"][0] == {"key": "project", "text": "project: Ref Who is not known yet"}
    assert ran.json["summary"] == {
        "checked": 3,
        "lacking": 1,
        "cannot_tell": 1,
        "take_no_tags": 1,
        "not_known": 1,
        "ignored": 0,
        "files": 2,
        "files_skipped": 0,
    }
    assert ran.json == fusebox("gate", "a.yaml", "b.yaml", "--format", "json").json


def test_annotations_for_github(fusebox: Fusebox, folder: Path) -> None:
    (folder / "b,1%.yaml").write_text(DOUBTFUL.replace("Tags: !Ref Who", "Tags: [{Key: owner, Value: '100%'}]"))
    (folder / "fusebox.yaml").write_text("{}")
    lines = fusebox("gate", "a.yaml", "b,1%.yaml", "--format", "github").out.splitlines()
    assert lines[0] == (
        "::error file=a.yaml,line=14,title=Required tags::Bare (AWS::SNS::Topic) lacks "
        "project; team; environment; cost_center; owner"
    )
    assert lines[1].startswith(
        "::error file=b%2C1%25.yaml,line=5,title=Required tags::Queue (AWS::SQS::Queue) lacks pro"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nothing.yaml",), "fusebox: nothing.yaml: there is no such file or folder"),
        (("a.yaml", "--tags", "owner"), "fusebox: --tags 'owner': write key=value"),
        (("a.yaml", "--tags", "=x"), "fusebox: --tags '=x': write key=value"),
        (("a.yaml", "--policy", "no.yaml"), "fusebox: no.yaml: cannot be read: No such file or directory"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    fusebox: Fusebox, folder: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    ran = fusebox("gate", *arguments)
    assert (ran.code, ran.complaint) == (2, complaint)


def test_the_policy_says_what_is_required(fusebox: Fusebox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TagCheckSettings(required=(RequiredTag(key="owner", values=("me", "you"), types=("AWS::SNS::*",)),))
    written = chosen.policy(None)
    monkeypatch.setattr(
        chosen, "policy", lambda file: replace(written, guardrails={"tag_check": settings}, source=file)
    )
    out = fusebox("gate", "a.yaml", "--policy", "tags.yaml").out.splitlines()
    assert out[0].endswith("policy: tags.yaml")
    assert out[3] == "a.yaml:14  Bare (AWS::SNS::Topic)  owner"


def test_nothing_in_a_template_steers_a_terminal(fusebox: Fusebox, folder: Path) -> None:
    (folder / "b.yaml").write_text('Resources: {"Qu\\e[31meue\\n::error::x": {Type: "AWS::SQS::Queue"}}')
    for form in ("text", "json", "github"):
        out = fusebox("gate", "b.yaml", "--format", form).out
        assert "\x1b" not in out
        assert not any(line.startswith("::error::") for line in out.splitlines())


BIG = {
    "Parameters": {"Env": {"Type": "String", "AllowedValues": ["dev", "prod"]}},
    "Resources": {
        f"Queue{number}": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "Tags": [
                    {"Key": "owner", "Value": {"Fn::Sub": "${AWS::StackName}"}},
                    {"Key": "environment", "Value": {"Fn::If": ["C", "dev", {"Ref": "Env"}]}},
                ]
            },
        }
        for number in range(500)
    },
}


def test_five_hundred_resources_take_less_than_a_second(fusebox: Fusebox) -> None:
    (fusebox.folder / "big.json").write_text(json.dumps(BIG, indent=1))
    fusebox("gate", "big.json")
    begun = time.process_time()
    ran = fusebox("gate", "big.json")
    assert time.process_time() - begun < 1
    assert "500 resources in 1 file checked: 500 lack tags" in ran.out


def test_it_loads_neither_cdk_nor_the_linter(fusebox: Fusebox, folder: Path) -> None:
    code = "import sys, cli.gate, gate.check, cli.gate_view; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"aws_cdk", "jsii", "cfnlint", "boto3", "botocore", "pydantic", "rich"} & set(loaded.split())
