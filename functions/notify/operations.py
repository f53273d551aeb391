"""Says on the operations topic what keeps messages from Slack, once and not with every message."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.core.clients import Clients
from functions.core.dynamodb_table import DynamoDBTable
from functions.core.table import Key, Row
from functions.core.types import iso

NOTICES = "state#notices"
COMMAND = "fusebox secret set slack-webhook"
NOT_CONFIGURED = """\
Fusebox has something to tell in Slack, and no webhook to tell it with.

Make an incoming webhook in Slack and hand it over on standard input:

    {command}

Until then nothing is told in Slack, and nothing is kept for it. All other subscribers of the alerts topic are told.
Without Slack, set `webhook: false` in the policy. This is said only once.
"""
REFUSED = """\
Slack refuses the messages of Fusebox: {why}.

Repair it in Slack, or hand over another webhook on standard input, with no deployment:

    {command}

Messages wait for some six hours and are then in the failure queue, from which `fusebox redrive` takes them. All other
subscribers of the alerts topic are told. This is said once a day.
"""


class Operations:
    """The operations topic, and what was said on it already.

    It is said before that is noted: two functions at once may say it twice, but it is never left unsaid.
    """

    def __init__(self, clients: Clients, table: DynamoDBTable, topic: str, stack: str) -> None:
        self._clients = clients
        self._table = table
        self._topic = topic
        self._command = f"{COMMAND} --stack {stack}"

    def not_configured(self, now: datetime) -> None:
        """The secret has no value."""
        text = NOT_CONFIGURED.format(command=self._command)
        self._once("slack-not-configured", "Fusebox: Slack is not configured", text, now)

    def refused(self, why: str, now: datetime) -> None:
        """Slack refuses the webhook or a message."""
        text = REFUSED.format(command=self._command, why=why)
        name = f"slack-refused-{now:%Y-%m-%d}"
        self._once(name, "Fusebox: Slack refuses its messages", text, now, lasts=timedelta(days=14))

    def _once(self, name: str, subject: str, text: str, now: datetime, lasts: timedelta | None = None) -> None:
        key: Key = (NOTICES, name)
        if self._table.get([key]):
            return
        self._clients.get("sns").publish(TopicArn=self._topic, Subject=subject, Message=text)
        expires = int((now + lasts).timestamp()) if lasts else 0
        self._table.write([(Row(*key, {"at": iso(now)}, expires=expires),)])
