"""The smallest guardrail there could be: lamps that should be off. For testing the engine alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from functions.core.guardrail import Guardrail, Page
from functions.core.run import Run
from functions.core.spec import GuardrailSettings, GuardrailSpec
from functions.core.table import Table
from functions.core.types import Action, ActionFailed, Decision, Json, ResourceGone

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Lamp:
    arn: str
    read_at: datetime
    lit: bool = True
    precious: bool = False
    watts: float = 10.0
    made: str = ""
    somebody_reads: str = ""
    needs_a_name: bool = False
    tags: Mapping[str, str] | None = field(default_factory=dict)


def decide(lamp: Lamp, settings: GuardrailSettings, now: datetime) -> Decision:
    if lamp.tags is None:
        return Decision(lamp.arn, lamp.arn, "unknown", "unknown", "its tags could not be read", report=True)
    if not lamp.lit:
        return Decision(lamp.arn, lamp.arn, "right", "off", "is off")
    risk = "a precious lamp does not light again" if lamp.precious else ""
    action = Action("switch", {"lit": False}, {"lit": True}, irreversible=risk)
    return Decision(
        lamp.arn,
        lamp.arn,
        "lit",
        "off",
        "is lit",
        action,
        saving=lamp.watts,
        identity=lamp.made,
        asks=lamp.somebody_reads,
        named=lamp.needs_a_name,
    )


@dataclass
class House:
    """Lamps and what was done to them. `before_act` lets a story interfere at the moment of acting."""

    clock: Clock
    lamps: dict[str, Lamp] = field(default_factory=dict)
    switched: list[tuple[str, Json]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    before_act: Callable[[Lamp], None] = lambda lamp: None
    page_size: int = 50

    def add(self, *names: str, **how: object) -> None:
        for name in names:
            self.lamps[name] = replace(Lamp(name, self.clock()), **how)  # type: ignore[arg-type]

    def pages(self, cursor: str) -> Iterator[Page[Lamp]]:
        names = sorted(self.lamps)
        at = int(cursor or 0)
        while True:
            batch = [self._look(name) for name in names[at : at + self.page_size]]
            at += self.page_size
            yield Page(batch, str(at) if at < len(names) else "")
            if at >= len(names):
                return

    def read_lamps(self, arns: Sequence[str]) -> dict[str, Lamp]:
        self.read += arns
        return {arn: self._look(arn) for arn in arns if arn in self.lamps}

    def act(self, facts: Lamp, action: Action) -> None:
        self.before_act(facts)
        if facts.arn not in self.lamps:
            raise ResourceGone(facts.arn)
        self.switched.append((facts.arn, action.parameters["lit"]))
        self.lamps[facts.arn] = replace(self.lamps[facts.arn], lit=bool(action.parameters["lit"]))

    def _look(self, name: str) -> Lamp:
        return replace(self.lamps[name], read_at=self.clock())


class HouseAccount:
    """The house as an engine's account."""

    def __init__(self, house: House) -> None:
        self.pages, self.read, self.act = house.pages, house.read_lamps, house.act


SPEC = GuardrailSpec(
    name="lamps",
    title="Lamps",
    watches="lamps",
    does="switches lamps off",
    handler="lamps.handle",
    settings=GuardrailSettings,
    events=(),
    sweep="rate(1 day)",
    permissions=(),
    fences=lambda settings: (),
    arn_format="{name}",
)
LAMPS: Guardrail[Lamp, GuardrailSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=lambda lamp: {"lit": lamp.lit},
    subjects=lambda event, scope: [],
    connect=lambda to: HouseAccount(House(Clock())),
    undo_note="nothing is lost",
)


def run_of(
    house: House, table: Table, settings: GuardrailSettings, name: str = "run-1"
) -> Run[Lamp, GuardrailSettings]:
    return Run(LAMPS, settings, HouseAccount(house), table, house.clock, "fusebox-us-east-1-", name)


def refuse(detail: str, *, certain: bool = True) -> Callable[[Lamp], None]:
    """An AWS that refuses, or that does not answer (`certain=False`)."""

    def answer(lamp: Lamp) -> None:
        raise ActionFailed(detail, certain=certain)

    return answer
