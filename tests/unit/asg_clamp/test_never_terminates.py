"""Whatever happens around a cap, and in whatever order: it ends nobody's work, and it can be turned back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from functions.core.types import ActionFailed, Refused
from tests.unit.asg_clamp.cloud import Cloud, Group
from tests.unit.asg_clamp.stage import Stage, enforce, launch_event

EXAMPLES = 600
STEPS = ("scale out", "deliver", "deliver again", "sweep", "owner sets max", "time passes")
Step = tuple[str, int, int, str]


class Crash(BaseException):
    """The function's process ends between two calls."""


groups = st.builds(
    lambda minimum, desired, room, weight, suspended: Group(
        "train",
        minimum=minimum,
        desired=max(minimum, desired),
        maximum=max(minimum, desired) + room,
        weight=weight,
        suspended=set(suspended),
    ),
    st.integers(0, 4),
    st.integers(0, 12),
    st.integers(0, 60),
    st.sampled_from([1, 1, 1, 2, 3]),
    st.lists(st.sampled_from(["AZRebalance", "ScheduledActions", "Terminate"]), max_size=1),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(1, 9),
        st.integers(0, 7),
        st.sampled_from(["", "", "another scales out", "a second handler", "crash"]),
    ),
    min_size=3,
    max_size=16,
)
policies = st.sampled_from(
    [
        {"ceiling": 10, "growth_instances": None},
        {"growth_instances": 6},
        {"ceiling": 15, "growth_instances": 8},
        {"dollars_per_hour": 9.0, "growth_instances": None},
    ]
)


class Story:
    """A group, what its owner last set, and the events that are on their way."""

    def __init__(self, group: Group, policy: dict[str, Any]) -> None:
        self.group = group
        self.stage = Stage(Cloud(group), enforce(**policy))
        self.owners = group.state
        self.on_the_way: list[dict[str, Any]] = []
        self.launches = 0

    def scale_out(self, by: int) -> None:
        before = self.group.desired
        self.group.scale_out(by)
        for _ in range(self.group.desired - before):
            self.launches += 1
            raw = launch_event("train", f"a{self.launches}", self.stage.now, before=before, after=self.group.desired)
            self.on_the_way.append(raw)

    def owner_sets_max(self, to: int) -> None:
        """An owner only raises it here: lowering it would terminate by their own hand."""
        if to > self.group.maximum:
            self.group.maximum = to
            self.owners = (self.owners[0], to, *self.owners[2:])

    def take(self, step: Step) -> None:
        what, number, at, interference = step
        self.stage.later(seconds=30)
        if what == "scale out":
            self.scale_out(number)
        elif what == "owner sets max":
            self.owner_sets_max(number * 12)
        elif what == "time passes":
            self.stage.later(minutes=number * 5)
        else:
            self._work(what, number, at, interference)

    def _work(self, what: str, number: int, at: int, interference: str) -> None:
        """A look, during whose `at`-th call something happens."""
        look: Callable[[], object] = self.stage.sweep
        if what.startswith("deliver"):
            if not self.on_the_way:
                return
            raw = self.on_the_way[number % len(self.on_the_way)]
            if what == "deliver":
                self.on_the_way.remove(raw)
            look = lambda: self.stage.event(raw)  # noqa: E731
        self._interfere(number, at, interference)
        try:
            look()
        except Crash:
            event("crashed")
            # Nobody touches a claim before its function must have ended.
            self.stage.later(minutes=21)
        except (ActionFailed, Refused):
            event("refused")
        self.stage.cloud.between = lambda call: None

    def _interfere(self, number: int, at: int, interference: str) -> None:
        calls = iter(range(1000))

        def between(call: str) -> None:
            if next(calls) != at:
                return
            event(f"{interference} before {call}")
            if interference == "another scales out":
                self.scale_out(number)
            elif interference == "crash":
                raise Crash
            elif interference == "a second handler" and self.on_the_way:
                self.stage.event(self.on_the_way[0])

        self.stage.cloud.between = between

    def settle(self) -> None:
        """A while later every sweep has run."""
        self.stage.later(minutes=25)
        self.stage.sweep()
        self.stage.later(minutes=1)
        self.stage.sweep()

    def check(self) -> None:
        group = self.group
        assert group.ended == [], "a cap terminates nobody"
        assert group.minimum <= group.desired <= group.maximum
        assert len(group.members) * group.weight >= group.minimum


@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups, policies, steps)
def test_a_cap_terminates_nobody_and_is_turned_back_whole(
    group: Group, policy: dict[str, Any], story: list[Step]
) -> None:
    it = Story(group, policy)
    for step in story:
        it.take(step)
        it.check()
    it.settle()
    it.check()
    assert ("Terminate" in group.suspended) is ("Terminate" in it.owners[3]), "only what was suspended is resumed"
    done = it.stage.done()
    if not done:
        event("nothing was capped")
        assert group.state[:2] == it.owners[:2]
        return
    event("capped")
    last = done[-1]
    assert isinstance(last["action"], dict)
    assert isinstance(last["action"]["prior"], dict)
    if group.maximum != it.owners[1]:
        assert last["action"]["prior"]["max"] == it.owners[1], "the state to restore is from before the first clamp"
        desired = group.desired
        it.stage.undo(str(last["action_id"]))
        event("turned back")
        assert group.state[:2] == it.owners[:2]
        assert group.suspended == it.owners[3]
        assert group.desired >= desired
        it.check()
