"""Everyone sees what a person overrides: each pause, exemption, undo and mark is told on the alerts topic."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from cli import say, session, trouble
from cli.session import Place
from cli.store import Store
from functions.core import alerts
from functions.core.notice import Notice, Step, short
from functions.core.run import new_run_id


def switched(
    here: Place, where: Store, *, guardrail: str, mode: str, what: str, why: str, steps: tuple[Step, ...]
) -> None:
    """Tells that the caller did `what`, and why; `steps` say how to reverse it, `mode` how things stand now."""
    act = new_run_id(session.now())
    notice = Notice(
        "switch",
        f"switch {act}",
        f"{guardrail}: {short(what)}",
        guardrail,
        mode,
        here.scope.account,
        here.scope.region,
        act,
        notes=(f"By {short(here.caller)}.", f"Reason: {short(why)}"),
        steps=steps,
    )
    tell(here, where, notice)


def tell(here: Place, where: Store, notice: Notice) -> None:
    """Publishes a notice where a Fusebox is deployed. The change stands if that fails; a note says so."""
    if where.deployed is None:
        return
    try:
        alerts.publish(here.clients, where.deployed.alerts_topic, notice)
    except (ClientError, BotoCoreError) as error:
        say.note(f"Nobody was told of it: the alerts topic was not reached ({trouble.explain(error)}).")
