"""What a guardrail's function does with events, batches of them, and messages of its topic."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.core import alerts, engine, troubles, workflow
from functions.core.clients import Clients
from functions.core.digest import digest
from functions.core.events import Heard, Skip, foreign, read_event
from functions.core.guardrail import Connection, Guardrail, Notes
from functions.core.memory import Memory
from functions.core.messages import Message, read_messages
from functions.core.report import RunReport
from functions.core.run import Asks, Run, new_run_id
from functions.core.state import CLOCK_SLACK
from functions.core.surroundings import Surroundings
from functions.core.types import ActionFailed, Disposition, MalformedEvent, Refused


class Looks(Surroundings):
    """A guardrail's function as far as something arrives that it is to look at."""

    def __init__(self, guardrail: Guardrail[Any, Any]) -> None:
        super().__init__(guardrail.spec.settings)
        self.guardrail = guardrail

    def event(self, raw: Any) -> dict[str, Any]:
        """Looks at what one event names, and tells of it."""
        run = self.new_run(new_run_id(self.clock()))
        told = run.new_report()
        try:
            return self._look(raw, run, told)
        finally:
            self._tell_if_looked(told)

    def batch(self, raw: dict[str, Any], context: Any) -> Any:
        """Looks at events that waited together, each for itself; one message tells of them all (field report F21)."""
        run = self.new_run(new_run_id(self.clock()))
        told = run.new_report()

        def look(record: SQSRecord) -> None:
            self._look(_body(record), run, told)

        try:
            return process_partial_response(
                event=raw, record_handler=look, processor=BatchProcessor(EventType.SQS), context=context
            )
        finally:
            self._tell_if_looked(told)

    def messages(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Looks at what messages of the guardrail's topic name; what cannot be read is told, and raised."""
        run = self.new_run(new_run_id(self.clock()))
        told = run.new_report()
        try:
            heard = self._heard(raw, told)
            return {"messages": [self._look_at(what, cause, run, told) for what, cause in heard]}
        finally:
            self._tell_if_looked(told)

    def new_run(self, run_id: str) -> Run[Any, Any]:
        """A run of the guardrail in this account, by its id."""
        prefix = os.environ["FUSEBOX_NAME"] + "-"
        asks = Asks(int(os.environ["FUSEBOX_DEADLINE_HOURS"]), os.environ["FUSEBOX_OWNER_TAG"])
        return Run(self.guardrail, self.settings, self.account, self.table, self.clock, prefix, run_id, asks)

    def start(self, wanted: Iterable[str]) -> None:
        """Starts the workflows of what was asked."""
        for request in wanted:
            machine, function = os.environ["FUSEBOX_APPROVAL_MACHINE"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]
            workflow.start(self.clients, self.table, machine, function, request, self.clock())

    def tell(self, report: RunReport) -> None:
        """Logs what a run did, and publishes it where there is anything new to tell."""
        self.log.info("run", extra={"report": report.to_json()})
        if report.has_news or troubles.untold(self.table, report, self.clock()):
            told = digest(report, self.scope, self.commands, asks_apart=True)
            alerts.publish(self.clients, self.topic, told)
            troubles.tell(self.table, report, self.clock())

    @cached_property
    def clients(self) -> Clients:
        """Clients that an urgent guardrail's function, which has little time, does not wait for so long."""
        return Clients.urgent() if self.guardrail.spec.urgent else Clients()

    @cached_property
    def account(self) -> Any:
        """The account as the guardrail knows it."""
        memory = Memory(self.table, self.guardrail.name)
        base = os.environ["FUSEBOX_NAME"]
        return self.guardrail.connect(Connection(self.clients, self.scope, self.settings, self.clock, memory, base))

    def _heard(self, raw: dict[str, Any], told: RunReport) -> list[tuple[Heard | Skip, str]]:
        """What messages ask to look at, each with its id; what cannot be read is told of, and raised."""
        try:
            return [(self._hear(one), one.message_id) for one in read_messages(raw)]
        except (MalformedEvent, Refused) as error:
            told.could_not_read([f"a message of the topic changed nothing: {error}"])
            raise

    def _hear(self, message: Message) -> Heard | Skip:
        hears = self.guardrail.hears
        own = f"{os.environ['FUSEBOX_NAME']}-{self.guardrail.spec.topic}"
        if hears is None or message.topic_arn != self.scope.arn("sns", own):
            raise Refused(
                f"message {message.message_id!r:.80} is from {message.topic_arn!r:.200}, which is not read here"
            )
        if message.sent_at > self.clock() + CLOCK_SLACK:
            raise Refused(f"message {message.message_id!r:.80} is from after now: no action on odd clocks")
        return hears(message, self.scope, self.settings)

    def _look(self, raw: Any, run: Run[Any, Any], told: RunReport) -> dict[str, Any]:
        """Looks at what an event names, and adds to what is told. Raises where a change failed, to be tried again."""
        event = read_event(raw)
        subjects = foreign(event, self.scope, self.clock()) or self.guardrail.subjects(event, self.scope)
        account: object = self.account
        if isinstance(account, Notes) and not isinstance(subjects, Skip):
            account.note(event)
        return self._look_at(subjects, event.id, run, told)

    def _look_at(
        self, subjects: Sequence[str] | Heard | Skip, cause: str, run: Run[Any, Any], told: RunReport
    ) -> dict[str, Any]:
        if isinstance(subjects, Skip):
            self.log.info("skipped", extra={"event": cause, "reason": subjects.reason})
            return {"skipped": subjects.reason}
        if isinstance(subjects, Heard):
            told.hears([subjects.note] if subjects.note else [])
            subjects = subjects.arns
        report = engine.look_at(run, subjects)
        told.join(report)
        self.start(report.requests)
        if report.partial or (report.counts[Disposition.IN_FLIGHT] and not run.guardrail.spec.urgent):
            # Tried again, because nobody else may: the other run could have crashed. An urgent sweep comes soon enough.
            raise ActionFailed(f"run {report.run}: {json.dumps(report.examples)}")
        return {"counts": dict(report.counts)}

    def _tell_if_looked(self, report: RunReport) -> None:
        if report.seen or report.settled or report.heard or report.trouble:
            self.tell(report)


def _body(record: SQSRecord) -> Any:
    try:
        return json.loads(record.body)
    except ValueError as error:
        raise MalformedEvent(f"message {record.message_id} is no JSON") from error
