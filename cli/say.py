"""Lines for people and JSON for programs, without loading Rich.

Names, tags, reasons and messages come from others: nothing in them may steer a terminal or pass for
a line of ours, so everything is printed through here or through `render.console`.
"""

from __future__ import annotations

import json
from typing import Any

import typer

from functions.core.types import Scope


def plain(text: str, keep: str = "") -> str:
    """The text with what no screen shows (control characters, escape codes, lone surrogates) made visible."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in keep else repr(one)[1:-1] for one in text)


def as_json(data: Any) -> None:
    """Writes data for programs on standard output."""
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str)
    typer.echo("".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text))


def line(text: str) -> None:
    """One line of output."""
    typer.echo(plain(text))


def block(text: str, *, err: bool = False) -> None:
    """Output of several lines."""
    typer.echo(plain(text, "\n"), err=err)


def note(text: str) -> None:
    """A remark beside the output, on stderr."""
    typer.echo(plain(text), err=True)


def heading(command: str, mode: str, scope: Scope) -> str:
    """The first line of every output: what runs, in which mode, where."""
    return f"fusebox {command} · {mode} · account {scope.account} · Region {scope.region}"


def here(mode: str, scope: Scope) -> dict[str, Any]:
    """The first keys of every JSON output."""
    return {"mode": mode, "account": scope.account, "region": scope.region}
