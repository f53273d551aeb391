"""Stories of secrets: who may read them, what is in them, and that deploying again never touches them."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import DeploymentRejected, UnmodelledCall, UnmodelledResource

TYPE = "AWS::SecretsManager::Secret"


def value(account: Any, name: str) -> str:
    found: str = account.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    return found


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_secret_is_generated_inside_a_template(stack: Any, opened: Any) -> None:
    how = {
        "SecretStringTemplate": '{"current": 1}',
        "GenerateStringKey": "key",
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }
    tags = [{"Key": "owner", "Value": "ml"}]
    stack.add("Key", TYPE, Name="fuse/key", Description="signs links", GenerateSecretString=how, Tags=tags)
    account = opened(stack)

    secret = json.loads(value(account, "fuse/key"))

    assert secret["current"] == 1
    assert len(secret["key"]) == 64
    assert set(secret["key"]) <= set(string.ascii_letters + string.digits)
    arn = account.physical_ids["Key"]
    assert re.fullmatch(r"arn:aws:secretsmanager:us-east-1:123456789012:secret:fuse/key-\w{6}", arn)
    described = account.client("secretsmanager").describe_secret(SecretId=arn)
    assert (described["Description"], described["Tags"]) == ("signs links", tags)


def test_a_secret_may_be_a_plain_password_or_given(stack: Any, opened: Any) -> None:
    stack.add("Random", TYPE, Name="random", GenerateSecretString={"IncludeSpace": "true", "ExcludeCharacters": "abc"})
    stack.add("Given", TYPE, Name="given", SecretString="open sesame")
    account = opened(stack)

    assert len(value(account, "random")) == 32
    assert not set("abc") & set(value(account, "random"))
    assert value(account, "given") == "open sesame"


def test_a_secret_without_a_value_waits_for_one_and_deploying_again_keeps_it(stack: Any, opened: Any) -> None:
    stack.add("Slack", TYPE, Name="slack", Description="filled by hand")
    stack.add("Key", TYPE, Name="key", GenerateSecretString={})
    account = opened(stack)
    client = account.client("secretsmanager")
    assert refused(client.get_secret_value, SecretId="slack") == "ResourceNotFoundException"
    key, arn = value(account, "key"), account.physical_ids["Slack"]

    client.put_secret_value(SecretId="slack", SecretString="xoxb")
    stack.function("Another", "")
    account.update_template(stack.template, stack.assets)

    assert (value(account, "slack"), value(account, arn)) == ("xoxb", "xoxb")
    assert (value(account, "key"), account.physical_ids["Slack"]) == (key, arn)
    client.put_secret_value(SecretId=arn, SecretString="newer")
    assert value(account, "slack") == "newer"


READ = """
    import boto3
    def handler(event, context):
        client = boto3.client("secretsmanager")
        try:
            return client.get_secret_value(SecretId=event["name"])["SecretString"]
        except client.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
"""


def test_a_reader_is_judged_by_the_full_arn_however_it_names_the_secret(stack: Any, opened: Any) -> None:
    for name in ("mine", "other"):
        stack.add(name.title(), TYPE, Name=name, SecretString=name)
    stack.function("Read", READ, {"Action": "secretsmanager:GetSecretValue", "Resource": stack.arn("Mine")})
    account = opened(stack)
    arn = account.physical_ids["Mine"]

    def read(name: str) -> Any:
        payload = json.dumps({"name": name}).encode()
        answer = account.client("lambda").invoke(FunctionName=account.physical_ids["Read"], Payload=payload)
        return json.loads(answer["Payload"].read())

    assert [read(name) for name in ("mine", arn, arn[:-7])] == ["mine"] * 3
    assert [read(name) for name in ("other", "nothing")] == ["AccessDeniedException"] * 2
    judged = [c.resources for c in account.calls if c.principal != "owner" and c.service == "secretsmanager"]
    assert judged[:3] == [(arn,)] * 3


def test_writing_and_describing_are_permissions_of_their_own(stack: Any, opened: Any) -> None:
    stack.add("Slack", TYPE, Name="slack")
    stack.role("Writer", {"Action": "secretsmanager:PutSecretValue", "Resource": stack.arn("Slack")})
    account = opened(stack)
    arn = account.client("iam").get_role(RoleName=account.physical_ids["Writer"])["Role"]["Arn"]
    writer = account.client("secretsmanager", arn)

    writer.put_secret_value(SecretId="slack", SecretString="xoxb")
    for call in (writer.get_secret_value, writer.describe_secret):
        assert refused(call, SecretId="slack") == "AccessDeniedException"
    assert refused(writer.delete_secret, SecretId="slack") == "LocalAccountError"
    with pytest.raises(UnmodelledCall, match="secretsmanager:DeleteSecret"):
        account.settle()


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"SecretString": "a", "GenerateSecretString": {}}, "exclude each other"),
        ({"GenerateSecretString": {"GenerateStringKey": "key"}}, "need each other"),
        ({"GenerateSecretString": {"GenerateStringKey": "key", "SecretStringTemplate": "[1]"}}, "no JSON object"),
    ],
)
def test_a_secret_that_aws_would_not_make_is_rejected(
    stack: Any, opened: Any, properties: dict[str, Any], message: str
) -> None:
    stack.add("Key", TYPE, **properties)
    with pytest.raises(DeploymentRejected, match=message):
        opened(stack)


@pytest.mark.parametrize("properties", [{"KmsKeyId": "alias/own"}, {"GenerateSecretString": {"Entropy": "much"}}])
def test_a_secret_with_more_than_is_modelled_fails(stack: Any, opened: Any, properties: dict[str, Any]) -> None:
    stack.add("Key", TYPE, **properties)
    with pytest.raises(UnmodelledResource, match="Key"):
        opened(stack)


def test_a_secret_is_kept_when_it_leaves_the_template_and_cannot_be_made_again(stack: Any, opened: Any) -> None:
    stack.add("Key", TYPE, Name="key", SecretString="kept")
    account = opened(stack)
    declared = stack.resources.pop("Key")
    account.update_template(stack.template, stack.assets)
    assert value(account, "key") == "kept"

    stack.resources["Key"] = declared
    with pytest.raises(DeploymentRejected, match="a secret key already"):
        account.update_template(stack.template, stack.assets)


def test_a_changed_secret_is_not_modelled(stack: Any, opened: Any) -> None:
    stack.add("Key", TYPE, Name="key", SecretString="first")
    account = opened(stack)
    stack.resources["Key"]["Properties"]["SecretString"] = "second"
    with pytest.raises(UnmodelledResource, match=r"Key: changing a AWS::SecretsManager::Secret"):
        account.update_template(stack.template, stack.assets)
