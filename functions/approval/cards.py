"""The changes of a request as a list of cards, the largest saving first."""

from __future__ import annotations

from typing import Literal

from functions.approval.markup import amount, bdi, code, counted, name, pairs, safe
from functions.approval.view import ItemView, RequestView

Boxes = Literal["none", "approve", "undo"]
OPEN_EVIDENCE = 3
"""Up to so many cards show their evidence at once; in a longer list it is one tap away."""
RESULTS = {
    "done": ("Done", "good"),
    "failed": ("Failed", "bad"),
    "unsettled": ("Uncertain: AWS gave no clear answer", "bad"),
    "in_flight": ("Uncertain: an earlier change is not settled", "bad"),
    "changed": ("Not touched: it has changed since", ""),
    "gone": ("Not touched: it is gone", ""),
    "paused": ("Held back: paused", ""),
    "exempt": ("Held back: exempt", ""),
    "undone": ("Turned back", ""),
    "observed": ("Held back: observe mode", ""),
    "put_off": ("Put off", ""),
    "capped": ("Put off: the cap is used up", ""),
}
NO_RESULT = {
    "asked": "Waiting for an answer",
    "approved": "No result yet",
    "failed": "Approved, no known result: see the ledger",
    "rejected": "Rejected: not changed",
    "timed_out": "Not changed",
}


def largest_first(view: RequestView) -> list[ItemView]:
    """The items as the page lists them."""
    return sorted(view.items, key=lambda one: -one.saving)


def cards(view: RequestView, boxes: Boxes, *, ended: bool = False) -> str:
    """The list; with `boxes` what may be chosen can be ticked. One thing alone needs no box: the button names it."""
    items = largest_first(view)
    choices = view.count if boxes == "approve" else sum(one.undoable for one in items)
    if choices == 1:
        boxes = "none"
    shown = "".join(_card(one, view, boxes, ended) for one in items)
    return f'<ul class="cards">{shown}</ul>'


def _card(one: ItemView, view: RequestView, boxes: Boxes, ended: bool) -> str:
    end = _end(one, view) if ended else ""
    lasting = "" if ended and one.result != "done" else _lasting(one, boxes, ended)
    opened = " open" if len(view.items) <= OPEN_EVIDENCE and not ended else ""
    why = f"<details{opened}><summary><b>Why</b> {bdi(one.reason)}</summary>{_evidence(one)}</details>"
    return f'<li class="card">{_top(one, boxes)}{end}{lasting}{why}</li>\n'


def _top(one: ItemView, boxes: Boxes) -> str:
    what = (
        f'<span class="name">{name(one.name)}</span><span class="change">{bdi(one.change)}</span>{_money(one.saving)}'
    )
    if boxes == "none" or (boxes == "undo" and not one.undoable):
        return f'<div class="top">{what}</div>'
    state = "checked" if boxes == "undo" or one.may_choose else "disabled"
    box = f'<input type="checkbox" name="item" value="{safe(one.id)}" {state}>'
    return f'<label class="top">{box}{what}</label>'


def _money(saving: float) -> str:
    words = "saved a month" if saving >= 0 else "more a month"
    return f'<span class="money">{amount(saving)} <small>{words}</small></span>'


def _lasting(one: ItemView, boxes: Boxes, ended: bool) -> str:
    """What cannot be undone, and who has to approve: nothing for most changes."""
    said = []
    if one.irreversible:
        said.append(f'<strong class="flag">Cannot be undone</strong> {bdi(one.irreversible)}')
    if one.named and not ended:
        said.append('<strong class="flag">By name only</strong> A person whom IAM or Slack knows has to approve it.')
    if boxes == "approve" and not one.may_choose:
        said.append("<b>This link may not approve it.</b>")
    return f'<p class="lasting">{" ".join(said)}</p>' if said else ""


def _evidence(one: ItemView) -> str:
    facts = [(bdi(fact.replace("_", " ")), bdi(value)) for fact, value in one.evidence]
    about = [("owner", bdi(one.owner) if one.owner else "no owner tag"), ("resource", code(one.resource))]
    action = [("action", code(one.action_id))] if one.action_id else []
    return pairs([*facts, *about, *action], "plain")


def _end(one: ItemView, view: RequestView) -> str:
    words, kind = RESULTS.get(one.result, (one.result, ""))
    if not one.result:
        words = (
            NO_RESULT.get(view.status, "Not approved") if one.approved or view.status != "approved" else "Not approved"
        )
    detail = f" {bdi(one.detail)}" if one.detail else ""
    return f'<p class="end"><strong class="flag {kind}">{safe(words)}</strong>{detail}</p>'


def tally(view: RequestView) -> str:
    """How the listed items ended, in a line: "9 done, 2 not touched: it has changed since"."""
    counts: dict[str, int] = {}
    for one in view.items:
        words = RESULTS.get(one.result, (one.result, ""))[0]
        if words:
            counts[words] = counts.get(words, 0) + 1
    said = ", ".join(f"{count:,} {safe(words[0].lower() + words[1:])}" for words, count in counts.items())
    of_these = f" (of the {counted(len(view.items), 'change')} on this page)" if view.more else ""
    return said + of_these if said else ""
