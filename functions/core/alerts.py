"""Publishes notices on the alerts topic."""

from __future__ import annotations

from functions.core import message
from functions.core.clients import Clients
from functions.core.notice import Notice


def publish(clients: Clients, topic_arn: str, notice: Notice) -> None:
    """Sends a notice in one body per protocol."""
    clients.get("sns").publish(
        TopicArn=topic_arn,
        Subject=message.subject(notice),
        Message=message.by_protocol(notice),
        MessageStructure="json",
    )
