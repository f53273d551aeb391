"""What people do: wish to close a breaker, answer that, and turn actions back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.core import answers, approved, engine, ledger, requests
from functions.core.evaluating import evaluate
from functions.core.items import of_request
from functions.core.recorded import Recorded, of_resource
from functions.core.requests import Answer, Request
from functions.core.run import Run
from functions.core.types import iso
from functions.core.undoing import Undoer, carry_out, prepare
from functions.llm_keys import overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.overriding import Wish
from tests.unit.llm_keys.office import BASE, SCOPE, Office

ADA = "arn:aws:iam::123456789012:user/ada"


class NothingAsked(Exception):
    """A wish that is not put: its breaker is closed, or it makes no sense."""


def wish(office: Office, name: str = "ml", *, ceiling: float | None = None, until: str = "") -> str:
    """A person wishes to close a breaker; returns the question put about it."""
    run, arn = office.run(), budget_arn(SCOPE, name)
    now = office.clock()
    overriding.wish(office.memory, arn, Wish(ceiling, until, ADA, "launch", iso(now), run.id), now)
    report = run.new_report()
    evaluate(run, list(run.account.read([arn]).values()), report)
    if not report.requests:
        raise NothingAsked
    (request,) = report.requests
    return request


def put(office: Office, request: str) -> Request:
    """The question is put to people."""
    asked = answers.ask(office.table, requests.existing(office.table, request), "token", "nonce", office.clock())
    assert asked is not None
    return asked


def approve(office: Office, request: str) -> dict[str, int]:
    """Ada approves all of a question; returns how its items ended."""
    found = requests.existing(office.table, request)
    asked = put(office, request) if found.status == "gathering" else found
    decided = answers.approve(
        office.table, asked, Answer(ADA, "iam", iso(office.clock())), of_request(office.table, request)
    )
    run: Run[Any, Any] = office.run()
    report = run.new_report()
    assert approved.act_on(run, decided, report, stop=lambda: False).done
    answers.finish(office.table, decided, office.clock())
    return dict(report.counts)


def reject(office: Office, request: str, *, days: float = 1) -> None:
    """Ada rejects a question."""
    now = office.clock()
    answer = Answer(ADA, "iam", iso(now), reason="no", owner=ADA, until=iso(now + timedelta(days=days)))
    answers.finish(office.table, answers.reject(office.table, put(office, request), answer), now)


def override(office: Office, name: str = "ml", **terms: Any) -> dict[str, int]:
    """A wish that is approved at once."""
    return approve(office, wish(office, name, **terms))


def follow(office: Office, name: str = "ml") -> None:
    """The look at what a budget leads, which the function takes once its override is done."""
    run = office.run()
    engine.look_at(run, engine.led_by(run, [budget_arn(SCOPE, name)]))


def undo(office: Office, recorded: Recorded, *, days: float = 1) -> tuple[str, str]:
    """Ada turns an action back; returns how that ended. Raises Refused."""
    run = office.run()
    undoer = Undoer(run.guardrail, run.settings, run.account, office.table, office.clock, f"{BASE}-", ADA)
    done = carry_out(undoer, prepare(undoer, recorded), reason="", exempt_for=timedelta(days=days))
    return done.disposition, done.detail


def last_action(office: Office, arn: str) -> Recorded:
    """The last action on a resource."""
    intents = [one for one in ledger.entries_of_resource(office.table, arn) if one["kind"] == ledger.INTENT]
    newest = max(intents, key=lambda one: str(one["at"]))
    found = of_resource(office.table, arn, str(newest["action_id"]))
    assert found is not None
    return found
