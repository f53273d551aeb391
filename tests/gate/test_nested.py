"""Stacks inside stacks: the outer one's tags and parameters reach them, and each is judged in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.judging import ENVIRONMENT, OWNER, policy, report, told, written

INNER = """
Parameters:
  Env: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      Tags: [{Key: environment, Value: !Ref Env}]
"""
OUTER = """
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod]}
Resources:
  Net:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: inner/net.yaml
      Parameters: {Env: !Ref Stage}
      Tags: [{Key: owner, Value: me}, {Key: environment, Value: dev}]
"""
BOTH = policy(OWNER, ENVIRONMENT)


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    written(tmp_path, "inner/net.yaml", INNER)
    return written(tmp_path, "outer.yaml", OUTER)


def test_tags_and_parameters_of_the_outer_stack_reach_the_inner(outer: Path) -> None:
    assert told(report(outer, settings=BOTH)) == {"Net": [], "Net/Queue": []}


def test_alone_the_inner_template_says_less(outer: Path) -> None:
    found = told(report(outer.parent / "inner" / "net.yaml", settings=BOTH))
    assert found == {"Queue": ["owner", "perhaps environment: Ref Env is not known yet"]}


@pytest.mark.parametrize("order", [("outer.yaml", "inner/net.yaml"), ("inner/net.yaml", "outer.yaml"), (".",)])
def test_a_template_that_another_nests_is_judged_once_and_there(outer: Path, order: tuple[str, ...]) -> None:
    found = report(*(outer.parent / one for one in order), settings=BOTH)
    assert told(found) == {"Net": [], "Net/Queue": []}
    assert found.files == 2


def test_what_two_stacks_nest_is_judged_in_both(tmp_path: Path) -> None:
    written(tmp_path, "inner/net.yaml", INNER)
    second = OUTER.split("Resources:")[1].replace("Net:", "Two:").replace("!Ref Stage", "test").replace("owner", "x")
    outer = written(tmp_path, "outer.yaml", OUTER + second)
    found = told(report(outer, settings=BOTH))
    assert found["Net/Queue"] == []
    assert found["Two/Queue"] == ["owner", "environment is none of dev, prod (test)"]


def test_a_lack_in_the_inner_template_stands_where_it_is_written(outer: Path) -> None:
    outer.write_text(OUTER.replace("owner", "other"))
    (_, queue) = report(outer, settings=policy(OWNER)).lacking
    assert (queue.resource.id, queue.resource.line, queue.resource.file) == (
        "Net/Queue",
        5,
        str(outer.parent / "inner" / "net.yaml"),
    )


def test_conditions_of_the_outer_stack_hold_in_the_inner(outer: Path) -> None:
    outer.write_text(
        OUTER.replace("Tags: [{Key: owner, Value: me}", "Tags: [!If [C, {Key: owner, Value: me}, !Ref AWS::NoValue]")
    )
    assert told(report(outer, settings=policy(OWNER))) == {
        "Net": ["owner, if C is false"],
        "Net/Queue": ["owner, if C is false"],
    }


def test_tags_of_the_deployment_reach_all(outer: Path) -> None:
    outer.write_text(OUTER.replace("owner", "other"))
    assert told(report(outer, settings=policy(OWNER), owner="me")) == {"Net": [], "Net/Queue": []}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://s3.amazonaws.com/bucket/net.yaml", "https://s3.amazonaws.com/bucket/net.yaml is no file here"),
        ("!Sub 'https://${Bucket}/net.yaml'", "where it is comes out at deployment"),
        ("nowhere.yaml", "nowhere.yaml is no file here"),
        ("outer.yaml", "it is nested in itself, or more than 10 deep"),
        ("notes.yaml", "notes.yaml is no template"),
        ("broken.yaml", "broken.yaml:2: not YAML: "),
    ],
)
def test_a_template_that_cannot_be_read_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "notes.yaml", "a: b\n")
    written(tmp_path, "broken.yaml", "a: [\n")
    written(tmp_path, "outer.yaml", OUTER.replace("inner/net.yaml", url))
    (note,) = report(Path("outer.yaml"), settings=BOTH).notes
    assert note.text.startswith(f"Net: its template is not read: {why}")
    assert (note.file, note.line) == ("outer.yaml", 5)


def test_templates_that_nest_each_other_end(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        written(tmp_path, f"{one}.yaml", OUTER.replace("inner/net.yaml", f"{other}.yaml"))
    found = report(tmp_path, settings=BOTH)
    assert set(told(found)) == {"Net", "Net/Net"}
    assert found.files == 2


def test_an_application_of_sam_is_a_stack(tmp_path: Path) -> None:
    written(tmp_path, "net.yaml", INNER)
    text = """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          App:
            Type: AWS::Serverless::Application
            Properties: {Location: net.yaml, Parameters: {Env: dev}, Tags: {owner: me}}
    """
    outer = written(tmp_path, "app.yaml", text)
    assert told(report(outer, settings=policy(OWNER)))["App/Queue"] == []
