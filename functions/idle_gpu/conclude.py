"""Pure: how what was concluded about an instance is put, with its reason, its figures and its change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from functions.core.types import Action, Decision, Json, iso
from functions.idle_gpu import money
from functions.idle_gpu.facts import Instance
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.stoppability import Way
from functions.idle_gpu.verdict import Verdict

RUNNING, STOPPED, TERMINATED = "running", "stopped", "terminated"
QUIET_VERDICTS = frozenset({"busy", "young"})
"""Nothing to tell about: everything else is reported."""
PROOF = {
    "warm_idle": "GPU memory is held: what is loaded there may be waiting for work",
    "likely_idle": "no GPU metric proves it",
}


def change(instance: Instance, verdict: Verdict, way: Way, settings: IdleGpuSettings) -> Decision:
    """The change that follows from an idle verdict, or what bars it."""
    if way.barrier:
        return found(instance, verdict, way.barrier, f"{verdict.reason}; {way.why}")
    asks_settings = {"warm_idle": settings.warm_idle, "likely_idle": settings.likely_idle}
    asks = [PROOF[verdict.name]] if asks_settings.get(verdict.name) == "ask" else []
    asks += [one for one in (verdict.doubt, way.asks) if one]
    price = money.cost(instance)
    ends = STOPPED if way.kind == "stop" else TERMINATED
    return Decision(
        resource=instance.arn,
        name=instance.name or instance.instance_id,
        verdict=verdict.name,
        rule=verdict.name,
        reason="; ".join(one for one in (verdict.reason, way.note, price.in_words) if one),
        action=Action(way.kind, {"state": ends}, {"state": RUNNING}, irreversible=way.irreversible),
        saving=price.monthly,
        evidence=figures(instance, verdict),
        identity=identity(instance),
        asks="; ".join(asks),
    )


def found(
    instance: Instance,
    verdict: Verdict,
    name: str = "",
    reason: str = "",
    *,
    rule: str = "",
    evidence: Mapping[str, Json] | None = None,
) -> Decision:
    """A verdict from which no change follows; what works, or is too young, is left without a word."""
    name = name or verdict.name
    return Decision(
        instance.arn,
        instance.name or instance.instance_id,
        name,
        rule or verdict.name,
        reason or verdict.reason,
        report=name not in QUIET_VERDICTS,
        evidence=dict(evidence or {}) | figures(instance, verdict),
        identity=identity(instance),
    )


def leave(instance: Instance, verdict: str, rule: str, reason: str) -> Decision:
    """Nothing to do and nothing to tell."""
    name = instance.name or instance.instance_id
    return Decision(instance.arn, name, verdict, rule, reason, identity=identity(instance))


def identity(instance: Instance) -> str:
    """The start that a decision is about: an approval does not reach over to the next one."""
    return iso(instance.launched_at) if instance.launched_at else ""


def figures(instance: Instance, verdict: Verdict) -> dict[str, Json]:
    """The numbers behind a verdict, the most telling first, and what the instance costs."""
    numbers = dict(verdict.evidence)
    if verdict.idle_since is not None:
        numbers["idle_since"] = iso(datetime.fromtimestamp(verdict.idle_since, UTC))
    series = len(instance.series or ())
    return {
        "type": instance.type,
        **numbers,
        **money.cost(instance).evidence(),
        "watching_usd_month": money.watching(series),
        **instance.evidence,
    }
