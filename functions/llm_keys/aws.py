"""The keys and budgets of one account: what the engine finds, looks at again and acts on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.core.alarm_events import ALARM_CHANGE
from functions.core.events import Event
from functions.core.guardrail import Page
from functions.core.memory import Memory
from functions.core.types import Action, ActionFailed, ResourceChanged, Scope, iso
from functions.llm_keys import inventory, overriding
from functions.llm_keys.arns import ALL, budget_arn, key_arn
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.budgets import Budget
from functions.llm_keys.crew import LOOK_SECONDS, SWITCH_SECONDS, Crew
from functions.llm_keys.facts import BudgetFacts, KeyFacts, Subject
from functions.llm_keys.judging import Judging, Sources
from functions.llm_keys.keys import Key
from functions.llm_keys.looking import Looking
from functions.llm_keys.messages.alarm_event import budget_of_alarm
from functions.llm_keys.providers.provider import ProviderFailed
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.stopped_keys import StoppedKeys
from functions.llm_keys.stops import STOP
from functions.llm_keys.switching import Providers, switch

Ended = ActionFailed | ResourceChanged | None
"""How a change ended: None where it was made and read back."""


class LlmKeys:
    """See `Account`, `ActsTogether`, `Leads` and `Notes`."""

    def __init__(
        self,
        providers: Providers,
        sources: Sources,
        looking: Looking,
        scope: Scope,
        settings: LlmKeysSettings,
        clock: Callable[[], datetime],
        memory: Memory,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._providers = providers
        self._looking = looking
        self._scope = scope
        self._settings = settings
        self._clock = clock
        self._memory = memory
        self._sleep = sleep
        self._stopped = StoppedKeys(memory, scope, clock)
        self._judging = Judging(sources, scope, settings, clock, memory)
        self._budgets = {budget_arn(scope, one): one for one in settings.budgets}
        self._keys = {key_arn(scope, one): one for one in settings.keys}

    def pages(self, cursor: str) -> Iterator[Page[Subject]]:
        """Every budget, and every key that one covers or that Fusebox has stopped: one page, for they are few."""
        del cursor
        stopped = self._stopped.names()
        covered = {key_arn(self._scope, one) for one in self._settings.stopping}
        facts = self.read([*self._budgets, *(arn for arn in self._keys if arn in covered or arn in stopped)])
        trouble = [text for one in facts.values() if isinstance(one, BudgetFacts) for text in one.trouble]
        trouble += [
            f"key {name} was stopped by Fusebox and is no longer in the policy: put it back, or give it back by hand"
            for name in self._stopped.forgotten(self._keys)
        ]
        yield Page(list(facts.values()), "", trouble)

    def read(self, arns: Sequence[str]) -> dict[str, Subject]:
        """Budgets judged by what their sources say now, and keys as their providers show them, all at once."""
        budgets = [self._budgets[arn] for arn in arns if arn in self._budgets]
        keys = [self._keys[arn] for arn in arns if arn in self._keys]
        judged, found = self._look(budgets, keys, self._judging)
        self._stopped.release(found)
        facts: list[Subject] = [*judged, *found]
        return {one.arn: one for one in facts}

    def led_by(self, arns: Sequence[str]) -> list[str]:
        """The keys of some budgets; all budgets and keys where all are meant."""
        budgets = [self._budgets[arn] for arn in arns if arn in self._budgets]
        more: list[str] = []
        if budget_arn(self._scope, ALL) in arns:
            budgets = list(self._budgets.values())
            more = list(self._budgets)
        names = {name for one in budgets for name in one.keys}
        more += [arn for arn, key in self._keys.items() if key.name in names]
        return [arn for arn in more if arn not in arns]

    def note(self, event: Event) -> None:
        """Refuses an alarm about a budget that the policy does not know: somebody has to hear of it."""
        if event.detail_type == ALARM_CHANGE:
            budget_of_alarm(event, self._settings)

    def inventory(self) -> dict[str, Any]:
        """All there is to stop, and the credentials that no budget covers, as `fusebox keys` shows it."""
        # Looking at it is to open no breaker.
        only_looks = replace(self._judging, memory=replace(self._memory, lasts=False))
        judged, keys = self._look(list(self._budgets.values()), list(self._keys.values()), only_looks)
        with Crew(LOOK_SECONDS) as crew:
            found, trouble = self._looking.credentials(crew)
        orphans = {arn: name for arn, name in self._stopped.names().items() if arn not in self._keys}
        uncovered = inventory.not_covered(found, self._settings)
        return inventory.shown([*judged, *keys], self._settings, uncovered, trouble, orphans)

    def act(self, facts: Subject, action: Action) -> None:
        """Stops a key, gives it back, or closes a breaker; done only where it was read back."""
        (ended,) = self.act_together([(facts, action)])
        if ended is not None:
            raise ended

    def act_together(self, batch: Sequence[tuple[Subject, Action]]) -> list[Ended]:
        """Makes all changes at the same time: one that fails or hangs holds up no other."""
        ended: dict[str, Ended] = {facts.arn: self._before(facts, action) for facts, action in batch}
        keys = [(facts, action) for facts, action in batch if isinstance(facts, KeyFacts) and ended[facts.arn] is None]
        self._stopped.add(facts for facts, action in keys if _stops(facts, action))
        with Crew(SWITCH_SECONDS) as crew:
            begun = [crew.submit(facts.key.provider, self._switch, facts, action) for facts, action in keys]
            switched = [_ended(facts, one, crew) for (facts, _), one in zip(keys, begun, strict=True)]
        ended |= {facts.arn: end for (facts, _), end in zip(keys, switched, strict=True)}
        self._stopped.remove({facts.arn for facts, action in keys if _gives_back(facts, action, ended[facts.arn])})
        return [ended[facts.arn] for facts, _ in batch]

    def _look(
        self, budgets: Sequence[Budget], keys: Sequence[Key], judging: Judging
    ) -> tuple[list[BudgetFacts], list[KeyFacts]]:
        since = self._stopped.since() if keys else {}
        with Crew(LOOK_SECONDS) as crew:
            begun = judging.begin(budgets, crew)
            seen = self._looking.begin(keys, crew)
            going_on = self._looking.begin_going_on(budgets, crew)
            judged = [finish() for finish in begun]
            holds = self._holds(keys, {one.budget.name: one.breaker for one in judged})
            found = self._looking.finish(seen, holds, since, crew)
            late = self._seen_too_early(judged, found)
            again = self._looking.finish(self._looking.begin(late, crew), holds, since, crew) if late else []
            found = [*(one for one in found if one.key not in late), *again]
            return list(self._with_keys(judged, found, going_on())), found

    def _before(self, facts: Subject, action: Action) -> ResourceChanged | None:
        """Closes a breaker; looks once more whether a key that is to be given back is held by now."""
        try:
            if isinstance(facts, BudgetFacts):
                overriding.carry_out(self._memory, facts.arn, action.parameters, self._clock())
                return None
        except ResourceChanged as error:
            return error
        held = "" if _leaves_stopped(facts, action) else self._held(facts.key)
        return ResourceChanged(held) if held else None

    def _switch(self, facts: KeyFacts, action: Action) -> Ended:
        provider = self._providers[facts.key.kind]
        ended = switch(provider, facts.key, action, self._sleep)
        # A budget may have opened since the look before: its own look then saw the key while that was still stopped.
        held = "" if ended is not None or _leaves_stopped(facts, action) else self._held(facts.key)
        if not held:
            return ended
        assert facts.values is not None
        back = Action(action.kind, dict(facts.values), action.parameters)
        again = switch(provider, facts.key, back, self._sleep)
        return ResourceChanged(held) if again is None else ActionFailed(f"{held}, and works: {again}", certain=False)

    def _held(self, key: Key) -> str:
        holds = self._judging.holds(self._settings.covering(key), {})
        return f"budget {', '.join(sorted(holds))} holds it by now" if holds else ""

    def _holds(self, keys: Sequence[Key], judged: Mapping[str, Breaker]) -> dict[str, str]:
        covering = {one.name: one for key in keys for one in self._settings.covering(key)}
        return self._judging.holds(covering.values(), judged)

    def _seen_too_early(self, judged: Sequence[BudgetFacts], found: Sequence[KeyFacts]) -> list[Key]:
        """Keys that were seen stopped before a budget of theirs was known to be open: one may just be given back."""
        opened = {one.budget.name for one in judged if one.breaker.since == iso(one.read_at)}
        return [one.key for one in found if one.is_stopped and not opened.isdisjoint(one.holds)]

    @staticmethod
    def _with_keys(
        judged: Sequence[BudgetFacts], keys: Sequence[KeyFacts], going_on: Mapping[str, tuple[str, ...]]
    ) -> Iterator[BudgetFacts]:
        stopped = {one.key.name for one in keys if one.stop is not None}
        working = {one.key.name for one in keys if one.values is not None and not one.is_stopped}
        for one in judged:
            yield replace(
                one,
                stopped=tuple(name for name in one.budget.keys if name in stopped),
                working=tuple(name for name in one.budget.keys if name in working),
                going_on=going_on.get(one.budget.name, ()),
            )


def _ended(facts: KeyFacts, begun: Future[Ended], crew: Crew) -> Ended:
    try:
        return crew.answer(begun, f"switching key {facts.key.name}")
    except ProviderFailed as error:
        return ActionFailed(str(error), certain=error.certain)


def _leaves_stopped(facts: KeyFacts, action: Action) -> bool:
    return {**(facts.values or {}), **action.parameters} == facts.stopped


def _stops(facts: KeyFacts, action: Action) -> bool:
    """Whether a stop is what is written, and not its undo."""
    return action.kind == STOP and action.parameters == facts.stopped


def _gives_back(facts: KeyFacts, action: Action, ended: Ended) -> bool:
    return ended is None and not _stops(facts, action)
