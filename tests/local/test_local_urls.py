"""Stories of function URLs: what a function is told of a request, and what becomes of its answer."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from local import DeploymentRejected, LocalAccountError, UnmodelledResource
from local.slack import FakeSlack, slow
from tests.local.browsing import browse

ECHO = "def handler(event, context): return event"


def answering(stack: Any, opened: Any, code: str, **properties: Any) -> tuple[Any, str]:
    """An account with one public function, and its URL."""
    stack.function("Page", code, **properties)
    stack.public("Page")
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["PageUrl", "FunctionUrl"]}}
    account = opened(stack)
    return account, account.outputs["Url"]


def test_a_request_becomes_an_event_of_format_2(stack: Any, opened: Any) -> None:
    account, url = answering(stack, opened, ECHO)
    headers = {"User-Agent": "story", "Cookie": "a=1; b=2", "X-Twice": "1", "Content-Type": "application/json"}

    event = browse(f"{url}ask/me%20now?n=1&n=2&empty=", '{"a": 1}', headers).json

    assert url.startswith("http://127.0.0.1:")
    assert (event["version"], event["routeKey"]) == ("2.0", "$default")
    assert (event["rawPath"], event["rawQueryString"]) == ("/ask/me%20now", "n=1&n=2&empty=")
    assert event["queryStringParameters"] == {"n": "1,2", "empty": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    assert event["headers"]["host"] == url.removeprefix("http://").rstrip("/")
    assert event["headers"]["x-twice"] == "1"
    assert "cookie" not in event["headers"]
    context = event["requestContext"]
    assert (context["accountId"], context["stage"]) == ("anonymous", "$default")
    assert "authorizer" not in context
    assert context["http"] == {
        "method": "POST",
        "path": "/ask/me%20now",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "story",
    }
    assert context["time"].startswith("01/Mar/2026:12:00:")
    assert context["timeEpoch"] // 60_000 == account.clock.now().timestamp() // 60
    assert account.invocations[0].trigger == "url"
    assert account.invocations[0].request_id == context["requestId"]


def test_what_a_request_lacks_is_left_out(stack: Any, opened: Any) -> None:
    _, url = answering(stack, opened, ECHO)

    event = browse(url).json

    assert not {"body", "cookies", "queryStringParameters"} & set(event)
    assert (event["rawPath"], event["isBase64Encoded"]) == ("/", False)


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("text/csv", False),
        ("application/json; charset=utf-8", False),
        ("application/xml", False),
        ("application/x-www-form-urlencoded", True),
        ("application/octet-stream", True),
        ("application/vnd.api+json", True),
        (None, True),
    ],
)
def test_only_text_arrives_as_text(stack: Any, opened: Any, kind: str | None, encoded: bool) -> None:
    _, url = answering(stack, opened, ECHO)

    event = browse(url, b"a=1", {"Content-Type": kind} if kind else {}).json

    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"a=1").decode() if encoded else "a=1")


def test_a_function_answers_with_status_headers_cookies_and_bytes(stack: Any, opened: Any) -> None:
    code = """
        def handler(event, context):
            return {"statusCode": 303, "headers": {"Location": "/done", "Content-Type": "text/html"},
                    "cookies": ["a=1; HttpOnly", "b=2"], "body": "aMOp", "isBase64Encoded": True}
    """
    _, url = answering(stack, opened, code)

    page = browse(url)

    assert (page.status, page.text) == (303, "hé")
    assert (page.headers["location"], page.headers["content-type"]) == ("/done", "text/html")
    assert page.cookies == ["a=1; HttpOnly", "b=2"]
    head = browse(url, method="HEAD")
    assert (head.status, head.text) == (303, "")


@pytest.mark.parametrize(
    ("returned", "text"), [('"hello"', '"hello"'), ('{"a": 1}', '{"a": 1}'), ("None", "null"), ("[1]", "[1]")]
)
def test_anything_else_is_answered_as_json(stack: Any, opened: Any, returned: str, text: str) -> None:
    _, url = answering(stack, opened, f"def handler(event, context): return {returned}")

    page = browse(url)

    assert (page.status, page.headers["content-type"], page.text) == (200, "application/json", text)


@pytest.mark.parametrize("code", ["def handler(event, context): 1 / 0", "import nothing_like_this"])
def test_a_function_that_fails_is_a_bad_gateway_and_is_not_tried_again(stack: Any, opened: Any, code: str) -> None:
    account, url = answering(stack, opened, code)

    page = browse(url)
    account.settle()

    assert (page.status, page.text) == (502, "Internal Server Error")
    assert len(account.invocations) == 1


@pytest.mark.parametrize("returned", ['{"statusCode": 200, "body": {"a": 1}}', '{"statusCode": "soon"}'])
def test_an_answer_that_is_none_fails_the_test(stack: Any, opened: Any, returned: str) -> None:
    account, url = answering(stack, opened, f"def handler(event, context): return {returned}")

    assert browse(url).status == 502
    with pytest.raises(LocalAccountError, match="no response of a function URL"):
        account.settle()


def test_what_is_too_large_is_refused(stack: Any, opened: Any) -> None:
    code = "def handler(event, context): return 'x' * int(event['headers'].get('x-size', 1))"
    account, url = answering(stack, opened, code)
    six_megabytes = 6 * 1024 * 1024

    assert browse(url, b"x" * six_megabytes, {"Content-Type": "text/plain"}).status == 413
    assert browse(url, b"x" * (six_megabytes * 4 // 5)).status == 413  # It grows in base64.
    assert browse(url, b"x" * (six_megabytes - 2000), {"Content-Type": "text/plain"}).status == 200
    assert browse(url, headers={"X-Size": str(six_megabytes)}).status == 502
    assert len(account.invocations) == 2


def test_two_requests_at_once_reach_two_processes(stack: Any, opened: Any) -> None:
    code = """
        import os, pathlib, time
        def handler(event, context):
            here = pathlib.Path(event["body"])
            here.joinpath(str(os.getpid())).touch()
            while len(list(here.iterdir())) < 2:
                time.sleep(0.005)
            return os.getpid()
    """
    account, url = answering(stack, opened, code)
    meeting = stack._directory / "meeting"
    meeting.mkdir()
    found: list[int] = []

    def post() -> None:
        found.append(browse(url, str(meeting), {"Content-Type": "text/plain"}).json)

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 2
    assert len(account.invocations) == 2


CLAIM = """
    import boto3, pathlib, time, os
    table = boto3.client("dynamodb")
    def handler(event, context):
        here = pathlib.Path(event["body"])
        here.joinpath(str(os.getpid())).touch()
        while len(list(here.iterdir())) < 4:
            time.sleep(0.001)
        try:
            row = {"pk": {"S": "one"}}
            table.put_item(TableName="claims", Item=row, ConditionExpression="attribute_not_exists(pk)")
        except table.exceptions.ConditionalCheckFailedException:
            return "late"
        return "first"
"""


def test_of_requests_that_race_for_a_row_one_wins(stack: Any, opened: Any) -> None:
    stack.add(
        "Claims",
        "AWS::DynamoDB::Table",
        TableName="claims",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    stack.function("Page", CLAIM, {"Action": "dynamodb:PutItem", "Resource": stack.arn("Claims")})
    stack.public("Page")
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["PageUrl", "FunctionUrl"]}}
    account = opened(stack)
    meeting = stack._directory / "meeting"
    meeting.mkdir()
    found: list[str] = []

    def post() -> None:
        found.append(browse(account.outputs["Url"], str(meeting), {"Content-Type": "text/plain"}).json)

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == ["first", "late", "late", "late"]


def test_what_a_request_causes_is_delivered_when_the_account_settles(stack: Any, opened: Any) -> None:
    code = """
        import boto3, os
        def handler(event, context):
            boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="asked")
            boto3.client("lambda").invoke(FunctionName=os.environ["NEXT"], InvocationType="Event", Payload=b'{"n": 1}')
            return {"statusCode": 202, "body": "soon"}
    """
    stack.add("News", "AWS::SNS::Topic")
    stack.function("Next", ECHO)
    stack.function(
        "Page",
        code,
        {"Action": "sns:Publish", "Resource": stack.arn("News")},
        {"Action": "lambda:InvokeFunction", "Resource": stack.arn("Next")},
        Environment={"Variables": {"TOPIC": stack.arn("News"), "NEXT": {"Ref": "Next"}}},
    )
    stack.add(
        "Hear", "AWS::SNS::Subscription", TopicArn=stack.arn("News"), Protocol="lambda", Endpoint=stack.arn("Next")
    )
    stack.permit("Next", stack.arn("News"), "sns")
    stack.public("Page")
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["PageUrl", "FunctionUrl"]}}
    account = opened(stack)

    assert browse(account.outputs["Url"]).status == 202
    assert [i.function for i in account.invocations] == [account.physical_ids["Page"]]
    account.settle()

    assert {i.trigger for i in account.invocations[1:]} == {"sns", "api"}


ASK_WHERE_I_AM = """
    import boto3, os
    def handler(event, context):
        name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        return boto3.client("lambda").get_function_url_config(FunctionName=name)["FunctionUrl"]
"""


def test_a_function_may_ask_for_its_own_url(stack: Any, opened: Any) -> None:
    own = {"Fn::Sub": "arn:aws:lambda:us-east-1:${AWS::AccountId}:function:page"}
    stack.function(
        "Page", ASK_WHERE_I_AM, {"Action": "lambda:GetFunctionUrlConfig", "Resource": own}, FunctionName="page"
    )
    stack.function("Other", ASK_WHERE_I_AM, FunctionName="other")
    for name in ("Page", "Other"):
        stack.public(name)
        stack.outputs[name] = {"Value": {"Fn::GetAtt": [f"{name}Url", "FunctionUrl"]}}
    account = opened(stack)

    assert browse(account.outputs["Page"]).json == account.outputs["Page"]
    assert browse(account.outputs["Other"]).status == 502
    (asked,) = [c for c in account.calls if c.action == "lambda:GetFunctionUrlConfig" and c.allowed]
    assert asked.resources == ("arn:aws:lambda:us-east-1:123456789012:function:page",)
    config = account.client("lambda").get_function_url_config(FunctionName="page")
    assert (config["AuthType"], config["InvokeMode"]) == ("NONE", "BUFFERED")
    with pytest.raises(account.client("lambda").exceptions.ResourceNotFoundException):
        account.client("lambda").get_function_url_config(FunctionName="nobody")


@pytest.mark.parametrize(
    ("properties", "error"),
    [
        ({"Cors": {"AllowOrigins": ["*"]}}, UnmodelledResource),
        ({"Qualifier": "live"}, UnmodelledResource),
        ({"InvokeMode": "RESPONSE_STREAM"}, UnmodelledResource),
        ({"AuthType": "JWT"}, DeploymentRejected),
    ],
)
def test_a_url_of_another_kind_fails_the_deployment(
    stack: Any, opened: Any, properties: Mapping[str, Any], error: type[Exception]
) -> None:
    stack.function("Page", ECHO)
    stack.url("Page")
    stack.resources["PageUrl"]["Properties"] |= properties
    with pytest.raises(error, match="PageUrl"):
        opened(stack)


def test_a_function_has_one_url(stack: Any, opened: Any) -> None:
    stack.function("Page", ECHO)
    stack.url("Page")
    stack.resources["Another"] = stack.resources["PageUrl"]
    with pytest.raises(DeploymentRejected, match="has a function URL already"):
        opened(stack)


def test_an_update_keeps_the_url_and_a_removal_closes_it(stack: Any, opened: Any) -> None:
    account, url = answering(stack, opened, ECHO)
    stack.resources["Page"]["Properties"]["MemorySize"] = 512
    stack.resources["PageUrl"]["Properties"]["InvokeMode"] = "BUFFERED"
    account.update_template(stack.template, stack.assets)
    assert account.outputs["Url"] == url
    assert browse(url).status == 200

    stack.resources["PageUrl"]["Properties"]["AuthType"] = "AWS_IAM"
    account.update_template(stack.template, stack.assets)
    assert browse(url).status == 403

    for logical_id in ("PageUrl", "PageUrl1", "PageUrl2"):
        del stack.resources[logical_id]
    stack.outputs.clear()
    account.update_template(stack.template, stack.assets)
    with pytest.raises(ConnectionError):
        browse(url)


def test_a_request_under_way_ends_with_the_account(stack: Any, opened: Any) -> None:
    code = """
        import os, urllib.request
        def handler(event, context):
            urllib.request.urlopen(os.environ["HOOK"], b'{"text": "here"}').close()
    """
    with FakeSlack() as slack:
        slack.always(slow(threading.Event()))
        environment = {"Variables": {"HOOK": slack.webhook_url}}
        account, url = answering(stack, opened, code, Timeout=60, Environment=environment)
        statuses: list[int] = []
        asking = threading.Thread(target=lambda: statuses.append(browse(url).status))
        asking.start()
        slack.wait_for(1)
        account.close()
        asking.join()

    assert statuses == [502]
