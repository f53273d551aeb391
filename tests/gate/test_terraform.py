"""A plan of Terraform: what it makes or changes, with the provider's default tags in it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.tag_check.required import RequiredTag
from gate.document import Document, Unreadable
from gate.resource import Resource, verdict
from gate.terraform import resources
from tests.gate.judging import ENVIRONMENT, policy


def change(type: str = "aws_sqs_queue", after: Any = None, **more: Any) -> dict[str, Any]:
    address = more.pop("address", f"{type}.one")
    mode = more.pop("mode", "managed")
    whole = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}, **more}
    return {"address": address, "mode": mode, "type": type, "name": "one", "change": whole}


def planned(*changes: Any, **more: Any) -> list[Resource]:
    return resources(Document("plan.json", {"format_version": "1.2", "resource_changes": list(changes), **more}))[0]


def judged(one: dict[str, Any], *required: RequiredTag, **more: Any) -> list[str]:
    (resource,) = planned(one, **more)
    found = verdict(resource, policy(*required))
    return [f"{said.kind} {said.text}" for said in found.findings] if resource.takes_tags == "yes" else ["takes none"]


@pytest.mark.parametrize(
    ("after", "later", "expected"),
    [
        ({"tags": None, "tags_all": {}}, {}, ["lacks owner"]),
        ({"tags": {"owner": "me"}, "tags_all": {"owner": "me"}}, {}, []),
        ({"tags": None, "tags_all": {"owner": "me"}}, {}, []),
        ({"tags": {"owner": "me"}}, {}, []),
        ({"tags": {"owner": "me"}}, {"tags_all": True}, []),
        ({"tags": {}}, {"tags_all": True}, ["cannot_tell owner: a value of the plan is not known yet"]),
        ({}, {"tags": True, "tags_all": True}, ["cannot_tell owner: a value of the plan is not known yet"]),
        ({"tags": {"a": "b"}, "tags_all": {"a": "b"}}, {"tags": {"owner": True}, "tags_all": {"owner": True}}, []),
        ({"tags": {"owner": ""}, "tags_all": {"owner": ""}}, {}, ["lacks owner is empty"]),
        ({"name": "x"}, {"id": True}, ["takes none"]),
    ],
)
def test_tags_of_a_resource(after: Any, later: Any, expected: list[str]) -> None:
    assert judged(change(after=after, after_unknown=later)) == expected


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        ({"region": {}}, ["lacks owner"]),
        ({"default_tags": [{"tags": {}}]}, ["cannot_tell owner: a value of the plan is not known yet"]),
    ],
)
def test_tags_all_is_open_where_nobody_has_any(expressions: Any, expected: list[str]) -> None:
    one = change(after={"tags": None}, after_unknown={"tags_all": True})
    assert judged(one, configuration={"provider_config": {"aws": {"expressions": expressions}}}) == expected


def test_a_value_that_is_not_known_yet() -> None:
    one = change(after={"tags_all": {}}, after_unknown={"tags_all": {"environment": True}})
    assert judged(one, ENVIRONMENT) == ["cannot_tell environment: a value of the plan is not known yet"]


def test_a_sensitive_value_is_judged_and_not_shown() -> None:
    for sensitive in (True, {"environment": True}):
        one = change(after={"tags_all": {"environment": "secret"}}, after_sensitive={"tags_all": sensitive})
        assert judged(one, ENVIRONMENT) == ["lacks environment is none of dev, prod (sensitive)"]


@pytest.mark.parametrize(
    ("actions", "counts"),
    [
        (["create"], True),
        (["update"], True),
        (["delete", "create"], True),
        (["create", "delete"], True),
        (["no-op"], False),
        (["delete"], False),
        (["read"], False),
        (["forget"], False),
    ],
)
def test_what_is_made_or_changed_is_judged(actions: list[str], counts: bool) -> None:
    assert bool(planned(change(after={"tags_all": {}}, actions=actions))) is counts


def test_data_sources_and_other_providers_are_not_judged() -> None:
    plan = {"format_version": "1.2", "resource_changes": [change(mode="data"), change("google_compute_instance")]}
    found, notes = resources(Document("plan.json", plan))
    assert found == []
    assert notes == ["1 resources of other providers than aws and awscc: not judged"]


def test_a_group_of_instances_has_blocks() -> None:
    def group(*tags: Any, **more: Any) -> dict[str, Any]:
        return change("aws_autoscaling_group", {"tag": list(tags)}, **more)

    assert judged(group({"key": "owner", "value": "me", "propagate_at_launch": True})) == []
    assert judged(group()) == ["lacks owner"]
    older = {"tag": [], "tags": [{"key": "owner", "value": "me", "propagate_at_launch": "true"}]}
    assert judged(change("aws_autoscaling_group", older, after_unknown={"tag": [], "tags": [{}]})) == []
    assert judged(group({"key": "owner", "propagate_at_launch": True}, after_unknown={"tag": [{"value": True}]})) == []
    assert judged(change("aws_autoscaling_group", {}, after_unknown={"tag": True})) == [
        "cannot_tell owner: a value of the plan is not known yet"
    ]


def test_awscc_has_a_list() -> None:
    assert judged(change("awscc_s3_bucket", {"tags": [{"key": "owner", "value": "me"}]})) == []
    assert judged(change("awscc_s3_bucket", {"tags": [{"key": "x", "value": "me"}]})) == ["lacks owner"]


@pytest.mark.parametrize(("written", "expected"), [({}, "lacks owner"), ({"tags": {}}, "cannot_tell owner: ")])
def test_what_awscc_computes_because_nobody_wrote_it_is_missing(written: Any, expected: str) -> None:
    configured = {"address": "awscc_s3_bucket.one", "expressions": written}
    module = {"module": {"resources": [configured]}}
    one = change("awscc_s3_bucket", {}, after_unknown={"tags": True}, address='module.a["x.y"].awscc_s3_bucket.one[0]')
    (found,) = judged(one, configuration={"root_module": {"module_calls": {"a": module}}})
    assert found.startswith(expected)
    (unsure,) = judged(one)
    assert unsure.startswith("cannot_tell")


def test_a_policy_names_types_as_cloudformation_does() -> None:
    lambdas = RequiredTag(key="owner", types=("AWS::Lambda::*",))
    assert judged(change("aws_lambda_function", {"tags_all": {}}), lambdas) == ["lacks owner"]
    assert judged(change("aws_sqs_queue", {"tags_all": {}}), lambdas) == []


def test_a_type_that_is_not_known_goes_by_its_own_name() -> None:
    (one,) = planned(change("aws_brand_new", {"tags_all": {}}))
    assert (one.type, one.judged_as) == ("aws_brand_new", "aws_brand_new")


MODEL = RequiredTag(key="model", only="ai")


@pytest.mark.parametrize(
    ("type", "after", "later", "expected"),
    [
        ("aws_instance", {"instance_type": "p5.48xlarge"}, {}, ["lacks model"]),
        ("aws_instance", {"instance_type": "t3.micro"}, {}, []),
        ("aws_instance", {}, {"instance_type": True}, ["cannot_tell model, if it is for AI"]),
        ("aws_sagemaker_model", {}, {}, ["lacks model"]),
        ("aws_bedrockagent_agent", {}, {}, ["lacks model"]),
        ("aws_bedrock_brand_new", {}, {}, ["lacks model"]),
    ],
)
def test_what_is_for_ai(type: str, after: Any, later: Any, expected: list[str]) -> None:
    assert judged(change(type, {**after, "tags_all": {}}, after_unknown=later), MODEL) == expected


def test_its_region_decides_what_is_required() -> None:
    there = RequiredTag(key="owner", regions=("eu-*",))
    assert judged(change(after={"tags_all": {}, "region": "us-east-1"}), there) == []
    assert judged(change(after={"tags_all": {}, "region": "eu-west-1"}), there) == ["lacks owner"]


def test_a_module_is_part_of_the_address() -> None:
    (one,) = planned(change(after={"tags_all": {}}, address="module.a[0].aws_sqs_queue.one"))
    assert one.id == "module.a[0].aws_sqs_queue.one"


def test_a_plan_of_a_later_format_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"plan\.json: is a plan of format '2\.0'; 0\.x and 1\.x are read"):
        resources(Document("plan.json", {"format_version": "2.0", "resource_changes": []}))
