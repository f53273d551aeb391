"""A person's wish to close a breaker: kept with the budget until it has been decided.

The wish itself closes nothing. It becomes a question of the approval workflow, which needs somebody known by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from functions.core import requests
from functions.core.memory import Memory, Note
from functions.core.state import parse_moment
from functions.core.types import Json, ResourceChanged, iso
from functions.llm_keys import breaker
from functions.llm_keys.breaker import Breaker, Override

WISH = "wish"
UNDECIDED = ("gathering", "asked", "approved")
"""States of a question whose wish is still to be decided, or carried out."""
WISHED = timedelta(days=31)
"""How long a wish without an end is put to people."""
KEPT = timedelta(days=800)
"""How long the note of a budget is kept after it was last written: longer than the longest period."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to close a breaker with; `request` is the question that was put about it."""

    ceiling: float | None
    until: str
    by: str
    reason: str
    at: str
    request: str


def wish(memory: Memory, arn: str, wanted: Wish, now: datetime) -> None:
    """Keeps a wish with a budget, in place of an earlier one."""
    memory.note(arn, lambda note: {**note, WISH: asdict(wanted)}, now + KEPT)


def wish_in(memory: Memory, note: Note) -> Wish | None:
    """The wish of a budget that is still to be decided or carried out; None where there is none."""
    kept = note.get(WISH)
    if not isinstance(kept, dict):
        return None
    wanted = Wish(**kept)  # type: ignore[arg-type]
    asked = requests.read(memory.table, wanted.request)
    return wanted if asked is None or asked.status in UNDECIDED else None


def waits(memory: Memory, wanted: Wish) -> bool:
    """Whether people were asked about a wish, and nobody has answered yet."""
    asked = requests.read(memory.table, wanted.request)
    return asked is not None and asked.status == "asked"


def is_due(wanted: Wish, spent: float | None, now: datetime) -> bool:
    """Whether a wish still makes sense: its end is to come, its ceiling not spent, and it is not a month old."""
    ends = parse_moment(wanted.until or wanted.at) + (timedelta() if wanted.until else WISHED)
    return ends > now and (wanted.ceiling is None or spent is None or wanted.ceiling > spent)


def terms_of(now: Breaker) -> Mapping[str, Json]:
    """A breaker as an override changes it."""
    override = now.override
    return {
        "breaker": "open" if now.state == "open" else "closed",
        "ceiling": None if override is None else override.ceiling,
        "until": "" if override is None else override.until,
    }


def carry_out(memory: Memory, arn: str, terms: Mapping[str, Json], now: datetime) -> None:
    """Closes a breaker on the terms of an override, or opens it again where that is turned back.

    Raises ResourceChanged where it is not as it was when that was decided.
    """
    # An undo leaves out what is back already, which may be the very state.
    wants = str(terms.get("breaker", ""))

    def change(note: Note) -> Note:
        was = breaker.from_note(note)
        if was is None or not wants or (was.state == "open") == (wants == "open"):
            raise ResourceChanged(f"the breaker is {'not known' if was is None else was.state} by now")
        override = _override({**terms_of(was), **terms}, was.period, now)
        if wants == "open":
            after = breaker.reopened(was, override, now)
        else:
            assert override is not None
            after = breaker.closed(was, override, now)
        return {**{key: value for key, value in note.items() if key != WISH}, **breaker.to_note(after)}

    memory.note(arn, change, now + KEPT)


def _override(terms: Mapping[str, Json], period: str, now: datetime) -> Override | None:
    ceiling, until = terms["ceiling"], str(terms["until"])
    if ceiling is None and not until:
        return None
    return Override(iso(now), None if ceiling is None else float(str(ceiling)), until, period)
