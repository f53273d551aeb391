"""What a person can decide on the page: approve, reject, undo. Nothing is sent unless a button is pressed.

Every button says how much it sends. Where boxes can be ticked, the style sheet counts the ticks: no script.
Chromium leaves such a count out of a button's name, so a line beside the button has it for who listens to the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.approval.cards import largest_first
from functions.approval.markup import code, counted, day, every, safe, saves
from functions.approval.view import Form, RequestView

DAYS = (7, 30, 90)
LONGEST_REASON = 500
NO_ENTER = '<button type="submit" disabled hidden></button>'
"""A form's first button is what Enter in a field or on a box presses; this one does nothing."""


def sender(form: Form, inside: str, *hidden: tuple[str, str]) -> str:
    """A form around what it sends; buttons and fields elsewhere belong to it by `form="DECISION"`."""
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{safe(value)}">' for name, value in (("token", form.token), *hidden)
    )
    return (
        f'<form id="{form.decision}" method="post" action="{safe(form.action, 2000)}" autocomplete="off" '
        f'enctype="application/x-www-form-urlencoded">{NO_ENTER}{fields}{inside}</form>'
    )


def every_one(view: RequestView) -> bool:
    """Whether the page offers to approve items that it does not list: only where each of them can be, by whoever it is.

    That is, where each can be undone, and takes no person known by name.
    """
    hidden = view.irreversible - sum(bool(one.irreversible) for one in view.items)
    named = view.named - sum(one.named for one in view.items)
    return view.more > 0 and hidden <= 0 and named <= 0 and all(one.may_choose for one in view.items)


def approval(view: RequestView, form: Form, inside: str) -> str:
    """The form around the list: what it sends is what is ticked, or the one change there is."""
    alone = [("item", view.items[0].id)] if view.count == 1 else []
    scope = [] if every_one(view) else [("scope", "ticked")]
    return sender(form, inside, *scope, *alone)


def approve_panel(view: RequestView, now: datetime) -> str:
    """Says what an approval does, to how many, and what becomes of the rest."""
    said = ["Fusebox looks at each resource once more. It makes the change shown here, or leaves the resource alone."]
    if view.count > 1:
        until = day(now + timedelta(days=view.reject_days))
        rest = f"What you untick{' or this page does not list' if view.more else ''} is not changed"
        said.append(f"{rest}: it is exempted for {counted(view.reject_days, 'day')}, until {until}.")
    barred = sum(not one.may_choose for one in view.items)
    if barred:
        said.append(
            f"This link may not approve {barred:,} of them: {'that one is' if barred == 1 else 'those are'} asked "
            f"about again. To approve {'it' if barred == 1 else 'them'} too, use this command instead: "
            f"{code(view.commands['approve'])}"
        )
    points = "".join(f"<li>{one}</li>" for one in said)
    lasting = sum(bool(one.irreversible) and one.may_choose for one in view.items)
    confirm = (
        '<label class="choice"><input type="checkbox" value="read" required form="approve">'
        "<span>I have read what cannot be undone</span></label>"
    )
    return (
        '<section class="panel now" id="answer"><h2>Approve</h2>'
        f"<ul>{points}</ul>{_reason('approve', required=False)}"
        f"{confirm if lasting else ''}{_approve_buttons(view)}</section>"
    )


def _approve_buttons(view: RequestView) -> str:
    if view.count == 1:
        return _button("approve", f"Approve this change<br>It {saves(view.saving)}")
    if not every_one(view):
        return _counting("approve", view.count)
    return (
        _counting("approve", view.count, "ticked")
        + _button("approve", f"Approve {every(view.count, 'change')},<br>whatever is ticked", "all", "other")
        + f'<p class="hint">All {view.count:,} are the {len(view.items):,} listed here and {view.more:,} more, '
        f"each of which can be undone. Together that {saves(view.saving)}.</p>"
    )


def no_approval(view: RequestView, *, first: bool) -> str:
    """Says why this link cannot approve, and what can; `first` where it stands in for the form that was opened."""
    why = "and this takes a person known by name" if view.named else "so it approves only what can be undone"
    opened = 'class="panel now" id="answer"' if first else 'class="panel"'
    return (
        f"<section {opened}><h2>Approve</h2>"
        f"<p>This link may not approve {every(view.count, 'change')}: a link names nobody, {why}. "
        "An approver that the policy names can, with this command:</p>"
        f"<p>{code(view.commands['approve'])}</p></section>"
    )


def reject_panel(view: RequestView, form: Form, now: datetime, *, first: bool) -> str:
    """The form that rejects everything; closed unless its link was opened."""
    inside = (
        f"<p>{_what_a_rejection_does(view)}</p>{_reason('reject', required=True)}"
        + (_exemption(view, now) if view.count > view.named else "")
        + _button("reject", f"Reject {every(view.count, 'change')}", kind="" if first else "other")
    )
    if first:
        return f'<section class="panel now" id="answer"><h2>Reject</h2>{sender(form, inside)}</section>'
    return f'<details class="panel"><summary><h2>Reject instead</h2></summary>{sender(form, inside)}</details>'


def _what_a_rejection_does(view: RequestView) -> str:
    exempt = view.count - view.named
    if not exempt:
        return "Nothing is changed, and nothing is exempted: all stays as it is."
    resources = every(exempt, "resource") if not view.named else counted(exempt, "resource")
    rest = " What takes a person known by name stays as it is." if view.named else ""
    return (
        f"Nothing is changed. {resources[0].upper()}{resources[1:]} {'is' if exempt == 1 else 'are'} exempted: "
        f"Fusebox leaves what is exempt alone and asks again afterwards.{rest}"
    )


def _exemption(view: RequestView, now: datetime) -> str:
    """Who answers for the exemptions that a rejection makes, and how long they last."""
    days = sorted({*DAYS, view.reject_days})
    choices = "".join(
        f'<label class="choice"><input type="radio" name="days" value="{number}" required'
        f"{' checked' if number == view.reject_days else ''}>"
        f"<span>{counted(number, 'day')} <small>until {day(now + timedelta(days=number))}</small></span></label>"
        for number in days
    )
    return (
        '<div class="field"><label for="owner">Owner of the exemption</label>'
        '<small class="hint">Who to ask about it: a person or a team</small>'
        '<input id="owner" name="owner" type="text" required maxlength="200"></div>'
        f"<fieldset><legend>Exempt for</legend>{choices}</fieldset>"
    )


def approve_instead(view: RequestView, form: Form) -> str:
    """Leads from the reject page to the page where one chooses what to approve; going there changes nothing."""
    which = "Look at the change again" if view.count == 1 else f"Choose which of the {view.count:,} changes"
    return (
        '<details class="panel"><summary><h2>Approve instead</h2></summary>'
        f'<p class="after">{which}, then approve on the next page.</p>'
        f'<p><a class="button other" href="{safe(form.action, 2000)}">Go to approve</a></p></details>'
    )


def undo(view: RequestView, form: Form, inside: str) -> str:
    """The form around the list of what can be turned back."""
    can = [one for one in largest_first(view) if one.undoable]
    alone = [("item", can[0].id)] if len(can) == 1 else []
    return sender(form, inside, ("scope", "ticked"), *alone)


def undo_panel(view: RequestView) -> str:
    """Says what an undo does and what it cannot do."""
    can = sum(one.undoable for one in view.items)
    others = f"<li>What this page does not list: {code(view.commands['undo'])}</li>" if view.more else ""
    button = _counting("undo", can) if can > 1 else _button("undo", "Undo this change")
    return (
        '<section class="panel now" id="answer"><h2>Undo</h2><ul>'
        "<li>Puts back what was there before, unless somebody has changed it since.</li>"
        f"<li>What it cannot bring back: {safe(view.undo_note)}.</li>"
        "<li>An undo that would itself lose something is refused here; the command asks first.</li>"
        f"<li>What is turned back is then left alone for 30 days.</li>{others}</ul>"
        f"{_reason('undo', required=False)}{button}</section>"
    )


def _reason(decision: str, *, required: bool) -> str:
    extra = "" if required else " <small>(optional)</small>"
    return (
        f'<div class="field"><label for="why-{decision}">Reason{extra}</label>'
        f'<textarea id="why-{decision}" name="reason" rows="2" maxlength="{LONGEST_REASON}" form="{decision}"'
        f"{' required' if required else ''}></textarea></div>"
    )


def _counting(decision: str, of: int, scope: str = "") -> str:
    count = f'<span class="ticked"></span> of {of:,} changes'
    words = f'{decision.capitalize()} what is ticked<span aria-hidden="true"><br>{count}</span>'
    return f'<p class="heard">Ticked: {count}</p>{_button(decision, words, scope)}'


def _button(decision: str, words: str, scope: str = "", kind: str = "") -> str:
    sends = f' name="scope" value="{scope}"' if scope else ""
    return f'<button type="submit" class="{kind}" form="{decision}"{sends}>{words}</button>'
