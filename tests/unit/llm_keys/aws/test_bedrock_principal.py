"""Stories of roles and users that call Bedrock with SigV4."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from functions.llm_keys import names
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.bedrock_principal import BedrockPrincipal
from functions.llm_keys.providers.provider import GoesOn, NoSuchKey, Provider
from tests.unit.llm_keys.aws.cloud import ACCOUNT, Cloud, Refusal, stop

STOP = names.stop_policy_arn("fusebox-us-east-1", partition="aws", account=ACCOUNT)
ROLE = Key(name="chat", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:role/service/chat")
USER = Key(name="ada", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:user/ada")
GONE = Key(name="gone", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:role/gone")
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "*"}]}


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    client = boto3.client("iam")
    client.create_role(RoleName="chat", Path="/service/", AssumeRolePolicyDocument=json.dumps(DENY))
    client.create_user(UserName="ada")
    client.create_policy(PolicyName=STOP.rsplit("/", 1)[-1], PolicyDocument=json.dumps(DENY))
    return client


@pytest.fixture
def provider(cloud: Cloud, iam: Any) -> BedrockPrincipal:
    return BedrockPrincipal(cloud, STOP)


def attached(iam: Any, role: str = "chat") -> list[str]:
    return [one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]


@pytest.mark.parametrize("key", [ROLE, USER], ids=["role", "user"])
def test_a_principal_is_denied_and_let_go_again(cloud: Cloud, provider: BedrockPrincipal, key: Key) -> None:
    switch: Provider = provider
    assert isinstance(switch, GoesOn)
    before, after = stop(provider, key)
    assert (before, after) == ({"denied": False}, {"denied": True})
    assert provider.stopped(key, after) is after
    provider.write(key, before)
    assert provider.read(key) == before
    kind = "Role" if key is ROLE else "User"
    assert cloud.writes == [f"iam:Attach{kind}Policy", f"iam:Detach{kind}Policy"]


def test_only_the_one_policy_is_touched_wherever_in_the_list_it_stands(iam: Any, provider: BedrockPrincipal) -> None:
    others = []
    for number in range(103):
        made = iam.create_policy(PolicyName=f"p{number:03}", PolicyDocument=json.dumps(DENY))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="chat", PolicyArn=made)
        others.append(made)
    before, after = stop(provider, ROLE)
    assert (before, after) == ({"denied": False}, {"denied": True})
    provider.write(ROLE, before)
    assert attached(iam) == others[:100]


def test_doing_it_twice_is_no_failure(iam: Any, provider: BedrockPrincipal) -> None:
    for denied in (True, True, False, False):
        provider.write(ROLE, {"denied": denied})
    assert attached(iam) == []


def test_a_principal_or_policy_that_is_gone_is_an_error(cloud: Cloud, iam: Any, provider: BedrockPrincipal) -> None:
    with pytest.raises(NoSuchKey, match="principal gone: there is no arn"):
        provider.read(GONE)
    with pytest.raises(NoSuchKey, match="does not exist"):
        provider.write(GONE, {"denied": True})
    with pytest.raises(NoSuchKey, match="there is no arn"):
        provider.write(GONE, {"denied": False})
    iam.delete_policy(PolicyArn=STOP)
    with pytest.raises(NoSuchKey, match="llm-stop does not exist"):
        provider.write(ROLE, {"denied": True})
    # Attached all the same, and yet not found: nobody may take that for a restore.
    cloud.tell("iam.DetachRolePolicy", Refusal("NoSuchEntity", status=404))
    cloud.tell("iam.ListAttachedRolePolicies", {"AttachedPolicies": [{"PolicyArn": STOP}], "IsTruncated": False})
    with pytest.raises(NoSuchKey):
        provider.write(ROLE, {"denied": False})
