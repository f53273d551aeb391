"""fusebox redrive: what failed is looked at again."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options, trouble


def redrive(
    stack: options.Stack = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Print and then delete messages that can be handed to nobody.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Look again at events that failed.

    The failure queue's events and undos go to their guardrails once more, and what Slack did not take to Slack.
    They are judged as of now: an event whose resource is long right ends in nothing. A message is deleted
    once all of it was handed over; what nobody can take stays, and the exit code is 1.
    """
    from cli import deployment, say, session
    from cli.redriving import FailureQueue

    place = session.locate()
    found = deployment.named_or_here(place, stack, "failure queue")
    queue = FailureQueue(place.clients, found.failure_queue, found.name)
    if not as_json:
        say.note(f"{say.heading('redrive', 'acts', place.scope)} · stack {found.stack}")
    rows = []
    kept = []
    for message in queue.redrive():
        rows.append({"message": message.id, "sent": message.sent, "problems": message.problems, "body": message.body})
        if message.problems:
            kept.append(message)
        if not as_json:
            _show(message.id, message.sent, message.problems)
    for message in kept:
        if not discard:
            queue.show_again(message)
            continue
        if not as_json:
            say.block(message.body)
        queue.delete(message)
    if as_json:
        body = {"stack": found.stack, "messages": rows, "discarded": len(kept) if discard else 0}
        say.as_json(say.here("acts", place.scope) | body)
    else:
        rest = f"{len(kept)} {'discarded' if discard else 'left in the queue'}" if kept else "none left"
        say.line(f"{len(rows) - len(kept)} of {len(rows)} messages handed over, {rest}.")
    if kept and not discard:
        raise typer.Exit(trouble.PARTIAL)


def _show(message: str, sent: tuple[tuple[str, str], ...], problems: tuple[str, ...]) -> None:
    from cli import say

    for what, whom in sent:
        say.line(f"{message}: {what} handed to {whom}")
    for problem in problems:
        say.line(f"{message}: stays: {problem}")
