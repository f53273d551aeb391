"""The Auto Scaling groups of one account and Region: what the engine finds, looks at again and acts on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp import alarms, events, history
from functions.asg_clamp.changing import Changer
from functions.asg_clamp.described import group_of
from functions.asg_clamp.facts import ALARM_PREFIX, Group
from functions.asg_clamp.lookups import Lookups
from functions.asg_clamp.reading import PAGE, Reader
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import own_alarms
from functions.core.clients import Clients
from functions.core.events import Event
from functions.core.guardrail import Page
from functions.core.memory import Memory
from functions.core.state import FOR_GOOD
from functions.core.types import Action, Json, Scope

OWN = "*"
"""Under this name the guardrail keeps a note of its own: whether there are alarms of its to keep, or to remove."""


class ScalingGroups:
    """See `Account`, `Notes`, `Recovers` and `Tends`."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        settings: AsgClampSettings,
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
        self._reader = Reader(clients, settings, clock, memory)
        self._sleep = sleep

    def pages(self, cursor: str) -> Iterator[Page[Group]]:
        """Every group, a hundred at a time, with what was launched lately from the account's scaling activities."""
        lookups = Lookups(self._clients)
        launches = lookups.launches(history.begin(self._clock(), self._settings.look_back_minutes))
        while True:
            groups, cursor = self._reader.page(cursor, launches, lookups)
            trouble, lookups.trouble = lookups.trouble, []
            yield Page(groups, cursor, trouble)
            if not cursor:
                return

    def read(self, arns: Sequence[str]) -> dict[str, Group]:
        """Fresh facts of some groups; their launches come from what events told, as a rule without a call."""
        return {one.arn: one for one in self._reader.named([_name(arn) for arn in arns])}

    def act(self, facts: Group, action: Action) -> Mapping[str, Json] | None:
        """Sets sizes and processes; returns what a cap came to, None for all other changes."""
        return self._changer(facts).act(facts, action)

    def recover(self, facts: Group, action: Action) -> Mapping[str, Json] | None:
        """Ends what a crash left half done, so that Terminate goes on and nothing is terminated by it."""
        return self._changer(facts).recover(facts, action)

    def note(self, event: Event) -> None:
        """Keeps a launch, or a call that changed sizes, once however often its event comes."""
        launch, call = events.launch_of(event), events.call_of(event)
        minutes = self._settings.look_back_minutes
        since = history.begin(event.time, minutes)
        until = self._clock() + 2 * timedelta(minutes=minutes)
        named = events.subjects(event, self._scope)
        for arn in named if isinstance(named, Sequence) else ():
            if launch is not None:
                self._memory.note(arn, partial(history.with_launch, launch=launch, since=since), until)
            if call is not None:
                self._memory.note(arn, partial(history.with_call, call=call, since=since), until)

    def tend(self, stop: Callable[[], bool]) -> list[str]:
        """Keeps the alarm of each group that is to have one, with `alarms: true`; else removes those that it kept."""
        kept, wants = bool(self._memory.notes([OWN]).get(OWN, {}).get("alarms")), self._settings.alarms
        if not kept and not wants:
            return []
        wanted: dict[str, Mapping[str, Any]] = {}
        if wants:
            # Before the first is made, so that none is ever forgotten.
            self._memory.note(OWN, lambda _: {"alarms": True}, FOR_GOOD)
            try:
                wanted = dict(self._alarms())
            except (ClientError, BotoCoreError) as error:
                return [f"groups could not be listed for their alarms: {error}"]
        trouble = own_alarms.keep(self._clients.get("cloudwatch"), ALARM_PREFIX, wanted, stop, sleep=self._sleep)
        if not wants and not trouble:
            self._memory.note(OWN, lambda _: {"alarms": False}, FOR_GOOD)
        return trouble

    def _alarms(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        pages = self._reader.autoscaling.get_paginator("describe_auto_scaling_groups").paginate(
            PaginationConfig={"PageSize": PAGE}
        )
        for page in pages:
            for raw in page["AutoScalingGroups"]:
                alarm = alarms.alarm_of(group_of(raw, self._clock(), self._reader.blind_spot), self._settings)
                if alarm is not None:
                    yield alarm

    def _changer(self, facts: Group) -> Changer:
        lookups, name = Lookups(self._clients), facts.name
        return Changer(self._reader.autoscaling, name, lambda: self._reader.look(name), lookups.coming, self._sleep)


def _name(arn: str) -> str:
    return arn.partition(":autoScalingGroupName/")[2]
