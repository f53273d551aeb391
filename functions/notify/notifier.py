"""Takes notices from the alerts queue and tells them in Slack, each once, for as long as it takes.

What Slack does not take goes back to the queue with a pause that doubles; SQS moves it to the failure queue once it
came RECEIVES times (stacks/notify.py), which is some six hours later.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cached_property
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

from functions.core.dynamodb_table import Contended
from functions.core.notice import Notice
from functions.core.secret_value import SecretValue
from functions.core.surroundings import Surroundings
from functions.core.table import Key, Row
from functions.core.types import MalformedEvent, iso
from functions.notify import blocks, webhook
from functions.notify.operations import Operations
from functions.notify.reading import notice_of
from functions.notify.spec import SlackSettings
from functions.notify.waiting import PutOff, pause_for

TOLD = "state#told"
REMEMBERED = timedelta(days=14)
"""Longer than a message can come again: the queue keeps it for seven days."""


class Notifier(Surroundings):
    """The notify function: what is made once and kept between invocations."""

    timeout = webhook.TIMEOUT

    def __init__(self) -> None:
        super().__init__(SlackSettings)
        self._put_off: PutOff | None = None

    def handle(self, raw: Any, context: Any) -> Any:
        """Tells a batch of the queue; names the records that failed, which then come again."""
        if not isinstance(raw, dict) or not isinstance(raw.get("Records"), list):
            raise MalformedEvent("notify takes batches of its queue and nothing else")
        self._put_off = None
        # A batch that failed as a whole is no error of this function: its messages wait.
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event=raw, record_handler=self._record, processor=processor, context=context)

    def _record(self, record: SQSRecord) -> None:
        """One record; whatever goes wrong, it comes again after a pause of its own."""
        pause = pause_for(int(record.attributes.approximate_receive_count))
        told = False
        try:
            self._tell(record.body)
            told = True
        except PutOff as waiting:
            pause = max(pause, waiting.seconds)
            raise
        except MalformedEvent:
            pause = 0
            raise
        finally:
            if not told:
                self._come_again(record, pause)

    def _tell(self, body: str) -> None:
        notice = notice_of(body)
        if self._put_off:
            raise self._put_off
        key: Key = (TOLD, notice.key)
        if self.table.get([key]):
            self.log.info("told before", extra={"notice": notice.key})
            return
        url = self.secret.value(self.clock())
        if not url:
            self.log.info("not told: Slack is not configured", extra={"notice": notice.key})
            self.operations.not_configured(self.clock())
            return
        message = blocks.message(notice, mentions=self.settings.mentions, app=self.settings.app)
        self._ended(webhook.post(url, message, self.timeout), notice)
        self.log.info("told", extra={"notice": notice.key})
        self._remember(key)

    def _remember(self, key: Key) -> None:
        """Notes what Slack has. Where that fails the message must not come again: Slack would have it twice."""
        now = self.clock()
        row = Row(*key, {"at": iso(now)}, expires=int((now + REMEMBERED).timestamp()))
        try:
            self.table.write([(row,)])
        except (ClientError, BotoCoreError, Contended) as error:
            self.log.error("told, but not noted", extra={"notice": key[1], "problem": str(error)})

    def _ended(self, outcome: webhook.Outcome, notice: Notice) -> None:
        """Raises PutOff for what Slack did not take. While Slack is down the rest of the batch need not try."""
        if isinstance(outcome, webhook.Sent):
            return
        self.log.warning("not told yet", extra={"notice": notice.key, "why": outcome.why})
        if isinstance(outcome, webhook.Later):
            self._put_off = PutOff(outcome.why, outcome.seconds)
            raise self._put_off
        self.secret.forget()
        self.operations.refused(outcome.why, self.clock())
        raise PutOff.until_repaired(outcome.why)

    def _come_again(self, record: SQSRecord, pause: int) -> None:
        """Called while the error is on its way up: the batch processor keeps it, and logs nothing."""
        self.log.warning("comes again", extra={"record": record.message_id, "pause": pause}, exc_info=True)
        self.clients.get("sqs").change_message_visibility(
            QueueUrl=os.environ["FUSEBOX_NOTIFY_QUEUE"], ReceiptHandle=record.receipt_handle, VisibilityTimeout=pause
        )

    @cached_property
    def secret(self) -> SecretValue:
        return SecretValue(self.clients, os.environ["FUSEBOX_SLACK_SECRET"])

    @cached_property
    def operations(self) -> Operations:
        topic, stack = os.environ["FUSEBOX_OPERATIONS_TOPIC"], os.environ["FUSEBOX_STACK"]
        return Operations(self.clients, self.table, topic, stack)
