"""The pages that a signed link opens: the question, what was decided, or a refusal. Pure.

Plain HTML that works without scripts, pictures or anything from elsewhere; the headers allow nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.approval import ended, forms
from functions.approval.cards import cards
from functions.approval.markup import amount, bdi, code, counted, minute, pairs, safe, span
from functions.approval.style import CSS, HASH
from functions.approval.view import Form, RequestView

HEADERS: Mapping[str, str] = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src '{HASH}'; form-action 'self'; script-src 'none'; img-src 'none'; "
        "connect-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": "max-age=31536000",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
MODES = {
    "observe": "observe (reports only)",
    "approve": "approve (asks before every change)",
    "enforce": "enforce (asks only where it must)",
}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser."""

    status: int
    body: str
    headers: Mapping[str, str]


def question(view: RequestView, approve: Form | None, reject: Form | None, selected: str, now: datetime) -> Page:
    """Asks; `selected` is the decision whose link was opened, and comes first.

    A form is None where this link may not decide that: the page says so, and which command can.
    """
    verb = "Reject" if selected == "reject" else "Approve"
    title = f"{verb} {counted(view.count, 'change')}?"
    listed = _listed(view, cards(view, "approve" if approve and selected != "reject" else "none"), selected)
    if selected == "reject":
        panels = (forms.reject_panel(view, reject, now, first=True) if reject else "") + (
            forms.approve_instead(view, approve) if approve else forms.no_approval(view, first=False)
        )
        body = f'<div class="aside">{panels}</div>{listed}{_about(view)}'
    else:
        listed = forms.approval(view, approve, listed) if approve else listed
        panels = (forms.approve_panel(view, now) if approve else forms.no_approval(view, first=True)) + (
            forms.reject_panel(view, reject, now, first=False) if reject else ""
        )
        body = f'<div class="list">{listed}</div><div class="aside">{panels}</div>{_about(view)}'
    lede = (
        f"Nothing has been changed yet. <b>{bdi(view.guardrail)}</b> asks in account <b>{bdi(view.account)}</b>, "
        f"Region <b>{bdi(view.region)}</b>."
    )
    jump = '<a class="jump" href="#answer">Go to approve or reject</a>' if selected != "reject" else ""
    return _page(200, title, view, f'<p class="lede">{lede}</p>{_asked(view, now)}{jump}', body)


def decided(view: RequestView, now: datetime, undo: Form | None) -> Page:
    """Says who decided and what became of it; offers the undo where there is a form for it."""
    listed = _listed(view, cards(view, "undo" if undo else "none", ended=True), "")
    listed = forms.undo(view, undo, listed) if undo else listed
    aside = f'<div class="aside">{forms.undo_panel(view)}</div>' if undo else ""
    body = f'<div class="list">{listed}</div>{aside}{_about(view)}'
    return _page(200, ended.title(view), view, ended.summary(view, now) + ended.who(view), body)


def refusal(status: int, title: str, text: str) -> Page:
    """Refuses; says nothing about any request."""
    way = f"Open questions, and the commands that answer them: {code('fusebox requests')}"
    return _page(status, title, None, f'<p class="lede">{safe(text)}</p><p class="lede">{way}</p>')


def _asked(view: RequestView, now: datetime) -> str:
    left = f"{span(view.deadline - now)} left" if view.deadline > now else "has passed"
    lasting = view.irreversible
    undone = ("cannot be undone", f"{lasting:,}") if lasting else ("can be undone", "all" if view.count > 1 else "yes")
    facts = [
        ("saved a month (estimate)" if view.saving >= 0 else "more a month (estimate)", amount(view.saving)),
        ("change" if view.count == 1 else "changes", f"{view.count:,}"),
        undone,
    ]
    takes_a_person = not view.more and all(one.irreversible or one.named for one in view.items)
    acts = view.on_timeout == "act" and lasting < view.count and not takes_a_person
    silence = f"If nobody answers, {'what can be undone is done' if acts else 'nothing happens'}."
    notes = [
        ("Answer by", f'{minute(view.deadline)} <b class="keep">({left})</b>. {silence}'),
        ("Undo", _undo(view)),
        ("Approved", _by_name(view)),
    ]
    return pairs(facts, "facts warn" if lasting else "facts") + pairs(notes, "notes")


def _by_name(view: RequestView) -> str:
    if not view.named:
        return ""
    what = "This" if view.count == 1 else f"{view.named:,} of {view.count:,} changes"
    return f"By name only. {what} takes a person whom IAM or Slack knows: by command, or by a button in Slack"


def _undo(view: RequestView) -> str:
    said = "Puts back what was there before"
    if view.irreversible == view.count:
        said += ", but what is lost stays lost"
    elif view.irreversible:
        verb = "loses" if view.irreversible == 1 else "lose"
        said += f", but {view.irreversible:,} of {view.count:,} {verb} something for good"
    return f"{said}. What it cannot do: {bdi(view.undo_note)}." if view.undo_note else f"{said}."


def _listed(view: RequestView, listed: str, selected: str) -> str:
    title = "The change" if view.count == 1 else "The changes"
    more = (
        f"<p>The {len(view.items):,} largest of {view.count:,}. All of them: {code(view.commands['show'])}</p>"
        if view.more
        else ""
    )
    inner = f'<div class="head"><h2>{title}</h2>{more}</div>{listed}'
    return f'<section class="list">{inner}</section>' if selected == "reject" else f"<section>{inner}</section>"


def _about(view: RequestView) -> str:
    names = {"show": "See everything", "approve": "Approve", "reject": "Reject", "undo": "Undo one change"}
    names = {
        key: name for key, name in names.items() if (key == "undo") is not (view.status == "asked") or key == "show"
    }
    rows = [(name, code(view.commands[key])) for key, name in names.items() if key in view.commands]
    about = [
        ("Guardrail", bdi(view.guardrail)),
        ("Mode", safe(MODES.get(view.mode, view.mode))),
        ("Account", bdi(view.account)),
        ("Region", bdi(view.region)),
        ("Asked", minute(view.asked_at)),
        ("Request", code(view.request)),
    ]
    return (
        f'<section class="about"><h2>About this request</h2>{pairs(about, "notes")}'
        f"<details><summary>By command</summary>{pairs(rows, 'notes')}</details></section>"
    )


def _page(status: int, title: str, view: RequestView | None, intro: str, body: str = "") -> Page:
    place = f"<span>{bdi(view.guardrail)} · {bdi(view.mode)} mode</span>" if view else ""
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">'
        f"<title>{safe(title)} · Fusebox</title><style>{CSS}</style></head>\n"
        f'<body><main><div class="brand"><b>Fusebox</b>{place}</div>'
        f'<div class="body"><div class="intro"><h1>{safe(title)}</h1>{intro}</div>{body}</div></main></body></html>\n'
    )
    return Page(status, text, HEADERS)
