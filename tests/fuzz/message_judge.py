"""Whether the reader heard what it may hear: by the letters of the message, not by the reader's code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from functions.core.events import Skip
from functions.llm_keys.messages.heard import Heard
from tests.aws_world import ACCOUNT

KNOWN = {
    **{name: name for name in ("ml-platform", "Research Budget", "quiet")},
    **{f"{name}-38dcc3": name for name in ("ml-platform", "Research Budget", "quiet")},
}
"""The policy's budgets by each name that means them."""
TOPIC = "arn:aws:sns:us-east-1:123456789012:fusebox-us-east-1-budgets"
LONGEST = 400


def wrongs(event: Any, found: Heard | Skip | Exception) -> Iterator[str]:
    """What is wrong with what was made of a message."""
    said = found.note if isinstance(found, Heard) else found.reason if isinstance(found, Skip) else str(found)
    if not said.isprintable() or len(said) > LONGEST:
        yield f"{said!r:.500} is no short line"
    if isinstance(found, Exception):
        return
    (record,) = event["Records"]
    body = record["Sns"]["Message"]
    if record["Sns"]["TopicArn"] != TOPIC:
        yield "another topic was heard"
    if body.lstrip().startswith("{"):
        yield from _of_object(json.loads(body), found)
    else:
        yield from _of_text(body, found)


def _of_text(body: str, found: Heard | Skip) -> Iterator[str]:
    lines = [line.strip(" \t\r") for line in body.split("\n")]
    if [line for line in lines if line.startswith("AWS Account ") and len(line) == 24] != [f"AWS Account {ACCOUNT}"]:
        yield "the text is not of this account"
    names = [line.partition(":")[2].strip(" \t") for line in lines if line.startswith("Budget Name:")]
    if len(names) != 1:
        yield f"{len(names)} names, and something was heard"
    counts_dollars = "Budget Type: Cost" in [" ".join(line.replace(":", ": ").split()) for line in lines]
    if isinstance(found, Skip):
        if counts_dollars or names[0] in KNOWN:
            yield "a cost budget, or one of ours, was passed over"
        return
    if not counts_dollars:
        yield "a budget that counts no dollars was heard"
    if found.budgets != (KNOWN.get(names[0]),):
        yield f"{found.budgets} was heard of {names[0]!r:.80}"
    if ("FORECASTED" in found.note or "forecast" in found.note) != any(
        one.startswith("FORECASTED Am") for one in lines
    ):
        yield f"a forecast and what is so were mixed up: {found.note}"


def _of_object(about: Any, found: Heard | Skip) -> Iterator[str]:
    account = about.get("AWSAccountId", about.get("accountId"))
    if account != ACCOUNT:
        yield f"account {account!r:.80} was heard"
    if "anomalyId" in about:
        if not isinstance(found, Heard) or found.budgets:
            yield "an anomaly is about all budgets"
        return
    if (about["NewStateValue"] == "ALARM") is isinstance(found, Skip):
        yield f"{about['NewStateValue']!r:.80} was taken for another state"
    if isinstance(found, Skip):
        return
    named = json.dumps(about.get("Trigger")) + about["AlarmName"]
    if not found.budgets:
        yield "an alarm about all budgets"
    for name in found.budgets:
        if name not in KNOWN.values() or name not in named:
            yield f"{name!r:.80} does not stand in the alarm"


def kind(event: Any, found: object) -> str:
    """What came of a message, in a few words."""
    if isinstance(found, Heard):
        body = event["Records"][0]["Sns"]["Message"].lstrip()
        form = "a budget's text" if not body.startswith("{") else "an anomaly" if not found.budgets else "an alarm"
        return f"heard: {form}" + (", a forecast" if "forecast" in found.note else "")
    if isinstance(found, Skip):
        return "passed over: " + ("an alarm that is not on" if found.reason.startswith("alarm") else "another type")
    return f"raised: {type(found).__name__}"
