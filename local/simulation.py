"""Time in the account: what is due now is delivered until nothing moves, and time jumps to what is due next."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from local import moto_machines, schedules
from local.errors import NeverQuiet
from local.services import Services
from local.wiring import Rule

MAX_STEPS = 10_000
MAX_RESTS = 250


class Simulation:
    """Moves the agenda, queues, state machines and schedules of an account; schedules count from its creation.

    One thread moves it at a time; `lock` is for what must not happen meanwhile.
    """

    def __init__(self, services: Services) -> None:
        self._world, self._gateway = services.world, services.gateway
        self._bus, self._mappings = services.bus, services.mappings
        self._created = self._world.clock.now()
        self._fired: dict[str, datetime] = {}
        self.lock = threading.RLock()

    def count_from_now(self, rules: Iterable[str]) -> None:
        """Lets the schedules of new rules (logical ids) fire from now on only."""
        self._fired.update(dict.fromkeys(rules, self._world.clock.now()))

    def settle(self) -> None:
        """Delivers all that is due now, and what that causes, until nothing moves.

        Schedules fire in `advance`.
        """
        with self.lock:
            self._settle()

    def _settle(self) -> None:
        for _ in range(MAX_STEPS):
            self.raise_problems()
            work = self._world.agenda.take_due(self._world.clock.now())
            if work is not None:
                work()
            elif not self._mappings.poll() and not self._machines_busy():
                self.raise_problems()
                return
        raise NeverQuiet(f"still busy after {MAX_STEPS} steps; is there a loop?")

    def advance(self, delta: timedelta) -> None:
        """Moves virtual time on; schedules, retries, delayed messages and waits come due in order of their
        time.
        """
        with self.lock:
            self._advance(delta)

    def _advance(self, delta: timedelta) -> None:
        target = self._world.clock.now() + delta
        self.settle()
        while True:
            due, rule = self._next_schedule()
            others = [
                moment
                for moment in (self._world.agenda.next_due(), self._mappings.next_visible(), self._next_wait())
                if moment is not None
            ]
            moment = min([*others, *([due] if due else [])], default=None)
            if moment is None or moment > target:
                break
            self._world.clock.jump_to(moment)
            if rule is not None and moment == due:
                self._fired[rule.logical_id] = moment
                if rule.name in self._bus.enabled():
                    self._bus.fire(rule)
            self.settle()
        self._world.clock.jump_to(target)
        self.settle()

    def rest(self) -> None:
        """Lets state machines come to their next wait, so that none is cut off in the middle of a call."""
        for _ in range(MAX_RESTS):
            if not self._machines_busy():
                return
            time.sleep(0.02)

    def raise_problems(self) -> None:
        """Raises the first of the model's own errors that answering a request met."""
        problems, self._world.problems[:] = list(self._world.problems), []
        if problems:
            raise problems[0]

    def _next_schedule(self) -> tuple[datetime | None, Rule | None]:
        upcoming = []
        for rule in self._world.wiring.rules.values():
            if rule.schedule is not None:
                moment = schedules.next_fire(
                    rule.schedule, self._created, self._fired.get(rule.logical_id, self._created)
                )
                if moment is not None:
                    upcoming.append((moment, rule))
        return min(upcoming, key=lambda pair: pair[0]) if upcoming else (None, None)

    def _next_wait(self) -> datetime | None:
        deadline = moto_machines.state_machine_waits().next_deadline()
        return datetime.fromtimestamp(deadline, UTC) if deadline is not None else None

    def _machines_busy(self) -> bool:
        """Whether a state machine is at work, that is, running and not parked in a wait or for a token."""
        waits = moto_machines.state_machine_waits()

        def look() -> tuple[bool, list[moto_machines.ExecutionState]]:
            running = [e for e in moto_machines.executions(self._world.scope) if e.status == "RUNNING"]
            deadline = waits.next_deadline()
            resting = (
                not self._gateway.in_flight
                and waits.parked() >= len(running)
                and (deadline is None or deadline > self._world.clock.now().timestamp())
            )
            return resting or not running, running

        resting, before = look()
        if not before:
            return False
        # A branch may be at work beside a parked one; work shows in the history within a moment.
        time.sleep(0.02)
        still_resting, after = look()
        return not (resting and still_resting and before == after)
