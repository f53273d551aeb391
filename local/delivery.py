"""The default event bus: matching rules, shaping inputs, and reaching targets under their permissions.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html and
eb-transform-target-input.html. A target that refuses or is missing is not retried: the event goes straight
to the target's dead-letter queue, or is lost.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from local import patterns
from local.api import Answer, ApiRequest
from local.errors import LocalAccountError, NotPermitted
from local.lambdas import Lambdas
from local.topics import Topics
from local.wiring import Rule, Target
from local.world import Delivery, TargetDelivery, World

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
        """The names of the rules that are enabled now; DisableRule takes effect here."""
        pages = self._world.client("events").get_paginator("list_rules").paginate()
        return {rule["Name"] for page in pages for rule in page["Rules"] if rule["State"] == "ENABLED"}

    def put(self, event: Mapping[str, Any]) -> Delivery:
        """Delivers one event to the targets of every enabled rule that matches it."""
        delivery = Delivery(event)
        self._world.deliveries.append(delivery)
        enabled = self.enabled()
        for rule in self._world.wiring.rules.values():
            if rule.name in enabled and rule.pattern is not None and patterns.matches(rule.pattern, event):
                self._to_targets(rule, event, delivery)
        return delivery

    def fire(self, rule: Rule) -> Delivery:
        """Sends a scheduled rule's event to its targets."""
        now = self._world.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self._world.account_id,
            "time": now,
            "region": self._world.region,
            "resources": [rule.arn],
            "detail": {},
        }
        delivery = Delivery(event)
        self._world.deliveries.append(delivery)
        self._to_targets(rule, event, delivery)
        return delivery

    def handle_put_events(self, request: ApiRequest) -> Answer:
        """PutEvents: custom events enter the bus as soon as the present work is done."""
        entries = []
        for entry in request.params["Entries"]:
            time = self._world.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": self._world.account_id,
                "time": time,
                "region": self._world.region,
                "resources": entry.get("Resources", []),
                "detail": json.loads(entry["Detail"]),
            }
            self._world.soon(partial(self._put_quietly, event))
            entries.append({"EventId": event["id"]})
        return Answer.json({"FailedEntryCount": 0, "Entries": entries})

    def _put_quietly(self, event: Mapping[str, Any]) -> None:
        self.put(event)

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


def shape(rule: Rule, target: Target, event: Mapping[str, Any]) -> Any:
    """What the target receives: the event, a constant, a part of the event, or a filled-in template."""
    if target.input is not None:
        return json.loads(target.input)
    if target.input_path is not None:
        return select(target.input_path, event)
    if target.input_transformer is None:
        return event
    values = {name: select(path, event) for name, path in target.input_transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event.json": event,
        "aws.events.event": {k: v for k, v in event.items() if k != "detail"},
    }
    return _fill(target.input_transformer["InputTemplate"], values)


def _fill(template: str, values: Mapping[str, Any]) -> Any:
    """Inside quotes a value is put in as text, outside as JSON; a value the event lacks becomes empty."""

    def put(match: re.Match[str]) -> str:
        if match["text"] is not None:
            return re.sub(r"<([^<>]+)>", lambda m: _as_text(values.get(m[1], m[0])), match["text"])
        return json.dumps(values.get(match["name"], match[0]))

    filled = re.sub(r'(?P<text>"(?:[^"\\]|\\.)*")|<(?P<name>[^<>]+)>', put, template)
    try:
        return json.loads(filled)
    except ValueError:
        return filled  # A template need not be JSON; such a target receives the text.


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]


def select(path: str, event: Mapping[str, Any]) -> Any:
    """The part of the event at a JSONPath of names and indexes; None if it is not there."""
    if not re.fullmatch(r"\$(\.[\w-]+|\[\d+\])*", path):
        raise LocalAccountError(f"JSONPath {path!r} is not modelled; names and indexes are")
    value: Any = event
    for step in re.findall(r"[\w-]+", path[1:]):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
