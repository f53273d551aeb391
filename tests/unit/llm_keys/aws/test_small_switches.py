"""Stories of API Gateway keys, access keys and secrets."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from functions.llm_keys import names
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.api_gateway import ApiGatewayKey
from functions.llm_keys.providers.iam_access_key import IamAccessKey
from functions.llm_keys.providers.provider import Credential, ListsCredentials, NoSuchKey, Provider, ProviderFailed
from functions.llm_keys.providers.secret import SecretKey
from tests.unit.llm_keys.aws.cloud import ACCOUNT, REGION, Cloud, Refusal, stop

STAGE = names.STOPPED_STAGE


# -- API Gateway ---------------------------------------------------------------------------------
def api_key(name: str, *, enabled: bool = True) -> Key:
    made = boto3.client("apigateway", region_name=REGION).create_api_key(name=name, enabled=enabled)
    return Key(name=name, kind="api_gateway", id=made["id"])


def test_an_api_key_is_disabled_and_enabled_and_its_value_never_asked_for(cloud: Cloud) -> None:
    key = api_key("front-door")
    provider: Provider = ApiGatewayKey(cloud)
    before, after = stop(provider, key)
    assert (before, after) == ({"enabled": True}, {"enabled": False})
    assert provider.stopped(key, after) is after
    provider.write(key, before)
    assert provider.read(key) == before
    assert [name for name, _ in cloud.asked] == ["GetApiKey", "UpdateApiKey"] * 2 + ["GetApiKey"]
    assert all(params["includeValue"] is False for name, params in cloud.asked if name == "GetApiKey")
    assert cloud.asked[1][1]["patchOperations"] == [{"op": "replace", "path": "/enabled", "value": "false"}]


def test_an_api_key_that_is_not_there_is_an_error(cloud: Cloud) -> None:
    missing = Key(name="missing", kind="api_gateway", id="a1b2c3d4e5")
    with pytest.raises(NoSuchKey, match="API Gateway has no API key a1b2c3d4e5 in us-east-1"):
        ApiGatewayKey(cloud).read(missing)
    with pytest.raises(NoSuchKey):
        ApiGatewayKey(cloud).write(missing, {"enabled": False})


def test_the_enabled_api_keys_of_all_pages_are_listed(cloud: Cloud) -> None:
    pages: dict[Any, dict[str, Any]] = {
        None: {"items": [{"id": "a1b2c3d4e5", "name": "front", "enabled": True}], "position": "next"},
        "next": {"items": [{"id": "b1b2c3d4e5", "enabled": False}, {"id": "c1b2c3d4e5", "enabled": True}]},
    }
    cloud.told["apigateway.GetApiKeys"] = lambda params: pages[params.get("position")]
    provider: Provider = ApiGatewayKey(cloud)
    assert isinstance(provider, ListsCredentials)
    assert provider.credentials("") == [
        Credential("api_gateway", "a1b2c3d4e5", "front"),
        Credential("api_gateway", "c1b2c3d4e5", "c1b2c3d4e5"),
    ]
    assert all(params["includeValues"] is False for _, params in cloud.asked)
    cloud.tell("apigateway.GetApiKeys", Refusal("AccessDeniedException", status=403))
    with pytest.raises(ProviderFailed, match=r"the API keys of API Gateway: .*AccessDenied"):
        provider.credentials("")


# -- access keys ---------------------------------------------------------------------------------
def access_key(user: str) -> Key:
    iam = boto3.client("iam")
    iam.create_user(UserName=user)
    return Key(
        name=user, kind="iam_access_key", id=iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"], user=user
    )


def test_an_access_key_is_made_inactive_and_active(cloud: Cloud) -> None:
    key, other = access_key("chat"), access_key("batch")
    provider: Provider = IamAccessKey(cloud)
    before, after = stop(provider, key)
    assert (before, after) == ({"status": "Active"}, {"status": "Inactive"})
    assert provider.stopped(key, after) is after
    assert provider.read(other) == before
    provider.write(key, before)
    assert provider.read(key) == before


def test_an_expired_access_key_counts_as_stopped_and_is_never_set(cloud: Cloud) -> None:
    key = access_key("chat")
    metadata = [{"UserName": "chat", "AccessKeyId": key.id, "Status": "Expired"}]
    cloud.tell("iam.ListAccessKeys", {"AccessKeyMetadata": metadata, "IsTruncated": False})
    before, after = stop(IamAccessKey(cloud), key)
    assert before == after == {"status": "Expired"}
    assert cloud.writes == []


def test_an_access_key_of_another_user_or_of_none_is_an_error(cloud: Cloud) -> None:
    mine, theirs = access_key("chat"), access_key("batch")
    provider = IamAccessKey(cloud)
    stray = Key(name="stray", kind="iam_access_key", id=theirs.id, user="chat")
    nobodys = Key(name="nobodys", kind="iam_access_key", id=mine.id, user="nobody")
    with pytest.raises(NoSuchKey, match=f"IAM user chat has no access key {theirs.id}"):
        provider.read(stray)
    with pytest.raises(NoSuchKey, match="there is no IAM user nobody"):
        provider.read(nobodys)
    with pytest.raises(NoSuchKey):
        provider.write(stray, {"status": "Inactive"})


def test_an_access_key_on_the_second_page_is_found(cloud: Cloud) -> None:
    key = Key(name="chat", kind="iam_access_key", id="AKIA" + "EXAMPLE00002", user="chat")

    def pages(params: Any) -> dict[str, Any]:
        number = 2 if params.get("Marker") == "next" else 1
        listed = [{"UserName": "chat", "AccessKeyId": f"AKIAEXAMPLE0000{number}", "Status": "Active"}]
        more = {"IsTruncated": True, "Marker": "next"} if number == 1 else {"IsTruncated": False}
        return {"AccessKeyMetadata": listed, **more}

    cloud.told["iam.ListAccessKeys"] = pages
    assert IamAccessKey(cloud).read(key) == {"status": "Active"}


# -- secrets -------------------------------------------------------------------------------------
WITH_KEY, WITHOUT, NEWER = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")


@pytest.fixture
def secrets(cloud: Cloud) -> Any:
    return boto3.client("secretsmanager", region_name=REGION)


def held(secrets: Any, *, labelled: bool = True) -> Key:
    made = secrets.create_secret(Name="llm/chat", SecretString="k" * 20, ClientRequestToken=WITH_KEY)
    if labelled:
        put = {"SecretString": "none", "ClientRequestToken": WITHOUT, "VersionStages": [STAGE]}
        secrets.put_secret_value(SecretId=made["ARN"], **put)
    return Key(name="chat", kind="secret", id=made["ARN"])


def read_by_stage(secrets: Any, key: Key) -> str:
    """What readers get; moto does not follow a moved label unless it is named."""
    return str(secrets.get_secret_value(SecretId=key.id, VersionStage="AWSCURRENT")["SecretString"])


def test_readers_get_the_version_without_a_key_and_then_the_old_one_again(cloud: Cloud, secrets: Any) -> None:
    key = held(secrets)
    provider: Provider = SecretKey(cloud)
    before, after = stop(provider, key)
    assert (before, after) == ({"current": WITH_KEY}, {"current": STAGE})
    assert read_by_stage(secrets, key) == "none"
    assert provider.stopped(key, after) is after
    provider.write(key, after)
    provider.write(key, before)
    assert provider.read(key) == before
    assert read_by_stage(secrets, key) == "k" * 20
    assert cloud.writes == ["secretsmanager:UpdateSecretVersionStage"] * 2
    assert "secretsmanager:GetSecretValue" not in cloud.calls


def test_a_value_that_is_put_meanwhile_shows_as_not_stopped(cloud: Cloud, secrets: Any) -> None:
    key = held(secrets)
    stages = {NEWER: ["AWSCURRENT"], WITHOUT: [STAGE, "AWSPREVIOUS"]}
    cloud.tell("secretsmanager.DescribeSecret", {"VersionIdsToStages": stages})
    assert SecretKey(cloud).read(key) == {"current": NEWER}


def test_without_a_version_to_switch_to_it_says_what_to_do(cloud: Cloud, secrets: Any) -> None:
    key = held(secrets, labelled=False)
    wanted = "carries the label FUSEBOX_STOPPED: put a version without a key with `aws secretsmanager put-secret-value"
    with pytest.raises(NoSuchKey, match=wanted):
        SecretKey(cloud).read(key)
    with pytest.raises(NoSuchKey, match=wanted):
        SecretKey(cloud).write(key, {"current": STAGE})
    SecretKey(cloud).write(key, {"current": WITH_KEY})
    assert cloud.writes == []


def test_a_secret_that_is_gone_dying_or_empty_is_an_error(cloud: Cloud, secrets: Any) -> None:
    provider = SecretKey(cloud)
    missing = Key(name="missing", kind="secret", id=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:none-a1b2c3")
    with pytest.raises(NoSuchKey, match="there is no secret"):
        provider.read(missing)
    empty = secrets.create_secret(Name="empty")["ARN"]
    with pytest.raises(ProviderFailed, match="has no value yet"):
        provider.read(Key(name="empty", kind="secret", id=empty))
    key = held(secrets)
    cloud.tell("secretsmanager.UpdateSecretVersionStage", Refusal("ResourceNotFoundException"))
    with pytest.raises(NoSuchKey, match=f"version {NEWER} of .* is gone"):
        provider.write(key, {"current": NEWER})
    secrets.delete_secret(SecretId=key.id)
    with pytest.raises(NoSuchKey, match="about to be deleted"):
        provider.read(key)
