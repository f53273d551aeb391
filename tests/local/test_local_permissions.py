"""Stories of least privilege: what a role may do is what its own policies in the template say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import UnmodelledCall

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/ledger"


def role(account: Any, name: str = "Role") -> str:
    arn: str = account.client("iam").get_role(RoleName=account.physical_ids[name])["Role"]["Arn"]
    return arn


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code: str = caught.value.response["Error"]["Code"]
    return code


def table(stack: Any) -> None:
    stack.add(
        "Ledger",
        "AWS::DynamoDB::Table",
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "run", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "runs",
                "KeySchema": [{"AttributeName": "run", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True},
    )


def test_a_role_may_touch_only_the_log_groups_it_is_granted(stack: Any, opened: Any) -> None:
    stack.role("Role", {"Action": "logs:PutRetentionPolicy", "Resource": f"{GROUP}:/app/*"})
    account = opened(stack)
    for name in ("/app/web", "/audit/trail"):
        account.client("logs").create_log_group(logGroupName=name)
    logs = account.client("logs", role(account))

    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=30)
    code = refused(logs.put_retention_policy, logGroupName="/audit/trail", retentionInDays=30)

    assert code == "AccessDeniedException"
    done, denied = [c for c in account.calls if c.action == "logs:PutRetentionPolicy"]
    assert (done.allowed, done.resources) == (True, (f"{GROUP}:/app/web:*",))
    assert (denied.allowed, denied.error) == (False, "AccessDeniedException")
    assert done.principal == denied.principal == role(account)


def test_the_basic_execution_policy_lets_a_role_write_logs(stack: Any, opened: Any) -> None:
    stack.role("Role")
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    # The CDK spells AWS's own ARNs with the partition left open.
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, basic.removeprefix("arn:aws")]]}
    stack.resources["Role"]["Properties"]["ManagedPolicyArns"] = [joined]
    account = opened(stack)
    logs = account.client("logs", role(account))

    logs.create_log_group(logGroupName="/own")
    logs.create_log_stream(logGroupName="/own", logStreamName="s")
    assert account.calls[-1].resources == (f"{GROUP}:/own:log-stream:s",)
    assert refused(logs.describe_log_groups) == "AccessDeniedException"


def test_an_explicit_deny_wins_over_an_allow_and_may_read_tags(stack: Any, opened: Any) -> None:
    keep = {"StringEquals": {"aws:ResourceTag/keep": "yes"}}
    stack.role(
        "Role",
        {"Action": "logs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "logs:PutRetentionPolicy", "Resource": "*", "Condition": keep},
    )
    account = opened(stack)
    account.client("logs").create_log_group(logGroupName="a", tags={"keep": "yes"})
    account.client("logs").create_log_group(logGroupName="b", tags={"keep": "no"})
    logs = account.client("logs", role(account))

    logs.put_retention_policy(logGroupName="b", retentionInDays=30)
    assert refused(logs.put_retention_policy, logGroupName="a", retentionInDays=30) == "AccessDeniedException"


def test_a_deny_policy_attached_later_stops_the_role_at_once(stack: Any, opened: Any) -> None:
    stack.role("Role", {"Action": "logs:DescribeLogGroups", "Resource": "*"})
    account = opened(stack)
    logs = account.client("logs", role(account))
    logs.describe_log_groups()

    stop = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="stop", PolicyDocument=json.dumps(stop))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=account.physical_ids["Role"], PolicyArn=arn)

    assert refused(logs.describe_log_groups) == "AccessDeniedException"


def test_a_transaction_is_judged_by_its_members(stack: Any, opened: Any) -> None:
    table(stack)
    stack.role("Role", {"Action": ["dynamodb:PutItem"], "Resource": TABLE})
    account = opened(stack)
    dynamodb = account.client("dynamodb", role(account))
    put = {"Put": {"TableName": "ledger", "Item": {"pk": {"S": "a"}}}}
    update = {
        "Update": {
            "TableName": "ledger",
            "Key": {"pk": {"S": "b"}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        }
    }

    dynamodb.transact_write_items(TransactItems=[put])
    assert refused(dynamodb.transact_write_items, TransactItems=[put, update]) == "AccessDeniedException"


def test_leading_keys_fence_a_role_into_its_part_of_the_table(stack: Any, opened: Any) -> None:
    table(stack)
    fence = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["lease#*"]}}
    actions = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem"]
    stack.role("Role", {"Action": actions, "Resource": [TABLE, f"{TABLE}/index/*"], "Condition": fence})
    account = opened(stack)
    dynamodb = account.client("dynamodb", role(account))
    values = {":k": {"S": "lease#a"}}
    query = {"TableName": "ledger", "KeyConditionExpression": "pk = :k", "ExpressionAttributeValues": values}

    dynamodb.put_item(TableName="ledger", Item={"pk": {"S": "lease#a"}})
    assert dynamodb.query(**query)["Count"] == 1
    dynamodb.batch_get_item(RequestItems={"ledger": {"Keys": [{"pk": {"S": "lease#a"}}]}})
    assert refused(dynamodb.put_item, TableName="ledger", Item={"pk": {"S": "run#a"}}) == "AccessDeniedException"
    values[":k"] = {"S": "run#a"}
    assert refused(dynamodb.query, **query) == "AccessDeniedException"
    index = {**query, "IndexName": "runs", "KeyConditionExpression": "#r = :k"}
    assert refused(dynamodb.query, **index, ExpressionAttributeNames={"#r": "run"}) == "AccessDeniedException"
    assert account.calls[-1].resources == (f"{TABLE}/index/runs",)


def test_a_topic_that_takes_only_services_denies_a_role_that_may_publish(stack: Any, opened: Any) -> None:
    stack.add("Budget", "AWS::SNS::Topic")
    stack.role("Role", {"Action": "sns:Publish", "Resource": "*"})
    stack.add(
        "Policy",
        "AWS::SNS::TopicPolicy",
        Topics=[{"Ref": "Budget"}],
        PolicyDocument={
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "budgets.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": {"Ref": "Budget"},
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": "123456789012"},
                        "ArnLike": {"aws:SourceArn": "arn:aws:budgets::123456789012:*"},
                    },
                },
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sns:Publish",
                    "Resource": {"Ref": "Budget"},
                    "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
                },
            ]
        },
    )
    account = opened(stack)
    topic = account.physical_ids["Budget"]

    account.publish(topic, "AWS Budget Notification", "AWS Budgets: x")
    code = refused(account.client("sns", role(account)).publish, TopicArn=topic, Message="forged")

    assert [m.message for m in account.messages(topic)] == ["AWS Budget Notification"]
    assert code == "AuthorizationError"


def test_a_call_outside_the_tables_fails_the_test_instead_of_passing(stack: Any, opened: Any, event: Any) -> None:
    code = """
        import boto3
        def handler(event, context):
            try:
                boto3.client("logs").describe_queries()
            except Exception:
                return "swallowed"
    """
    stack.function("Curious", code, {"Action": "*", "Resource": "*"})
    stack.rule("Any", {"Arn": stack.arn("Curious")}, EventPattern={"source": ["shop"]})
    stack.permit("Curious", stack.arn("Any"))
    account = opened(stack)

    with pytest.raises(UnmodelledCall, match="logs:DescribeQueries"):
        account.put_event(event())


def test_an_unknown_condition_key_is_an_error(stack: Any, opened: Any) -> None:
    odd = {"StringEquals": {"aws:ViaAWSService": "true"}}
    stack.role("Role", {"Action": "logs:DescribeLogGroups", "Resource": "*", "Condition": odd})
    account = opened(stack)

    assert refused(account.client("logs", role(account)).describe_log_groups) == "LocalAccountError"
    with pytest.raises(UnmodelledCall, match="aws:ViaAWSService"):
        account.settle()


def test_everyone_may_ask_who_they_are_and_the_answer_is_their_role(stack: Any, opened: Any) -> None:
    stack.role("Role")
    account = opened(stack)

    identity = account.client("sts", role(account)).get_caller_identity()

    assert identity["Arn"].endswith(f"assumed-role/{account.physical_ids['Role']}/local")
    assert identity["Account"] == "123456789012"
