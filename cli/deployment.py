"""The Fusebox that is deployed in an account and Region: its lease record, and what its stack put out."""

from __future__ import annotations

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from cli import trouble
from cli.session import Place
from functions.core.types import Refused

LEASE = "/fusebox/lease"
OUTPUTS = ("TableName", "AlertsTopicArn", "FailureQueueUrl", "Name")
LATER_OUTPUTS = ("DecideUrl", "ApprovalStateMachineArn")
"""What stacks of version 0.1.0 lack: they can be paused and read all the same."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The record of the one Fusebox deployed in this account and Region."""

    stack: str
    table: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack, by its outputs; `name` begins the names of its resources.

    `decide_url` and `approval_machine` are "" where the stack was deployed before Fusebox could ask.
    """

    stack: str
    table: str
    alerts_topic: str
    failure_queue: str
    name: str
    decide_url: str = ""
    approval_machine: str = ""

    def function_of(self, guardrail: str) -> str:
        """The name of a guardrail's function."""
        return f"{self.name}-{guardrail.replace('_', '-')}"

    def able_to_ask(self) -> Deployed:
        """This stack; Refused where it was deployed before Fusebox could ask."""
        if not (self.decide_url and self.approval_machine):
            lacking = " and ".join(LATER_OUTPUTS)
            raise Refused(f"stack {self.stack} has no outputs {lacking}: it is of an older version; deploy it again")
        return self


def lease(place: Place) -> Lease | None:
    """Who is deployed here; a ClientError where that cannot be read, Refused where it makes no sense."""
    try:
        found = place.clients.get("ssm").get_parameter(Name=LEASE)
    except ClientError as error:
        if trouble.code_of(error) == "ParameterNotFound":
            return None
        raise
    value = found["Parameter"]["Value"]
    try:
        record = json.loads(value)
        return Lease(str(record["stack"]), str(record["table"]), str(record["prefix"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"parameter {LEASE} holds no lease (stack, table, prefix): {value!r:.80}") from error


def of_stack(place: Place, stack: str) -> Deployed:
    """A Fusebox stack by its name."""
    try:
        found = place.clients.get("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if trouble.code_of(error) == "ValidationError":
            here = f"account {place.scope.account}, Region {place.scope.region}"
            raise Refused(f"there is no stack {stack!r} in {here}") from error
        raise
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found[0].get("Outputs", [])}
    missing = [key for key in OUTPUTS if key not in outputs]
    if missing:
        raise Refused(f"stack {stack!r} is no Fusebox stack: it has no output {', '.join(missing)}")
    return Deployed(stack, *(outputs[key] for key in OUTPUTS), *(outputs.get(key, "") for key in LATER_OUTPUTS))


def named_or_here(place: Place, stack: str | None, lacks: str) -> Deployed:
    """The stack that was named, or the one deployed here; Refused, saying what is lacking, where there is none."""
    if stack:
        return of_stack(place, stack)
    found = lease(place)
    if found is None:
        raise Refused(f"no Fusebox is deployed here, so there is no {lacks}; name one with --stack NAME")
    return of_stack(place, found.stack)


def known(place: Place) -> Lease | None:
    """Who is deployed here, for what changes something: Refused where that cannot be known."""
    try:
        return lease(place)
    except ClientError as error:
        reason = trouble.refusal(error)
        raise Refused(f"cannot tell whether a Fusebox is deployed here, so nothing is changed: {reason}") from error


def must_be_alone(place: Place) -> None:
    """Refuses to act on resources beside a deployed Fusebox, or where that cannot be known."""
    found = known(place)
    if found:
        raise Refused(
            f"a Fusebox is deployed in account {place.scope.account}, Region {place.scope.region}: "
            f"name it with --stack {found.stack}"
        )
