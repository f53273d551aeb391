"""What a plan can and cannot see from here, found out by trying the reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from cli import deployment, trouble
from cli.chosen import AnyGuardrail, ChosenPolicy
from cli.readonly import ReadOnly
from cli.session import Place
from functions.core.iam_actions import reads
from functions.core.spec import Permission
from functions.core.types import Refused

THROUGH_CLOUDTRAIL = "AWS API Call via CloudTrail"


FEW = 4
"""Actions that are named one by one; of a grant with more, they are counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the preflight: "ok", "missing" (something cannot be seen or will not work), or a "note"."""

    subject: str
    state: Literal["ok", "missing", "note"]
    text: str


def of_place(place: Place) -> Iterator[Check]:
    """Who and where."""
    yield Check("caller", "ok", place.caller)
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        yield Check("endpoint", "note", f"AWS_ENDPOINT_URL is {endpoint}: this may not be AWS")


def of_deployment(place: Place) -> tuple[Check, deployment.Lease | None]:
    """Whether a Fusebox is deployed here; its lease where there is one that can be read."""
    try:
        found = deployment.lease(place)
    except ClientError as error:
        return Check("deployed", "missing", f"unknown: {trouble.refusal(error)}; `fusebox run` will only observe"), None
    except Refused as error:
        return Check("deployed", "missing", f"unknown: {error}"), None
    if found is None:
        return Check("deployed", "note", "no Fusebox here; plan and run need none, and no cdk bootstrap"), None
    return Check("deployed", "ok", f"stack {found.stack}, table {found.table}"), found


def of_approvals(found: ChosenPolicy, guardrails: Sequence[AnyGuardrail]) -> Iterator[Check]:
    """Who may answer what is asked, and whether anybody may answer what is going to be."""
    approval, app = found.approval, found.slack.app
    people = [
        f"{len(approval.approvers.iam)} by command",
        f"{len(approval.approvers.slack)} in Slack" + ("" if app else " (slack.app is off)"),
    ]
    page = approval.page == "function_url"
    said = f"may answer: {', '.join(people)}; page {'on' if page else 'off'}"
    asking = [one.name for one in guardrails if found.guardrails[one.name].mode != "observe"]
    someone = bool(approval.approvers.iam or (approval.approvers.slack and app))
    names = ", ".join(asking)
    if not asking or someone or (page and approval.links_may == "anything"):
        yield Check("approvals", "ok" if someone or page else "note", said)
    elif page:
        text = f"{said}; nobody may approve what {names} asks about for good: name approval.approvers in the policy"
        yield Check("approvals", "missing", text)
    else:
        text = f"{said}; nobody may answer a deployed Fusebox what {names} asks: name approval.approvers in the policy"
        yield Check("approvals", "missing", text)


def of_trail(place: Place, guardrails: Sequence[AnyGuardrail]) -> Iterator[Check]:
    """Whether API calls reach EventBridge: they do only in an account with a trail that is logging."""
    waiting = [one.name for one in guardrails if _hears_cloudtrail(one)]
    if not waiting:
        return
    without = f"without one no API call reaches {', '.join(waiting)}: only the sweep works"
    client = place.clients.get("cloudtrail")
    try:
        trails = client.describe_trails()["trailList"]
        logging = [one["Name"] for one in trails if client.get_trail_status(Name=one["TrailARN"])["IsLogging"]]
    except ClientError as error:
        yield Check("trail", "missing", f"unknown whether a trail is logging: {trouble.refusal(error)}")
        return
    if logging:
        yield Check("trail", "ok", f"{', '.join(logging)} is logging: events arrive, if it logs management events")
    elif trails:
        yield Check("trail", "missing", f"no trail is logging ({len(trails)} switched off); {without}")
    else:
        yield Check("trail", "missing", f"no CloudTrail trail; {without}")


def of_sdk(place: Place, guardrail: AnyGuardrail) -> Iterator[Check]:
    """Whether the installed SDK knows every field a safe decision reads; it drops others without a word."""
    import botocore

    wanted = guardrail.spec.safety_fields
    unknown = [name for one in wanted for name in one.unknown_to(place.clients.get(one.service).meta.service_model)]
    installed = f"botocore {botocore.__version__}"
    if unknown:
        text = f"{installed} does not know {', '.join(unknown)}: what goes by it is unknown, and left alone; upgrade it"
        yield Check("sdk", "missing", text)
    elif wanted:
        yield Check("sdk", "ok", f"{installed} knows every field that {guardrail.name} relies on")


def of_reads(guardrail: AnyGuardrail, settings: Any, account: Any, watch: ReadOnly) -> Iterator[Check]:
    """Tries each read a guardrail needs on the first page and one resource of it."""
    try:
        page = next(iter(account.pages("")), None)
        if page is not None and page.facts:
            account.read([page.facts[0].arn])
    except ClientError as error:
        if trouble.code_of(error) not in trouble.DENIED:
            raise
    untried: list[str] = []
    for grant in guardrail.spec.granted(settings):
        yield from _reads_of(grant, guardrail.name, watch)
        changes = [action for action in grant.actions if not reads(action)]
        if changes:
            untried.append(f"{_few(changes)} (to {grant.reason})")
    if untried:
        yield Check("changes", "note", f"not tried, because they change something: {', '.join(untried)}")


def _reads_of(grant: Permission, name: str, watch: ReadOnly) -> Iterator[Check]:
    """What came of the reads of one grant: each for itself, or where they are many those that matter and a count."""
    of_grant = [action for action in grant.actions if reads(action)]
    answered = [action for action in of_grant if action in watch.answered and action not in watch.denied]
    untried = [action for action in of_grant if action not in watch.answered and action not in watch.denied]
    for action in of_grant:
        if action in watch.denied:
            yield Check(action, "missing", f"not allowed; so {name} cannot {grant.reason}")
    if len(of_grant) > FEW:
        if answered:
            yield Check(f"{len(answered)} reads", "ok", f"{_few(answered)}: {grant.reason}")
        if untried:
            yield Check(
                f"{len(untried)} reads", "note", f"not tried, for want of a resource to try them on: {_few(untried)}"
            )
        return
    for action in answered:
        yield Check(action, "ok", grant.reason)
    for action in untried:
        yield Check(action, "note", "not tried, for want of a resource to try it on")


def _few(actions: Sequence[str]) -> str:
    more = f" and {len(actions) - FEW} more" if len(actions) > FEW else ""
    return ", ".join(actions[:FEW]) + more


def _hears_cloudtrail(guardrail: AnyGuardrail) -> bool:
    return any(THROUGH_CLOUDTRAIL in trigger.pattern.get("detail-type", ()) for trigger in guardrail.spec.events)
