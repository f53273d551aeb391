"""What every switch of AWS makes of refusals and silence: one line, and whether the change may have been made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from functions.core.clients import Clients
from functions.llm_keys import names
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.api_gateway import ApiGatewayKey
from functions.llm_keys.providers.bedrock_key import BedrockKey
from functions.llm_keys.providers.bedrock_principal import BedrockPrincipal
from functions.llm_keys.providers.iam_access_key import IamAccessKey
from functions.llm_keys.providers.provider import NoSuchKey, Provider, ProviderFailed, Values
from functions.llm_keys.providers.secret import SecretKey
from tests.unit.llm_keys.aws.cloud import ACCOUNT, REGION, Answer, Cloud, Refusal

POLICY = names.stop_policy_arn("fusebox-us-east-1", partition="aws", account=ACCOUNT)
VERSION, OTHER = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Case:
    """A switch with a key of its, the calls that read and write it, and what a stop writes."""

    make: Callable[[Clients], Provider]
    key: Key
    reads: str
    writes: str
    stop: Values


CASES = [
    Case(
        BedrockKey,
        Key(name="chat", kind="bedrock_key", id="ACCAEXAMPLE1EXAMPLE01", user="chat"),
        "iam.ListServiceSpecificCredentials",
        "iam.UpdateServiceSpecificCredential",
        {"status": "Inactive"},
    ),
    Case(
        lambda clients: BedrockPrincipal(clients, POLICY),
        Key(name="chat", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:role/chat"),
        "iam.ListAttachedRolePolicies",
        "iam.AttachRolePolicy",
        {"denied": True},
    ),
    Case(
        ApiGatewayKey,
        Key(name="chat", kind="api_gateway", id="a1b2c3d4e5"),
        "apigateway.GetApiKey",
        "apigateway.UpdateApiKey",
        {"enabled": False},
    ),
    Case(
        IamAccessKey,
        Key(name="chat", kind="iam_access_key", id="AKIA" + "EXAMPLE00001", user="chat"),
        "iam.ListAccessKeys",
        "iam.UpdateAccessKey",
        {"status": "Inactive"},
    ),
    Case(
        SecretKey,
        Key(name="chat", kind="secret", id=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:chat-a1b2c3"),
        "secretsmanager.DescribeSecret",
        "secretsmanager.UpdateSecretVersionStage",
        {"current": OTHER},
    ),
]
ADDRESS = "https://aws.example.com"
DENIED = Refusal("AccessDenied", "User: fusebox is not authorized to perform this", 403)
every = pytest.mark.parametrize("case", CASES, ids=[case.key.kind for case in CASES])


def quiet(cloud: Cloud, case: Case) -> Provider:
    """The switch, at an account where a look before the change succeeds."""
    cloud.tell("secretsmanager.DescribeSecret", {"VersionIdsToStages": {VERSION: ["AWSCURRENT"], OTHER: ["old"]}})
    return case.make(cloud)


@every
@pytest.mark.parametrize(
    ("answer", "certain"),
    [
        (DENIED, True),
        (Refusal("Throttling", "Rate exceeded", 400), True),
        (Refusal("Throttling", "Rate exceeded", 400, retries=4), False),
        (Refusal("InternalFailure", "oops", 500), False),
        (ReadTimeoutError(endpoint_url=ADDRESS), False),
        (ConnectionClosedError(endpoint_url=ADDRESS), False),
        (EndpointConnectionError(endpoint_url=ADDRESS), True),
    ],
    ids=["denied", "throttled", "throttled-again", "5xx", "read-timeout", "closed", "never-connected"],
)
def test_a_write_says_whether_it_may_have_been_made(cloud: Cloud, case: Case, answer: Answer, certain: bool) -> None:
    provider = quiet(cloud, case)
    cloud.tell(case.writes, answer)
    with pytest.raises(ProviderFailed, match=" chat: ") as caught:
        provider.write(case.key, case.stop)
    assert caught.value.certain is certain
    assert not isinstance(caught.value, NoSuchKey)
    assert "\n" not in str(caught.value)


@every
@pytest.mark.parametrize("answer", [DENIED, ReadTimeoutError(endpoint_url=ADDRESS)], ids=["denied", "silent"])
def test_a_read_that_fails_is_no_missing_key_and_changed_nothing(cloud: Cloud, case: Case, answer: Answer) -> None:
    provider = quiet(cloud, case)
    cloud.tell(case.reads, answer)
    with pytest.raises(ProviderFailed, match=" chat: ") as caught:
        provider.read(case.key)
    assert caught.value.certain
    assert not isinstance(caught.value, NoSuchKey)
    assert cloud.writes == []


@every
def test_what_aws_says_is_one_line_of_bounded_length(cloud: Cloud, case: Case) -> None:
    provider = quiet(cloud, case)
    cloud.tell(case.reads, Refusal("AccessDenied", "first\nsecond " + "x" * 2000, 403))
    with pytest.raises(ProviderFailed) as caught:
        provider.read(case.key)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
