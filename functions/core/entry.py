"""What a guardrail's Lambda function does with whatever reaches it.

A step of a sweep or of an approval from its state machine, an undo that a page or button asked for, an
EventBridge event, or a batch of such events from the delay queue. Anything else, and anything that fails,
is raised: retries and the failure queue depend on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.core import alerts, approved, engine, requests, troubles, undo_step, workflow
from functions.core.digest import digest
from functions.core.events import Skip, foreign, read_event
from functions.core.guardrail import Connection, Guardrail, Notes
from functions.core.memory import Memory
from functions.core.report import RunReport
from functions.core.run import Asks, Run, new_run_id, run_id
from functions.core.state import parse_moment
from functions.core.surroundings import Surroundings
from functions.core.types import ActionFailed, Busy, Disposition, MalformedEvent, Refused
from functions.core.undoing import Undoer

WIND_DOWN_MS = 90_000
"""A sweep hands over this long before its function's time runs out: longer than any one action takes, with the
retries of its call."""

Handler = Callable[[Any, Any], Any]


def entry(guardrail: Guardrail[Any, Any]) -> Handler:
    """The handler of a guardrail's function. Makes nothing until the first invocation."""
    function = Function(guardrail)
    return function.handle


class Function(Surroundings):
    """A guardrail's function: what is made once and kept between invocations."""

    def __init__(self, guardrail: Guardrail[Any, Any]) -> None:
        super().__init__(guardrail.spec.settings)
        self.guardrail = guardrail

    def handle(self, raw: Any, context: Any) -> Any:
        """Dispatches on the shape of the input."""
        step = raw.get("fusebox") if isinstance(raw, dict) else None
        if step == "sweep":
            return self.sweep(raw, context)
        if step == "act":
            return self.act(raw, context)
        if step == "undo":
            return self.undo(raw)
        if isinstance(raw, dict) and isinstance(raw.get("Records"), list):
            return self.batch(raw, context)
        return self.event(raw)

    def sweep(self, step: dict[str, Any], context: Any) -> dict[str, Any]:
        """One step of a sweep: pages until done or the time runs low. The last step sends the digest."""
        run = self._run(run_id(parse_moment(step["started"]), step["execution"]))
        report = RunReport.from_json(step["report"]) if step.get("report") else run.new_report()
        handed_on = False
        try:
            cursor = engine.sweep(
                run,
                report,
                step.get("cursor") or "",
                stop=lambda: _low(context),
            )
            handed_on = cursor is not None
        except Busy as busy:
            self.log.warning(str(busy))
            return {"done": True, "cursor": "", "partial": False, "report": None, "skipped": str(busy)}
        finally:
            # Also where the sweep ends early: what was done is told, whatever happened afterwards.
            if not handed_on:
                try:
                    self._tell(report)
                finally:
                    self._start(report.requests)
        return {
            "done": cursor is None,
            "cursor": cursor or "",
            "partial": report.partial,
            "report": report.to_json(),
            "skipped": "",
        }

    def batch(self, raw: dict[str, Any], context: Any) -> Any:
        """Looks at events that waited together, each for itself; one message tells of them all (field report F21)."""
        run = self._run(new_run_id(self.clock()))
        told = run.new_report()

        def look(record: SQSRecord) -> None:
            self._look(_body(record), run, told)

        try:
            return process_partial_response(
                event=raw, record_handler=look, processor=BatchProcessor(EventType.SQS), context=context
            )
        finally:
            if told.seen or told.settled:
                self._tell(told)

    def event(self, raw: Any) -> dict[str, Any]:
        """Looks at what one event names, and tells of it."""
        run = self._run(new_run_id(self.clock()))
        told = run.new_report()
        try:
            return self._look(raw, run, told)
        finally:
            if told.seen or told.settled:
                self._tell(told)

    def _look(self, raw: Any, run: Run[Any, Any], told: RunReport) -> dict[str, Any]:
        """Looks at what an event names, and adds to what is told. Raises where a change failed, to be tried again."""
        event = read_event(raw)
        subjects = foreign(event, self.scope, self.clock()) or self.guardrail.subjects(event, self.scope)
        if isinstance(subjects, Skip):
            self.log.info("skipped", extra={"event": event.id, "reason": subjects.reason})
            return {"skipped": subjects.reason}
        account: object = self.account
        if isinstance(account, Notes):
            account.note(event)
        report = engine.look_at(run, subjects)
        told.join(report)
        self._start(report.requests)
        if report.partial or report.counts[Disposition.IN_FLIGHT]:
            # Tried again, because nobody else may: the other run could have crashed.
            raise ActionFailed(f"run {report.run}: {json.dumps(report.examples)}")
        return {"counts": dict(report.counts)}

    def act(self, step: dict[str, Any], context: Any) -> dict[str, Any]:
        """One step of acting on what a person approved; not done where the time ran low."""
        request = requests.existing(self.table, str(step["request"]))
        if request.guardrail != self.guardrail.name or request.status != "approved":
            raise Refused(f"request {request.id} of {request.guardrail} is {request.status}: nothing to act on")
        report = RunReport(request.id, self.guardrail.name, self.settings.mode)
        ended = approved.act_on(self._run(request.id), request, report, stop=lambda: _low(context))
        self.log.info("approved", extra={"report": report.to_json()})
        self._start(ended.requests)
        return {"done": ended.done, "counts": dict(report.counts)}

    def undo(self, step: dict[str, Any]) -> dict[str, Any]:
        """Turns actions back, as the approval page or a button asked, and tells how that ended."""
        run = self._run(new_run_id(self.clock()))
        undoer = Undoer(run.guardrail, run.settings, run.account, run.table, run.clock, run.own_prefix, str(step["by"]))
        wanted = [(str(resource), str(action)) for resource, action in step["actions"]]
        ended = undo_step.undo(undoer, wanted, str(step.get("reason") or ""))
        told = undo_step.notice(ended, undoer, run.settings.mode, run.id, self.scope, self.commands)
        alerts.publish(self.clients, self.topic, told)
        if undo_step.failed(ended):
            raise ActionFailed(told.title)
        return {"title": told.title}

    def _run(self, run_id: str) -> Run[Any, Any]:
        prefix = os.environ["FUSEBOX_NAME"] + "-"
        asks = Asks(int(os.environ["FUSEBOX_DEADLINE_HOURS"]), os.environ["FUSEBOX_OWNER_TAG"])
        return Run(self.guardrail, self.settings, self.account, self.table, self.clock, prefix, run_id, asks)

    def _start(self, wanted: Iterable[str]) -> None:
        """Starts the workflows of what was asked."""
        for request in wanted:
            machine, function = os.environ["FUSEBOX_APPROVAL_MACHINE"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]
            workflow.start(self.clients, self.table, machine, function, request, self.clock())

    def _tell(self, report: RunReport) -> None:
        self.log.info("run", extra={"report": report.to_json()})
        if report.has_news or troubles.untold(self.table, report, self.clock()):
            told = digest(report, self.scope, self.commands, asks_apart=True)
            alerts.publish(self.clients, self.topic, told)
            troubles.tell(self.table, report, self.clock())

    @cached_property
    def account(self) -> Any:
        memory = Memory(self.table, self.guardrail.name)
        return self.guardrail.connect(Connection(self.clients, self.scope, self.settings, self.clock, memory))


def _body(record: SQSRecord) -> Any:
    try:
        return json.loads(record.body)
    except ValueError as error:
        raise MalformedEvent(f"message {record.message_id} is no JSON") from error


def _low(context: Any) -> bool:
    """Whether the function's time runs low."""
    return bool(context.get_remaining_time_in_millis() < WIND_DOWN_MS)
