"""What the command line chose: a policy, guardrails, a resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.approval.spec import ApprovalSettings
from functions.core.guardrail import Guardrail
from functions.core.run import Asks
from functions.core.types import Refused, Scope
from functions.notify.spec import SlackSettings
from functions.registry import GUARDRAILS

DEFAULT_POLICY = Path("fusebox.yaml")
AnyGuardrail = Guardrail[Any, Any]


@dataclass(frozen=True, slots=True)
class ChosenPolicy:
    """The settings to work with: `prefix` of Fusebox's own names, settings by guardrail, and where they come from.

    `written` is False where nobody wrote a policy and these are the defaults.
    """

    prefix: str
    guardrails: dict[str, Any]
    source: str
    approval: ApprovalSettings
    slack: SlackSettings
    written: bool = True

    def asks(self, requester: str) -> Asks:
        """How a run that `requester` started asks people."""
        return Asks(self.approval.deadline_hours, self.slack.owner_tag, requester)


def policy(file: Path | None) -> ChosenPolicy:
    """The named policy, ./fusebox.yaml, or every guardrail's defaults; raises PolicyError."""
    from functions.policy import PolicyFile, load_policy

    if file is None and not DEFAULT_POLICY.exists():
        defaults = {one.name: one.spec.settings() for one in GUARDRAILS}
        nobodys = PolicyFile()
        source = f"defaults (there is no ./{DEFAULT_POLICY})"
        return ChosenPolicy(nobodys.prefix, defaults, source, nobodys.approval, nobodys.slack, written=False)
    file = file or DEFAULT_POLICY
    loaded = load_policy(file)
    return ChosenPolicy(loaded.prefix, dict(loaded.guardrails), str(file), loaded.approval, loaded.slack)


def guardrail(name: str) -> AnyGuardrail:
    """The guardrail of that name; Refused with the names there are."""
    for one in GUARDRAILS:
        if one.name == name.replace("-", "_"):
            return one
    raise Refused(f"there is no guardrail {name!r}; there are: {', '.join(one.name for one in GUARDRAILS)}")


def guardrails(names: Sequence[str]) -> tuple[AnyGuardrail, ...]:
    """The named guardrails once each, or all of them."""
    return tuple({one.name: one for one in map(guardrail, names)}.values()) or GUARDRAILS


def resource(text: str, of: str | None, scope: Scope, file: Path | None = None) -> tuple[str, AnyGuardrail]:
    """The ARN that an ARN or a plain name means, with the guardrail that watches it.

    Where a guardrail's resources have their names from the policy, it is the policy that says which one is meant.
    Refused for an ARN of another account, Region or kind: an exemption for it would protect nothing.
    """
    candidates = guardrails([of] if of else [])
    if not text.startswith("arn:"):
        if not text.strip():
            raise Refused("the resource is empty: give an ARN or a name")
        if len(candidates) > 1:
            raise Refused(f"{text!r} is no ARN: say which guardrail's resource it is with --guardrail")
        if candidates[0].spec.more_arns:
            return _by_policy(text, candidates[0], scope, file), candidates[0]
        return arns(candidates[0], text, scope)[0], candidates[0]
    # The console and older API fields end a log group's ARN in ":*"; the engine knows it without.
    arn = text.removesuffix(":*")
    for one in candidates:
        known = one.spec.canonical(arn)
        if any(known.startswith(start) and len(known) > len(start) for start in arns(one, "", scope)):
            return known, one
    allowed = ", ".join(_allowed(one, scope) for one in candidates)
    raise Refused(f"{text} is nothing Fusebox watches here; allowed are: {allowed}")


def _by_policy(name: str, one: AnyGuardrail, scope: Scope, file: Path | None) -> str:
    found = policy(file)
    meant = one.spec.known_as(found.guardrails[one.name], name, scope)
    if len(meant) == 1:
        return str(meant[0])
    if meant:
        raise Refused(
            f"{name!r} names several resources of {one.name} in {found.source}: give one of {', '.join(meant)}"
        )
    raise Refused(
        f"{name!r} is no ARN, and no name in {found.source}: {one.name} knows many kinds of resource, so give the ARN"
    )


def arns(one: AnyGuardrail, name: str, scope: Scope) -> list[str]:
    """The ARNs that a plain name may mean to a guardrail, whatever the policy says."""
    return one.spec.arns(name, partition=scope.partition, region=scope.region, account=scope.account)


def _allowed(one: AnyGuardrail, scope: Scope) -> str:
    if one.spec.more_arns:
        return f"what {one.name} checks, of account {scope.account} and Region {scope.region}"
    return arns(one, "NAME", scope)[0]
