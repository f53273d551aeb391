"""What a guardrail's Lambda function does with whatever reaches it.

A step of a sweep or of an approval from its state machine, an undo that a page or button asked for, an
EventBridge event, a batch of such events from the delay queue, or a message of its topic. Anything else, and
anything that fails, is raised: retries and the failure queue depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.core import alerts, approved, engine, requests, undo_step
from functions.core.guardrail import Guardrail
from functions.core.items import of_request
from functions.core.looks import Looks
from functions.core.messages import is_from_topic
from functions.core.report import RunReport
from functions.core.requests import Request
from functions.core.run import new_run_id, run_id
from functions.core.state import parse_moment
from functions.core.types import ActionFailed, Busy, Disposition, Refused
from functions.core.undoing import Undoer

WIND_DOWN_MS = 90_000
"""A sweep hands over this long before its function's time runs out: longer than any one action takes, with the
retries of its call."""

Handler = Callable[[Any, Any], Any]


def entry(guardrail: Guardrail[Any, Any]) -> Handler:
    """The handler of a guardrail's function. Makes nothing until the first invocation."""
    function = Function(guardrail)
    return function.handle


class Function(Looks):
    """A guardrail's function: what is made once and kept between invocations."""

    def handle(self, raw: Any, context: Any) -> Any:
        """Dispatches on the shape of the input."""
        step = raw.get("fusebox") if isinstance(raw, dict) else None
        if step == "sweep":
            return self.sweep(raw, context)
        if step == "act":
            return self.act(raw, context)
        if step == "undo":
            return self.undo(raw)
        if is_from_topic(raw):
            return self.messages(raw)
        if isinstance(raw, dict) and isinstance(raw.get("Records"), list):
            return self.batch(raw, context)
        return self.event(raw)

    def sweep(self, step: dict[str, Any], context: Any) -> dict[str, Any]:
        """One step of a sweep: pages until done or the time runs low. The last step sends the digest."""
        run = self.new_run(run_id(parse_moment(step["started"]), step["execution"]))
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
                    self.tell(report)
                finally:
                    self.start(report.requests)
        return {
            "done": cursor is None,
            "cursor": cursor or "",
            "partial": report.partial,
            "report": report.to_json(),
            "skipped": "",
        }

    def act(self, step: dict[str, Any], context: Any) -> dict[str, Any]:
        """One step of acting on what a person approved; not done where the time ran low."""
        request = requests.existing(self.table, str(step["request"]))
        if request.guardrail != self.guardrail.name or request.status != "approved":
            raise Refused(f"request {request.id} of {request.guardrail} is {request.status}: nothing to act on")
        report = RunReport(request.id, self.guardrail.name, self.settings.mode)
        ended = approved.act_on(self.new_run(request.id), request, report, stop=lambda: _low(context))
        self.log.info("approved", extra={"report": report.to_json()})
        self.start(ended.requests)
        if ended.done:
            self._follow(request)
        return {"done": ended.done, "counts": dict(report.counts)}

    def _follow(self, request: Request) -> None:
        """Looks at what is led by what was done just now, such as the keys of a budget whose breaker was closed."""
        run = self.new_run(new_run_id(self.clock()))
        done = [one.resource for one in of_request(self.table, request.id) if one.result == Disposition.DONE]
        led = engine.led_by(run, done)
        if led:
            report = engine.look_at(run, led)
            self.start(report.requests)
            self.tell(report)

    def undo(self, step: dict[str, Any]) -> dict[str, Any]:
        """Turns actions back, as the approval page or a button asked, and tells how that ended."""
        run = self.new_run(new_run_id(self.clock()))
        undoer = Undoer(run.guardrail, run.settings, run.account, run.table, run.clock, run.own_prefix, str(step["by"]))
        wanted = [(str(resource), str(action)) for resource, action in step["actions"]]
        ended = undo_step.undo(undoer, wanted, str(step.get("reason") or ""))
        told = undo_step.notice(ended, undoer, run.settings.mode, run.id, self.scope, self.commands)
        alerts.publish(self.clients, self.topic, told)
        if undo_step.failed(ended):
            raise ActionFailed(told.title)
        return {"title": told.title}


def _low(context: Any) -> bool:
    """Whether the function's time runs low."""
    return bool(context.get_remaining_time_in_millis() < WIND_DOWN_MS)
