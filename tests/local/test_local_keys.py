"""Stories of keys and principals of the local account: stopped, refused, given back, under least privilege."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from local import LocalAccount, UnmodelledCall
from local.moto_metrics import MetricSeed
from tests.local.conftest import document, trust

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROLES = "arn:aws:iam::123456789012:role"
BREAKER, CHAT, OTHER = f"{ROLES}/breaker", f"{ROLES}/app/chat", f"{ROLES}/other"
USERS = "arn:aws:iam::123456789012:user"
STOP = "arn:aws:iam::123456789012:policy/fusebox-llm-stop"
MODEL = "amazon.nova-lite-v1:0"
DENY = {
    "Effect": "Deny",
    "Action": ["bedrock:InvokeModel*", "bedrock:CallWithBearerToken"],
    "Resource": "*",
}
ASK: dict[str, Any] = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "hello"}]}]}


def roles(*breaker: dict[str, Any]) -> dict[str, Any]:
    """A role that may stop keys, two that call Bedrock, and the policy that denies."""

    def role(name: str, path: str, *statements: dict[str, Any]) -> dict[str, Any]:
        policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}] if statements else []
        properties = {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust("lambda"), "Policies": policies}
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    calls = {"Action": "bedrock:InvokeModel", "Resource": f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}"}
    policy = {"ManagedPolicyName": STOP.rsplit("/", 1)[-1], "PolicyDocument": document(DENY)}
    return {
        "Resources": {
            "Breaker": role("breaker", "/", *breaker),
            "Chat": role("chat", "/app/", calls),
            "Other": role("other", "/", calls),
            "Stop": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
        }
    }


ONE_POLICY = {"ArnEquals": {"iam:PolicyARN": STOP}}
GRANTS = (
    {"Action": "iam:ListAttachedRolePolicies", "Resource": CHAT},
    {"Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"], "Resource": CHAT, "Condition": ONE_POLICY},
    {"Action": "iam:AttachUserPolicy", "Resource": f"{USERS}/ada", "Condition": ONE_POLICY},
    {"Action": "iam:ListServiceSpecificCredentials", "Resource": "*"},
    {"Action": "iam:UpdateServiceSpecificCredential", "Resource": [f"{USERS}/ada", f"{USERS}/*/ada"]},
    {"Action": ["iam:ListAccessKeys", "iam:UpdateAccessKey"], "Resource": f"{USERS}/ada"},
    {"Action": "apigateway:GET", "Resource": "arn:aws:apigateway:us-east-1::/apikeys"},
    {"Action": "budgets:ViewBudget", "Resource": "arn:aws:budgets::123456789012:budget/chat*"},
    {"Action": "bedrock:List*", "Resource": "*"},
    {"Action": ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], "Resource": "*"},
    {
        "Action": ["secretsmanager:DescribeSecret", "secretsmanager:UpdateSecretVersionStage"],
        "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:llm/*",
    },
)


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    with LocalAccount.from_template(roles(*GRANTS), start=START) as account:
        for name in ("ada", "bob"):
            account.client("iam").create_user(UserName=name)
        yield account


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


# -- Bedrock keys --------------------------------------------------------------------------------
def bedrock_key(account: LocalAccount, user: str, **more: Any) -> dict[str, Any]:
    iam = account.client("iam")
    made: dict[str, Any] = iam.create_service_specific_credential(
        UserName=user, ServiceName="bedrock.amazonaws.com", **more
    )["ServiceSpecificCredential"]
    return made


def show(account: LocalAccount, secret: str, path: str = "/foundation-models", method: str = "GET") -> int:
    """The status that a bearer of a key gets."""
    headers = {"authorization": f"Bearer {secret}"}
    with urllib3.PoolManager() as pool:
        return pool.request(method, f"{account.endpoint}{path}", headers=headers).status


def test_a_key_is_taken_until_it_is_made_inactive_and_again_after(account: LocalAccount) -> None:
    key = bedrock_key(account, "ada")
    iam = account.client("iam", BREAKER)
    id, secret = key["ServiceSpecificCredentialId"], key["ServiceCredentialSecret"]
    assert (id[:4], len(id), secret[:9], key["Status"]) == ("ACCA", 21, "ABSKlocal", "Active")

    assert show(account, secret) == 200
    iam.update_service_specific_credential(UserName="ada", ServiceSpecificCredentialId=id, Status="Inactive")
    (listed,) = iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"]
    assert listed["Status"] == "Inactive"
    assert START <= listed["CreateDate"] < START + timedelta(hours=1)
    assert "ServiceCredentialSecret" not in listed
    assert show(account, secret) == 403
    assert show(account, secret, f"/model/{MODEL}/converse", "POST") == 403
    iam.update_service_specific_credential(UserName="ada", ServiceSpecificCredentialId=id, Status="Active")
    assert show(account, secret, f"/model/{MODEL}/converse", "POST") == 200

    calls = [one for one in account.calls if one.action == "bedrock:CallWithBearerToken"]
    assert [(one.principal.rsplit("/", 1)[-1], one.allowed) for one in calls] == [
        ("ada", True),
        ("anonymous", False),
        ("anonymous", False),
        ("ada", True),
    ]
    assert secret not in repr(account.calls)


def test_a_key_ends_with_its_days_and_with_a_deny_on_its_user(account: LocalAccount) -> None:
    short, long = bedrock_key(account, "ada", CredentialAgeDays=1), bedrock_key(account, "ada")
    account.advance(timedelta(hours=25))
    iam = account.client("iam", BREAKER)
    states = {
        one["ServiceSpecificCredentialId"]: one["Status"]
        for one in iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    }
    assert states == {
        short["ServiceSpecificCredentialId"]: "Expired",
        long["ServiceSpecificCredentialId"]: "Active",
    }
    assert (show(account, short["ServiceCredentialSecret"]), show(account, long["ServiceCredentialSecret"])) == (
        403,
        200,
    )
    iam.attach_user_policy(UserName="ada", PolicyArn=STOP)
    assert show(account, long["ServiceCredentialSecret"]) == 403


def test_what_iam_refuses_about_keys_is_refused(account: LocalAccount) -> None:
    iam = account.client("iam")
    key = bedrock_key(account, "ada")
    named = {"ServiceSpecificCredentialId": key["ServiceSpecificCredentialId"]}
    assert refused(iam.list_service_specific_credentials, UserName="nobody") == "NoSuchEntity"
    assert refused(iam.list_service_specific_credentials, UserName="ada", AllUsers=True) == "ValidationError"
    assert refused(iam.update_service_specific_credential, UserName="bob", Status="Active", **named) == "NoSuchEntity"
    assert (
        refused(iam.update_service_specific_credential, UserName="ada", Status="Expired", **named) == "ValidationError"
    )
    create = iam.create_service_specific_credential
    assert refused(create, UserName="nobody", ServiceName="bedrock.amazonaws.com") == "NoSuchEntity"
    assert refused(create, UserName="ada", ServiceName="codecommit.amazonaws.com") == "ServiceNotSupportedException"
    bedrock_key(account, "ada")
    assert refused(create, UserName="ada", ServiceName="bedrock.amazonaws.com") == "LimitExceeded"
    iam.delete_service_specific_credential(UserName="ada", **named)
    assert show(account, key["ServiceCredentialSecret"]) == 403


# -- principals ----------------------------------------------------------------------------------
def test_a_role_that_calls_bedrock_is_denied_and_let_go_again(account: LocalAccount) -> None:
    iam, chat = account.client("iam", BREAKER), account.client("bedrock-runtime", CHAT)
    assert chat.converse(**ASK)["usage"]["totalTokens"] == 15
    assert json.loads(chat.invoke_model(modelId=MODEL, body=b"{}")["body"].read()) == {"canned": True}
    iam.attach_role_policy(RoleName="chat", PolicyArn=STOP)
    attached = iam.list_attached_role_policies(RoleName="chat")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [STOP]
    assert refused(chat.converse, **ASK) == "AccessDeniedException"
    assert account.calls[-1].action == "bedrock:InvokeModel"
    account.client("bedrock-runtime", OTHER).converse(**ASK)
    iam.detach_role_policy(RoleName="chat", PolicyArn=STOP)
    chat.converse(**ASK)
    assert refused(chat.converse, **{**ASK, "modelId": "us.amazon.nova-pro-v1:0"}) == "AccessDeniedException"


def test_nobodys_rights_can_be_raised(account: LocalAccount) -> None:
    """One policy, that denies, on the named principals: everything else that IAM could do is refused."""
    iam = account.client("iam", BREAKER)
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    text = json.dumps(document({"Action": "*", "Resource": "*"}))
    for call, parameters in (
        (iam.attach_role_policy, {"RoleName": "chat", "PolicyArn": admin}),
        (iam.attach_role_policy, {"RoleName": "breaker", "PolicyArn": STOP}),
        (iam.attach_role_policy, {"RoleName": "nobody", "PolicyArn": STOP}),
        (iam.attach_user_policy, {"UserName": "ada", "PolicyArn": admin}),
        (iam.attach_user_policy, {"UserName": "bob", "PolicyArn": STOP}),
        (iam.detach_role_policy, {"RoleName": "chat", "PolicyArn": admin}),
        (iam.detach_user_policy, {"UserName": "ada", "PolicyArn": STOP}),
        (iam.put_role_policy, {"RoleName": "chat", "PolicyName": "p", "PolicyDocument": text}),
        (iam.put_user_policy, {"UserName": "ada", "PolicyName": "p", "PolicyDocument": text}),
        (iam.update_assume_role_policy, {"RoleName": "chat", "PolicyDocument": text}),
        (iam.create_policy_version, {"PolicyArn": STOP, "PolicyDocument": text, "SetAsDefault": True}),
        (iam.set_default_policy_version, {"PolicyArn": STOP, "VersionId": "v1"}),
        (iam.create_access_key, {"UserName": "ada"}),
        (iam.create_service_specific_credential, {"UserName": "ada", "ServiceName": "bedrock.amazonaws.com"}),
        (iam.list_attached_user_policies, {"UserName": "ada"}),
    ):
        assert refused(call, **parameters) == "AccessDenied", call.__name__


def test_a_fence_by_tag_holds_for_roles_users_and_api_keys() -> None:
    """What is allowed on everything is refused on what carries a tag."""
    changes = ["iam:AttachRolePolicy", "iam:UpdateAccessKey", "apigateway:PATCH"]
    fence = {"Effect": "Deny", "Action": changes, "Resource": "*"}
    tagged = {"StringLike": {"aws:ResourceTag/own": "*"}}
    everywhere = roles({"Action": changes, "Resource": "*"}, {**fence, "Condition": tagged})
    with LocalAccount.from_template(everywhere, start=START) as account:
        owner, iam = account.client("iam"), account.client("iam", BREAKER)
        gateway, mine = account.client("apigateway", BREAKER), {"Key": "own", "Value": "yes"}
        owner.create_user(UserName="ada")
        key = owner.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
        doors = [
            account.client("apigateway").create_api_key(name=name, enabled=True, tags=tags)["id"]
            for name, tags in (("theirs", {}), ("ours", {"own": "yes"}))
        ]
        patch = [{"op": "replace", "path": "/enabled", "value": "false"}]

        iam.attach_role_policy(RoleName="chat", PolicyArn=STOP)
        iam.update_access_key(UserName="ada", AccessKeyId=key, Status="Inactive")
        gateway.update_api_key(apiKey=doors[0], patchOperations=patch)
        owner.tag_role(RoleName="chat", Tags=[mine])
        owner.tag_user(UserName="ada", Tags=[mine])

        assert refused(iam.attach_role_policy, RoleName="chat", PolicyArn=STOP) == "AccessDenied"
        assert refused(iam.update_access_key, UserName="ada", AccessKeyId=key, Status="Active") == "AccessDenied"
        assert refused(gateway.update_api_key, apiKey=doors[1], patchOperations=patch) == "AccessDeniedException"


# -- access keys, API keys, secrets --------------------------------------------------------------
def test_an_access_key_is_changed_for_the_named_user_only(account: LocalAccount) -> None:
    owner, iam = account.client("iam"), account.client("iam", BREAKER)
    mine, theirs = (owner.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for name in ("ada", "bob"))
    iam.update_access_key(UserName="ada", AccessKeyId=mine, Status="Inactive")
    assert iam.list_access_keys(UserName="ada")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert refused(iam.update_access_key, UserName="bob", AccessKeyId=theirs, Status="Inactive") == "AccessDenied"
    assert refused(iam.list_access_keys, UserName="bob") == "AccessDenied"


def test_an_api_key_is_disabled_and_enabled_by_method_and_path(account: LocalAccount) -> None:
    owner, gateway = account.client("apigateway"), account.client("apigateway", BREAKER)
    key = owner.create_api_key(name="front", enabled=True)["id"]
    patch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    assert [one["id"] for one in gateway.get_api_keys(includeValues=False)["items"]] == [key]
    assert refused(gateway.update_api_key, apiKey=key, patchOperations=patch) == "AccessDeniedException"
    assert account.calls[-1].action == "apigateway:PATCH"
    arn = f"arn:aws:apigateway:us-east-1::/apikeys/{key}"
    assert account.calls[-1].resources == (arn,)
    text = json.dumps(document({"Action": ["apigateway:GET", "apigateway:PATCH"], "Resource": arn}))
    account.client("iam").put_role_policy(RoleName="breaker", PolicyName="keys", PolicyDocument=text)
    gateway.update_api_key(apiKey=key, patchOperations=patch)
    assert gateway.get_api_key(apiKey=key, includeValue=False)["enabled"] is False
    assert refused(owner.get_api_key, apiKey="none") == "NotFoundException"
    assert refused(gateway.get_rest_apis) == "AccessDeniedException"


def test_of_apis_there_is_nothing_else(account: LocalAccount) -> None:
    with pytest.raises(ClientError):
        account.client("apigateway").get_usage_plans()
    with pytest.raises(UnmodelledCall, match="nothing of apigateway"):
        account.settle()


def test_readers_of_a_secret_follow_its_label_and_labels_of_ones_own_stay(account: LocalAccount) -> None:
    owner, breaker = account.client("secretsmanager"), account.client("secretsmanager", BREAKER)
    arn = owner.create_secret(Name="llm/chat", SecretString="key")["ARN"]
    owner.put_secret_value(SecretId=arn, SecretString="none", VersionStages=["STOPPED"])
    stages = breaker.describe_secret(SecretId=arn)["VersionIdsToStages"]
    held, empty = (next(id for id, one in stages.items() if label in one) for label in ("AWSCURRENT", "STOPPED"))

    move = {"SecretId": arn, "VersionStage": "AWSCURRENT"}
    breaker.update_secret_version_stage(**move, MoveToVersionId=empty, RemoveFromVersionId=held)
    assert owner.get_secret_value(SecretId=arn)["SecretString"] == "none"
    owner.put_secret_value(SecretId=arn, SecretString="rotated")
    stages = breaker.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert sorted(label for one in stages.values() for label in one if label != "AWSPREVIOUS") == [
        "AWSCURRENT",
        "STOPPED",
    ]
    assert "STOPPED" in stages[empty]
    assert owner.get_secret_value(SecretId=arn)["SecretString"] == "rotated"
    assert refused(breaker.get_secret_value, SecretId=arn) == "AccessDeniedException"
    other = owner.create_secret(Name="other", SecretString="key")["ARN"]
    assert refused(breaker.describe_secret, SecretId=other) == "AccessDeniedException"


# -- what is read of spend -----------------------------------------------------------------------
def test_budgets_are_read_by_name(account: LocalAccount) -> None:
    budgets = account.client("budgets")
    for name in ("chat-1a2b3c", "others"):
        limit = {"BudgetName": name, "BudgetLimit": {"Amount": "9", "Unit": "USD"}, "BudgetType": "COST"}
        budgets.create_budget(AccountId="123456789012", Budget={**limit, "TimeUnit": "MONTHLY"})
    reader = account.client("budgets", BREAKER)
    found = reader.describe_budget(AccountId="123456789012", BudgetName="chat-1a2b3c")["Budget"]
    assert found["CalculatedSpend"]["ActualSpend"]["Unit"] == "USD"
    assert account.calls[-1].action == "budgets:ViewBudget"
    assert refused(reader.describe_budget, AccountId="123456789012", BudgetName="others") == "AccessDeniedException"


def test_metrics_of_bedrock_and_of_the_meter_are_read_by_their_exact_dimensions(account: LocalAccount) -> None:
    at = START - timedelta(hours=2)
    account.seed_metrics(
        [
            MetricSeed("AI/FinOps", "EstimatedCostUSD", (("Budget", "chat"),), ((at, 1.5), (at, 2.0))),
            MetricSeed("AI/FinOps", "EstimatedCostUSD", (("Budget", "chat"), ("ModelId", "m")), ((at, 9.0),)),
            MetricSeed("AWS/Bedrock", "InputTokenCount", (("ModelId", MODEL),), ((at, 100.0),)),
        ]
    )
    cloudwatch = account.client("cloudwatch", BREAKER)
    listed = cloudwatch.list_metrics(Namespace="AWS/Bedrock", Dimensions=[{"Name": "ModelId"}])["Metrics"]
    assert [one["MetricName"] for one in listed] == ["InputTokenCount"]
    metric = {"Namespace": "AI/FinOps", "MetricName": "EstimatedCostUSD"}
    stat = {"Metric": {**metric, "Dimensions": [{"Name": "Budget", "Value": "chat"}]}, "Period": 3600, "Stat": "Sum"}
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q0", "MetricStat": stat}], StartTime=START.replace(hour=0), EndTime=START
    )["MetricDataResults"]
    assert (found[0]["Values"], found[0]["StatusCode"]) == ([3.5], "Complete")


def test_what_bedrock_goes_on_with_is_listed(account: LocalAccount) -> None:
    job = {
        "jobArn": "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdef123456",
        "jobName": "nightly",
        "modelId": MODEL,
        "roleArn": CHAT,
        "status": "InProgress",
        "submitTime": "2026-03-01T11:00:00Z",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://in"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://out"}},
    }
    bedrock = account.client("bedrock", BREAKER)
    assert bedrock.list_model_invocation_jobs()["invocationJobSummaries"] == []
    account.seed_bedrock(jobs=[job, {**job, "jobName": "old", "status": "Completed"}])
    running = bedrock.list_model_invocation_jobs(statusEquals="InProgress")["invocationJobSummaries"]
    assert [(one["jobName"], one["submitTime"].hour) for one in running] == [("nightly", 11)]
    assert len(bedrock.list_model_invocation_jobs()["invocationJobSummaries"]) == 2
    assert bedrock.list_provisioned_model_throughputs()["provisionedModelSummaries"] == []
    account.seed_bedrock(throughputs=[{"provisionedModelName": "chat", "status": "InService"}])
    (bought,) = bedrock.list_provisioned_model_throughputs(statusEquals="InService")["provisionedModelSummaries"]
    assert bought["provisionedModelName"] == "chat"
    assert bedrock.list_provisioned_model_throughputs(statusEquals="Failed")["provisionedModelSummaries"] == []


def test_what_is_not_bedrocks_goes_to_moto_without_a_signature(account: LocalAccount) -> None:
    assert show(account, "anything", "/no-such-path") == 404
    assert [one for one in account.calls if one.action == "bedrock:CallWithBearerToken"] == []
