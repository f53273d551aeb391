"""Reads groups, each with what is remembered of it, and with what has to be looked up for few of them only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.asg_clamp import history
from functions.asg_clamp.decide import is_candidate
from functions.asg_clamp.described import group_of
from functions.asg_clamp.facts import Group, Launch
from functions.asg_clamp.limits import applied
from functions.asg_clamp.lookups import Lookups
from functions.asg_clamp.settings import AsgClampSettings
from functions.asg_clamp.spec import GROUP_FIELDS
from functions.core.clients import Clients
from functions.core.memory import Memory
from functions.core.state import parse_moment
from functions.core.types import Json

PAGE = 100
"""Most groups of one DescribeAutoScalingGroups call, listed or named."""
GROWN_LASTS = timedelta(days=7)
"""How long a growth that nobody has taken back counts as one; then it is the group's new size."""


@dataclass(frozen=True)
class Reader:
    """Reads the groups of one account and Region."""

    clients: Clients
    settings: AsgClampSettings
    clock: Callable[[], datetime]
    memory: Memory

    def page(self, token: str, launches: Mapping[str, Sequence[Launch]], lookups: Lookups) -> tuple[list[Group], str]:
        """A page of all groups, and the token of the next, or ""."""
        read_at, more = self.clock(), {"NextToken": token} if token else {}
        answer = self.autoscaling.describe_auto_scaling_groups(MaxRecords=PAGE, **more)
        return self._facts(answer["AutoScalingGroups"], read_at, launches, lookups), answer.get("NextToken") or ""

    def named(self, names: Sequence[str]) -> list[Group]:
        """The groups of those names that exist; their launches come from what events told, as a rule without a call."""
        found: list[Group] = []
        for start in range(0, len(names), PAGE):
            read_at = self.clock()
            answer = self.autoscaling.describe_auto_scaling_groups(
                AutoScalingGroupNames=names[start : start + PAGE], MaxRecords=PAGE
            )
            found += self._facts(answer["AutoScalingGroups"], read_at, None, Lookups(self.clients))
        return found

    def look(self, name: str) -> Group | None:
        """A group as AWS shows it, without anything remembered; None where it is gone."""
        answer = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        found = [group_of(raw, self.clock(), self.blind_spot) for raw in answer["AutoScalingGroups"]]
        return found[0] if found else None

    def _facts(
        self,
        raws: Sequence[Mapping[str, Any]],
        read_at: datetime,
        launches: Mapping[str, Sequence[Launch]] | None,
        lookups: Lookups,
    ) -> list[Group]:
        """Facts with what is remembered of each group, and, for those that may be acted on, what may bar it.

        `launches` holds what the account's activities say, by name; None where they were not listed.
        """
        groups = [group_of(raw, read_at, self.blind_spot) for raw in raws]
        arns = [one.arn for one in groups]
        notes, memos, now = self.memory.notes(arns), self.memory.memos(arns), self.clock()
        if launches is None:
            since = history.begin(now, self.settings.look_back_minutes)
            asks = [one.name for one in groups if memos.get(one.arn, {}).get("activities")]
            launches = {name: lookups.launches(since, name).get(name, []) for name in asks}
        remembered = [
            replace(one, history=history.history(notes.get(one.arn, {}), launches.get(one.name, ()), one.created_at))
            for one in groups
        ]
        remembered = [_grown(one, memos.get(one.arn, {}), now) for one in remembered]
        candidates = {one.arn: one for one in remembered if one.arn in memos or is_candidate(one, self.settings, now)}
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
                standing=self.memory.standing(arn, one.identity),
                refreshing=lookups.refreshing(one.name) if refreshes else False,
                spot=None if spot is None or one.name not in priced else one.name in spot,
            )
        return found

    def _limit_of_dollars(self, group: Group) -> bool:
        limits = applied(group, self.settings)
        return limits is not None and limits.limits.dollars_per_hour is not None

    @property
    def blind_spot(self) -> str:
        """Which fields that a safe decision reads the installed SDK would drop without a word, or ""."""
        missing = GROUP_FIELDS.unknown_to(self.autoscaling.meta.service_model)
        return f"the installed SDK does not know {', '.join(missing)}" if missing else ""

    @property
    def autoscaling(self) -> Any:
        """The client of Auto Scaling, whose rates AWS does not publish."""
        return self.clients.get("autoscaling", "adaptive")


def _grown(group: Group, memo: Mapping[str, Json], now: datetime) -> Group:
    """The group with the growth that was told of lately, if one was, and not of a predecessor of its name."""
    began = memo.get("grew_from")
    if not isinstance(began, int):
        return group
    at = parse_moment(memo.get("at"))
    if group.created_at is not None and at < group.created_at:
        return group
    if now - at > GROWN_LASTS:
        return replace(group, growth_lapsed=began)
    return replace(group, grown_from=began, grown_at=at)
