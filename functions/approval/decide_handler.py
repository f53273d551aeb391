"""Entry of the decide function: the command's answers, through the URL that IAM guards."""

from __future__ import annotations

from typing import Any

from functions.approval import command
from functions.approval.environment import Environment
from functions.approval.web import COMMAND_LIMIT, TooLarge, WebAnswer, read_request

HERE = Environment()


def handle(raw: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """One HTTP request; raises MalformedEvent for an event that is none."""
    try:
        request = read_request(raw, COMMAND_LIMIT)
    except TooLarge:
        return WebAnswer(413, '{"error": "the body is too large"}').to_lambda()
    return command.answer(HERE, request).to_lambda()
