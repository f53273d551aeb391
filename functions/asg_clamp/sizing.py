"""Takes a group's max down without terminating anybody, though others change the group at the same time.

UpdateAutoScalingGroup has no compare-and-set, a max below what runs terminates the rest, and launches under way go on.
So Terminate is suspended first, and resumed only when max and desired are no less than what runs or is on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp.facts import DESIRED, MAX, MIN, Group, shows
from functions.core.types import Action, ActionFailed, Json, ResourceChanged

LOOKS = 8
"""How often the group is read again until it has come to rest; max holds it, so one or two should do."""
PAUSE_SECONDS = 3.0
"""Between looks while launches are under way."""
TERMINATE = "Terminate"


@dataclass(frozen=True)
class Sizer:
    """The calls on one group: `look` reads it again, `coming` counts launches under way that are no members yet."""

    autoscaling: Any
    name: str
    look: Callable[[], Group]
    coming: Callable[[Group], int]
    sleep: Callable[[float], None]

    def cap(self, group: Group, action: Action) -> Mapping[str, Json]:
        """Brings max down to what the action says, or to what runs; returns what it came to.

        Raises ResourceChanged, and leaves what they set, where somebody else has just set its max, min or Terminate.
        """
        _same(group, self.look())
        suspends = TERMINATE not in group.suspended
        if suspends:
            self.autoscaling.suspend_processes(AutoScalingGroupName=self.name, ScalingProcesses=[TERMINATE])
        try:
            seen = self.look()
            _same(group, seen, but=TERMINATE)
            target = max(number(action.parameters.get(MAX, seen.maximum)), seen.floor, seen.minimum)
            cuts = seen.desired > target
            if target < seen.maximum:
                # Never with a desired of ours: it may have risen since it was read. AWS takes it down to max itself.
                self._set(MaxSize=target)
        except ResourceChanged:
            if suspends:
                self._go_on()
            raise
        except (ClientError, BotoCoreError):
            if suspends:
                self._end(action, resumes=True, cuts=True)
            raise
        return self._end(action, resumes=suspends, cuts=cuts)

    def settle(self, action: Action, *, resumes: bool, cuts: bool) -> Mapping[str, Json]:
        """Raises max and desired to what runs after all, then lets Terminate go on; returns what it came to.

        `cuts` says that desired may have gone down with max: then launches that are still under way are waited for.
        """
        quiet = not cuts
        for _ in range(LOOKS):
            seen = self.look()
            most = _needed(action, seen)
            if seen.maximum < most:
                # Never under the present desired: what is on its way to it would be ended.
                self._set(MaxSize=most, DesiredCapacity=min(max(seen.runs, seen.desired), most))
            elif cuts and self.coming(seen):
                quiet = False
                self.sleep(PAUSE_SECONDS)
            elif quiet:
                break
            else:
                # Once more: what has just been launched may have become a member since the look.
                quiet = True
        else:
            why = "it has not come to rest; Terminate stays suspended until a sweep settles it"
            raise ActionFailed(why, certain=False)
        if resumes:
            self._resume()
        now = shows(seen)
        return {key: now[key] if key in (MAX, DESIRED) else value for key, value in action.parameters.items()}

    def _end(self, action: Action, *, resumes: bool, cuts: bool) -> Mapping[str, Json]:
        """Settles it; where that is refused the action stays open: max may be set, and Terminate suspended."""
        try:
            return self.settle(action, resumes=resumes, cuts=cuts)
        except (ClientError, BotoCoreError) as error:
            raise ActionFailed(f"{error}; the next sweep settles what it began", certain=False) from error

    def _go_on(self) -> None:
        """Lets Terminate go on in a group that is left as somebody else has just set it."""
        try:
            self._resume()
        except (ClientError, BotoCoreError) as error:
            raise ActionFailed(f"{error}; the next sweep settles what it began", certain=False) from error

    def _resume(self) -> None:
        self.autoscaling.resume_processes(AutoScalingGroupName=self.name, ScalingProcesses=[TERMINATE])

    def _set(self, **sizes: int) -> None:
        self.autoscaling.update_auto_scaling_group(AutoScalingGroupName=self.name, **sizes)


def _same(group: Group, seen: Group, but: str = "") -> None:
    was, now = shows(group), shows(seen)
    changed = [f"{key} {was[key]} → {now[key]}" for key in (MIN, MAX, TERMINATE) if key != but and now[key] != was[key]]
    if changed:
        raise ResourceChanged(f"somebody has just changed it: {', '.join(changed)}")


def _needed(action: Action, seen: Group) -> int:
    """The max under which something would be terminated, where a cap has taken max down; else the present one.

    Weights may overshoot a max, by less than the heaviest of them, and AWS leaves that alone: no more than the max of
    before is needed for it. What is more than that, somebody has allowed meanwhile.
    """
    before = number(action.prior.get(MAX, seen.maximum))
    if seen.maximum >= before:
        return seen.maximum
    heaviest = max((one.weight for one in seen.running), default=1)
    return min(seen.floor, before) if seen.floor < before + heaviest else seen.floor


def number(value: Json) -> int:
    """A size among an action's values."""
    assert isinstance(value, int)
    return value
