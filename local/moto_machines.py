"""Hooks into moto's Step Functions interpreter: virtual waits, a task's own role, and how far executions are.

A state machine's waits (Wait, Retry, TimeoutSeconds, task tokens) must follow virtual time. moto waits on
threading.Event, Thread.join and time.sleep in five modules; while an account is open those modules get stand-ins. Like
moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from moto.core.config import default_user_config

from local.scope import Scope

_PARSER = "moto.stepfunctions.parser"
_EVENT_MODULES = (f"{_PARSER}.asl.eval.environment", f"{_PARSER}.asl.component.state.exec.execute_state")
_CALLBACK_MODULE = f"{_PARSER}.asl.eval.callback.callback"
_PROGRAM_MODULE = f"{_PARSER}.asl.component.program.program"
_RETRY_MODULE = f"{_PARSER}.asl.component.common.retry.retrier_decl"
_FOREVER = 10 * 365 * 86400


@dataclass(frozen=True)
class _Wait:
    event: threading.Event
    deadline: float | None
    parks: bool


class StateMachineWaits:
    """The waits of running state machines: when the next one ends, and how many threads are parked in one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: dict[int, _Wait] = {}
        self._tickets = itertools.count()
        self._abandoned = False

    def abandon(self) -> None:
        """Lets every thread that still waits sleep for good: its account is gone, and nothing may go on in
        it.
        """
        self._abandoned = True

    def next_deadline(self) -> float | None:
        """Epoch seconds of the earliest wait that ends by itself."""
        with self._lock:
            return min((w.deadline for w in self._waits.values() if w.deadline is not None), default=None)

    def parked(self) -> int:
        """How many threads wait for time to pass or for a token, not counting those about to go on."""
        with self._lock:
            return sum(w.parks and not w.event.is_set() for w in self._waits.values())

    def wait(
        self,
        event: threading.Event,
        real_wait: Callable[[float | None], bool],
        timeout: float | None,
        parks: bool,
    ) -> bool:
        deadline = None if timeout is None or timeout > _FOREVER else time.time() + timeout
        with self._lock:
            ticket = next(self._tickets)
            self._waits[ticket] = _Wait(event, deadline, parks)
        try:
            # Virtual time jumps without telling this thread, so it looks at the clock every few real
            # milliseconds.
            while not event.is_set() and (deadline is None or time.time() < deadline):
                real_wait(None if self._abandoned else 0.005)
            if self._abandoned:
                # Its account is closed, and the clock is another's: what looks like its deadline is not.
                threading.Event().wait()
            return event.is_set()
        finally:
            with self._lock:
                del self._waits[ticket]


def _event_type(waits: StateMachineWaits, parks: bool) -> type[threading.Event]:
    class VirtualEvent(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return waits.wait(self, super().wait, timeout, parks)

    return VirtualEvent


def _thread_type(event_type: type[threading.Event]) -> type[threading.Thread]:
    class VirtualThread(threading.Thread):
        """A thread that is joined for virtual seconds: the time-out of a whole execution."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._finished = event_type()

        def run(self) -> None:
            try:
                super().run()
            finally:
                self._finished.set()

        def join(self, timeout: float | None = None) -> None:
            self._finished.wait(timeout)

        def is_alive(self) -> bool:
            return not self._finished.is_set()

    return VirtualThread


def install_state_machines(client_for_role: Callable[[str, str], Any]) -> Callable[[], None]:
    """Makes moto execute state machines in virtual time and with their own roles; returns what undoes it.

    `client_for_role(service, role_arn)` gives the boto3 client a task calls with.
    """
    from moto.stepfunctions.parser import models

    waits = StateMachineWaits()
    default_user_config.setdefault("stepfunctions", {})["execute_state_machine"] = True
    changed: list[tuple[Any, str, Any]] = []

    def replace(module: Any, name: str, value: Any) -> None:
        changed.append((module, name, getattr(module, name)))
        setattr(module, name, value)

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001
        return client_for_role(service, state_credentials.role_arn)

    # A task's overall timeout thread waits while the task works, so it does not count as parked.
    running, parked = _event_type(waits, parks=False), _event_type(waits, parks=True)
    environment, execute_state = (sys.modules[name] for name in _EVENT_MODULES)
    replace(environment, "threading", SimpleNamespace(Event=parked, RLock=threading.RLock))
    replace(execute_state, "threading", SimpleNamespace(Event=running))
    replace(sys.modules[_PROGRAM_MODULE], "threading", SimpleNamespace(Thread=_thread_type(running)))
    replace(sys.modules[_CALLBACK_MODULE], "Event", parked)
    replace(sys.modules[_RETRY_MODULE], "time", SimpleNamespace(sleep=lambda seconds: parked().wait(seconds)))
    original = sys.modules[f"{_PARSER}.asl.utils.boto_client"].boto_client_for
    for name, module in list(sys.modules.items()):
        if name.startswith(_PARSER) and getattr(module, "boto_client_for", None) is original:
            replace(module, "boto_client_for", boto_client_for)
    models.stepfunctions_parser_backends.reset()
    global _waits
    _waits = waits

    # moto reports a failed state, which a Catch may be waiting for, as an error of its own on stderr.
    log = logging.getLogger(_PARSER)
    level = log.level
    log.setLevel(logging.CRITICAL)

    def undo() -> None:
        waits.abandon()
        log.setLevel(level)
        for module, name, value in reversed(changed):
            setattr(module, name, value)
        default_user_config["stepfunctions"]["execute_state_machine"] = False

    return undo


_waits = StateMachineWaits()


def state_machine_waits() -> StateMachineWaits:
    """The waits of the account that is open."""
    return _waits


@dataclass(frozen=True)
class ExecutionState:
    """How far an execution came: its status and the number of its history events."""

    arn: str
    status: str
    events: int


def executions(scope: Scope) -> list[ExecutionState]:
    """Every execution of every state machine."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    found = []
    parser_backend: Any = stepfunctions_parser_backends[scope.account_id][scope.region]
    for machine in parser_backend.state_machines:
        for execution in list(machine.executions):
            env = execution.exec_worker.env if execution.exec_worker else None
            events = len(env.event_manager.get_event_history()) if env is not None else 0
            found.append(ExecutionState(execution.exec_arn, str(execution.status), events))
    return found
