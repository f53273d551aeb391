"""What the page says once a request is decided: how it stands, who decided, and what is left alone."""

from __future__ import annotations

from datetime import datetime

from functions.approval.cards import tally
from functions.approval.markup import bdi, counted, day, every, minute, pairs, span
from functions.approval.view import RequestView

TITLES = {
    "asked": "Waiting for an answer",
    "approved": "Approved: under way",
    "rejected": "Rejected",
    "timed_out": "Nobody answered in time",
    "done": "Approved and done",
    "partly_done": "Approved, done in part",
    "superseded": "Superseded",
    "held_back": "Held back",
    "failed": "Not everything could be done",
}
TEXTS = {
    "asked": "Nobody has decided yet, and nothing has been changed.",
    "approved": "Fusebox is making the changes now. Reload this page to see how far it is.",
    "rejected": "Nothing was changed.",
    "timed_out": "Nothing was changed. Fusebox asks again if it still finds the same.",
    "done": "What became of each change is below.",
    "partly_done": "Some of it had changed, or was held back. What became of each change is below.",
    "superseded": "When Fusebox looked again, what was approved had changed or was gone. Nothing was changed.",
    "held_back": "A pause, an exemption or observe mode stopped it. Nothing was changed.",
    "failed": "What became of each change is below, the failures too.",
}
HOW = {
    "iam": "by command, as an identity that IAM verified",
    "slack": "by a button in Slack, as a verified user",
    "link": "by a signed link, which names nobody",
    "local": "on the command line, over a ledger file",
    "time-out": "by the clock",
}


def title(view: RequestView) -> str:
    """The status as a headline."""
    return TITLES.get(view.status, "Not open for an answer")


def summary(view: RequestView, now: datetime) -> str:
    """What happened, in a sentence or two."""
    said = TEXTS.get(view.status, "Nothing has been changed.")
    if view.status == "approved" and view.decided_how == "time-out":
        said = f"Nobody answered in time; the policy then makes what can be undone. {said}"
    if view.status == "asked" and view.deadline > now:
        said += f" There are {span(view.deadline - now)} left."
    where = f"<b>{bdi(view.guardrail)}</b> in account <b>{bdi(view.account)}</b>, Region <b>{bdi(view.region)}</b>"
    counts = tally(view)
    return f'<p class="lede">{said} This is about {where}.</p>' + (
        f'<p class="lede"><b>{counts}</b></p>' if counts else ""
    )


def who(view: RequestView) -> str:
    """Who decided, how, when and why, and what the answer exempted until when."""
    if not view.decided_how:
        return ""
    decision = "Rejected" if view.status == "rejected" else "Approved"
    rows = []
    if view.decided_how == "time-out":
        rows.append(("Deadline", minute(view.deadline)))
    else:
        by = {"slack": "Slack user ", "link": "the "}.get(view.decided_how, "")
        rows.append((f"{decision} by", f"<b>{by}{bdi(view.decided_by)}</b>, {HOW.get(view.decided_how, '')}"))
        rows.append(("When", minute(view.decided_at) if view.decided_at else ""))
        rows.append(("Reason", bdi(view.reason) if view.reason else ""))
        rows.append(("Approved", _how_many(view)))
        rows.append(("Exempt", _exempt(view)))
    rows.append(("Ended", minute(view.ended_at) if view.ended_at else ""))
    return pairs(rows, "notes")


def _how_many(view: RequestView) -> str:
    if view.status == "rejected":
        return ""
    return every(view.count, "change") if view.chosen == view.count else f"{view.chosen:,} of {view.count:,} changes"


def _exempt(view: RequestView) -> str:
    if not view.declined or view.until is None:
        return ""
    return f"{counted(view.declined, 'resource')}, until {day(view.until)}"
