"""Publishes messages on the alerts topic."""

from __future__ import annotations

from functions.core.clients import Clients
from functions.core.digest import Message


def publish(clients: Clients, topic_arn: str, message: Message) -> None:
    """Sends a message in one body per protocol."""
    clients.get("sns").publish(
        TopicArn=topic_arn,
        Subject=message.subject,
        Message=message.by_protocol(),
        MessageStructure="json",
    )
