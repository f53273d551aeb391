"""What was seen of one Auto Scaling group: everything a verdict needs, and nothing of any SDK.

Sizes are in the group's own units of capacity: instances, or weights where the group has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.core.memory import Standing
from functions.core.types import Json, iso

CAP, FREEZE, SHRINK, THAW = "cap", "freeze", "shrink", "thaw"
"""Kinds of action. `thaw` ends a freeze whose time is over."""
MIN, MAX, DESIRED = "min", "max", "desired"
UNITS = "units"
"""The DesiredCapacityType in which what runs can be counted: instances or weights."""
ACTIVE, SUSPENDED = "active", "suspended"
PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)
"""The scaling processes that can be suspended (Auto Scaling API reference, SuspendProcesses)."""
ALARM_PREFIX = "fusebox-asg-clamp-"
"""Names of the alarms that the sweep makes begin so; the group's name follows."""
DESIRED_METRIC = "GroupDesiredCapacity"


@dataclass(frozen=True, slots=True)
class Member:
    """An instance of a group. `template` names the launch template and version, or configuration, it came from."""

    id: str
    type: str
    state: str
    weight: int = 1
    protected: bool = False
    template: str = ""

    @property
    def runs(self) -> bool:
        """Whether it counts as capacity that a clamp must not take away: all but what leaves, or waits in a warm pool.

        It is capacity that desired counts, or in Standby, from where it may come back at any moment.
        """
        return not self.state.startswith(("Terminat", "Detach", "Warmed"))

    @property
    def stands_by(self) -> bool:
        """Whether it is in Standby, which desired does not count."""
        return self.state == "Standby"


CREATION = "its creation"
"""What drove the first launches of a new group."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch, from an event or a scaling activity.

    `before` is the desired capacity before the change that it follows from, None where the cause names none;
    `fills` says that the cause is readable and names none: it fills up what was missing. `by` names what drove
    it: a policy, a person's request, a schedule. `replaces` says that it took the place of an unhealthy
    instance; `refresh` that it belongs to an instance refresh.
    """

    at: datetime
    activity: str
    ok: bool = True
    replaces: bool = False
    refresh: bool = False
    before: int | None = None
    fills: bool = False
    by: str = ""
    message: str = ""

    @property
    def grows(self) -> bool:
        """Whether it made the group larger than it was meant to be: no replacement, no refresh, no first size.

        Nor does what only fills up to a desired that nobody has changed.
        """
        other = self.replaces or self.refresh or self.fills or self.by == CREATION
        return self.ok and not other


@dataclass(frozen=True, slots=True)
class Call:
    """A change of the group through the API: when, which, to what, by whom."""

    at: datetime
    event: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class History:
    """Launches, oldest first, and calls that were heard of, of the last while; each launch once."""

    launches: tuple[Launch, ...] = ()
    calls: tuple[Call, ...] = ()

    def since(self, now: datetime, minutes: int) -> tuple[Launch, ...]:
        """The launches of the last minutes."""
        begin = now - timedelta(minutes=minutes)
        return tuple(one for one in self.launches if one.at >= begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was seen of an Auto Scaling group.

    `tags` is None where they could not be read; `unreadable` says what a safe decision needs and could not be
    read, or is "". `created_at` tells the group from a successor of the same name. `refreshing` is
    None where an instance refresh is possible and could not be looked up. `spot` says whether members are
    Spot, None where that was not looked at. `unit` is what capacity counts. `grown_from` is the capacity before
    a growth that was found at `grown_at` and told of; `growth_lapsed` the same, once that is too long ago.
    `standing` is Fusebox's own change that nobody has turned back.
    """

    arn: str
    read_at: datetime
    tags: Mapping[str, str] | None
    name: str
    minimum: int
    maximum: int
    desired: int
    members: tuple[Member, ...] = ()
    suspended: frozenset[str] = frozenset()
    created_at: datetime | None = None
    spot: bool | None = None
    unit: str = UNITS
    deletion_protection: str = "none"
    leaving: bool = False
    operator: str = ""
    refreshing: bool | None = False
    metrics_on: bool = False
    history: History = History()
    grown_from: int | None = None
    grown_at: datetime | None = None
    growth_lapsed: int | None = None
    standing: Standing | None = None
    unreadable: str = ""

    @property
    def identity(self) -> str:
        """Tells the group from a successor of the same name."""
        return iso(self.created_at) if self.created_at else ""

    @property
    def running(self) -> tuple[Member, ...]:
        """The members that a clamp must not take away."""
        return tuple(one for one in self.members if one.runs)

    @property
    def runs(self) -> int:
        """The capacity that runs and that desired counts, in units."""
        return sum(one.weight for one in self.running if not one.stands_by)

    @property
    def floor(self) -> int:
        """The max under which something may be lost: what runs, with what may come back from Standby."""
        return sum(one.weight for one in self.running)

    @property
    def protected_units(self) -> int:
        """The capacity of running members with scale-in protection."""
        return sum(one.weight for one in self.running if one.protected)

    @property
    def mixed_templates(self) -> bool:
        """Whether members came from different templates: an instance refresh may be under way."""
        return len({one.template for one in self.running}) > 1


def shows(group: Group) -> dict[str, Json]:
    """The values that an action of this guardrail overwrites: three sizes, and the state of each process."""
    return {
        MIN: group.minimum,
        MAX: group.maximum,
        DESIRED: group.desired,
        **{one: SUSPENDED if one in group.suspended else ACTIVE for one in PROCESSES},
    }
