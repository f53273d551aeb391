"""The default event bus: matching rules and reaching targets under their permissions.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html. A
target that refuses or is missing is not retried: the event goes straight to the target's dead-letter queue, or
is lost.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from local import patterns
from local.api import Answer, ApiRequest
from local.errors import LocalAccountError, NotPermitted
from local.lambdas import Lambdas
from local.moto_hooks import backend
from local.records import Delivery, TargetDelivery
from local.target_input import shape
from local.topics import Topics
from local.wiring import Rule, Target
from local.world import World

EVENTS = "events.amazonaws.com"


class Refused(Exception):
    """A target did not take the event: EventBridge's error code and the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Bus:
    """The account's default event bus."""

    def __init__(self, world: World, lambdas: Lambdas, topics: Topics) -> None:
        self._world, self._lambdas, self._topics = world, lambdas, topics

    def enabled(self) -> set[str]:
        """The names of the rules that are enabled now; DisableRule takes effect here.

        Straight from moto's state: stories of weeks ask thousands of times.
        """
        rules = backend("events", self._world.scope).event_buses["default"].rules
        return {rule.name for rule in rules.values() if rule.state == "ENABLED"}

    def put(self, event: Mapping[str, Any]) -> Delivery:
        """Delivers one event to the targets of every enabled rule that matches it."""
        missing = {"id", "detail-type", "source", "account", "time", "region", "resources", "detail"} - set(event)
        if missing:
            raise LocalAccountError(f"the event lacks {', '.join(sorted(missing))}")
        delivery = Delivery(event)
        self._world.deliveries.append(delivery)
        enabled = self.enabled()
        for rule in self._world.wiring.rules.values():
            if rule.name in enabled and rule.pattern is not None and patterns.matches(rule.pattern, event):
                self._to_targets(rule, event, delivery)
        return delivery

    def schedule(self, rule: str) -> Rule:
        """The one scheduled rule with this physical name or with a logical id that begins so."""
        scheduled = [r for r in self._world.wiring.rules.values() if r.schedule]
        found = [r for r in scheduled if r.name == rule or r.logical_id.startswith(rule)]
        if len(found) != 1:
            names = ", ".join(r.logical_id for r in scheduled)
            raise LocalAccountError(f"{rule!r} names {len(found)} schedules; there are {names or 'none'}")
        return found[0]

    def fire(self, rule: Rule) -> Delivery:
        """Sends a scheduled rule's event to its targets."""
        event = self.envelope("Scheduled Event", "aws.events", [rule.arn], {})
        delivery = Delivery(event)
        self._world.deliveries.append(delivery)
        self._to_targets(rule, event, delivery)
        return delivery

    def handle_put_events(self, request: ApiRequest) -> Answer:
        """PutEvents: custom events enter the bus as soon as the present work is done."""
        entries = []
        for entry in request.params["Entries"]:
            event = self.envelope(
                entry["DetailType"], entry["Source"], entry.get("Resources", []), json.loads(entry["Detail"])
            )
            self._world.soon(partial(self.put, event))
            entries.append({"EventId": event["id"]})
        return Answer.json({"FailedEntryCount": 0, "Entries": entries})

    def envelope(self, detail_type: str, source: str, resources: Sequence[str], detail: Any) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._world.account_id,
            "time": self._world.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": self._world.region,
            "resources": resources,
            "detail": detail,
        }

    def _to_targets(self, rule: Rule, event: Mapping[str, Any], delivery: Delivery) -> None:
        delivery.rules.append(rule.logical_id)
        for target in rule.targets:
            try:
                self._reach(rule, target, shape(rule, target, event))
                result = TargetDelivery(rule.logical_id, target.arn, "delivered")
            except Refused as refused:
                result = self._dead_letter(rule, target, event, refused)
            delivery.targets.append(result)

    def _reach(self, rule: Rule, target: Target, payload: Any) -> None:
        service = target.arn.split(":")[2]
        if service == "lambda":
            function = self._world.wiring.function(target.arn)
            if function is None:
                raise Refused("RESOURCE_NOT_FOUND", f"{target.arn} does not exist")
            self._permit(rule, target, "lambda:InvokeFunction")
            self._lambdas.invoke_later(function, payload, trigger="events")
        elif service == "sqs":
            if target.arn not in self._world.wiring.queue_urls:
                raise Refused("RESOURCE_NOT_FOUND", f"{target.arn} does not exist")
            self._permit(rule, target, "sqs:SendMessage")
            text = payload if isinstance(payload, str) else json.dumps(payload)
            self._world.client("sqs").send_message(QueueUrl=self._world.wiring.queue_urls[target.arn], MessageBody=text)
        elif service == "sns":
            text = payload if isinstance(payload, str) else json.dumps(payload)
            try:
                self._topics.publish_as_service(EVENTS, target.arn, text, source_arn=rule.arn)
            except NotPermitted as denied:
                raise Refused("NO_PERMISSIONS", str(denied)) from denied
        else:
            self._start_execution(rule, target, payload)

    def _permit(self, rule: Rule, target: Target, action: str) -> None:
        if not self._world.service_may(EVENTS, action, target.arn, rule.arn):
            raise Refused("NO_PERMISSIONS", f"{EVENTS} may not {action} on {target.arn} for {rule.arn}")

    def _start_execution(self, rule: Rule, target: Target, payload: Any) -> None:
        role = target.role_arn
        if role is None or not self._world.may_assume(EVENTS, role, rule.arn):
            raise Refused("NO_PERMISSIONS", f"{target.arn} has no role that {EVENTS} may assume")
        states = self._world.client_for_role("stepfunctions", role, "events")
        try:
            states.start_execution(stateMachineArn=target.arn, name=str(uuid.uuid4()), input=json.dumps(payload))
        except ClientError as error:
            missing = error.response["Error"]["Code"] == "StateMachineDoesNotExist"
            raise Refused("RESOURCE_NOT_FOUND" if missing else "NO_PERMISSIONS", str(error)) from error

    def _dead_letter(self, rule: Rule, target: Target, event: Mapping[str, Any], refused: Refused) -> TargetDelivery:
        queue = target.dead_letter_arn
        if queue is None or not self._world.service_may(EVENTS, "sqs:SendMessage", queue, rule.arn):
            reason = refused.reason + ("" if queue is None else f"; nor may {EVENTS} send to {queue}")
            return TargetDelivery(rule.logical_id, target.arn, "dropped", reason)
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target.arn,
            "ERROR_CODE": refused.code,
            "ERROR_MESSAGE": refused.reason,
        }
        self._world.client("sqs").send_message(
            QueueUrl=self._world.wiring.queue_urls[queue],
            MessageBody=json.dumps(event),
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
        )
        return TargetDelivery(rule.logical_id, target.arn, "dead-letter", refused.reason)
