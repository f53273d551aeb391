"""The accelerated instances of one account and Region: what the engine finds, looks at again and acts on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.core.clients import Clients
from functions.core.guardrail import Page
from functions.core.types import Action, ActionFailed, ResourceGone, Scope
from functions.idle_gpu import acting, alarms, offhours
from functions.idle_gpu.decide import is_candidate
from functions.idle_gpu.described import instance_of, volumes_of
from functions.idle_gpu.facts import Instance
from functions.idle_gpu.fleet import Filters, Fleet, Raw
from functions.idle_gpu.lookups import FILTER_VALUES, Lookups
from functions.idle_gpu.measuring import Meter
from functions.idle_gpu.metrics import LIST_ALL_FROM
from functions.idle_gpu.settings import IdleGpuSettings

SLOW = timedelta(seconds=15)
"""A quarter of how old facts may be when they are acted on."""


class GpuFleet:
    """See `Account`, `ActsTogether` and `Tends`."""

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        settings: IdleGpuSettings,
        clock: Callable[[], datetime],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clients = clients
        self._scope = scope
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._meter = Meter(lambda: clients.get("cloudwatch"), settings, clock)
        self._fleet = Fleet(clients, settings, clock)

    def pages(self, cursor: str) -> Iterator[Page[Instance]]:
        """Every accelerated instance that runs, and those that Fusebox stopped where they may be started or go."""
        selections = list(self._fleet.selections())
        position, _, token = cursor.partition(":")
        for number in range(int(position or 0), len(selections)):
            while True:
                read_at, raws, token = self._page(selections[number], token)
                facts, trouble = self._facts(raws, read_at)
                last = not token and number + 1 == len(selections)
                after = "" if last else f"{number}:{token}" if token else f"{number + 1}:"
                yield Page(facts, after, trouble)
                if not token:
                    break

    def read(self, arns: Sequence[str]) -> dict[str, Instance]:
        """Fresh facts of the accelerated instances among them, as of now: state, tags, metrics, protections.

        By filter, because one unknown id makes a request by id fail as a whole.
        """
        ids = [arn.rsplit("/", 1)[-1] for arn in arns]
        found: dict[str, Instance] = {}
        for start in range(0, len(ids), FILTER_VALUES):
            read_at = self._clock()
            filters = [{"Name": "instance-id", "Values": ids[start : start + FILTER_VALUES]}]
            raws = list(self._fleet.described(filters))
            self._fleet.learn({str(one["InstanceType"]) for one in raws})
            facts, _ = self._facts(raws, read_at)
            found |= {one.arn: one for one in facts}
        return found

    def act(self, facts: Instance, action: Action) -> None:
        """Stops, starts or terminates one instance; a start has succeeded only once it is seen running."""
        (ended,) = self.act_together([(facts, action)])
        if ended is not None:
            raise ended

    def act_together(self, batch: Sequence[tuple[Instance, Action]]) -> list[ActionFailed | ResourceGone | None]:
        """Carries out a batch in as few calls as there are kinds of change."""
        return acting.carry_out(self._clients, batch, self._clock, self._sleep)

    def tend(self, stop: Callable[[], bool]) -> list[str]:
        """Keeps an alarm for each running instance that publishes series, with `alarms: true`; else removes them all.

        Whoever never had any is asked nothing beyond one listing of their own alarms.
        """
        wanted: dict[str, Any] = {}
        if self._settings.alarms:
            running = self._fleet.running()
            series = self._meter.listed(running) if running else None
            if series is not None and series.trouble:
                return list(series.trouble)
            wanted = {one: series.series.get(one, ()) for one in running} if series else {}
        return alarms.tend(self._clients.get("cloudwatch"), wanted, self._settings, stop, sleep=self._sleep)

    def _page(self, filters: Filters, token: str) -> tuple[datetime, list[Raw], str]:
        """A page of instances; where listing their series took long, as they are after it: facts age by the minute."""
        read_at = self._clock()
        raws, after = self._fleet.page(filters, token)
        if len(raws) >= LIST_ALL_FROM:
            self._meter.listed([str(one["InstanceId"]) for one in raws])
            if self._clock() - read_at > SLOW:
                read_at = self._clock()
                raws, after = self._fleet.page(filters, token)
        return read_at, raws, after

    def _facts(self, raws: Sequence[Raw], read_at: datetime) -> tuple[list[Instance], list[str]]:
        """Everything about instances: their metrics, then, for those an action could follow for, what may bar it."""
        known = [(raw, kind) for raw in raws if (kind := self._fleet.kinds.get(str(raw["InstanceType"])))]
        blind = self._fleet.blind_spot
        described = [instance_of(raw, kind, read_at, self._scope, blind) for raw, kind in known]
        measured, trouble = self._meter.measure([one for one in described if one.state == "running"])
        facts = {one.instance_id: one for one in described} | {one.instance_id: one for one in measured}
        if blind:
            facts = {name: replace(one, unreadable=blind) for name, one in facts.items()}
            trouble = [blind, *trouble]
        lookups = Lookups(self._clients)
        now = self._clock()
        spot = [one for one in facts.values() if one.lifecycle == "spot one-time"]
        facts |= lookups.spot(
            [one for one in spot if is_candidate(replace(one, lifecycle="spot persistent"), self._settings, now)]
        )
        candidates = [one for one in facts.values() if is_candidate(one, self._settings, now)]
        disks = {str(raw["InstanceId"]): volumes_of(raw) for raw, _ in known}
        facts |= self._looked_up(candidates, disks, lookups)
        return list(facts.values()), [*trouble, *lookups.trouble]

    def _looked_up(
        self, candidates: Sequence[Instance], disks: Mapping[str, Sequence[str]], lookups: Lookups
    ) -> dict[str, Instance]:
        volumes = lookups.volumes(volume for one in candidates for volume in disks[one.instance_id])
        groups = lookups.groups(one.group for one in candidates if one.group)
        found = {}
        for one in candidates:
            mine = [volumes.get(volume) for volume in disks[one.instance_id]]
            read = [volume for volume in mine if volume is not None]
            if len(read) == len(mine):
                keys = tuple(sorted({volume.key for volume in read if volume.key}))
                one = replace(one, volumes_gb=sum(volume.gigabytes for volume in read), volume_keys=keys)
            if one.group in groups:
                one = _in_group(one, groups[one.group])
            found[one.instance_id] = self._with_protections(one, lookups)
        return found

    def _with_protections(self, one: Instance, lookups: Lookups) -> Instance:
        """The protections that bar what could follow: a call each, so no more than that."""
        action, runs = self._settings.action, one.state == "running"
        if one.group or action == "terminate" or not runs:
            one = replace(one, termination_protected=lookups.protection(one, "disableApiTermination"))
        if runs and not one.group and (action != "terminate" or offhours.schedule_of(one.tags, self._settings)):
            one = replace(one, stop_protected=lookups.protection(one, "disableApiStop"))
        return one


def _in_group(one: Instance, group: Raw) -> Instance:
    members = group.get("Instances", ())
    protected = {str(member["InstanceId"]) for member in members if member.get("ProtectedFromScaleIn")}
    return replace(
        one,
        group_min=int(group["MinSize"]),
        group_desired=int(group["DesiredCapacity"]),
        scale_in_protected=one.instance_id in protected,
    )
