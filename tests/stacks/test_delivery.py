"""How events and schedules reach a function, and where they end when it fails."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from functions.core.spec import EventTrigger, GuardrailSpec
from functions.registry import GUARDRAILS
from local.patterns import matches
from stacks.errors import StackError
from tests.stacks.conftest import Build, respecified
from tests.stacks.template import BASE, HERE, Properties, Template
from tests.stacks.test_roles import name_of

FAILURES = f"arn:aws:sqs:{HERE}:{BASE}-failures"
ONE = GUARDRAILS[0]
DELAYED = [one for one in GUARDRAILS if one.spec.event_delay(one.spec.settings())]


def rule_of(template: Template, trigger: EventTrigger) -> Properties:
    return template.named("AWS::Events::Rule", f"{BASE}-{trigger.name}")


def example(pattern: Any) -> Any:
    """The plainest event that a pattern describes; None where it wants nothing."""
    if isinstance(pattern, dict):
        made = {key: example(value) for key, value in pattern.items()}
        return {key: value for key, value in made.items() if value is not None} or None
    wanted = [_plainest(one) for one in pattern]
    return next((one for one in wanted if one is not None), None)


def _plainest(wanted: Any) -> Any:
    if not isinstance(wanted, dict):
        return wanted
    return "any" if "anything-but" in wanted else wanted.get("prefix")


def called_by(event: dict[str, Any], role_arn: str) -> dict[str, Any]:
    identity = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": role_arn}}}
    return {**event, "detail": {**event.get("detail", {}), "userIdentity": identity}}


def test_a_rule_matches_others_and_not_its_own_role(template: Template, spec: GuardrailSpec) -> None:
    own = f"arn:aws:iam::123456789012:role/{name_of(spec)}"
    for trigger in spec.events:
        pattern = rule_of(template, trigger)["EventPattern"]
        assert pattern == trigger.pattern_for(own)
        event = example(trigger.pattern)
        assert matches(pattern, event)
        if trigger.excludes_own_role:
            assert matches(pattern, called_by(event, "arn:aws:iam::123456789012:role/deployer"))
            assert not matches(pattern, called_by(event, own))


def test_every_rule_target_has_a_way_out(template: Template) -> None:
    targets = [target for rule in template.of("AWS::Events::Rule") for target in rule["Targets"]]
    assert targets
    assert {target["DeadLetterConfig"]["Arn"] for target in targets} == {FAILURES}


@pytest.mark.parametrize("spec", [one.spec for one in DELAYED], ids=lambda spec: spec.name)
def test_a_delay_queue_holds_events_back_and_reports_what_failed(template: Template, spec: GuardrailSpec) -> None:
    name = f"{name_of(spec)}-delay"
    queue = template.named("AWS::SQS::Queue", name)
    function = template.named("AWS::Lambda::Function", name_of(spec))
    assert queue["DelaySeconds"] == spec.event_delay(spec.settings())
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": FAILURES, "maxReceiveCount": 3}
    assert (
        queue["MessageRetentionPeriod"]
        < template.named("AWS::SQS::Queue", f"{BASE}-failures")["MessageRetentionPeriod"]
    )
    mappings = {one["FunctionName"]: one for one in template.of("AWS::Lambda::EventSourceMapping")}
    assert set(mappings) == {name_of(one.spec) for one in DELAYED}
    mapping = mappings[name_of(spec)]
    assert mapping["EventSourceArn"] == f"arn:aws:sqs:{HERE}:{name}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 20)
    invoked = {one["FunctionName"].rsplit(":", 1)[-1] for one in template.of("AWS::Lambda::Permission")}
    assert invoked == {name_of(one.spec) for one in GUARDRAILS if one not in DELAYED}


@pytest.fixture(scope="module")
def direct(build: Build) -> Template:
    """The first guardrail, were it to take events at once."""
    return build([respecified(ONE, event_delay=lambda _: 0)])


def test_without_a_delay_the_rule_invokes_the_function(direct: Template) -> None:
    spec = ONE.spec
    arn = f"arn:aws:lambda:{HERE}:function:{name_of(spec)}"
    rules = [rule_of(direct, trigger) for trigger in spec.events]
    assert [target["Arn"] for rule in rules for target in rule["Targets"]] == [arn] * len(rules)
    allowed = [
        (one["FunctionName"], one["Principal"], one["SourceArn"]) for one in direct.of("AWS::Lambda::Permission")
    ]
    assert allowed == [(arn, "events.amazonaws.com", f"arn:aws:events:{HERE}:rule/{rule['Name']}") for rule in rules]
    assert [one["QueueName"] for one in direct.of("AWS::SQS::Queue")] == [f"{BASE}-failures"]
    assert direct.of("AWS::Lambda::EventSourceMapping") == []


def test_what_a_function_cannot_handle_is_tried_again_and_then_kept(template: Template, spec: GuardrailSpec) -> None:
    (config,) = [one for one in template.of("AWS::Lambda::EventInvokeConfig") if one["FunctionName"] == name_of(spec)]
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": FAILURES}}


def test_a_schedule_starts_the_sweep_of_its_guardrail(template: Template, spec: GuardrailSpec) -> None:
    rule = template.named("AWS::Events::Rule", f"{name_of(spec)}-sweep")
    (target,) = rule["Targets"]
    assert rule["ScheduleExpression"] == spec.sweep
    assert target["Arn"] == template.output("SweepStateMachineArn")
    assert target["RoleArn"] == f"arn:aws:iam::123456789012:role/{BASE}-sweep-start"
    arn = f"arn:aws:lambda:{HERE}:function:{name_of(spec)}"
    assert json.loads(target["Input"]) == {"guardrail": spec.name, "function": arn}


def test_queues_take_events_from_fuseboxs_rules_only_and_over_tls(template: Template) -> None:
    policies = {one["Queues"][0]: one["PolicyDocument"]["Statement"] for one in template.of("AWS::SQS::QueuePolicy")}
    assert set(policies) == {one["QueueName"] for one in template.of("AWS::SQS::Queue")}
    rules = [f"arn:aws:events:{HERE}:rule/{one['Name']}" for one in template.of("AWS::Events::Rule")]
    for queue, stated in policies.items():
        tls, *senders = stated
        assert (tls["Effect"], tls["Action"], tls["Condition"]) == (
            "Deny",
            "sqs:*",
            {"Bool": {"aws:SecureTransport": "false"}},
        )
        (sender,) = senders
        assert (sender["Action"], sender["Principal"]) == ("sqs:SendMessage", {"Service": "events.amazonaws.com"})
        sources = set(sender["Condition"]["ArnLike"]["aws:SourceArn"])
        if queue == f"{BASE}-failures":
            assert sources == {f"arn:aws:events:{HERE}:rule/{BASE}-*"}
        else:
            assert all(any(fnmatchcase(rule, one) for rule in rules) for one in sources)
            assert not any(fnmatchcase(rule, one) for rule in _of_others(queue, rules) for one in sources)


def _of_others(queue: str, rules: list[str]) -> list[str]:
    """The rules of the guardrails whose delay queue this is not."""
    names = {
        f"{BASE}-{trigger.name}" for one in GUARDRAILS for trigger in one.spec.events if name_of(one.spec) not in queue
    }
    return [rule for rule in rules if rule.rsplit("/", 1)[-1] in names]


def test_a_pattern_too_long_for_eventbridge_is_refused(build: Build) -> None:
    trigger = EventTrigger(name="wide", summary="too much", pattern={"detail": {"eventName": ["x" * 40] * 60}})
    with pytest.raises(StackError, match=r"^trigger wide: its event pattern takes up to \d+ characters, .* 2048"):
        build([respecified(ONE, events=(trigger,))])


def test_a_delay_longer_than_sqs_allows_is_refused(build: Build) -> None:
    with pytest.raises(StackError, match="its events wait 901 s, SQS allows 900"):
        build([respecified(ONE, event_delay=lambda _: 901)])


def test_two_triggers_of_one_name_are_refused(build: Build) -> None:
    with pytest.raises(StackError, match="two event triggers are named log-group-calls"):
        build([respecified(ONE, events=ONE.spec.events * 2)])
