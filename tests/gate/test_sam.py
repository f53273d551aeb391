"""SAM: tags are maps, Globals stand below them, and a policy knows what SAM makes."""

from __future__ import annotations

import pytest

from functions.tag_check.required import RequiredTag
from gate.stack import Stack
from gate.template import contents
from tests.gate.judging import OWNER, said, template

HEAD = "Transform: AWS::Serverless-2016-10-31\n"
TEAM = RequiredTag(key="team", values=("a",))


@pytest.mark.parametrize("kind", ["Function", "Api", "HttpApi", "SimpleTable", "StateMachine", "Application"])
def test_a_type_of_sam_takes_a_map(kind: str) -> None:
    text = f"Resources: {{One: {{Type: 'AWS::Serverless::{kind}', Properties: {{Tags: {{TAGS}}}}}}}}"
    assert said(template(HEAD + text.replace("TAGS", "owner: me")), OWNER) == []
    assert said(template(HEAD + text.replace("TAGS", "other: me")), OWNER) == ["lacks owner"]


@pytest.mark.parametrize("kind", ["LayerVersion", "Connector"])
def test_a_type_of_sam_that_takes_none(kind: str) -> None:
    assert said(template(f"{HEAD}Resources: {{One: {{Type: 'AWS::Serverless::{kind}'}}}}"), OWNER) == []


GLOBALS = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Tags: {owner: me, team: a}}
Resources:
  Fine: {Type: AWS::Serverless::Function}
  Adds: {Type: AWS::Serverless::Function, Properties: {Tags: {more: x}}}
  Wins: {Type: AWS::Serverless::Function, Properties: {Tags: {team: b}}}
  Other: {Type: AWS::Serverless::StateMachine}
"""


def test_globals_are_below_a_resources_own_tags() -> None:
    assert said(template(GLOBALS), OWNER, TEAM) == [
        "lacks team is none of a (b)",
        "lacks owner",
        "lacks team",
    ]


def test_globals_that_are_not_known() -> None:
    one = template(GLOBALS.replace("{owner: me, team: a}", "!Ref All"))
    assert said(one, TEAM)[0] == "perhaps team: Ref All is not known yet"


def test_a_policy_for_lambda_is_one_for_functions_of_sam() -> None:
    lambdas = RequiredTag(key="owner", types=("AWS::Lambda::*",))
    assert said(template(GLOBALS.replace("owner", "x")), lambdas) == ["lacks owner"] * 3
    (kind, *_) = [(one.type, one.judged_as) for one in contents(template(GLOBALS), Stack()).resources]
    assert kind == ("AWS::Serverless::Function", "AWS::Lambda::Function")
