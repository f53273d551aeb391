"""Hooks into moto's Step Functions interpreter: the tokens of tasks that wait for an answer, and exact times.

moto lets a task be answered after it timed out, gives a retry the token of the attempt before, whose wait then ends at
once, reads a Wait's timestamp in the machine's own time zone and ends it up to a second early, takes a time-out of zero
from a path, and lets a stopped execution wait on. Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.scope import Scope


@dataclass(frozen=True)
class TaskToken:
    """A token that was given out: the machine it belongs to, and moto's end of the wait for its answer."""

    machine_arn: str
    endpoint: Any
    running: bool

    @property
    def open(self) -> bool:
        """Whether the task still waits: it was not answered, did not time out, and its execution goes on."""
        return self.running and not self.endpoint._notify_event.is_set()


def find(scope: Scope, token: str) -> TaskToken | None:
    """The token, however old; None if no execution of this account gave it out."""
    for execution, env in _environments(scope):
        endpoint = env.callback_pool_manager.get(token)
        if endpoint is not None:
            running = execution.status == "RUNNING" and env.is_running()
            return TaskToken(execution.state_machine.arn, endpoint, running)
    return None


def stop(scope: Scope, execution_arn: str) -> None:
    """Ends the waits of an execution that was stopped; moto would let them last."""
    for execution, env in _environments(scope):
        if execution.exec_arn == execution_arn:
            _end_waits(env)


def _end_waits(env: Any) -> None:
    for endpoint in list(env.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()


def _environments(scope: Scope) -> Iterator[tuple[Any, Any]]:
    """Every execution that began, with what it runs in."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    backend: Any = stepfunctions_parser_backends[scope.account_id][scope.region]
    for machine in backend.state_machines:
        for execution in list(machine.executions):
            env = execution.exec_worker.env if execution.exec_worker else None
            if env is not None:
                yield execution, env


def succeed(token: TaskToken, output: str) -> None:
    """Lets the task go on with its output, a JSON text."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeSuccess

    token.endpoint.notify(CallbackOutcomeSuccess(token.endpoint.callback_id, output))


def fail(token: TaskToken, error: str | None, cause: str | None) -> None:
    """Lets the task fail."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeFailure

    token.endpoint.notify(CallbackOutcomeFailure(token.endpoint.callback_id, error, cause))


def beat(token: TaskToken) -> None:
    """Starts the task's heartbeat interval anew; without one it does nothing."""
    token.endpoint.notify_heartbeat()


def install_tasks() -> Callable[[], None]:
    """Closes a token with its attempt, and makes waits and time-outs exact; returns what undoes it."""
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
    from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsPath
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
    from moto.stepfunctions.parser.asl.eval.environment import Environment
    from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut

    task: Any = state_task_service_callback.StateTaskServiceCallback
    wait: Any = Timestamp
    timeout: Any = TimeoutSecondsPath
    environment: Any = Environment
    evaluate, wait_seconds, timeout_seconds = task._evaluate_with_timeout, wait._get_wait_seconds, timeout._eval_seconds
    set_error, set_timed_out = environment.set_error, environment.set_timed_out

    def evaluate_attempt(self: Any, env: Any) -> None:
        context = env.states.context_object
        if "Task" not in context.context_object_data:
            evaluate(self, env)
            return
        pool = env.callback_pool_manager
        endpoint = pool.get(context.context_object_data["Task"]["Token"])
        if endpoint._notify_event.is_set():
            endpoint = pool.add(context.update_task_token())
        try:
            evaluate(self, env)
        finally:
            endpoint.interrupt_all()

    def exact_wait(self: Any, env: Any) -> int:
        self.string.eval(env=env)
        text: str = env.stack.pop()
        moment: datetime | None = self._from_timestamp_string(text)
        if moment is None:
            raise FailureEventException(self._create_failure_event(env, text))
        return math.ceil(moment.replace(tzinfo=UTC).timestamp() - time.time())

    def positive_timeout(self: Any, env: Any) -> int:
        seconds = timeout_seconds(self, env)
        if type(seconds) is not int or seconds <= 0:
            raise FailureEventException(_runtime_error(env, f"TimeoutSecondsPath is {seconds!r}, no positive integer"))
        return seconds

    def error_unless_over(self: Any, error: Any) -> None:
        # What an execution was waiting for when it was stopped ends with an error, which must not become its own.
        if not isinstance(self.program_state(), ProgramStopped | ProgramTimedOut):
            set_error(self, error)

    def timed_out(self: Any) -> None:
        set_timed_out(self)
        _end_waits(self)

    task._evaluate_with_timeout = evaluate_attempt
    environment.set_error, environment.set_timed_out = error_unless_over, timed_out
    wait._get_wait_seconds = exact_wait
    timeout._eval_seconds = positive_timeout

    def undo() -> None:
        # The first is inherited; what was put in its place here goes away.
        del task._evaluate_with_timeout
        wait._get_wait_seconds = wait_seconds
        timeout._eval_seconds = timeout_seconds
        environment.set_error, environment.set_timed_out = set_error, set_timed_out

    return undo


def _runtime_error(env: Any, cause: str) -> Any:
    """The event of an execution that fails with States.Runtime."""
    from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    kind = StatesErrorNameType.StatesRuntime
    details = ExecutionFailedEventDetails(error=kind.to_name(), cause=cause)
    one_of: Any = EventDetails
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=kind),
        event_type=HistoryEventType.ExecutionFailed,
        event_details=one_of(executionFailedEventDetails=details),
    )
