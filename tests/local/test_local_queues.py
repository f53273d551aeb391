"""Stories of queues that feed functions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

NOTHING = "def handler(event, context): return None"
FAIL_ON_ODD = """
    import json
    def handler(event, context):
        odd = [r["messageId"] for r in event["Records"] if json.loads(r["body"])["n"] % 2]
        return {"batchItemFailures": [{"itemIdentifier": i} for i in odd]}
"""


def reading(stack: Any, queue: str) -> dict[str, Any]:
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return {"Action": actions, "Resource": {"Fn::GetAtt": [queue, "Arn"]}}


def stop(account: Any, role: str, *actions: str) -> None:
    """Attaches an emergency stop to a function's role."""
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": list(actions), "Resource": "*"}]}
    account.client("iam").put_role_policy(
        RoleName=account.physical_ids[role],
        PolicyName="stop",
        PolicyDocument=json.dumps(denied),
    )


def fed(stack: Any) -> None:
    stack.add("Work", "AWS::SQS::Queue", VisibilityTimeout=60)
    stack.function("Worker", NOTHING, reading(stack, "Work"))
    source = {"EventSourceArn": stack.arn("Work"), "FunctionName": {"Ref": "Worker"}}
    stack.add("Feed", "AWS::Lambda::EventSourceMapping", **source)


def test_a_queue_feeds_its_function_and_failed_records_end_in_the_dead_letter_queue(stack: Any, opened: Any) -> None:
    stack.add("Dead", "AWS::SQS::Queue")
    stack.add(
        "Work",
        "AWS::SQS::Queue",
        VisibilityTimeout=60,
        DelaySeconds=30,
        RedrivePolicy={"deadLetterTargetArn": stack.arn("Dead"), "maxReceiveCount": 2},
    )
    stack.function("Worker", FAIL_ON_ODD, reading(stack, "Work"))
    stack.add(
        "Feed",
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=stack.arn("Work"),
        FunctionName={"Ref": "Worker"},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    account = opened(stack)
    work = account.physical_ids["Work"]
    # Together: messages sent one by one on a busy machine are no batch.
    both = [{"Id": str(n), "MessageBody": json.dumps({"n": n})} for n in (1, 2)]
    account.client("sqs").send_message_batch(QueueUrl=work, Entries=both)

    account.settle()
    assert account.invocations == []  # delayed
    account.advance(timedelta(seconds=40))
    assert [json.loads(m["Body"])["n"] for m in account.queue(work)] == [1]
    account.advance(timedelta(minutes=3))

    assert account.queue(work) == []
    assert [json.loads(m["Body"])["n"] for m in account.queue(account.physical_ids["Dead"])] == [1]
    assert len(account.invocations) == 2


def test_a_queue_its_functions_role_may_no_longer_read_waits_until_it_may(stack: Any, opened: Any) -> None:
    fed(stack)
    account = opened(stack)
    stop(account, "WorkerRole", "sqs:*")
    work = account.physical_ids["Work"]
    account.client("sqs").send_message(QueueUrl=work, MessageBody="held back", DelaySeconds=30)

    account.advance(timedelta(minutes=5))
    account.advance(timedelta(minutes=5))

    assert account.invocations == []
    assert [m["Body"] for m in account.queue(work)] == ["held back"]
    assert ["may not sqs:ReceiveMessage" in loss.reason for loss in account.losses] == [True]

    account.client("iam").delete_role_policy(RoleName=account.physical_ids["WorkerRole"], PolicyName="stop")
    account.settle()

    assert len(account.invocations) == 1
    assert account.queue(work) == []


def test_messages_that_may_not_be_deleted_come_again(stack: Any, opened: Any) -> None:
    fed(stack)
    account = opened(stack)
    stop(account, "WorkerRole", "sqs:DeleteMessage")
    account.client("sqs").send_message(QueueUrl=account.physical_ids["Work"], MessageBody="again")

    account.advance(timedelta(seconds=90))

    assert len(account.invocations) == 2
    assert ["may not sqs:DeleteMessage" in loss.reason for loss in account.losses] == [True]


BACK_OFF = """
    import boto3, os
    sqs = boto3.client("sqs")
    def handler(event, context):
        failed = []
        for record in event["Records"]:
            if record["body"] == "slow down":
                seconds = 100 * int(record["attributes"]["ApproximateReceiveCount"])
                sqs.change_message_visibility(
                    QueueUrl=os.environ["QUEUE"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds)
                failed.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": i} for i in failed]}
"""


def backing_off(stack: Any, received: int) -> None:
    stack.add("Dead", "AWS::SQS::Queue")
    stack.add(
        "Work",
        "AWS::SQS::Queue",
        QueueName="work",
        VisibilityTimeout=30,
        RedrivePolicy={"deadLetterTargetArn": stack.arn("Dead"), "maxReceiveCount": received},
    )
    hold = {"Action": "sqs:ChangeMessageVisibility", "Resource": stack.arn("Work")}
    queue = {"Variables": {"QUEUE": {"Ref": "Work"}}}
    stack.function("Worker", BACK_OFF, reading(stack, "Work"), hold, Environment=queue)
    stack.add(
        "Feed",
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=stack.arn("Work"),
        FunctionName={"Ref": "Worker"},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def test_a_failed_message_comes_again_when_the_function_said_and_ends_in_the_dead_letter_queue(
    stack: Any, opened: Any
) -> None:
    backing_off(stack, received=2)
    account = opened(stack)
    for body in ("slow down", "fine"):
        account.client("sqs").send_message(QueueUrl=account.physical_ids["Work"], MessageBody=body)

    def tries() -> int:
        return sum(r["body"] == "slow down" for i in account.invocations for r in i.payload["Records"])

    account.settle()
    (held,) = account.queue("work")  # The message that went well is gone.
    assert (held["Body"], held["ReceiveCount"]) == ("slow down", 1)
    assert 95 < (held["VisibleAt"] - account.clock.now()).total_seconds() <= 100
    account.advance(timedelta(seconds=95))  # The queue's own time-out passed long ago.
    assert tries() == 1
    account.advance(timedelta(seconds=10))
    assert tries() == 2
    account.advance(timedelta(seconds=180))
    assert (tries(), account.queue(account.physical_ids["Dead"])) == (2, [])
    account.advance(timedelta(seconds=30))

    assert tries() == 2
    assert account.queue("work") == []
    assert [m["Body"] for m in account.queue(account.physical_ids["Dead"])] == ["slow down"]
    assert all(i.error is None for i in account.invocations)


def test_backing_off_is_a_permission_of_its_own(stack: Any, opened: Any) -> None:
    backing_off(stack, received=3)
    account = opened(stack)
    stop(account, "WorkerRole", "sqs:ChangeMessageVisibility")
    account.client("sqs").send_message(QueueUrl=account.physical_ids["Work"], MessageBody="slow down")

    account.settle()

    assert account.invocations[0].error is not None
    (held,) = account.queue("work")
    assert 25 < (held["VisibleAt"] - account.clock.now()).total_seconds() <= 30
