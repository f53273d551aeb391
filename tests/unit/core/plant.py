"""A plant with one tank, and a guardrail that says of it whatever a story wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from functions.core import answers, approved, engine, ledger, requests, undoing
from functions.core.guardrail import Guardrail, Page
from functions.core.items import of_request
from functions.core.recorded import find_one
from functions.core.report import RunReport
from functions.core.requests import Answer
from functions.core.run import Run
from functions.core.spec import GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Action, Decision, Disposition, Json, iso
from functions.core.undoing import Undoer
from tests.lamps import LAMPS, START, Clock

OBSERVE, APPROVE, ENFORCE = (GuardrailSettings(mode=mode) for mode in ("observe", "approve", "enforce"))
Values = Mapping[str, Json]


@dataclass(frozen=True)
class Tank:
    """A tank with a level and a valve."""

    read_at: datetime
    level: int = 50
    valve: int = 10
    arn: str = "tank"
    tags: Mapping[str, str] | None = field(default_factory=dict)


@dataclass
class Plant:
    """One tank, what was done to it, and what the guardrail says of it next."""

    table: SqliteTable
    settings: GuardrailSettings = ENFORCE
    clock: Clock = field(default_factory=Clock)
    tank: Tank = field(default_factory=lambda: Tank(START))
    says: Decision | None = None
    acted: list[Action] = field(default_factory=list)
    wrote: Values | None = None
    crashes: bool = False
    recovers: Callable[[Tank, Action], Values | None] | None = None
    moving: tuple[str, ...] = ()
    runs: int = 0

    def pages(self, cursor: str) -> Iterator[Page[Tank]]:
        yield Page([replace(self.tank, read_at=self.clock())], "")

    def read(self, arns: Sequence[str]) -> dict[str, Tank]:
        return {"tank": replace(self.tank, read_at=self.clock())}

    def act(self, facts: Tank, action: Action) -> Values | None:
        if self.crashes:
            raise KeyboardInterrupt
        self.acted.append(action)
        self.tank = replace(self.tank, **{**action.parameters, **(self.wrote or {})})  # type: ignore[arg-type]
        return self.wrote

    @property
    def guardrail(self) -> Guardrail[Tank, GuardrailSettings]:
        return Guardrail(
            spec=LAMPS.spec,
            decide=lambda tank, settings, now: self.says or Decision("tank", "tank", "right", "level", "is low"),
            shows=lambda tank: {"level": tank.level, "valve": tank.valve},
            subjects=lambda event, scope: [],
            connect=lambda to: self,
            undo_note="nothing is lost",
            moving=self.moving,
        )

    def run(self) -> Run[Tank, GuardrailSettings]:
        self.runs += 1
        account = Recovering(self) if self.recovers else self
        name = f"20261122T120000-{self.runs:06x}"
        return Run(self.guardrail, self.settings, account, self.table, self.clock, "fusebox-", name)

    def sweep(self, **later: float) -> RunReport:
        self.clock.forward(**(later or {"minutes": 1}))
        run = self.run()
        report = run.new_report()
        engine.sweep(run, report, "", stop=lambda: False)
        return report

    def approve(self, request: str) -> RunReport:
        held, at = of_request(self.table, request), iso(self.clock())
        asked = answers.ask(self.table, requests.existing(self.table, request), "token", "nonce", self.clock())
        assert asked is not None
        answers.approve(self.table, asked, Answer("ada", "iam", at, tuple(one.id for one in held)), held)
        return self._carry_out(request)

    def time_out(self, request: str) -> RunReport:
        """Nobody answers."""
        asked = answers.ask(self.table, requests.existing(self.table, request), "token", "nonce", self.clock())
        assert asked is not None
        self.clock.forward(hours=73)
        answers.time_out(self.table, asked, self.clock())
        return self._carry_out(request)

    def _carry_out(self, request: str) -> RunReport:
        run = self.run()
        report = run.new_report()
        approved.act_on(run, requests.existing(self.table, request), report, stop=lambda: False)
        return report

    def actions(self) -> list[str]:
        entries = ledger.entries_of_resource(self.table, "tank")
        begun = [one for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO)]
        return [str(one["action_id"]) for one in sorted(begun, key=lambda one: str(one["at"]))]

    def results(self) -> list[str]:
        entries = ledger.entries_of_resource(self.table, "tank")
        return [str(one["result"]) for one in entries if one["kind"] == ledger.OUTCOME]

    @property
    def undoer(self) -> Undoer:
        return Undoer(self.guardrail, self.settings, self, self.table, self.clock, "fusebox-", "ada")

    def undo(self, action: str) -> Disposition:
        self.clock.forward(minutes=1)
        prepared = undoing.prepare(self.undoer, find_one(self.table, action))
        return undoing.carry_out(self.undoer, prepared, reason="", exempt_for=timedelta(days=1)).disposition


class Recovering:
    """The same plant with an account that can end what a crash left."""

    def __init__(self, plant: Plant) -> None:
        self.pages, self.read, self.act = plant.pages, plant.read, plant.act
        assert plant.recovers is not None
        self.recover = plant.recovers


def drain(to: int = 40, terms: Values | None = None, **more: object) -> Decision:
    action = Action("drain", {"level": to}, {"level": 50}, terms=dict(terms or {}))
    return replace(Decision("tank", "tank", "high", "level", "is high", action), **more)  # type: ignore[arg-type]
