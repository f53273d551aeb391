"""Adds to what was seen of resources what else a verdict needs: who made them, when they were first met and told of,
what they belong to, and what a stop would lose. Only those that lack tags cost anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from functions.core.clients import Clients
from functions.core.memory import Memory, Note
from functions.core.state import parse_moment
from functions.core.types import iso
from functions.tag_check import creators
from functions.tag_check.decide import subject
from functions.tag_check.facts import INSTANCE, PREFIX, Resource
from functions.tag_check.lacking import MET, TOLD, is_due
from functions.tag_check.limits import OWN_KEYS
from functions.tag_check.lookups import Lookups
from functions.tag_check.required import lacks
from functions.tag_check.settings import TagCheckSettings

SEEN = "seen"
Looked = tuple[Resource, Any]
"""A resource with the item of the listing it came from, None where there is none."""


@dataclass(frozen=True, slots=True)
class Completer:
    """Completes facts in one account."""

    clients: Clients
    settings: TagCheckSettings
    clock: Callable[[], datetime]
    memory: Memory

    def complete(self, looked: Sequence[Looked]) -> tuple[list[Resource], list[str]]:
        """The resources in the same order, and what could not be looked up."""
        lacking = {one.arn for one, _ in looked if lacks_any(one, self.settings)}
        asked = [one.arn for one, _ in looked if one.arn in lacking or self._may_be_signed(one)]
        notes = self.memory.notes(asked) if asked else {}
        memos = self.memory.memos(sorted(lacking)) if lacking else {}
        lookups = Lookups(self.clients)
        belongs: Mapping[str, Mapping[str, Mapping[str, str]]] = {}
        if "fill" in self.settings.actions and lacking:
            belongs = lookups.belongs([(one, raw) for one, raw in looked if one.arn in lacking])
        found = []
        for one, _ in looked:
            note = notes.get(one.arn, {})
            since = self._first_seen(one, note) if one.arn in lacking else one.since
            told, met = (_moment(memos.get(one.arn, {}), name) for name in (TOLD, MET))
            belongs_to, made = belongs.get(one.arn, {}), creators.of_note(note)
            more = replace(one, since=since, made=made, belongs=belongs_to, first_told=told, first_met=met)
            found.append(self._with_own_mark(more, one.arn in lacking))
        return self._with_losses(found, lookups), lookups.trouble

    def _with_own_mark(self, one: Resource, lacks: bool) -> Resource:
        """Whether a mark that may have to go, or under a key that others may use, is the one that Fusebox set."""
        key = self.settings.mark_tag
        marked = "mark" in self.settings.actions and key in (one.tags or {})
        if not marked or (lacks and key.startswith(OWN_KEYS)):
            return one
        return replace(one, own_mark=str(self.memory.last_written(one.arn, one.identity, PREFIX + key) or ""))

    def _may_be_signed(self, one: Resource) -> bool:
        """Whether who made it might be filled in although nothing else is missing."""
        keys = (self.settings.fill.creator, self.settings.fill.created_at) if "fill" in self.settings.actions else ()
        return one.tags is not None and any(key and not one.tags.get(key, "").strip() for key in keys)

    def _first_seen(self, one: Resource, note: Note) -> datetime | None:
        """From when its tags can be expected: where no listing says, from when a sweep first met it without them."""
        if one.since is not None or not one.listed or not self.settings.grace_minutes or not self.memory.lasts:
            return one.since
        if SEEN in note:
            return parse_moment(note[SEEN])
        now = self.clock()
        self.memory.note(one.arn, lambda kept: {SEEN: iso(now), **kept}, now + creators.KEPT)
        return now

    def _with_losses(self, found: list[Resource], lookups: Lookups) -> list[Resource]:
        """What a stop would lose of those instances whose deadline has passed."""
        now = self.clock()
        due = [one for one in found if one.type == INSTANCE and is_due(one, self.settings, now)]
        if not due:
            return found
        stores = lookups.instance_stores(one.instance_type for one in due)
        losing = {one.arn: _losing(one, stores, lookups.blind_spot) for one in due}
        return [losing.get(one.arn, one) for one in found]


def lacks_any(one: Resource, settings: TagCheckSettings) -> bool:
    """Whether a resource whose tags are known lacks any that is required."""
    return one.tags is not None and bool(lacks(settings.required, one.tags, subject(one, settings)))


def _moment(memo: Note, name: str) -> datetime | None:
    return parse_moment(memo[name]) if name in memo else None


def _losing(one: Resource, stores: Mapping[str, int], blind_spot: str) -> Resource:
    if blind_spot:
        return replace(one, bars=one.bars or blind_spot)
    if one.instance_type not in stores:
        return replace(one, bars=one.bars or "whether it has instance store could not be read")
    size = stores[one.instance_type]
    return replace(one, loses=f"a stop deletes what is on its {size:,} GB of instance store" if size else "")
