"""Everything that may happen to keys and budgets, in any order, with what must be so whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from functions.core import claims, ledger, requests, state
from functions.core.items import of_request
from functions.core.recorded import Recorded
from functions.core.report import RunReport
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Disposition, Refused, iso
from functions.llm_keys import breaker as breakers
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.keys import Key
from functions.llm_keys.periods import period_at
from functions.llm_keys.providers.provider import ProviderFailed, Values
from functions.llm_keys.settings import LlmKeysSettings
from tests.unit.llm_keys import people
from tests.unit.llm_keys.brittle import BrittleTable, Died, WatchedDesk
from tests.unit.llm_keys.office import HANGS, REFUSES, SCOPE, Office, anthropic, budget, settings

KEYS = tuple(anthropic(name, number) for number, name in enumerate(("chat", "batch", "own", "lone"), 1))
CHAT, BATCH, OWN, LONE = KEYS
A = budget("a", 500.0, ("chat", "batch", "own"))
B = budget("b", 100.0, ("chat", "lone"), closes="next_period", per_hour=60.0)
POLICIES: tuple[LlmKeysSettings, ...] = tuple(
    settings(*budgets, keys=KEYS, remind_days=3650)  # a reminder would be news at the end
    for budgets in (
        (A, B),
        (A, replace(B, keys=("chat",))),
        (replace(A, keys=("batch",)), replace(B, keys=("lone", "own"))),
        (replace(A, amount=800.0), B),
    )
)
NAMES = st.sampled_from(("a", "b"))
SOME_KEY = st.sampled_from(KEYS)
FAULTS = st.sampled_from(
    (HANGS, REFUSES, ProviderFailed("POST answered 429: it asks to wait for 60 s"), KeyError("data"), Died())
)
DOLLARS = st.sampled_from((0.0, 40.0, 55.0, 99.0, 100.0, 260.0, 420.0, 499.0, 500.0, 790.0, 801.0, 1500.0))


class Chaos(RuleBasedStateMachine):
    """An office in which all goes wrong."""

    office: Office
    desk: WatchedDesk
    table: BrittleTable

    @initialize(own_works=st.booleans())
    def opens(self, own_works: bool) -> None:
        self.table = BrittleTable(SqliteTable(Path(":memory:")))
        self.office = Office(Path(), POLICIES[0], table=self.table)
        self.desk = WatchedDesk(self.office.desk.status, watch=self.may_write)
        self.office.desk = self.desk
        if not own_works:
            self.desk.status[OWN.id] = "inactive"
        self.broken: list[str] = []
        self.before: dict[str, Breaker] = {}
        self.by_hand: set[str] = set()
        self.overridden: set[str] = set()
        self.turned_back: set[str] = set()

    # --- what happens ---------------------------------------------------------------------

    @rule(name=NAMES, times=st.integers(1, 3))
    def message(self, name: str, times: int) -> None:
        for _ in range(times):
            self._survives(lambda: self.office.message(name))

    @rule(after=st.sampled_from((0.5, 5, 5, 31)))
    def sweep(self, after: float) -> None:
        self._survives(lambda: self.office.sweep(after=after))

    @rule(name=NAMES)
    def trips(self, name: str) -> None:
        self.office.meter.spent[name] = 850.0
        self._survives(lambda: self.office.message(name))

    @rule(name=NAMES, ceiling=st.sampled_from((900.0, 2000.0)), follows=st.booleans())
    def is_overridden(self, name: str, ceiling: float, follows: bool) -> None:
        with suppress(people.NothingAsked, Refused):
            self._survives(lambda: self._override(name, ceiling))
            self._survives(lambda: people.follow(self.office, name) if follows else None)

    @rule(name=NAMES, dollars=DOLLARS)
    def spends(self, name: str, dollars: float) -> None:
        self.office.meter.spent[name] = dollars

    @rule(dollars=st.sampled_from((0.0, 59.0, 60.0)))
    def spends_in_the_hour(self, dollars: float) -> None:
        self.office.meter.hour["b"] = dollars

    @rule(name=NAMES)
    def source_goes(self, name: str) -> None:
        self.office.meter.spent[name] = None

    @rule(what=st.sampled_from(("read", "write")), key=SOME_KEY, fault=FAULTS, times=st.integers(1, 6))
    def provider_fails(self, what: str, key: Key, fault: Any, times: int) -> None:
        self.desk.faults[what, key.id] = [fault] * times

    @rule(key=SOME_KEY, fault=FAULTS)
    def provider_applies_and_fails(self, key: Key, fault: Any) -> None:
        self.desk.applies_though_failing = True
        self.desk.faults["write", key.id] = [fault]

    @rule()
    def providers_mend(self) -> None:
        self.desk.faults.clear()
        self.desk.applies_though_failing = False

    @rule(at=st.integers(1, 9), after=st.booleans())
    def function_dies_soon(self, at: int, after: bool) -> None:
        self.table.breaks(at, after=after)

    @rule(name=NAMES, ceiling=st.sampled_from((None, 150.0, 900.0, 2000.0)), hours=st.sampled_from((0, 1, 300)))
    def wishes(self, name: str, ceiling: float | None, hours: int) -> None:
        if ceiling is None and not hours:
            return
        until = iso(self.office.clock() + timedelta(hours=hours)) if hours else ""
        with suppress(people.NothingAsked):
            self._survives(lambda: people.wish(self.office, name, ceiling=ceiling, until=until))

    @precondition(lambda self: self._open_requests())
    @rule(data=st.data(), approves=st.booleans(), follows=st.booleans())
    def answers(self, data: st.DataObject, approves: bool, follows: bool) -> None:
        request = data.draw(st.sampled_from(self._open_requests()))
        with suppress(Refused):
            if not approves:
                self._survives(lambda: people.reject(self.office, request))
                return
            self._survives(lambda: self._approve(request))
            for name in sorted(self.overridden) if follows else ():
                self._survives(lambda name=name: people.follow(self.office, name))  # type: ignore[misc]

    @precondition(lambda self: self._actions())
    @rule(data=st.data())
    def undoes(self, data: st.DataObject) -> None:
        one: Recorded = data.draw(st.sampled_from(self._actions()))
        with suppress(Refused):
            self.turned_back.add(one.resource)
            self._survives(lambda: self._undo(one))

    @rule(days=st.sampled_from((0, 1, 9, 31)), minutes=st.sampled_from((0, 29, 31)))
    def time_goes_by(self, days: int, minutes: int) -> None:
        self.office.clock.forward(days=days, minutes=minutes)

    @rule(seconds=st.sampled_from((-400, -200, -20, 20, 100)))
    def clock_steps(self, seconds: int) -> None:
        self.office.clock.forward(seconds=seconds)

    @rule(policy=st.sampled_from(POLICIES), mode=st.sampled_from(("observe", "approve", "enforce", "enforce")))
    def policy_changes(self, policy: LlmKeysSettings, mode: Any) -> None:
        self.office.settings = replace(policy, mode=mode)

    @rule(key=SOME_KEY)
    def is_exempted(self, key: Key) -> None:
        now = self.office.clock()
        until = now + timedelta(hours=1)
        with suppress(Refused):
            state.exempt(self.table.table, [state.Exemption(self.office.arn(key), "ada", "a demo", until)], now)

    @rule(pauses=st.booleans())
    def is_paused_or_resumed(self, pauses: bool) -> None:
        if pauses:
            state.pause(self.table.table, "llm_keys", by="ada", reason="an incident", now=self.office.clock())
        else:
            state.resume(self.table.table, "llm_keys")

    @rule(key=SOME_KEY, status=st.sampled_from(("active", "active", "inactive")))
    def is_switched_by_hand(self, key: Key, status: str) -> None:
        if self.desk.status[key.id] != status:
            self.by_hand.add(key.name)
        self.desk.status[key.id] = status

    # --- what must be so ------------------------------------------------------------------

    def may_write(self, key: Key, values: Values) -> None:
        """Whatever is written is in the ledger already, and a key comes back only where it may.

        It runs where an error would be a provider's own, so what is wrong is kept for later.
        """
        arn = self.office.arn(key)
        claim = claims.current(self.table.table, "llm_keys", [arn])[arn]
        intent = self.table.table.get([(str(claim.body["partition"]), str(claim.body["intent"]))]).popitem()[1]
        if claim.body["done_at"] is not None or ledger.action_of(intent.body).parameters != values:
            self.broken.append(f"{key.name}: {values} is no action under way")
        if values["status"] == "active" and key.name not in self.desk.ours | self.by_hand:
            self.broken.append(f"{key.name} was not stopped by Fusebox")
        if values["status"] == "active" and self._held_by(key):
            self.broken.append(f"{key.name} comes back though it is held")

    @invariant()
    def no_write_was_wrong(self) -> None:
        assert not (hasattr(self, "office") and self.broken)

    @invariant()
    def breakers_change_only_as_they_may(self) -> None:
        for one in self.office.settings.budgets:
            now, was = self._noted(one.name), self.before.get(one.name)
            if now is None:
                continue
            if was is not None and was.state == "open" and now.state != "open":
                period_over = one.closes == "next_period" and now.period != was.period
                assert period_over or one.name in self.overridden, f"{one.name} closed by itself"
            if now.state == "open" and (was is None or was.state != "open"):
                assert now.why
                undone = budget_arn(SCOPE, one.name) in self.turned_back
                assert undone or self._is_spent(one.name, now), f"{one.name} opened at {now}"
            self.before[one.name] = now
        self.overridden.clear()
        self.turned_back.clear()

    def teardown(self) -> None:
        """In the end all is well again, and stays so without a word."""
        if not hasattr(self, "office"):
            return
        self.providers_mend()
        self.table.mends()
        state.resume(self.table.table, "llm_keys")
        self.office.settings = replace(self.office.settings, mode="enforce")
        for name in ("a", "b"):
            self.office.meter.spent[name] = self.office.meter.spent.get(name) or 0.0
        self.office.clock.forward(hours=6)  # a clock that was set back has caught up
        for _ in range(6):
            self.office.sweep(after=4)
        self.breakers_change_only_as_they_may()
        writes = len(self.desk.writes)
        last = self.office.sweep(after=1)
        assert self._quiet(last), f"there is still news: {last.to_json()}"
        assert len(self.desk.writes) == writes
        self.no_write_was_wrong()
        self.everything_is_where_it_belongs()
        self.the_ledger_is_whole()

    def everything_is_where_it_belongs(self) -> None:
        exempt = state.exemptions(self.table.table, [self.office.arn(one) for one in KEYS], self.office.clock())
        for key in KEYS:
            if self._held_by(key):
                stopped = self.desk.status[key.id] == "inactive"
                assert stopped or self.office.arn(key) in exempt, f"{key.name} works though it is held"
            elif key.name in self.desk.ours and key.name not in self.by_hand:
                assert self.desk.status[key.id] == "active", f"{key.name} was never given back"

    def the_ledger_is_whole(self) -> None:
        for resource in [*map(self.office.arn, KEYS), *(budget_arn(SCOPE, name) for name in "ab")]:
            entries = list(ledger.entries_of_resource(self.table.table, resource))
            begun = [one["action_id"] for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO)]
            ended = [one["action_id"] for one in entries if one["kind"] == ledger.OUTCOME]
            assert sorted(map(str, begun)) == sorted(map(str, ended))
            told = [str(one["rule"]) for one in entries if one.get("verdict") == "open"]
            assert len(told) == len(set(told)), f"{resource} is told of more than once: {told}"

    # --- people -------------------------------------------------------------------------------

    def _override(self, name: str, ceiling: float) -> None:
        self._approve(people.wish(self.office, name, ceiling=ceiling))

    def _approve(self, request: str) -> None:
        """All of a question, which may hold a wish about another budget as well."""
        self.overridden |= {one.name for one in of_request(self.table.table, request) if one.named}
        people.approve(self.office, request)

    def _undo(self, one: Recorded) -> None:
        """A key that a person has stopped by an undo is that person's, or nobody knows whose if the undo broke off."""
        back = {self.office.arn(key): key.name for key in KEYS if one.change.kind == "restore"}
        mine = {back[one.resource]} if one.resource in back else set()
        writes = len(self.desk.writes)
        try:
            done = people.undo(self.office, one, days=0.05)[0] == Disposition.DONE
        except Died:
            self.by_hand |= mine
            raise
        if done:
            self.desk.ours -= mine
        elif len(self.desk.writes) > writes:
            self.by_hand |= mine

    # --- looking on -----------------------------------------------------------------------

    def _survives(self, what: Callable[[], Any]) -> None:
        """What a run may end with, while this goes on; a clock that went back is no fault of it."""
        with suppress(Died):
            try:
                what()
            except Refused as error:
                if "clock" not in str(error) and "under way" not in str(error):
                    raise

    def _noted(self, name: str) -> Breaker | None:
        arn = budget_arn(SCOPE, name)
        return breakers.from_note(self.office.memory.notes([arn]).get(arn, {}))

    def _held_by(self, key: Key) -> list[str]:
        now = self.office.clock.now
        held = []
        for one in self.office.settings.covering(key):
            seen = breakers.present(self._noted(one.name), one, period_at(one.period, now), now)
            held += [one.name] if seen.state == "open" else []
        return held

    def _is_spent(self, name: str, now: Breaker) -> bool:
        of = next(one for one in self.office.settings.budgets if one.name == name)
        spent, limit = self.office.meter.spent.get(name, 0.0), breakers.ceiling(now, of)
        if spent is None or limit is None:
            return False
        hour = self.office.meter.hour.get(name, 0.0)
        return spent >= limit or (of.per_hour is not None and hour >= of.per_hour)

    def _quiet(self, report: RunReport) -> bool:
        return not report.has_news and not report.counts[Disposition.DONE]

    def _open_requests(self) -> list[str]:
        if not hasattr(self, "office"):
            return []
        return [one.id for one in requests.listed(self.table.table) if one.status in ("gathering", "asked")]

    def _actions(self) -> list[Recorded]:
        return list(self._recorded()) if hasattr(self, "office") else []

    def _recorded(self) -> Iterator[Recorded]:
        for resource in [*map(self.office.arn, KEYS), *(budget_arn(SCOPE, name) for name in "ab")]:
            with suppress(ValueError):
                yield people.last_action(self.office, resource)
