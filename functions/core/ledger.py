"""The append-only record of findings, questions, actions and their undos.

Partition = the resource, sort key = what it is, so a resource's history reads in one query.
Rows are written once and never changed: every ledger row has version 1, which the table refuses to
overwrite. An action is an `intent` with the prior state, written before the change, and an
`outcome` after it.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from functions.core.table import SHARDS, Row, Table, shard_of
from functions.core.types import Action, Decision, Disposition, Json, canonical_hash, iso, plan_hash

Entry = dict[str, Json]
INTENT, OUTCOME, FINDING, UNDO = "intent", "outcome", "finding", "undo"
QUESTION, ANSWER, WRONG = "question", "answer", "wrong"


def partition(resource: str) -> str:
    """The partition that holds a resource's history."""
    return f"ledger#{resource}"


def action_id(run: str, resource: str, now: datetime) -> str:
    """Names one action: the run it belongs to, then the resource and the try (a run may begin a page again)."""
    return f"{run}.{hashlib.sha256(f'{resource} {iso(now)}'.encode()).hexdigest()[:10]}"


def intent_row(
    run: str,
    guardrail: str,
    mode: str,
    decision: Decision,
    now: datetime,
    undoes: str = "",
    warrant: Mapping[str, Json] | None = None,
) -> Row:
    """The record of a change about to be made.

    `undoes` names the action that this one turns back; `warrant` says on whose word it is made.
    """
    assert decision.action is not None
    identity = action_id(run, decision.resource, now)
    entry = describe(guardrail, mode, decision) | {"kind": UNDO if undoes else INTENT, "action_id": identity}
    if undoes:
        entry["undoes"] = undoes
    if warrant:
        entry["warrant"] = dict(warrant)
    return _row(run, decision.resource, f"action#{identity}#1-intent", entry, now)


def outcome_row(
    intent: Entry, disposition: Disposition, detail: str, now: datetime, wrote: Mapping[str, Json] | None = None
) -> Row:
    """How the action of an intent ended. `wrote` has the values it set, where they are not those of the intent."""
    identity, run, resource = str(intent["action_id"]), str(intent["run"]), str(intent["resource"])
    kept = ("action_id", "guardrail", "resource", "name", "saving", "undoes")
    entry: Entry = {key: intent[key] for key in kept if key in intent}
    entry |= {"kind": OUTCOME, "result": disposition.value, "detail": detail}
    if wrote is not None:
        entry["wrote"] = dict(wrote)
    return _row(run, resource, f"action#{identity}#2-outcome", entry, now)


def finding_row(
    run: str,
    guardrail: str,
    mode: str,
    decision: Decision,
    disposition: Disposition,
    period: int,
    now: datetime,
    episode: str = "",
) -> Row:
    """A finding that changed nothing. Its key repeats within a period, so it is recorded once in it.

    Source of the rule: field report F20 (the same alert again and again); the key is resource +
    rule + state + period, and the episode where what is found comes and goes.
    """
    change = [] if decision.action is None else decision.action.bound
    parts: list[Json] = [guardrail, decision.rule, decision.verdict, disposition.value, change, decision.identity]
    state = canonical_hash(*parts, *([episode] if episode else []))[:24]
    entry = describe(guardrail, mode, decision) | {
        "kind": FINDING,
        "result": disposition.value,
        "finding_id": f"{run}.f{canonical_hash(decision.resource, state)[:9]}",
    }
    return _row(run, decision.resource, f"finding#{state}#{period}", entry, now)


def request_row(kind: str, request: str, guardrail: str, mode: str, said: Entry, now: datetime) -> Row:
    """What was asked of people, or how they answered: the history of a request."""
    resource = f"request/{request}"
    entry: Entry = {"kind": kind, "guardrail": guardrail, "mode": mode, "resource": resource, "name": resource, **said}
    return _row(request, resource, f"{kind}#{iso(now)}", entry, now)


def wrong_row(marked: Entry, by: str, reason: str, now: datetime) -> Row:
    """A person's word that an action or a finding was a false positive; listed by guardrail for counting."""
    identity, run = identity_of(marked), str(marked["run"])
    kept = ("guardrail", "mode", "resource", "name", "rule", "verdict")
    entry: Entry = {key: marked[key] for key in kept if key in marked}
    entry |= {"kind": WRONG, "marks": identity, "by": by, "reason": reason}
    row = _row(run, str(marked["resource"]), f"wrong#{identity}", entry, now)
    return replace(row, listing=wrong_listing(str(marked["guardrail"])))


def wrong_listing(guardrail: str) -> str:
    """The index partition that lists what people marked as wrong."""
    return f"wrong#{guardrail}"


def identity_of(entry: Entry) -> str:
    """The id by which commands name an entry: of its action, or of the finding; "" for others."""
    return str(entry.get("action_id") or entry.get("finding_id") or "")


def describe(guardrail: str, mode: str, decision: Decision) -> Entry:
    """A decision as a ledger entry, without time and run."""
    action = decision.action
    entry: Entry = {
        "guardrail": guardrail,
        "mode": mode,
        "resource": decision.resource,
        "name": decision.name,
        "verdict": decision.verdict,
        "rule": decision.rule,
        "reason": decision.reason,
        "saving": decision.saving,
        "evidence": dict(decision.evidence),
        "identity": decision.identity,
    }
    if action is not None:
        entry["action"] = {
            "kind": action.kind,
            "parameters": dict(action.parameters),
            "prior": dict(action.prior),
            "irreversible": action.irreversible,
            **({"terms": dict(action.terms)} if action.terms else {}),
        }
        entry["plan"] = plan_hash(guardrail, decision)
    if decision.asks:
        entry["asks"] = decision.asks
    if decision.named:
        entry["named"] = True
    return entry


def action_of(entry: Entry) -> Action:
    """The action that an intent recorded."""
    recorded = entry["action"]
    assert isinstance(recorded, dict)
    parameters, prior, terms = recorded["parameters"], recorded["prior"], recorded.get("terms", {})
    assert isinstance(parameters, dict)
    assert isinstance(prior, dict)
    assert isinstance(terms, dict)
    return Action(str(recorded["kind"]), parameters, prior, str(recorded["irreversible"]), terms)


def period_of(now: datetime, days: int) -> int:
    """Number of the period of so many days that `now` falls in, counted from 1970."""
    return int(now.timestamp()) // (days * 86_400)


def entries_of_run(table: Table, run: str) -> Iterator[Entry]:
    """All entries of one run in the order of time."""
    shards = (table.query_index("listing", f"run#{run}#{shard}") for shard in range(SHARDS))
    yield from (row.body for row in heapq.merge(*shards, key=lambda row: (row.at, row.sk)))


def entries_since(table: Table, since: datetime, until: datetime) -> Iterator[Entry]:
    """All entries between two moments in the order of time."""
    day = since.date()
    while day <= until.date():
        shards = (table.query_index("day", f"{day}#{shard}", since=iso(since)) for shard in range(SHARDS))
        yield from (row.body for row in heapq.merge(*shards, key=lambda row: (row.at, row.sk)))
        day += timedelta(days=1)


def entries_of_resource(table: Table, resource: str) -> Iterator[Entry]:
    """Everything recorded about one resource."""
    yield from (row.body for row in table.query(partition(resource)))


def _row(run: str, resource: str, sort: str, entry: Entry, now: datetime) -> Row:
    at, shard = iso(now), shard_of(resource)
    body: Entry = entry | {"at": at, "run": run}
    return Row(partition(resource), sort, body, listing=f"run#{run}#{shard}", day=f"{now.date()}#{shard}", at=at)
