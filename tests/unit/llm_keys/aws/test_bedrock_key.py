"""Stories of long-term Bedrock keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.llm_keys.keys import Key
from functions.llm_keys.providers.bedrock_key import BedrockKey
from functions.llm_keys.providers.provider import (
    Credential,
    GoesOn,
    ListsCredentials,
    NoSuchKey,
    Probes,
    Provider,
    ProviderFailed,
)
from tests.unit.llm_keys.aws.cloud import ACCOUNT, REGION, BedrockKeys, Cloud, Refusal, stop

ID = "ACCAEXAMPLE1EXAMPLE03"
KEY = Key(name="chat", kind="bedrock_key", id=ID, user="chat")


@pytest.fixture
def keys(cloud: Cloud) -> BedrockKeys:
    made = BedrockKeys()
    made.add("chat", "ACCAEXAMPLE1EXAMPLE01", "Expired")
    made.add("chat", "ACCAEXAMPLE1EXAMPLE02", "Inactive")
    made.add("chat", ID, ServiceCredentialAlias="chat-at-123456789012", ExpirationDate=datetime(2027, 1, 5, tzinfo=UTC))
    made.add("batch", "ACCAEXAMPLE1EXAMPLE04")
    made.teach(cloud)
    return made


@pytest.fixture
def provider(cloud: Cloud) -> BedrockKey:
    return BedrockKey(cloud)


def test_it_is_a_switch_that_lists_probes_and_tells_of_what_goes_on(provider: BedrockKey) -> None:
    switch: Provider = provider
    assert isinstance(switch, ListsCredentials)
    assert isinstance(switch, Probes)
    assert isinstance(switch, GoesOn)


def test_a_key_on_the_second_page_stops_and_the_same_key_comes_back(
    cloud: Cloud, keys: BedrockKeys, provider: BedrockKey
) -> None:
    before, after = stop(provider, KEY)
    assert (before, after, keys.status(ID)) == ({"status": "Active"}, {"status": "Inactive"}, "Inactive")
    provider.write(KEY, before)
    assert provider.read(KEY) == before
    assert keys.status("ACCAEXAMPLE1EXAMPLE04") == "Active"
    assert cloud.writes == ["iam:UpdateServiceSpecificCredential"] * 2
    assert cloud.asked[0] == (
        "ListServiceSpecificCredentials",
        {"ServiceName": "bedrock.amazonaws.com", "UserName": "chat"},
    )


@pytest.mark.parametrize("status", ["Inactive", "Expired"])
def test_what_is_stopped_already_is_left_as_it_is(keys: BedrockKeys, provider: BedrockKey, status: str) -> None:
    values = {"status": status}
    assert provider.stopped(KEY, values) is values


def test_an_expired_key_is_never_set(cloud: Cloud, keys: BedrockKeys, provider: BedrockKey) -> None:
    expired = Key(name="old", kind="bedrock_key", id="ACCAEXAMPLE1EXAMPLE01", user="chat")
    before, after = stop(provider, expired)
    assert before == after == {"status": "Expired"}
    assert cloud.writes == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (
            Key(name="theirs", kind="bedrock_key", id="ACCAEXAMPLE1EXAMPLE04", user="chat"),
            "user chat has no Bedrock key",
        ),
        (Key(name="nobody", kind="bedrock_key", id=ID, user="nobody"), "there is no IAM user nobody"),
    ],
)
def test_a_key_of_another_user_or_of_none_is_an_error(
    keys: BedrockKeys, provider: BedrockKey, key: Key, text: str
) -> None:
    with pytest.raises(NoSuchKey, match=text):
        provider.read(key)
    with pytest.raises(NoSuchKey, match="has no Bedrock key"):
        provider.write(key, {"status": "Inactive"})


def test_the_keys_of_all_users_that_could_be_used_now(keys: BedrockKeys, provider: BedrockKey) -> None:
    assert provider.credentials("") == [
        Credential("bedrock_key", ID, "chat-at-123456789012", "of IAM user chat, expires 2027-01-05"),
        Credential("bedrock_key", "ACCAEXAMPLE1EXAMPLE04", "batch", "of IAM user batch, never expires"),
    ]


def test_jobs_and_throughput_that_go_on_are_named(cloud: Cloud, provider: BedrockKey) -> None:
    bucket = {"s3InputDataConfig": {"s3Uri": "s3://in"}}
    at = datetime(2026, 11, 17, tzinfo=UTC)

    def jobs(params: object) -> dict[str, object]:
        assert isinstance(params, dict)
        state, page = params["statusEquals"], params.get("nextToken")
        if state != "InProgress":
            return {"invocationJobSummaries": []}
        job = {
            "jobArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-invocation-job/abcdef123456",
            "jobName": "nightly-eval" if page else "backfill",
            "modelId": f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/batch",
            "status": state,
            "submitTime": at,
            "inputDataConfig": bucket,
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://out"}},
        }
        return {"invocationJobSummaries": [job], **({} if page else {"nextToken": "more"})}

    model = f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-pro-v1:0"
    bought = {
        "provisionedModelArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:provisioned-model/abcdef123456",
        "modelArn": model,
        "desiredModelArn": model,
        "foundationModelArn": model,
        "modelUnits": 2,
        "desiredModelUnits": 2,
        "creationTime": at,
        "lastModifiedTime": at,
    }
    cloud.told["bedrock.ListModelInvocationJobs"] = jobs
    cloud.tell(
        "bedrock.ListProvisionedModelThroughputs",
        {
            "provisionedModelSummaries": [
                {**bought, "provisionedModelName": "chat", "status": "InService", "commitmentDuration": "OneMonth"},
                {**bought, "provisionedModelName": "trial", "status": "Updating"},
                {**bought, "provisionedModelName": "never", "status": "Failed"},
            ]
        },
    )
    assert provider.going_on() == [
        "batch job backfill (InProgress) with model anthropic.claude-3-haiku-20240307-v1:0",
        "batch job nightly-eval (InProgress) with model anthropic.claude-3-haiku-20240307-v1:0",
        "provisioned throughput chat (InService): 2 model units of amazon.nova-pro-v1:0, bought for OneMonth",
        "provisioned throughput trial (Updating): 2 model units of amazon.nova-pro-v1:0",
    ]
    cloud.tell("bedrock.ListProvisionedModelThroughputs", Refusal("AccessDeniedException", "not authorized", 403))
    with pytest.raises(ProviderFailed, match=r"what Bedrock goes on billing: .*AccessDenied"):
        provider.going_on()
