"""Makes the changes to one group, and ends what a crash left half done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.asg_clamp.facts import ACTIVE, CAP, DESIRED, MAX, MIN, SUSPENDED, Group, shows
from functions.asg_clamp.sizing import TERMINATE, Sizer, number
from functions.asg_clamp.standing import MOVING
from functions.core.refusals import action_failed
from functions.core.types import Action, ActionFailed, Json, ResourceGone

SIZES = {MIN: "MinSize", MAX: "MaxSize", DESIRED: "DesiredCapacity"}


@dataclass(frozen=True)
class Changer:
    """The calls that change one group; `look` reads it again, None where it is gone. See `Sizer` for the others."""

    autoscaling: Any
    name: str
    look: Callable[[], Group | None]
    coming: Callable[[Group], int]
    sleep: Callable[[float], None]

    def act(self, group: Group, action: Action) -> Mapping[str, Json] | None:
        """Brings about what the action says, as far as it is not so already."""
        now = shows(group)
        new = {key: value for key, value in action.parameters.items() if now[key] != value}
        if DESIRED in new:
            # An undo brings back a desired from before the owner set another max or min.
            most, least = (number(new.get(key, now[key])) for key in (MAX, MIN))
            new[DESIRED] = max(least, min(number(new[DESIRED]), most))
        try:
            if action.kind == CAP and _lowers(new, now):
                return self._sizer.cap(group, action)
            self._set(new)
        except ClientError as error:
            raise self._meaning(error) from error
        except BotoCoreError as error:
            raise action_failed(error) from error
        return None

    def recover(self, group: Group, action: Action) -> Mapping[str, Json] | None:
        """The values that the action wrote, None where it never came to it; a Terminate left suspended is resumed."""
        seen, caps = group, action.kind == CAP and _lowers(action.parameters, action.prior)
        if caps and action.terms.get(TERMINATE) == ACTIVE and TERMINATE in group.suspended:
            try:
                self._sizer.settle(action, resumes=True, cuts=DESIRED in action.parameters)
                seen = self._seen()
            except ClientError as error:
                raise self._meaning(error) from error
            except BotoCoreError as error:
                raise action_failed(error) from error
        now = shows(seen)
        if caps and MAX in action.parameters:
            made = _is_our_max(seen, action, nobody_left=TERMINATE in group.suspended)
        else:
            firm = [key for key in action.parameters if key not in MOVING] or list(action.parameters)
            made = all(now[key] == action.parameters[key] for key in firm)
        return {key: now[key] for key in action.parameters} if made else None

    def _set(self, new: Mapping[str, Json]) -> None:
        sizes = {SIZES[key]: value for key, value in new.items() if key in SIZES}
        if sizes:
            self.autoscaling.update_auto_scaling_group(AutoScalingGroupName=self.name, **sizes)
        suspend = [key for key, value in new.items() if value == SUSPENDED]
        if suspend:
            self.autoscaling.suspend_processes(AutoScalingGroupName=self.name, ScalingProcesses=suspend)
        resume = [key for key, value in new.items() if value == ACTIVE]
        if resume:
            self.autoscaling.resume_processes(AutoScalingGroupName=self.name, ScalingProcesses=resume)

    def _seen(self) -> Group:
        seen = self.look()
        if seen is None:
            raise ResourceGone(self.name)
        return seen

    @property
    def _sizer(self) -> Sizer:
        return Sizer(self.autoscaling, self.name, self._seen, self.coming, self.sleep)

    def _meaning(self, error: ClientError) -> ActionFailed | ResourceGone:
        """Auto Scaling says ValidationError for a group that is gone, and for much else: only a look tells."""
        if error.response["Error"]["Code"] == "ValidationError":
            try:
                if self.look() is None:
                    return ResourceGone(str(error))
            except (ClientError, BotoCoreError):
                return action_failed(error)
        return action_failed(error)


def _is_our_max(seen: Group, action: Action, *, nobody_left: bool) -> bool:
    """Whether a cap wrote the max that is seen: what it was asked for, or what ran when it was corrected.

    Where Terminate was suspended all the while, what ran still does, so any other max is somebody else's.
    """
    if seen.maximum == action.parameters[MAX]:
        return True
    raised = number(action.parameters[MAX]) < seen.maximum < number(action.prior[MAX])
    return raised and (seen.maximum == seen.floor or not nobody_left)


def _lowers(new: Mapping[str, Json], now: Mapping[str, Json]) -> bool:
    return any(key in new and number(new[key]) < number(now[key]) for key in (MAX, DESIRED))
