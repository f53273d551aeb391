"""Invoking functions: at once, and in the background with retries.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. A background
invocation is tried again after one and then two more minutes, and ends in the on-failure destination or the
function's own dead-letter queue.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local import iam
from local.api import Answer, ApiError, ApiRequest
from local.lambda_process import LambdaProcesses, Outcome
from local.records import Invocation, Loss
from local.topics import Topics
from local.wiring import Function
from local.world import World

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=2))


class Lambdas:
    """The Lambda service of the account."""

    def __init__(self, world: World, processes: LambdaProcesses, topics: Topics) -> None:
        self._world, self._processes, self._topics = world, processes, topics

    def invoke(
        self,
        function: Function,
        payload: Any,
        *,
        trigger: str,
        attempt: int = 1,
        request_id: str | None = None,
    ) -> Outcome:
        """Runs the function once and records it."""
        request_id = request_id or str(uuid.uuid4())
        credentials = self._world.session(function.role_arn, function.name).credentials
        began = self._world.clock.now()
        outcome = self._processes.run(function, payload, request_id, began, credentials)
        self._world.invocations.append(
            Invocation(
                function.name,
                payload,
                outcome.result,
                outcome.error,
                outcome.log,
                attempt,
                outcome.seconds,
                request_id,
                trigger,
                began,
            )
        )
        return outcome

    def invoke_later(self, function: Function, payload: Any, *, trigger: str) -> str:
        """Queues a background invocation; returns its request id, which its retries keep."""
        request_id = str(uuid.uuid4())
        self._world.soon(lambda: self._attempt(function, payload, trigger, request_id, 1))
        return request_id

    def _attempt(self, function: Function, payload: Any, trigger: str, request_id: str, attempt: int) -> None:
        outcome = self.invoke(function, payload, trigger=trigger, attempt=attempt, request_id=request_id)
        if outcome.error is None:
            return
        if attempt <= function.max_retries:
            self._world.later(
                self._world.clock.now() + RETRY_DELAYS[attempt - 1],
                lambda: self._attempt(function, payload, trigger, request_id, attempt + 1),
            )
            return
        if function.on_failure_arn:
            self._send(
                function,
                function.on_failure_arn,
                self._envelope(function, payload, request_id, attempt, outcome.error),
                {},
            )
        if function.dead_letter_arn:
            self._send(
                function,
                function.dead_letter_arn,
                payload,
                {
                    "RequestID": request_id,
                    "ErrorCode": "200",
                    "ErrorMessage": str(outcome.error["errorMessage"]),
                },
            )
        if not function.on_failure_arn and not function.dead_letter_arn:
            self._world.losses.append(Loss("invocation", function.name, "it failed for good and has no destination"))

    def _envelope(
        self, function: Function, payload: Any, request_id: str, count: int, error: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {
            "version": "1.0",
            "timestamp": self._world.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": count,
            },
            "requestPayload": payload,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": error,
        }

    def _send(self, function: Function, arn: str, body: Any, attributes: Mapping[str, str]) -> None:
        """Lambda sends a failure with the function's own role; without the permission it is lost."""
        action = "sqs:SendMessage" if ":sqs:" in arn else "sns:Publish"
        if not self._world.role_may(function.role_arn, iam.Check(action, arn)):
            self._world.losses.append(Loss("failed invocation", arn, f"{function.role_arn} may not {action}"))
        elif ":sqs:" in arn:
            self._world.client("sqs").send_message(
                QueueUrl=self._world.wiring.queue_urls[arn],
                MessageBody=json.dumps(body),
                MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
            )
        else:
            self._topics.publish(arn, json.dumps(body), source=function.role_arn)

    # -- the Invoke API ---------------------------------------------------------------------------
    def handle_invoke(self, request: ApiRequest) -> Answer:
        function = self._world.wiring.function(str(request.params["FunctionName"]))
        if function is None:
            raise ApiError("ResourceNotFoundException", f"Function not found: {request.params['FunctionName']}", 404)
        raw = request.params.get("Payload") or b"{}"
        try:
            payload = json.loads(raw)
        except ValueError:
            raise ApiError("InvalidRequestContentException", "Could not parse request body into json") from None
        kind = request.params.get("InvocationType", "RequestResponse")
        if kind == "DryRun":
            return Answer(204, {}, b"")
        if kind == "Event":
            request_id = self.invoke_later(function, payload, trigger="api")
            return Answer(202, {"x-amzn-RequestId": request_id}, b"")
        outcome = self.invoke(function, payload, trigger="api")
        headers = {"X-Amz-Executed-Version": "$LATEST", "Content-Type": "application/json"}
        if outcome.error is not None:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return Answer(200, headers, json.dumps(outcome.result if outcome.error is None else outcome.error).encode())
