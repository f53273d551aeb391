"""Pure: the question, and what became of it, as notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.core import answers, ledger
from functions.core.commands import Commands
from functions.core.items import Item, chosen
from functions.core.notice import Example, Group, Notice, Step, change_in_words, dollars, evidence_of, place, short
from functions.core.report import EXAMPLES
from functions.core.requests import Request
from functions.core.types import Scope

FOR_GOOD = "CANNOT BE UNDONE"
BY_NAME = "by a person known by name"
NOT_APPROVED, ASKED_AGAIN = "not approved", "to be asked about again"
DECLINED = "declined, so that all stays as it is"
NO_RESULT = "approved, but without a known result (the ledger shows what was done)"


def question(
    request: Request,
    items: Sequence[Item],
    scope: Scope,
    commands: Commands,
    *,
    links: dict[str, str],
    buttons: bool,
    nobody: bool,
) -> Notice:
    """Asks about a request. `links` holds signed links by what they decide; `nobody` says that no one may answer."""
    lasting = [one for one in items if one.irreversible]
    named = [one for one in items if one.named and not one.irreversible]
    back = [one for one in items if not (one.irreversible or one.named)]
    groups = [
        _group(f"waiting for approval, {FOR_GOOD}", lasting),
        _group(f"waiting for approval {BY_NAME}", named),
        _group("waiting for approval", back),
    ]
    notes = [
        f"Answer until {request.deadline[:16].replace('T', ' ')} UTC; {_on_silence(request, items)}",
        f"Undo: {request.undo_note}.",
    ]
    if any(one.named for one in items):
        notes.append("By command or in Slack only: a link identifies nobody.")
    if nobody:
        notes.append("Nobody may answer: the policy names no approvers (approval.approvers).")
    value = request.id if buttons else ""
    every = f"all {request.count} changes" if request.count > 1 else "the change"
    confirm = f"{request.irreversible} of {request.count} changes cannot be undone. Make {every}?" if lasting else ""
    steps = [
        Step("approve", "Approve", commands.approve(request.id), links.get("approve", ""), value, confirm),
        Step("reject", "Reject", commands.reject(request.id), links.get("reject", ""), value),
        Step("show", "See everything asked", commands.show(request.id)),
    ]
    if lasting or back:
        steps.append(Step("exempt", "Leave one resource alone", commands.exempt("RESOURCE")))
        steps.append(Step("wrong", "Mark as a false positive", commands.wrong(request.id)))
    return Notice(
        "question",
        f"question {request.id}",
        f"{request.guardrail} asks: {request.count} change{'s' if request.count != 1 else ''}, "
        f"{dollars(request.saving)} a month",
        request.guardrail,
        request.mode,
        **place(scope),
        run=request.id,
        notes=tuple(notes),
        groups=tuple(one for one in groups if one.count),
        steps=tuple(steps),
    )


def ended(
    request: Request, items: Sequence[Item], scope: Scope, commands: Commands, *, link: str, buttons: bool
) -> Notice:
    """Tells how a request ended; `link` is a signed link to its undo, or ""."""
    answer = request.answer
    approved = {one.id for one in chosen(request, items)}
    beyond = set(answer.beyond) if answer is not None else set()
    by_result: dict[str, list[Item]] = {}
    for one in items:
        none = NO_RESULT if one.id in approved else ASKED_AGAIN if one.id in beyond else _not_approved(one)
        by_result.setdefault(one.result or none, []).append(one)
    notes = [f"Request {request.id}: {answers.told(request)}."]
    if answer is not None and answer.reason and answer.how != "time-out":
        notes.append(f"Reason: {short(answer.reason)}")
    if answer is not None and answer.until and by_result.get(NOT_APPROVED) and answer.how != "time-out":
        notes.append(f"What was not approved is exempt until {answer.until[:10]}, {short(answer.owner or answer.by)}.")
    steps = [Step("show", "Everything about it", commands.show(request.id))]
    if by_result.get("done"):
        value = request.id if buttons else ""
        confirm = f"Turn back what was done? {request.undo_note}."
        steps.append(Step("undo", "Undo", commands.undo("ID"), link, value, confirm if value else ""))
        steps.append(Step("wrong", "Mark one as a false positive", commands.wrong("ID")))
    return Notice(
        "answer",
        f"answer {request.id}",
        f"{request.guardrail}: {_in_words(request)}{_of(request)}",
        request.guardrail,
        request.mode,
        **place(scope),
        run=request.id,
        notes=tuple(notes),
        groups=tuple(_group(result, some) for result, some in sorted(by_result.items())),
        steps=tuple(steps),
    )


def change_of(item: Item) -> str:
    """What an item's action sets and overwrites, in words."""
    action = ledger.action_of(item.entry)
    return change_in_words(action.parameters, action.prior) or action.kind.replace("_", " ")


def _in_words(request: Request) -> str:
    words = {
        "done": "approved and done",
        "partly_done": "approved, done IN PART",
        "superseded": "superseded: it has changed or is gone, so nothing was done",
        "held_back": "held back by a pause, an exemption or observe mode; nothing was done",
        "failed": "approved, but NOT everything could be done",
        "timed_out": f"{answers.TIME_OUT}; nothing was done",
    }
    return words.get(request.status, request.status)


def _of(request: Request) -> str:
    """How many of how many, where not all was done."""
    done = request.counts.get("done", 0) + request.counts.get("undone", 0)
    return f", {done} of {sum(request.counts.values())}" if request.status in ("partly_done", "failed") else ""


def _not_approved(item: Item) -> str:
    return DECLINED if item.named else NOT_APPROVED


def _on_silence(request: Request, items: Iterable[Item]) -> str:
    if request.on_timeout == "act" and any(one.by_silence for one in items):
        return "if nobody does, what can be undone is done (on_timeout: act)."
    return "if nobody does, nothing happens."


def _group(words: str, items: Iterable[Item]) -> Group:
    some = list(items)
    return Group(
        words,
        len(some),
        round(sum(one.saving for one in some), 6),
        examples=tuple(_example(one) for one in some[:EXAMPLES]),
    )


def _example(item: Item) -> Example:
    detail = item.detail or item.irreversible
    return Example(
        item.action_id,
        item.resource,
        short(item.name),
        short(str(item.entry["reason"])),
        short(detail),
        item.saving,
        short(item.owner),
        evidence_of(item.entry["evidence"]),
    )
