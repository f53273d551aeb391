"""Gives an answer where it belongs: to the deployed Fusebox, or, where there is none, here and now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cli import approving, asked, chosen, deployment, say, session, store, trouble
from cli.approving import CarriedOut
from cli.chosen import ChosenPolicy
from cli.deployment import Deployed
from cli.session import Place
from cli.store import Store
from functions.approval import deciders
from functions.approval.deciders import Decider
from functions.core import answers
from functions.core.items import Item, of_request
from functions.core.requests import Answer, Request
from functions.core.types import Refused, iso

LONGEST_DAYS = 3650
"""What the deployed Fusebox takes (functions/approval/command.py)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants. `items` None means all; `until` and `owner` are of the exemptions of what is left."""

    decision: str
    items: tuple[str, ...] | None
    reason: str
    owner: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the deployed Fusebox said to an answer that it took."""

    request: str
    status: str
    by: str
    told: str


@dataclass(frozen=True)
class Question:
    """A request with its items, in the table that it was found in."""

    place: Place
    where: Store
    request: Request
    items: Sequence[Item]
    policy_file: Path | None

    @cached_property
    def policy(self) -> ChosenPolicy:
        return chosen.policy(self.policy_file)

    @property
    def half_done(self) -> bool:
        """Whether it was approved here, and never carried out to its end."""
        return self.where.deployed is None and self.request.status == "approved"

    def pick(self, wanted: Iterable[str]) -> list[Item]:
        """The items named on the command line."""
        return asked.pick(self.request, self.items, wanted)

    def check(self) -> None:
        """Raises Refused where no answer is taken, or none of the caller's, as far as that is known here."""
        answers.check_open(self.request, session.now())
        if self.where.deployed:
            self.where.deployed.able_to_ask()
            return
        approvers = self.policy.approval.approvers
        if not (approvers.iam or approvers.slack):
            return
        why = deciders.refusal(Decider(self.place.caller, "iam"), self.policy.approval, self.request)
        if why:
            raise Refused(why)


def find(wanted: str, *, policy: Path | None, stack: str | None, ledger: Path | None, acts: bool) -> Question:
    """The request that an id names. Beside a deployed Fusebox, Refused where the answer `acts` by another table."""
    place = session.locate()
    if ledger and not stack and acts:
        deployment.must_be_alone(place)
    where = store.to_change(place, stack, ledger)
    if where.deployed is None:
        asked.time_out(where.table, session.now())
    request = asked.find(where.table, wanted)
    return Question(place, where, request, of_request(where.table, request.id), policy)


def give(question: Question, wish: Wish) -> CarriedOut | Told:
    """Has the answer recorded; without a deployed Fusebox, also carries it out."""
    if question.where.deployed:
        return _send(question, question.where.deployed, wish)
    table, request, caller = question.where.table, question.request, question.place.caller
    now = session.now()
    until = wish.until or now + timedelta(days=question.policy.approval.reject_days)
    answer = Answer(caller, "local", iso(now), wish.items, wish.reason, wish.owner or caller, iso(until))
    if wish.decision == "reject":
        decided = answers.reject(table, request, answer)
    else:
        decided = answers.approve(table, request, answer, question.items)
    return carry_out(question, decided)


def carry_out(question: Question, decided: Request) -> CarriedOut:
    """Carries out an answer that is recorded, or goes on with it."""
    guardrail = chosen.guardrail(decided.guardrail)
    settings: Any = approving.as_asked(question.policy.guardrails[guardrail.name], decided)
    run = approving.run_of(question.place, question.where, question.policy, guardrail, settings, decided.id)
    try:
        return approving.carry_out(run, decided)
    except trouble.expected():
        say.note(f"The answer is recorded. To go on: {question.where.commands.approve(decided.id)}")
        raise


def _send(question: Question, deployed: Deployed, wish: Wish) -> Told:
    from cli import decide_url

    body = {
        "request": question.request.id,
        "decision": wish.decision,
        "items": None if wish.items is None or wish.decision == "reject" else list(wish.items),
        "reason": wish.reason,
        "owner": wish.owner,
        "days": _days(wish.until),
    }
    look = question.where.commands.show(question.request.id)
    told = decide_url.post(question.place, deployed.decide_url, body, look)
    return Told(question.request.id, *(str(told.get(key, "")) for key in ("status", "by", "told")))


def _days(until: datetime | None) -> int:
    """Whole days until a moment, rounded up; 0 leaves it to the policy."""
    if until is None:
        return 0
    days = math.ceil((until - session.now()) / timedelta(days=1))
    if days > LONGEST_DAYS:
        raise Refused(f"an exemption of {days:,} days: a deployed Fusebox takes at most {LONGEST_DAYS:,}")
    return days
