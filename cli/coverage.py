"""fusebox coverage: how many resources carry the required tags, as the sweeps of tag_check counted."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli import options


class By(StrEnum):
    """What the rows of the table are."""

    TYPE = "type"
    SERVICE = "service"
    TEAM = "team"
    KEY = "key"
    DAY = "day"


def coverage(
    by: Annotated[By, typer.Option("--by", help="One row for each of these; `day` shows how it went.")] = By.TYPE,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Show how many resources carry the tags that the policy requires.

    From what the sweeps of tag_check counted: the newest count of each type, or with `--by day` every
    day's. The account and Region are those of the credentials; join the JSON of several for a whole
    company.
    """
    from cli import coverage_view, render, say, session, store
    from functions.core.types import Refused
    from functions.tag_check import coverage as counted
    from functions.tag_check.spec import SPEC

    place = session.locate()
    where = store.to_read(place, stack, ledger)
    days = counted.days(where.table, SPEC.name)
    if not days:
        raise Refused(f"{where.title} holds no count yet: the first sweep of {SPEC.name} makes one")
    if as_json:
        rows = [
            {"day": one.day.isoformat(), "type": one.type, "whole": one.whole, **one.coverage.to_json()} for one in days
        ]
        body = {"ledger": where.title, "unlisted": coverage_view.unlisted(), "counts": rows}
        say.as_json(say.here("read-only", place.scope) | body)
        return
    say.note(f"{say.heading('coverage', 'read-only', place.scope)} · {where.title}")
    coverage_view.show(render.console(), days, by.value)
