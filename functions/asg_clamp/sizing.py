"""Takes a group's max down without terminating anybody, though others change the group at the same time.

UpdateAutoScalingGroup has no compare-and-set, and a max below what runs terminates the rest. So Terminate is suspended
first, and resumed only when max and desired are no less than what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp.facts import DESIRED, MAX, Group, shows
from functions.core.types import Action, ActionFailed, Json

CORRECTIONS = 6
"""How often max is raised again to what has started meanwhile; it can no longer grow past max, so one should do."""
TERMINATE = "Terminate"
NOT_FOUND = ("not found", "does not exist")


@dataclass(frozen=True)
class Sizer:
    """The calls on one group: `look` reads it again."""

    autoscaling: Any
    name: str
    look: Callable[[], Group]

    def cap(self, group: Group, action: Action) -> Mapping[str, Json]:
        """Brings max down to what the action says, or to what runs; returns what it came to."""
        suspends = TERMINATE not in group.suspended
        if suspends:
            self.autoscaling.suspend_processes(AutoScalingGroupName=self.name, ScalingProcesses=[TERMINATE])
        try:
            seen = self.look()
            target = max(_number(action.parameters.get(MAX, seen.maximum)), seen.runs, seen.minimum)
            if target < seen.maximum:
                # Never with a desired of ours: it may have risen since it was read. AWS takes it down to max itself.
                self._set(MaxSize=target)
        except (ClientError, BotoCoreError) as error:
            if suspends and not is_gone(error):
                self._end(action, group.maximum, resumes=True)
            raise
        return self._end(action, group.maximum, resumes=suspends)

    def _end(self, action: Action, most: int, *, resumes: bool) -> Mapping[str, Json]:
        """Settles it; where that is refused the action stays open: max may be set, and Terminate suspended."""
        try:
            return self.settle(action, most, resumes=resumes)
        except (ClientError, BotoCoreError) as error:
            if is_gone(error):
                raise
            raise ActionFailed(f"{error}; the next sweep settles what it began", certain=False) from error

    def settle(self, action: Action, most: int, *, resumes: bool) -> Mapping[str, Json]:
        """Raises max and desired to what runs after all, up to the max of before; then lets Terminate go on."""
        for _ in range(CORRECTIONS):
            seen = self.look()
            runs = min(seen.runs, most)
            if seen.maximum >= runs:
                break
            self._set(MaxSize=runs, DesiredCapacity=runs)
        else:
            raise ActionFailed(
                "it kept growing while it was capped; Terminate stays suspended until a sweep settles it", certain=False
            )
        if resumes:
            self.autoscaling.resume_processes(AutoScalingGroupName=self.name, ScalingProcesses=[TERMINATE])
        now = shows(seen)
        return {key: now[key] if key in (MAX, DESIRED) else value for key, value in action.parameters.items()}

    def _set(self, **sizes: int) -> None:
        self.autoscaling.update_auto_scaling_group(AutoScalingGroupName=self.name, **sizes)


def _number(value: Json) -> int:
    assert isinstance(value, int)
    return value


def is_gone(error: ClientError | BotoCoreError) -> bool:
    """Auto Scaling says ValidationError for a group that is gone, and for what it will not do."""
    if not isinstance(error, ClientError):
        return False
    code, said = error.response["Error"]["Code"], str(error.response["Error"].get("Message", ""))
    return code == "ValidationError" and any(part in said for part in NOT_FOUND)
