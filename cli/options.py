"""Options that several commands share, with one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Policy = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="The policy; ./fusebox.yaml if it exists, else defaults."),
]
Stack = Annotated[
    str | None, typer.Option("--stack", metavar="NAME", help="Work on the table of this deployed Fusebox stack.")
]
Ledger = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="FILE",
        help="Work on this local SQLite file; by default one for each account and Region, "
        "in $XDG_STATE_HOME/fusebox or ~/.local/state/fusebox.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
