"""fusebox policy: check a policy, and print the schema editors check it with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import options

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check fusebox.yaml; print its JSON schema.")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The policy.")] = Path("fusebox.yaml"),
    as_json: options.AsJson = False,
) -> None:
    """Say whether a policy is valid, or what is wrong with it line by line. Calls no AWS."""
    from cli import say, trouble
    from functions.policy import load_policy
    from functions.policy_errors import PolicyError

    try:
        found = load_policy(file)
    except PolicyError as error:
        if as_json:
            say.as_json(
                {"file": str(file), "valid": False, "problems": [str(line) for line in str(error).splitlines()]}
            )
            raise typer.Exit(trouble.REFUSED) from error
        raise
    modes = {name: settings.mode for name, settings in found.guardrails.items()}
    if as_json:
        say.as_json({"file": str(file), "valid": True, "modes": modes})
    else:
        say.line(f"{file} is valid: " + ", ".join(f"{name} {mode}" for name, mode in modes.items()))


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of fusebox.yaml."""
    from cli import say
    from functions.policy import json_schema

    say.as_json(json_schema())
