"""The resources of one account and Region: what the engine finds, looks at again and acts on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.events import Event, Skip
from functions.core.guardrail import Page
from functions.core.memory import Memory
from functions.core.types import Action, ActionFailed, ResourceGone, Scope
from functions.tag_check import coverage, creators, sweeping
from functions.tag_check.catalog.kind import Kind
from functions.tag_check.catalog.kinds import KINDS, kind_of
from functions.tag_check.completing import Completer, Looked, lacks_any
from functions.tag_check.decide import decide
from functions.tag_check.describing import notebook, resource_of
from functions.tag_check.events import creations
from functions.tag_check.facts import NOTEBOOK, Resource
from functions.tag_check.listing import Item, Lister
from functions.tag_check.reading import TagReader
from functions.tag_check.settings import TagCheckSettings
from functions.tag_check.stopping import Switch
from functions.tag_check.writing import TagWriter

DENIED = re.compile(r"\((AccessDenied|Unauthorized|Authorization|Forbidden)\w*\)")
"""How botocore words a refusal: (AccessDenied), (UnauthorizedOperation), (AuthorizationError)."""


class Resources:
    """See `Account`, `ActsTogether` and `Notes`."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        settings: TagCheckSettings,
        clock: Callable[[], datetime],
        memory: Memory,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clients = clients
        self._scope = scope
        self._settings = settings
        self._clock = clock
        self._memory = memory
        self._lister = Lister(clients, scope)
        self._reader = TagReader(clients, scope)
        self._completer = Completer(clients, settings, clock, memory)
        self._writer = TagWriter(clients)
        self._switch = Switch(clients, sleep)

    def pages(self, cursor: str) -> Iterator[Page[Resource]]:
        """Everything of the kinds that can be listed; what seems to lack tags is asked of its own service once more."""
        checked = [one for one in KINDS.values() if self._settings.checks(one.type)]
        kinds = sweeping.available(checked, self._regions_of, self._scope.region)
        for batch in sweeping.batches(self._lister, kinds, cursor, self._clock):
            looked, trouble = self._listed(batch)
            completed, more = self._completer.complete(looked)
            found = self._sure(completed, batch)
            coverage.keep(self._memory, batch, found, self._settings, self._clock())
            yield Page(found, batch.cursor, [*batch.trouble, *trouble, *more])

    def read(self, arns: Sequence[str]) -> dict[str, Resource]:
        """Fresh facts of the resources that exist, each from its own service; also of types no longer checked.

        What was done to one before the policy changed is still to be settled, and may still be turned back.
        """
        looked: list[Looked] = []
        for kind, ids in self._by_kind(arns):
            read_at = self._clock()
            if kind.described:
                looked += [self._described(one, read_at) for one in self._lister.described(kind, ids)]
            else:
                looked += [(one, None) for id in ids if (one := self._one(kind, id)) is not None]
        found, _ = self._completer.complete(looked)
        return {one.arn: one for one in found}

    def act(self, facts: Resource, action: Action) -> None:
        """Sets tags, or stops or starts what is in quarantine."""
        (ended,) = self.act_together([(facts, action)])
        if ended is not None:
            raise ended

    def act_together(self, batch: Sequence[tuple[Resource, Action]]) -> list[ActionFailed | ResourceGone | None]:
        """Carries out a batch in as few calls as there are different sets of tags."""
        ended = self._writer.write(batch) | self._switch.turn(batch)
        return [ended[facts.arn] for facts, _ in batch]

    def note(self, event: Event) -> None:
        """Keeps who made what an event of a creation names, where the policy checks that."""
        made, maker = creations(event, self._scope), creators.maker(event)
        if maker is not None and not isinstance(made, Skip):
            for one in made:
                if self._settings.checks(one.kind.type):
                    creators.keep(self._memory, one.arn, maker, self._clock())

    def _regions_of(self, service: str) -> list[str]:
        """The Regions of a service in all partitions, as the SDK knows them; empty where it does not know any."""
        session = self._clients.session
        if service not in session.get_available_services():
            return []
        partitions = session.get_available_partitions()
        return [region for one in partitions for region in session.get_available_regions(service, one)]

    def _by_kind(self, arns: Iterable[str]) -> list[tuple[Kind, list[str]]]:
        found: dict[str, list[str]] = {}
        for arn in arns:
            known = kind_of(arn, self._scope)
            if known is not None:
                found.setdefault(known[0].type, []).append(known[1])
        return [(KINDS[type], ids) for type, ids in found.items()]

    def _one(self, kind: Kind, id: str) -> Resource | None:
        """One resource by its own service; None where there is none. What cannot be read has no tags and says why."""
        where, now = self._scope, self._clock()
        arn = kind.arn_of(id, where)
        found = Resource(arn, now, None, kind.type, id, account=where.account, region=where.region)
        try:
            tags = self._reader.tags(kind, id, found.arn)
            if tags is None:
                return None
            if kind.type == NOTEBOOK:
                about = self._clients.get("sagemaker").describe_notebook_instance(NotebookInstanceName=id)
                found = notebook(replace(found, since=about.get("CreationTime")), about)
        except (ClientError, BotoCoreError) as error:
            return replace(found, unreadable=f"its tags could not be read: {error}")
        return replace(found, tags=tags)

    def _listed(self, batch: sweeping.Batch) -> tuple[list[Looked], list[str]]:
        """A batch with tags: from the listing, else from the Tagging API, and from the service itself where they fail.

        The Tagging API lags behind, and knows nothing of what was never tagged.
        """
        # A listing that changes while it is read may show a resource on two pages.
        items = list({one.arn: one for one in batch.items}.values())
        bare = [one for one in items if one.tags is None]
        tags, trouble = self._lister.tags_of([one.arn for one in bare]) if bare else ({}, "")
        looked: list[Looked] = []
        for item in items:
            with_tags = item if item.tags is not None else replace(item, tags=tags.get(item.arn, {}))
            found = resource_of(with_tags, batch.read_at, self._scope, listed=True)
            if item.tags is None and lacks_any(found, self._settings):
                own = self._one(item.kind, item.id)
                if own is None:
                    continue
                found = replace(found, tags=own.tags, read_at=own.read_at, unreadable=own.unreadable)
            looked.append((found, item.raw))
        # A resource whose own policy refuses is told of as unknown, but no sweep is partial for it for ever.
        unread = [found.unreadable for found, _ in looked if found.unreadable and not DENIED.search(found.unreadable)]
        return looked, [*([trouble] if trouble else []), *unread[:1]]

    def _sure(self, found: Sequence[Resource], batch: sweeping.Batch) -> list[Resource]:
        """Asks the service itself once more before anything is written on what only the Tagging API has told of."""
        told = {one.arn: one for one in batch.items if one.tags is None}
        sure: list[Resource] = []
        for one in found:
            item = told.get(one.arn)
            if item is not None and one.read_at == batch.read_at and decide(one, self._settings, batch.read_at).action:
                own = self._one(item.kind, item.id)
                if own is None:
                    continue
                one = replace(one, tags=own.tags, read_at=own.read_at, unreadable=own.unreadable)
            sure.append(one)
        return sure

    def _described(self, item: Item, read_at: datetime) -> Looked:
        return resource_of(item, read_at, self._scope, listed=False), item.raw
