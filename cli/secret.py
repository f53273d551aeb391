"""fusebox secret and rotate-link-key: values that only functions read. No command ever shows one."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Fill the secrets of a deployed Fusebox.")
Stack = Annotated[
    str | None, typer.Option("--stack", metavar="NAME", help="The stack; by default the one deployed here.")
]


@app.command("set")
def set_secret(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="slack-webhook, slack-signing-secret, or llm-ACCOUNT of a provider."),
    ],
    stack: Stack = None,
    as_json: options.AsJson = False,
) -> None:
    """Set a secret from standard input, or from a hidden prompt.

    The value is trimmed and checked, and never shown. Functions use it within five minutes.
    """
    from cli import deployment, say, secret_values, session

    name = secret_values.known(name)
    place = session.locate()
    found = deployment.named_or_here(place, stack, "secret")
    value = secret_values.checked(name, secret_values.typed(name))
    secret_values.put(place, found, name, value)
    if as_json:
        say.as_json(say.here("set", place.scope) | {"stack": found.stack, "secret": name, "state": "set"})
        return
    say.note(f"{say.heading('secret set', 'acts', place.scope)} · stack {found.stack}")
    say.line(f"{name} is set. Functions use it within five minutes.")


@app.command("status")
def status(stack: Stack = None, as_json: options.AsJson = False) -> None:
    """Say which secrets are set, empty or absent; never a value."""
    from cli import deployment, render, say, secret_values, session

    place = session.locate()
    found = deployment.named_or_here(place, stack, "secret")
    states = [secret_values.state(place, found, name) for name in secret_values.names(place, found)]
    if as_json:
        rows = [{"secret": one.name, "state": one.state, "changed": one.changed} for one in states]
        say.as_json(say.here("read-only", place.scope) | {"stack": found.stack, "secrets": rows})
        return
    say.note(f"{say.heading('secret status', 'read-only', place.scope)} · stack {found.stack}")
    cells = [(one.name, one.state, one.changed[:16].replace("T", " "), one.help) for one in states]
    render.console().print(render.grid(("Secret", "State", "Changed (UTC)", ""), cells, whole=("Secret", "State")))


def rotate_link_key(stack: Stack = None, as_json: options.AsJson = False) -> None:
    """Make a newer key for the links to the approval page.

    It signs from now on. Links made before it verify until they expire.
    """
    from cli import deployment, link_keys, say, secret_values, session

    place = session.locate()
    found = deployment.named_or_here(place, stack, "link key")
    rotated = link_keys.rotate(secret_values.read(place, found, secret_values.LINK_KEY), session.now())
    secret_values.put(place, found, secret_values.LINK_KEY, rotated.text)
    if as_json:
        body = {"stack": found.stack, "version": rotated.version, "dropped": rotated.dropped}
        say.as_json(say.here("acts", place.scope) | body)
        return
    say.note(f"{say.heading('rotate-link-key', 'acts', place.scope)} · stack {found.stack}")
    say.line(
        f"Version {rotated.version} of the link key signs from now on. Links made before verify until they expire. "
        "Functions keep keys for up to five minutes: until then some still sign with the older one, and may refuse "
        "a link signed with the newer."
    )
    if rotated.dropped:
        say.line(f"Dropped, because every link made with it has expired: version {', '.join(rotated.dropped)}.")
