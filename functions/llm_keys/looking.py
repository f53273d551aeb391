"""Looks at keys where they are switched: whether each could be stopped, is stopped, and still works all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from functions.core.memory import Memory
from functions.core.types import Scope
from functions.llm_keys.arns import key_arn
from functions.llm_keys.budgets import Budget
from functions.llm_keys.crew import Crew
from functions.llm_keys.facts import KeyFacts
from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.providers.provider import (
    Credential,
    GoesOn,
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    Values,
)
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.stops import stop_in
from functions.llm_keys.switching import Providers


@dataclass(frozen=True, slots=True)
class Begun:
    """A key that is being read: `seen` are its values, and the same once it is stopped."""

    key: Key
    seen: Future[tuple[Values, Values]]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Looking:
    """Reads keys at their providers. `secret` gives the value of a secret by its ARN, for probes."""

    providers: Providers
    scope: Scope
    settings: LlmKeysSettings
    clock: Callable[[], datetime]
    memory: Memory
    secret: Callable[[str], str]

    def begin(self, keys: Iterable[Key], crew: Crew) -> list[Begun]:
        """Begins to read some keys at once."""
        now = self.clock()
        return [Begun(one, crew.submit(one.provider, self._see, one), now) for one in keys]

    def finish(
        self, begun: Iterable[Begun], open_budgets: Mapping[str, str], since: Mapping[str, datetime], crew: Crew
    ) -> list[KeyFacts]:
        """The facts of the keys, once it is known which budgets are open, and why; stops `since` a moment count."""
        found = [self._facts(one, open_budgets, since.get(key_arn(self.scope, one.key)), crew) for one in begun]
        tried = {
            one.arn: crew.submit(one.key.provider, self._probe, one.key)
            for one in found
            if one.key.probe and one.is_stopped
        }
        return [replace(one, probe=_shown(tried[one.arn], crew)) if one.arn in tried else one for one in found]

    def begin_going_on(self, budgets: Iterable[Budget], crew: Crew) -> Callable[[], Mapping[str, tuple[str, ...]]]:
        """Begins to look for what a stop of some budgets' keys would not end; the answer is by budget."""
        kinds = {budget.name: sorted({self.settings.key(name).kind for name in budget.keys}) for budget in budgets}
        asked = {
            kind: crew.submit("", provider.going_on)
            for kind in sorted({kind for some in kinds.values() for kind in some})
            if isinstance(provider := self.providers[kind], GoesOn)
        }

        def answer() -> Mapping[str, tuple[str, ...]]:
            found = {kind: _told(future, crew) for kind, future in asked.items()}
            return {
                name: tuple(dict.fromkeys(text for kind in some for text in found.get(kind, ())))
                for name, some in kinds.items()
            }

        return answer

    def credentials(self, crew: Crew) -> tuple[list[Credential], list[str]]:
        """Every credential of the provider accounts, and of AWS where it switches keys here; with what was not told."""
        found: list[Credential] = []
        trouble: list[str] = []
        for asked in [crew.submit(account, lists.credentials, account) for lists, account in self._listings()]:
            try:
                listed: list[Credential] = crew.answer(asked, "which credentials there are")
                found += listed
            except ProviderFailed as error:
                trouble.append(f"which credentials there are is not known: {error}")
        return found, trouble

    def _listings(self) -> Iterator[tuple[ListsCredentials, str]]:
        """What can list credentials, each with the account it is to list."""
        accounts: dict[str, list[str]] = {"": [""], **{one.kind: [] for one in self.settings.providers}}
        for one in self.settings.providers:
            accounts[one.kind].append(one.name)
        used = {one.kind for one in self.settings.keys}
        for kind, provider in self.providers.items():
            at = KINDS[kind].provider
            if isinstance(provider, ListsCredentials) and (at or kind in used):
                yield from ((provider, account) for account in accounts.get(at, ()))

    def _facts(self, begun: Begun, open_budgets: Mapping[str, str], since: datetime | None, crew: Crew) -> KeyFacts:
        key = begun.key
        holds = {one.name: open_budgets[one.name] for one in self.settings.covering(key) if one.name in open_budgets}
        facts = KeyFacts(key_arn(self.scope, key), begun.read_at, key, None, holds=holds, noted=since is not None)
        try:
            seen, stopped = crew.answer(begun.seen, f"key {key.name}")
        except NoSuchKey as error:
            return replace(facts, trouble=f"there is no such key: {error}", missing=True)
        except ProviderFailed as error:
            return replace(facts, trouble=str(error))
        if since is None and seen == stopped and KINDS[key.kind].irreversible:
            # It looks like a key that was deleted, and is one that was never there (field report F25).
            return replace(facts, trouble="there is no such key, and Fusebox has deleted none", missing=True)
        facts = replace(facts, values=seen, stopped=stopped)
        if since is None:
            return facts
        return replace(facts, stop=stop_in(self.memory.changes(facts.arn, facts.identity), since))

    def _probe(self, key: Key) -> str:
        """What trying a stopped key showed: "refused", "works", or why it could not be tried."""
        provider = self.providers[key.kind]
        if not isinstance(provider, Probes):
            return f"a {key.kind} key cannot be tried"
        value = self.secret(key.probe)
        if not value:
            return "the secret to try it with has no value"
        return "works" if provider.works(key, value) else "refused"

    def _see(self, key: Key) -> tuple[Values, Values]:
        provider = self.providers[key.kind]
        values = provider.read(key)
        return values, provider.stopped(key, values)


def _told(asked: Future[list[str]], crew: Crew) -> list[str]:
    try:
        return crew.answer(asked, "what goes on after a stop")
    except ProviderFailed as error:
        return [f"not known what runs: {error}"]


def _shown(tried: Future[str], crew: Crew) -> str:
    try:
        return crew.answer(tried, "a probe")
    except ProviderFailed as error:
        return f"could not be tried: {error}"
