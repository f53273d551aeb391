"""The Auto Scaling groups of one account and Region: what the engine finds, looks at again and acts on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp import alarms, events, history
from functions.asg_clamp.changing import Changer
from functions.asg_clamp.decide import is_candidate
from functions.asg_clamp.described import group_of
from functions.asg_clamp.facts import ALARM_PREFIX, Group, Launch
from functions.asg_clamp.limits import applied
from functions.asg_clamp.lookups import Lookups
from functions.asg_clamp.settings import AsgClampSettings
from functions.asg_clamp.spec import GROUP_FIELDS
from functions.core import own_alarms
from functions.core.clients import Clients
from functions.core.events import Event
from functions.core.guardrail import Page
from functions.core.memory import Memory
from functions.core.state import FOR_GOOD, parse_moment
from functions.core.types import Action, Json, Scope

PAGE = 100
"""Most groups of one DescribeAutoScalingGroups call, listed or named."""
OWN = "*"
"""Under this name the guardrail keeps a note of its own: whether it ever made alarms."""
GROWN_LASTS = timedelta(days=7)
"""How long a growth that nobody has taken back or exempted counts as one; then it is the group's new size."""


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
        self._sleep = sleep

    def pages(self, cursor: str) -> Iterator[Page[Group]]:
        """Every group, a hundred at a time, with what was launched lately from the account's scaling activities."""
        lookups = Lookups(self._clients)
        launches = lookups.launches(history.begin(self._clock(), self._settings.look_back_minutes))
        more = {"NextToken": cursor} if cursor else {}
        while True:
            read_at = self._clock()
            answer = self._autoscaling.describe_auto_scaling_groups(MaxRecords=PAGE, **more)
            groups = self._groups(answer["AutoScalingGroups"], read_at, launches, lookups)
            token = answer.get("NextToken") or ""
            trouble, lookups.trouble = lookups.trouble, []
            yield Page(groups, token, trouble)
            if not token:
                return
            more = {"NextToken": token}

    def read(self, arns: Sequence[str]) -> dict[str, Group]:
        """Fresh facts of some groups; their launches come from what events told, without a call."""
        names = [_name(arn) for arn in arns]
        found: dict[str, Group] = {}
        for start in range(0, len(names), PAGE):
            read_at = self._clock()
            answer = self._autoscaling.describe_auto_scaling_groups(
                AutoScalingGroupNames=names[start : start + PAGE], MaxRecords=PAGE
            )
            groups = self._groups(answer["AutoScalingGroups"], read_at, {}, Lookups(self._clients))
            found |= {one.arn: one for one in groups}
        return found

    def act(self, facts: Group, action: Action) -> Mapping[str, Json] | None:
        """Sets sizes and processes; returns what a cap came to, where others changed the group meanwhile."""
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
        """Keeps an alarm for each group that has a ceiling, with `alarms: true`; else removes those that it kept."""
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
        pages = self._autoscaling.get_paginator("describe_auto_scaling_groups").paginate(
            PaginationConfig={"PageSize": PAGE}
        )
        for page in pages:
            for raw in page["AutoScalingGroups"]:
                alarm = alarms.alarm_of(group_of(raw, self._clock(), self._blind_spot), self._settings)
                if alarm is not None:
                    yield alarm

    def _groups(
        self,
        raws: Sequence[Mapping[str, Any]],
        read_at: datetime,
        launches: Mapping[str, Sequence[Launch]],
        lookups: Lookups,
    ) -> list[Group]:
        """Facts with what is remembered of each group, and, for those that may be acted on, what may bar it."""
        groups = [group_of(raw, read_at, self._blind_spot) for raw in raws]
        arns = [one.arn for one in groups]
        notes, memos, now = self._memory.notes(arns), self._memory.memos(arns), self._clock()
        remembered = [
            replace(one, history=history.history(notes.get(one.arn, {}), launches.get(one.name, ()), one.created_at))
            for one in groups
        ]
        remembered = [_grown(one, memos.get(one.arn, {}), now) for one in remembered]
        candidates = {one.arn: one for one in remembered if one.arn in memos or is_candidate(one, self._settings, now)}
        candidates |= self._looked_up(candidates, lookups)
        return [candidates.get(one.arn, one) for one in remembered]

    def _looked_up(self, candidates: Mapping[str, Group], lookups: Lookups) -> dict[str, Group]:
        priced = [one.name for one in candidates.values() if self._limit_of_dollars(one)]
        spot = lookups.spot(priced) if priced else None
        found = {}
        for arn, one in candidates.items():
            refreshes = one.mixed_templates or any(launch.refresh for launch in one.history.launches)
            found[arn] = replace(
                one,
                standing=self._memory.standing(arn, one.identity),
                refreshing=lookups.refreshing(one.name) if refreshes else False,
                spot=None if spot is None or one.name not in priced else one.name in spot,
            )
        return found

    def _limit_of_dollars(self, group: Group) -> bool:
        limits = applied(group, self._settings)
        return limits is not None and limits.limits.dollars_per_hour is not None

    def _changer(self, facts: Group) -> Changer:
        return Changer(self._autoscaling, facts.name, lambda: self._look(facts.name))

    def _look(self, name: str) -> Group | None:
        answer = self._autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        found = [group_of(raw, self._clock(), self._blind_spot) for raw in answer["AutoScalingGroups"]]
        return found[0] if found else None

    @property
    def _blind_spot(self) -> str:
        """Which fields that a safe decision reads the installed SDK would drop without a word, or ""."""
        missing = GROUP_FIELDS.unknown_to(self._autoscaling.meta.service_model)
        return f"the installed SDK does not know {', '.join(missing)}" if missing else ""

    @property
    def _autoscaling(self) -> Any:
        return self._clients.get("autoscaling", "adaptive")


def _name(arn: str) -> str:
    return arn.partition(":autoScalingGroupName/")[2]


def _grown(group: Group, memo: Mapping[str, Json], now: datetime) -> Group:
    """The group with the growth that was told of lately, if one was, and not of a predecessor of its name."""
    began = memo.get("grew_from")
    if not isinstance(began, int):
        return group
    at = parse_moment(memo.get("at"))
    if now - at > GROWN_LASTS or (group.created_at is not None and at < group.created_at):
        return group
    return replace(group, grown_from=began, grown_at=at)
