"""Asking before a change, in one way for all commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from functions.core.types import Refused


@dataclass(frozen=True, slots=True)
class Doubt:
    """What makes a change graver than others: why, and the option by which it is made without a question."""

    why: str
    option: str


def obtain(question: str, doubts: Sequence[Doubt] = (), *, yes: bool) -> None:
    """Asks a person, and once more for each doubt; Refused where the answer is no, or nobody answers.

    `yes` answers the question, but no doubt: whoever has each of them on the command line leaves it out of `doubts`.
    """
    if yes and doubts:
        options = " ".join(one.option for one in doubts)
        raise Refused(f"{'; '.join(one.why for one in doubts)}: to do it without being asked, add {options}")
    questions = [] if yes else [question]
    questions += [f"{one.why[0].upper()}{one.why[1:]}. Really?" for one in doubts]
    for each in questions:
        try:
            agreed = typer.confirm(each, err=True)
        except typer.Abort as silence:
            typer.echo(err=True)
            raise Refused("nobody answered, so nothing was changed; --yes does not ask") from silence
        if not agreed:
            raise Refused("nothing was changed")
