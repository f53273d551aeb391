"""The fusebox command and its error boundary.

Commands import what they need when they run: `fusebox --help` loads no AWS SDK, and `fusebox run`
no more than a run needs.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import (
    approve,
    coverage,
    exempt,
    gate,
    keys,
    ledger,
    override,
    pause,
    plan,
    policy,
    redrive,
    requests,
    run,
    say,
    secret,
    trouble,
    undo,
    wrong,
)
from functions import __version__


class Boundary(TyperGroup):
    """Turns expected trouble into one line on stderr and an exit code; anything else is a bug and shows as one."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; the exit code is 2 for what was refused or could not begin."""
        try:
            return super().invoke(ctx)
        except trouble.expected() as error:
            say.block(f"fusebox: {trouble.explain(error)}", err=True)
            raise typer.Exit(trouble.REFUSED) from error


app = typer.Typer(
    cls=Boundary,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Circuit breakers for AI spend on AWS. Credentials, Region and AWS_ENDPOINT_URL come from the environment. "
    "Exit codes: 0 done, 1 partly failed, 2 bad input or refused.",
)
app.command("plan")(plan.plan)
app.command("gate")(gate.gate)
app.command("run")(run.run)
app.command("requests")(requests.requests)
app.command("approve")(approve.approve)
app.command("reject")(approve.reject)
app.add_typer(ledger.app, name="ledger")
app.command("undo")(undo.undo)
app.command("wrong")(wrong.wrong)
app.command("exempt")(exempt.exempt)
app.command("exemptions")(exempt.exemptions)
app.command("pause")(pause.pause)
app.command("resume")(pause.resume)
app.command("coverage")(coverage.coverage)
app.command("keys")(keys.keys)
app.command("override")(override.override)
app.command("redrive")(redrive.redrive)
app.add_typer(secret.app, name="secret")
app.command("rotate-link-key")(secret.rotate_link_key)
app.add_typer(policy.app, name="policy")


def _version(wanted: bool) -> None:
    if not wanted:
        return
    typer.echo(f"fusebox {__version__}")
    raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


def main() -> None:
    """Entry point of the console script."""
    app(prog_name="fusebox")
