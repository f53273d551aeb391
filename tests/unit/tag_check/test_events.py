from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from functions.core.events import Skip, read_event
from functions.core.types import MalformedEvent
from functions.tag_check.events import creations, made_by, subjects
from tests.unit.tag_check.samples import SCOPE, outcome, sample

INSTANCE = "arn:aws:ec2:us-east-1:123456789012:instance/"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("launch_by_auto_scaling", "made by autoscaling.amazonaws.com for its own ends: the sweep looks at it"),
        ("launch_by_service_linked_role", "made by autoscaling.amazonaws.com for its own ends: the sweep looks at it"),
        ("launch_by_fleet", "made by ec2fleet.amazonaws.com for its own ends: the sweep looks at it"),
        ("launch_by_service", "made by eks.amazonaws.com for its own ends: the sweep looks at it"),
        ("launch_by_unnamed_service", "made by an AWS service for its own ends: the sweep looks at it"),
        ("launch_by_service_without_type", "made by ec2.amazonaws.com for its own ends: the sweep looks at it"),
        ("nodes_by_eks", "made by eks-nodegroup.amazonaws.com for its own ends: the sweep looks at it"),
        ("own_call", "Fusebox's own call"),
        ("failed_limit", "the call failed with Client.VcpuLimitExceeded"),
        ("failed_denied", "the call failed with Client.UnauthorizedOperation"),
        ("failed_with_answer", "the call failed with Client.InternalError"),
        ("failed_code_is_number", "the call failed with 503"),
        ("dry_run", "a dry run: nothing was created"),
        ("other_account", "from 210987654321 us-east-1, not 123456789012 us-east-1"),
        ("other_region", "from 123456789012 eu-central-1, not 123456789012 us-east-1"),
        ("other_call", "ec2.amazonaws.com StartInstances creates nothing that is checked"),
        ("other_service", "cloudhsm.amazonaws.com CreateCluster creates nothing that is checked"),
        ("model_in_training", "bedrock.amazonaws.com CreateModelCustomizationJob creates nothing that is checked"),
        ("name_is_number", "ec2.amazonaws.com 7 creates nothing that is checked"),
        ("other_type", "a 'EC2 Instance State-change Notification' event of aws.ec2 is not watched"),
        ("tag_of_own", "only tags of Fusebox or of AWS changed"),
        ("tag_of_aws", "only tags of Fusebox or of AWS changed"),
        ("tag_of_unchecked", "what changed is not checked"),
        ("tag_of_other_account", "what changed is not checked"),
        ("tag_arn_is_wildcard", "what changed is not checked"),
    ],
)
def test_what_asks_for_nothing_says_why(name: str, reason: str) -> None:
    assert sample(name).outcome == Skip(reason)


@pytest.mark.parametrize(
    "name",
    [
        "launch_by_user",
        "launch_by_root",
        "launch_by_sso",
        "launch_by_saml",
        "launch_by_web_identity",
        "launch_by_federated_user",
        "launch_by_cloudformation",
        "launch_by_service_catalog",
        "launch_by_console",
        "launch_without_identity",
    ],
)
def test_what_a_person_or_their_tools_make_is_looked_at(name: str) -> None:
    assert sample(name).outcome == {INSTANCE + "i-0d0000000000000ff": {}}


@pytest.mark.parametrize("identity", [None, 7, "root", [], {}, {"type": None}, {"invokedBy": 7}, {"invokedBy": None}])
def test_an_identity_that_says_nothing_is_no_service(identity: object) -> None:
    assert made_by({"userIdentity": identity}) == ""


def test_a_user_whose_name_looks_like_a_services_role_is_still_a_user() -> None:
    identity = {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/aws-service-role/x/y", "userName": "y"}
    assert made_by({"userIdentity": identity}) == ""


@pytest.mark.parametrize("code", ["", 0, False, [], {}])
def test_an_error_code_of_any_kind_means_that_nothing_was_made(code: object) -> None:
    event = deepcopy(sample("run_instance").case["event"])
    event["detail"]["errorCode"] = code
    assert isinstance(outcome(event), Skip)


def test_an_error_code_of_null_is_none() -> None:
    event = deepcopy(sample("run_instance").case["event"])
    event["detail"]["errorCode"] = None
    assert outcome(event) == sample("run_instance").outcome


def test_without_a_role_of_its_own_fusebox_looks_at_every_call() -> None:
    """Outside Lambda there is no role to leave out."""
    event = read_event(sample("own_call").case["event"])
    assert subjects(event, replace(SCOPE, role_arn="")) == [INSTANCE + "i-0a1b2c3d4e5f60718"]


def test_a_change_of_tags_creates_nothing() -> None:
    assert isinstance(creations(read_event(sample("tag_lost").case["event"]), SCOPE), Skip)


def test_marks_of_fusebox_beside_a_persons_tags_do_not_hide_the_change() -> None:
    assert sample("tag_with_own_too").outcome == [INSTANCE + "i-0d0000000000000ff"]


@pytest.mark.parametrize("keys", ["team", {"team": 1}, [7], [None], None, 7, [["team"]]])
def test_changed_keys_that_are_no_list_of_texts_end_as_a_failure(keys: object) -> None:
    event = deepcopy(sample("tag_lost").case["event"])
    event["detail"]["changed-tag-keys"] = keys
    found = outcome(event)
    assert isinstance(found, MalformedEvent)
    assert "are no list of texts" in str(found)


@pytest.mark.parametrize("resources", [None, "x", 7, {}, [7], [None], [""], ["arn"], ["arn:aws:ec2"], [":::::"]])
def test_a_change_of_tags_of_what_has_no_arn_is_passed_over(resources: object) -> None:
    event: Any = deepcopy(sample("tag_lost").case["event"])
    event["resources"] = resources
    assert outcome(event) == Skip("what changed is not checked")


def buried(what: Any, depth: int = 5000) -> Any:
    """Under more lists than Python may recurse."""
    for _ in range(depth):
        what = [what]
    return what


def test_an_event_nested_to_any_depth_is_read_all_the_same() -> None:
    event = deepcopy(sample("run_instance").case["event"])
    event["detail"]["responseElements"] = buried(event["detail"]["responseElements"])
    assert outcome(event) == sample("run_instance").outcome


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("errorCode", "the call failed with a list"),
        ("eventName", "ec2.amazonaws.com a list creates nothing that is checked"),
    ],
)
def test_what_is_nested_where_a_text_is_meant_is_told_as_what_it_is(key: str, reason: str) -> None:
    event = deepcopy(sample("run_instance").case["event"])
    event["detail"][key] = buried("deep")
    assert outcome(event) == Skip(reason)


def test_an_envelope_with_something_nested_for_a_text_ends_as_a_failure() -> None:
    event = {**sample("run_instance").case["event"], "source": buried("aws.ec2")}
    found = outcome(event)
    assert isinstance(found, MalformedEvent)
    assert str(found) == "event field 'source' is missing or no text: a list"
