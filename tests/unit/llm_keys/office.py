"""Keys at a provider and budgets with a spend, without a network: the engine on values and recording fakes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.core import engine
from functions.core.guardrail import Guardrail
from functions.core.memory import Memory
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Table
from functions.core.types import Json, Scope
from functions.llm_keys.arns import budget_arn, key_arn
from functions.llm_keys.aws import LlmKeys
from functions.llm_keys.breaker import Breaker, from_note
from functions.llm_keys.budgets import Budget, Source, SourceKind
from functions.llm_keys.decide import decide
from functions.llm_keys.facts import Subject, keeps, shows
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.kinds import KeyKind
from functions.llm_keys.looking import Looking
from functions.llm_keys.periods import Span
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed, Values
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.reading import Reading
from functions.llm_keys.spec import SPEC

START = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
SCOPE = Scope("123456789012", "us-east-1", "aws", "arn:aws:iam::123456789012:role/fusebox-us-east-1-llm-keys")
BASE = "fusebox-us-east-1"


def anthropic(name: str, number: int = 1) -> Key:
    return Key(name=name, kind="anthropic", id=f"apikey_0000000{number}", provider="claude")


CHAT, BATCH = anthropic("chat", 1), anthropic("batch", 2)
METERED = (Source(kind="meter"),)


def budget(name: str = "ml", amount: float = 500.0, keys: tuple[str, ...] = ("chat", "batch"), **more: Any) -> Budget:
    return Budget(name=name, amount=amount, keys=keys, **{"sources": METERED, **more})


def settings(*budgets: Budget, keys: tuple[Key, ...] = (CHAT, BATCH), **more: Any) -> LlmKeysSettings:
    some = budgets or (budget(),)
    account = ProviderAccount(name="claude", kind="anthropic")
    return LlmKeysSettings(**{"mode": "enforce", "providers": (account,), "keys": keys, "budgets": some, **more})


@dataclass
class Clock:
    """A clock that moves when told, and by a millisecond whenever it is looked at."""

    now: datetime = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Desk:
    """A provider's switchboard. `faults` are raised, one a call, by (what, key id); `calls` are written down."""

    status: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[tuple[str, str], list[Exception | None]] = field(default_factory=dict)
    applies_though_failing: bool = False
    taken: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)

    def read(self, key: Key) -> Values:
        with self.lock:
            self.calls.append(("read", key.name))
        self._fail("read", key)
        if key.id not in self.status:
            raise NoSuchKey(f"GET /keys/{key.id} answered 404")
        return {"status": self.status[key.id]}

    def stopped(self, key: Key, values: Values) -> Values:
        return {"status": "inactive" if values["status"] == "active" else values["status"]}

    def write(self, key: Key, values: Values) -> None:
        with self.lock:
            self.calls.append((f"write {values['status']}", key.name))
        if self.applies_though_failing:
            self.status[key.id] = str(values["status"])
        self._fail("write", key)
        if key.id not in self.status:
            raise NoSuchKey(f"POST /keys/{key.id} answered 404")
        self.status[key.id] = str(values["status"])

    def works(self, key: Key, secret: str) -> bool:
        return secret in self.taken or self.status[key.id] == "active"

    def _fail(self, what: str, key: Key) -> None:
        queue = self.faults.get((what, key.id))
        if queue:
            fault = queue.pop(0)
            if fault is not None:
                raise fault

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.calls if one[0].startswith("write")]


@dataclass
class Till:
    """A source whose spend is set by the story, by budget; None is a source that cannot be read."""

    kind: SourceKind = "meter"
    spent: dict[str, float | None] = field(default_factory=dict)
    hour: dict[str, float] = field(default_factory=dict)
    day: dict[str, float] = field(default_factory=dict)
    paths: dict[str, Mapping[str, float]] = field(default_factory=dict)
    reads: int = 0

    def read(self, budget: Budget, span: Span) -> Reading:
        self.reads += 1
        spent = self.spent.get(budget.name, 0.0)
        return Reading(
            self.kind,
            spent,
            "" if spent is not None else f"{self.kind} could not be read",
            self.paths.get(budget.name, {}),
            self.hour.get(budget.name),
            self.day.get(budget.name),
        )


class Office:
    """Fusebox at work on one desk and its tills."""

    def __init__(
        self, folder: Path, told: LlmKeysSettings, clock: Clock | None = None, table: Table | None = None
    ) -> None:
        self.settings = told
        self.clock = clock or Clock()
        self.table: Table = SqliteTable(folder / "table.db") if table is None else table
        self.memory = Memory(self.table, "llm_keys", sleep=lambda _: None)
        self.desk = Desk({one.id: "active" for one in told.keys})
        self.tills: dict[SourceKind, Till] = {
            one: Till(one) for one in ("aws", "meter", "bedrock_metrics", "provider_usage")
        }
        self.secrets: dict[str, str] = {}
        self.runs = 0

    @property
    def meter(self) -> Till:
        return self.tills["meter"]

    @property
    def account(self) -> LlmKeys:
        kinds: dict[KeyKind, Any] = {one.kind: self.desk for one in self.settings.keys}
        looking = Looking(kinds, SCOPE, self.settings, self.clock, self.memory, lambda arn: self.secrets.get(arn, ""))
        return LlmKeys(kinds, self.tills, looking, SCOPE, self.settings, self.clock, self.memory, sleep=lambda _: None)

    @property
    def guardrail(self) -> Guardrail[Subject, LlmKeysSettings]:
        return Guardrail(SPEC, decide, shows, lambda event, scope: [], lambda to: self.account, "", keeps=keeps)

    def run(self) -> Run[Subject, LlmKeysSettings]:
        self.runs += 1
        return Run(self.guardrail, self.settings, self.account, self.table, self.clock, f"{BASE}-", f"run-{self.runs}")

    def sweep(self, *, after: float = 5) -> RunReport:
        """A sweep, some minutes after what was before."""
        self.clock.forward(minutes=after)
        run = self.run()
        report = run.new_report()
        engine.sweep(run, report, "", stop=lambda: False)
        return report

    def message(self, name: str = "ml") -> RunReport:
        """What follows a message about a budget, whatever it said."""
        self.clock.forward(seconds=1)
        return engine.look_at(self.run(), [budget_arn(SCOPE, name)])

    def breaker(self, name: str = "ml") -> Breaker:
        arn = budget_arn(SCOPE, name)
        found = from_note(self.memory.notes([arn]).get(arn, {}))
        assert found is not None
        return found

    def status(self, key: Key = CHAT) -> str:
        return self.desk.status[key.id]

    def arn(self, key: Key) -> str:
        return key_arn(SCOPE, key)


def told(report: RunReport) -> dict[str, Json]:
    """What a run counts as news, by how it ended."""
    return dict(report.new)


HANGS = ProviderFailed("no answer within 8 s", certain=False)
REFUSES = ProviderFailed("POST answered 500")
