"""How a request is answered, what it may no longer be, and how it ends. The table decides; workflows follow.

Every answer is recorded here, whoever gives it: a person by command, button or link, or the clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from functions.core import asked, ledger, requests, state
from functions.core.items import Item, chosen, of_request
from functions.core.requests import Answer, Request, Status
from functions.core.state import Exemption, parse_moment
from functions.core.table import Table
from functions.core.types import Disposition, Json, Refused, iso

FAILED = (Disposition.FAILED, Disposition.UNSETTLED, Disposition.IN_FLIGHT)
HELD = (Disposition.PAUSED, Disposition.EXEMPT, Disposition.OBSERVED, Disposition.CAPPED)
TIME_OUT = "nobody answered in time"


class NotOpen(Refused):
    """A request that takes no answer any more, for the one-line reason given; `request` is as it is now."""

    def __init__(self, request: Request, reason: str) -> None:
        super().__init__(reason)
        self.request = request


def ask(table: Table, request: Request, token: str, nonce: str, now: datetime) -> Request | None:
    """Opens a gathered request for answers, or gives one that is asked already a new token.

    None where it was changed meanwhile. The deadline counts from the first time it is asked; nonce and
    deadline stay when a workflow asks again.
    """
    if request.status == "asked":
        return requests.change(table, request, token=token)
    deadline = now + timedelta(hours=request.deadline_hours)
    said: dict[str, Json] = {
        "count": request.count,
        "irreversible": request.irreversible,
        "saving": request.saving,
        "deadline": iso(deadline),
        "requester": request.requester,
    }
    row = ledger.request_row(ledger.QUESTION, request.id, request.guardrail, request.mode, said, now)
    return requests.change(
        table,
        request,
        row,
        status="asked",
        asked_at=iso(now),
        deadline=iso(deadline),
        token=token,
        nonce=nonce,
    )


def check_open(request: Request, now: datetime) -> None:
    """Raises NotOpen where a request takes no answer: not asked yet, answered, or too late."""
    if request.status == "gathering":
        raise NotOpen(request, f"request {request.id} is still being gathered; try again in some minutes")
    if request.status != "asked":
        raise NotOpen(request, f"request {request.id} takes no answer any more: {told(request)}")
    state.check_clock(request.asked_at, now)
    if parse_moment(request.deadline) <= now:
        raise NotOpen(request, f"request {request.id} ran out at {request.deadline}: nothing is done")


def approve(table: Table, request: Request, answer: Answer, among: Sequence[Item]) -> Request:
    """Records an approval; raises NotOpen where the request takes none, Refused for items that it does not hold."""
    known = {one.id for one in among}
    strange = [one for one in answer.items or () if one not in known]
    if strange:
        raise Refused(f"request {request.id} holds no item {', '.join(strange):.80}")
    if answer.items is not None and not answer.items:
        raise Refused("no item is chosen: to approve none, reject the request")
    return _decide(table, request, "approved", answer)


def reject(table: Table, request: Request, answer: Answer) -> Request:
    """Records a rejection; raises NotOpen where the request takes none."""
    if not (answer.reason.strip() and answer.owner.strip() and answer.until):
        raise Refused("a rejection exempts the resources: it needs a reason, an owner and an end")
    return _decide(table, request, "rejected", replace(answer, items=()))


def _decide(table: Table, request: Request, status: Status, answer: Answer) -> Request:
    check_open(request, parse_moment(answer.at))
    said: dict[str, Json] = {"result": status, **asdict(answer)}
    said["items"] = "all" if answer.items is None else list(answer.items)
    row = ledger.request_row(ledger.ANSWER, request.id, request.guardrail, request.mode, said, parse_moment(answer.at))
    decided = requests.change(table, request, row, status=status, answer=answer)
    if decided is None:
        now = requests.existing(table, request.id)
        raise NotOpen(now, f"request {request.id} was answered by somebody else just now: {told(now)}")
    return decided


def time_out(table: Table, request: Request, now: datetime) -> Request:
    """What a request is once its time is over: an answer that came in time still counts.

    Only what can be undone may be approved by silence, and only where the policy says so.
    """
    acts = request.on_timeout == "act" and bool(_by_silence(table, request))
    answer = Answer(TIME_OUT, "time-out", iso(now), None if acts else (), reason=f"on_timeout: {request.on_timeout}")
    status: Status = "approved" if acts else "timed_out"
    said: dict[str, Json] = {"result": status, "by": answer.by, "how": answer.how, "reason": answer.reason}
    row = ledger.request_row(ledger.ANSWER, request.id, request.guardrail, request.mode, said, now)
    while request.status == "asked":
        ended_at = "" if acts else iso(now)
        changed = requests.change(table, request, row, status=status, answer=answer, ended_at=ended_at)
        if changed is not None:
            return changed
        request = requests.existing(table, request.id)
    return request


# --- the end --------------------------------------------------------------------------------


def finish(table: Table, request: Request, now: datetime) -> Request:
    """Ends an answered request: exempts what was not approved, and says how the approved items ended.

    What takes a person known by name is exempted by no answer: to decline it is to leave things as they are.
    Safe to repeat. Returns the request as it ended, or as another had ended it.
    """
    if not request.in_hand:
        return request
    found = of_request(table, request.id)
    approved = {one.id for one in chosen(request, found)}
    answer = request.answer
    assert answer is not None
    declined = [one for one in found if one.id not in approved and one.id not in answer.beyond]
    if answer.how != "time-out":
        if answer.until:
            exempt(table, request, [one for one in declined if not one.named], answer, now)
        # A wish that was declined stays remembered as asked: whoever still has it makes a new one.
        wishes = {one.id for one in declined if one.named}
        asked.release(table, request.guardrail, [one for one in found if one.id not in wishes])
    else:
        asked.release(table, request.guardrail, _in(found, approved))
    counts = Counter(one.result or "left" for one in found if one.id in approved)
    while request.in_hand:
        status = "rejected" if request.status == "rejected" else verdict(counts)
        changed = requests.change(table, request, status=status, ended_at=iso(now), counts=dict(counts))
        if changed is not None:
            return changed
        request = requests.existing(table, request.id)
    return request


def _by_silence(table: Table, request: Request) -> list[Item]:
    """What silence may approve."""
    return [one for one in of_request(table, request.id) if one.by_silence]


def verdict(counts: Counter[str]) -> Status:
    """How an approved request ended, from how its items did; what was turned back since had been done."""
    done = counts[Disposition.DONE] + counts["undone"]
    if any(counts[end] for end in FAILED) or counts["left"]:
        return "failed"
    if done:
        return "done" if done == counts.total() else "partly_done"
    return "held_back" if any(counts[end] for end in HELD) else "superseded"


def exempt(table: Table, request: Request, declined: Iterable[Item], answer: Answer, now: datetime) -> None:
    """Leaves alone what a person declined, unless a longer exemption holds already."""
    until = parse_moment(answer.until)
    reason = f"{answer.reason or 'not among what was approved'} (request {request.id}, {answer.by})"
    resources = sorted({one.resource for one in declined})
    present = state.exemptions(table, resources, now)
    shorter = [one for one in resources if one not in present or present[one].until < until]
    state.exempt(table, [Exemption(one, answer.owner or answer.by, reason, until) for one in shorter], now)


def told(request: Request) -> str:
    """How a request stands, in a few words."""
    answer = request.answer
    if request.status == "timed_out":
        return f"{TIME_OUT}, so nothing was done"
    if answer is None:
        return request.status
    words = {
        "approved": "approved, and being carried out",
        "done": "approved and done",
        "partly_done": "approved and done in part",
        "held_back": "held back",
    }
    return f"{words.get(request.status, request.status)} (answered by {answer.by} at {answer.at[:16]}Z)"


def _in(found: Iterable[Item], ids: Iterable[str]) -> list[Item]:
    wanted = set(ids)
    return [one for one in found if one.id in wanted]
