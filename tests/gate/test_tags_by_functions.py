"""Tags by functions: there, missing, or not to be told before the deployment."""

from __future__ import annotations

import pytest

from functions.tag_check.required import RequiredTag
from gate.stack import Stack
from gate.values import Option, Unknown
from tests.gate.judging import ENVIRONMENT, OWNER, said, tagged

FINE: list[str] = []
LOWER = RequiredTag(key="owner", value_case="lower")
PARAMETERS = """
Parameters:
  Free: {Type: String, Default: dev}
  Allowed: {Type: String, AllowedValues: [dev, prod]}
  Other: {Type: String, AllowedValues: [test, stage]}
  Mixed: {Type: String, AllowedValues: [dev, test]}
  Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /env}
Mappings:
  Stages:
    us-east-1: {env: prod, bad: test}
    eu-west-1: {env: dev, bad: prod}
Conditions:
  IsProd: !Equals [!Ref Free, prod]
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("prod", FINE),
        ("prodd", ["lacks environment is none of dev, prod (prodd)"]),
        ("''", ["lacks environment is empty"]),
        ("!Ref Free", ["perhaps environment: Ref Free is not known yet"]),
        ("!Ref Allowed", FINE),
        ("!Ref Mixed", ["perhaps environment is none of dev, prod (test), if Mixed is test"]),
        ("!Ref Secret", ["perhaps environment: Ref Secret is not known yet"]),
        ("!Ref Nobody", ["perhaps environment: Ref Nobody is not known yet"]),
        ("!Ref AWS::NoValue", ["lacks environment"]),
        ("!Sub '${Allowed}'", FINE),
        ("!Sub '${Free}-x'", ["perhaps environment: Fn::Sub is not known yet"]),
        ("!Sub ['${E}', {E: prod}]", FINE),
        ("!Sub ['${E}d', {E: prod}]", ["lacks environment is none of dev, prod (prodd)"]),
        ("!Join ['', [pr, od]]", FINE),
        ("!Join ['-', [!Ref Free, x]]", ["perhaps environment: Fn::Join is not known yet"]),
        ("!Select [1, [dev, prod]]", FINE),
        ("!Select [0, !Split ['-', prod-x]]", FINE),
        ("!Select [7, [dev]]", ["perhaps environment: Fn::Select is not known yet"]),
        ("!FindInMap [Stages, us-east-1, env]", FINE),
        ("!FindInMap [Stages, us-east-1, bad]", ["lacks environment is none of dev, prod (test)"]),
        ("!FindInMap [Stages, !Ref AWS::Region, env]", FINE),
        (
            "!FindInMap [Stages, !Ref AWS::Region, bad]",
            ["perhaps environment is none of dev, prod (test), if the key in Stages is us-east-1"],
        ),
        ("!FindInMap [Nothing, a, b]", ["perhaps environment: Fn::FindInMap is not known yet"]),
        ("!ImportValue x", ["perhaps environment: Fn::ImportValue x is not known yet"]),
        ("!GetAtt Other.Name", ["perhaps environment: Fn::GetAtt is not known yet"]),
        ("!Base64 x", ["perhaps environment: Fn::Base64 x is not known yet"]),
        ("!Cidr [a, 1, 2]", ["perhaps environment: Fn::Cidr is not known yet"]),
        ("!If [IsProd, prod, dev]", FINE),
        ("!If [IsProd, prod, test]", ["lacks environment is none of dev, prod (test), if IsProd is false"]),
        ("!If [IsProd, !Ref AWS::NoValue, dev]", ["lacks environment, if IsProd is true"]),
        ("!If [IsProd, a, a]", ["lacks environment is none of dev, prod (a)"]),
        ("!If [IsProd, prod, !If [IsProd, never, dev]]", FINE),
        ("!If [IsProd, prod, !Ref Mixed]", ["perhaps environment is none of dev, prod (test), if Mixed is test"]),
        ("'{{resolve:ssm:/env}}'", ["perhaps environment: a dynamic reference is not known yet"]),
        ("[a, b]", ["perhaps environment: a value that is no text is not known yet"]),
    ],
)
def test_a_value(value: str, expected: list[str]) -> None:
    assert said(tagged(f"- {{Key: environment, Value: {value}}}", PARAMETERS), ENVIRONMENT) == expected


def test_none_of_a_parameters_allowed_values_will_do() -> None:
    (only,) = said(tagged("- {Key: environment, Value: !Ref Other}", PARAMETERS), ENVIRONMENT)
    assert only.startswith("lacks environment is none of dev, prod (")


@pytest.mark.parametrize("value", ["!Ref Free", "!Sub '${Free}'", "!ImportValue x", "!GetAtt A.B", "!Ref Topic"])
def test_a_value_that_is_not_known_is_enough_where_any_will_do(value: str) -> None:
    assert said(tagged(f"- {{Key: owner, Value: {value}}}", PARAMETERS), OWNER) == FINE


def test_a_value_that_is_not_known_is_not_enough_where_its_letters_matter() -> None:
    assert said(tagged("- {Key: owner, Value: !Ref Free}", PARAMETERS), LOWER) == [
        "perhaps owner: Ref Free is not known yet"
    ]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("- !If [IsProd, {Key: owner, Value: me}, !Ref AWS::NoValue]", ["lacks owner, if IsProd is false"]),
        ("- !If [IsProd, {Key: owner, Value: me}, {Key: owner, Value: you}]", FINE),
        ("- !If [IsProd, {Key: owner, Value: me}, {Key: other, Value: you}]", ["lacks owner, if IsProd is false"]),
        (
            "- !If [IsProd, {Key: owner, Value: me}, !Ref AWS::NoValue]\n"
            "- !If [IsProd, !Ref AWS::NoValue, {Key: owner, Value: me}]",
            FINE,
        ),
        (
            "- !If [IsProd, {Key: owner, Value: me}, !Ref AWS::NoValue]\n"
            "- !If [IsBig, {Key: owner, Value: me}, !Ref AWS::NoValue]",
            ["lacks owner, if IsBig is false and IsProd is false"],
        ),
        ("!If [IsProd, [{Key: owner, Value: me}], []]", ["lacks owner, if IsProd is false"]),
        ("!If [IsProd, [{Key: owner, Value: me}], !Ref AWS::NoValue]", ["lacks owner, if IsProd is false"]),
        ("!If [IsProd, [], []]", ["lacks owner"]),
        ("!Ref AWS::NoValue", ["lacks owner"]),
        ("!Ref Everything", ["perhaps owner: Ref Everything is not known yet"]),
        ("!ImportValue all", ["perhaps owner: Fn::ImportValue all is not known yet"]),
        ("!If [IsProd, [{Key: owner, Value: me}], !Ref All]", ["perhaps owner: Ref All is not known yet"]),
        ("!If [IsProd, [], !Ref All]", ["lacks owner, if IsProd is true"]),
        ("Fn::Transform: {Name: AWS::Include}", ["perhaps owner: Fn::Transform is not known yet"]),
        ("- {Key: !Ref Free, Value: me}", ["perhaps owner: a key by Ref Free is not known yet"]),
        ("- {Key: !Ref Free, Value: me}\n- {Key: owner, Value: me}", FINE),
        ("- {Key: !Sub own, Value: me}", ["lacks owner"]),
        ("- {Key: !Sub owner, Value: me}", FINE),
        ("- Fn::Transform: {Name: More}", ["perhaps owner: a key by Fn::Transform is not known yet"]),
        ("- just text", ["perhaps owner: a key by something that is no tag is not known yet"]),
        ("- {Key: Owner, Value: me}", ["lacks owner"]),
        ("- {Key: owner}", ["lacks owner is empty"]),
    ],
)
def test_whole_tags_and_keys(tags: str, expected: list[str]) -> None:
    assert said(tagged(tags, PARAMETERS), OWNER) == expected


def test_more_ways_than_anybody_can_tell_apart_are_not_told() -> None:
    tags = "\n".join(f"- !If [C{n}, {{Key: owner, Value: v{n}}}, !Ref AWS::NoValue]" for n in range(12))
    assert said(tagged(tags), OWNER) == ["perhaps owner: what comes of so many conditions is not known yet"]


def test_where_a_stack_is_to_be_deployed_is_known_to_its_tags() -> None:
    one = tagged("- {Key: environment, Value: !FindInMap [Stages, !Ref AWS::Region, bad]}", PARAMETERS)
    assert said(one, ENVIRONMENT, stack=Stack(region="eu-west-1")) == FINE
    assert said(one, ENVIRONMENT, stack=Stack(region="us-east-1")) == ["lacks environment is none of dev, prod (test)"]


def test_what_a_parent_passes_is_what_a_parameter_is() -> None:
    one = tagged("- {Key: environment, Value: !Ref Free}", PARAMETERS)
    assert said(one, ENVIRONMENT, stack=Stack(given={"Free": (Option("prod"),)})) == FINE
    assert said(one, ENVIRONMENT, stack=Stack(given={"Free": (Option("no"),)})) == [
        "lacks environment is none of dev, prod (no)"
    ]
    assert said(one, ENVIRONMENT, stack=Stack(given={"Free": (Option(Unknown("Ref X")),)})) == [
        "perhaps environment: Ref X is not known yet"
    ]


def test_what_a_parent_does_not_pass_is_the_default() -> None:
    assert (
        said(tagged("- {Key: environment, Value: !Ref Free}", PARAMETERS), ENVIRONMENT, stack=Stack(given={})) == FINE
    )
