"""Queues as event sources: Lambda reads batches with the function's role and deletes what succeeded.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local import iam, moto_hooks
from local.errors import DeploymentRejected
from local.lambdas import Lambdas
from local.records import Loss
from local.wiring import Function, QueueMapping
from local.world import World

MAPPING_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


class QueueMappings:
    """The event source mappings of the account."""

    def __init__(self, world: World, lambdas: Lambdas) -> None:
        self._world, self._lambdas = world, lambdas

    def check(self) -> None:
        """AWS creates an event source mapping only if the function's role may read the queue."""
        for mapping in self._world.wiring.mappings:
            role = self._function(mapping).role_arn
            for action in MAPPING_ACTIONS:
                if not self._permitted(mapping, action):
                    raise DeploymentRejected(f"{mapping.logical_id}: {role} may not {action} on {mapping.queue_arn}")

    def poll(self) -> bool:
        """Delivers one batch from each queue that has visible messages; whether there was any."""
        worked = False
        for mapping in self._world.wiring.mappings:
            now = self._world.clock.now().timestamp()
            if any(m.visible_at < now for m in self._queued(mapping)) and self._may(mapping, "sqs:ReceiveMessage"):
                worked = True
                self._deliver(mapping)
        return worked

    def next_visible(self) -> datetime | None:
        """When the next message of a mapped queue that its function's role may read becomes visible."""
        times = [
            m.visible_at
            for mapping in self._world.wiring.mappings
            if (queued := self._queued(mapping)) and self._permitted(mapping, "sqs:ReceiveMessage")
            for m in queued
        ]
        # SQS counts in milliseconds, and a message is visible just after its time.
        return datetime.fromtimestamp(min(times) + 0.001, UTC) if times else None

    def _queued(self, mapping: QueueMapping) -> list[moto_hooks.QueuedMessage]:
        return moto_hooks.queued_messages(self._world.scope, mapping.queue_arn.rsplit(":", 1)[-1])

    def _function(self, mapping: QueueMapping) -> Function:
        return self._world.wiring.functions[mapping.function_name]

    def _permitted(self, mapping: QueueMapping, action: str) -> bool:
        return self._world.role_may(self._function(mapping).role_arn, iam.Check(action, mapping.queue_arn))

    def _may(self, mapping: QueueMapping, action: str) -> bool:
        """Whether the role may still do it. Lambda keeps waiting without a word: the first refusal is a loss."""
        if self._permitted(mapping, action):
            return True
        function = self._function(mapping)
        reason = f"{function.role_arn} may not {action} on {mapping.queue_arn}"
        loss = Loss("messages of a queue", function.arn, reason)
        if loss not in self._world.losses:
            self._world.losses.append(loss)
        return False

    def _deliver(self, mapping: QueueMapping) -> None:
        function = self._function(mapping)
        sqs = self._world.client_for_role("sqs", function.role_arn, function.name)
        url = self._world.wiring.queue_urls[mapping.queue_arn]
        messages: list[dict[str, Any]] = []
        while len(messages) < mapping.batch_size:
            found = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(10, mapping.batch_size - len(messages)),
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            if not found:
                break
            messages += found
        if not messages:
            return  # All of them had been received too often and went to the dead-letter queue.
        outcome = self._lambdas.invoke(
            function, {"Records": [self._record(m, mapping) for m in messages]}, trigger="sqs"
        )
        failed = {m["MessageId"] for m in messages} if outcome.error is not None else set()
        if outcome.error is None and mapping.report_item_failures:
            failed = _failed_items(outcome.result, {m["MessageId"] for m in messages})
        done = [m for m in messages if m["MessageId"] not in failed]
        if not done or not self._may(mapping, "sqs:DeleteMessage"):
            return  # What is not deleted comes again when its visibility timeout ends.
        for start in range(0, len(done), 10):
            sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(done[start : start + 10])
                ],
            )

    def _record(self, message: Mapping[str, Any], mapping: QueueMapping) -> dict[str, Any]:
        attributes = {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": attributes,
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": mapping.queue_arn,
            "awsRegion": self._world.region,
        }


def _failed_items(result: Any, batch: set[str]) -> set[str]:
    """The messages a function reported as failed; a report AWS cannot read fails the whole batch.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if result is None or result == {}:
        return set()
    if not isinstance(result, Mapping):
        return batch
    failures = result.get("batchItemFailures")
    if not failures:
        return set()
    try:
        named = {failure["itemIdentifier"] for failure in failures}
    except (TypeError, KeyError):
        return batch
    return named if named <= batch else batch
