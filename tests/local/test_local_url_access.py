"""Stories of who may call a function URL: two permissions, and a signature that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local import DeploymentRejected, UnmodelledCall
from tests.local.browsing import Page, browse, signed

WHO = "def handler(event, context): return event['requestContext'].get('authorizer')"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:page"
BOTH = [
    {"Action": "lambda:InvokeFunctionUrl", "Resource": FUNCTION},
    {"Action": "lambda:InvokeFunction", "Resource": FUNCTION},
]


def page(stack: Any, auth_type: str = "AWS_IAM") -> None:
    stack.function("Page", WHO, FunctionName="page")
    stack.url("Page", auth_type)
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["PageUrl", "FunctionUrl"]}}


def allow(stack: Any, action: str, **properties: Any) -> None:
    stack.add(
        f"Allow{len(stack.resources)}",
        "AWS::Lambda::Permission",
        FunctionName=stack.arn("Page"),
        Action=action,
        **{"Principal": "*", **properties},
    )


def role(account: Any, name: str) -> str:
    arn: str = account.client("iam").get_role(RoleName=account.physical_ids[name])["Role"]["Arn"]
    return arn


def ask(account: Any, credentials: Mapping[str, str], **how: Any) -> Page:
    url = account.outputs["Url"]
    return browse(url, b"", signed(credentials, url, **how), method="POST")


def test_a_public_url_needs_both_permissions(stack: Any, opened: Any) -> None:
    page(stack, "NONE")
    account = opened(stack)
    url = account.outputs["Url"]

    nobody = browse(url)
    allow(stack, "lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    account.update_template(stack.template, stack.assets)
    one = browse(url)
    allow(stack, "lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    account.update_template(stack.template, stack.assets)

    assert browse(url).status == 200
    assert (nobody.status, nobody.text) == (one.status, one.text) == (403, '{"Message":"Forbidden"}')
    assert len(account.invocations) == 1
    verdicts = [(c.action, c.principal, c.allowed) for c in account.calls if c.service == "lambda"]
    assert verdicts[-2:] == [
        ("lambda:InvokeFunctionUrl", "anonymous", True),
        ("lambda:InvokeFunction", "anonymous", True),
    ]
    assert "may not lambda:InvokeFunction on" in account.calls[3].params["Reason"]


def test_a_url_for_anyone_does_not_let_anyone_invoke_the_function_directly(stack: Any, opened: Any) -> None:
    page(stack, "NONE")
    allow(stack, "lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    allow(stack, "lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    stack.role("Stranger")
    account = opened(stack)

    client = account.client("lambda", role(account, "Stranger"))
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.invoke(FunctionName="page")


def test_a_permission_for_signed_calls_does_not_open_a_public_url(stack: Any, opened: Any) -> None:
    page(stack, "NONE")
    allow(stack, "lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM")
    allow(stack, "lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    account = opened(stack)

    assert browse(account.outputs["Url"]).status == 403


def test_the_owner_signs_and_is_named_as_sts_names_them(stack: Any, opened: Any) -> None:
    page(stack)
    account = opened(stack)

    answer = ask(account, account.credentials())

    me = account.client("sts").get_caller_identity()
    iam = answer.json["iam"]
    assert iam == {
        "accessKey": account.credentials()["AccessKeyId"],
        "accountId": "123456789012",
        "callerId": me["UserId"],
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": me["Arn"],
        "userId": me["UserId"],
    }
    assert me["Arn"].startswith("arn:aws:iam::123456789012:user/")


def test_a_role_is_named_with_its_session(stack: Any, opened: Any) -> None:
    page(stack)
    stack.role("Approver", *BOTH)
    stack.resources["Approver"]["Properties"] |= {"RoleName": "approver", "Path": "/people/"}
    account = opened(stack)
    arn = "arn:aws:iam::123456789012:role/people/approver"

    iam = ask(account, account.credentials(arn, "ada")).json["iam"]

    assert iam["userArn"] == "arn:aws:sts::123456789012:assumed-role/approver/ada"
    assert iam["userId"].endswith(":ada")
    assert [c.principal for c in account.calls if c.action == "lambda:InvokeFunctionUrl"] == [arn]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_role_needs_both_permissions(stack: Any, opened: Any, missing: int) -> None:
    page(stack)
    stack.role("Approver", BOTH[1 - missing])
    account = opened(stack)

    answer = ask(account, account.credentials(role(account, "Approver")))

    assert (answer.status, answer.text) == (403, '{"Message":"Forbidden"}')
    assert account.invocations == []


def test_the_conditions_of_a_grant_for_urls_only_hold(stack: Any, opened: Any) -> None:
    page(stack)
    signed_only = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    via_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    stack.role("Approver", {**BOTH[0], "Condition": signed_only}, {**BOTH[1], "Condition": via_url})
    account = opened(stack)
    approver = role(account, "Approver")

    assert ask(account, account.credentials(approver)).status == 200
    client = account.client("lambda", approver)
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.invoke(FunctionName="page")


def test_the_functions_own_policy_may_let_a_role_in(stack: Any, opened: Any) -> None:
    page(stack)
    stack.role("Approver")
    arn = {"Fn::GetAtt": ["Approver", "Arn"]}
    allow(stack, "lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM", Principal=arn)
    allow(stack, "lambda:InvokeFunction", InvokedViaFunctionUrl="true", Principal=arn)
    account = opened(stack)

    assert ask(account, account.credentials(role(account, "Approver"))).status == 200


def test_a_deny_attached_later_shuts_the_url_at_once(stack: Any, opened: Any) -> None:
    page(stack)
    stack.role("Approver", *BOTH)
    account = opened(stack)
    credentials = account.credentials(role(account, "Approver"))
    assert ask(account, credentials).status == 200
    denied = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    name = account.physical_ids["Approver"]
    account.client("iam").put_role_policy(RoleName=name, PolicyName="stop", PolicyDocument=denied)

    assert ask(account, credentials).status == 403


def test_a_signature_covers_path_query_headers_and_body(stack: Any, opened: Any) -> None:
    page(stack)
    account = opened(stack)
    url = account.outputs["Url"]
    target = f"{url}decide%20now/ü?b=2&a=1&c".replace("ü", "%C3%BC")
    kind = {"Content-Type": "application/json", "X-Amz-Meta": " two  words "}
    headers = signed(account.credentials(), target, b"yes", headers=kind)

    def status(**changed: Any) -> int:
        asked = {"url": target, "body": b"yes", "headers": headers, **changed}
        return browse(asked["url"], asked["body"], asked["headers"]).status

    assert status() == 200
    assert status(body=b"no") == 403
    assert status(url=target.replace("a=1", "a=2")) == 403
    assert status(url=target.replace("now", "then")) == 403
    assert status(headers={**headers, "X-Amz-Meta": "three"}) == 403
    assert status(headers={**headers, "X-Amz-Unsigned": "1"}) == 403
    assert status(headers={**headers, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}) == 403
    assert status(headers={}) == 403


@pytest.mark.parametrize("how", [{"service": "execute-api"}, {"region": "eu-west-1"}])
def test_a_signature_for_elsewhere_is_none(stack: Any, opened: Any, how: dict[str, str]) -> None:
    page(stack)
    account = opened(stack)
    assert ask(account, account.credentials(), **how).status == 403


def test_a_forged_key_or_token_is_refused(stack: Any, opened: Any) -> None:
    page(stack)
    stack.role("Approver", *BOTH)
    account = opened(stack)
    credentials = account.credentials(role(account, "Approver"))

    assert ask(account, {**credentials, "SecretAccessKey": "guessed"}).status == 403
    assert ask(account, {**credentials, "AccessKeyId": "ASIAUNKNOWN"}).status == 403
    assert ask(account, {**credentials, "SessionToken": "stolen"}).status == 403
    assert ask(account, {k: v for k, v in credentials.items() if k != "SessionToken"}).status == 403
    assert [c.principal for c in account.calls if c.service == "lambda"] == ["anonymous"] * 8


def test_a_presigned_url_is_not_modelled(stack: Any, opened: Any) -> None:
    page(stack)
    account = opened(stack)
    browse(f"{account.outputs['Url']}?X-Amz-Signature=1")
    with pytest.raises(UnmodelledCall, match="signature in the query"):
        account.settle()


@pytest.mark.parametrize(
    ("action", "properties"),
    [
        ("lambda:InvokeFunction", {"FunctionUrlAuthType": "NONE"}),
        ("lambda:InvokeFunctionUrl", {"InvokedViaFunctionUrl": True}),
    ],
)
def test_a_permission_that_aws_would_not_add_is_rejected(
    stack: Any, opened: Any, action: str, properties: dict[str, Any]
) -> None:
    page(stack)
    allow(stack, action, **properties)
    with pytest.raises(DeploymentRejected, match="is only for"):
        opened(stack)
