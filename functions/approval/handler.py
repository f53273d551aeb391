"""Entry of the approval function: steps of the workflow, visits of the page, presses of Slack's buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.approval import page, slack_buttons, steps, visits
from functions.approval.environment import Environment
from functions.approval.web import TooLarge, WebAnswer, read_request
from functions.core.types import MalformedEvent

HERE = Environment()


def handle(raw: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Dispatches on the shape of the input; what is neither a step nor a request from the URL is raised."""
    if not isinstance(raw, Mapping):
        raise MalformedEvent(f"an input is a JSON object, not {type(raw).__name__}")
    # First: a request from outside can put nothing beside its requestContext.
    if "requestContext" in raw:
        return _serve(raw).to_lambda()
    step = steps.STEPS.get(str(raw.get("fusebox")))
    if step is None:
        raise MalformedEvent(f"no step of the approval workflow: {raw.get('fusebox')!r:.80}")
    return step(HERE, raw)


def _serve(raw: Mapping[str, Any]) -> WebAnswer:
    try:
        request = read_request(raw)
    except TooLarge:
        refused = page.refusal(413, "Nothing was changed", "That was far larger than the form on the page.")
        return WebAnswer(refused.status, refused.body, refused.headers)
    if request.path == slack_buttons.PATH and HERE.slack_app:
        return slack_buttons.press(HERE, request)
    if HERE.page:
        return visits.visit(HERE, request)
    refused = page.refusal(404, "Nothing here", "This Fusebox serves no approval page.")
    return WebAnswer(refused.status, refused.body, refused.headers)
