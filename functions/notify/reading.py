"""Pure: the notice that a message of the alerts queue holds."""

from __future__ import annotations

import json
from typing import Any

from functions.core.notice import Notice
from functions.core.types import MalformedEvent


def notice_of(body: str) -> Notice:
    """Reads a notice delivered raw, or inside a notification of SNS; MalformedEvent where there is none."""
    data = _object(body)
    if data.get("Type") == "Notification":
        data = _object(data.get("Message"))
    if data.get("fusebox") != "notice":
        raise MalformedEvent("a message on the alerts queue is no notice of Fusebox")
    try:
        return Notice.from_json(data)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"a notice on the alerts queue cannot be read: {error!r:.200}") from error


def _object(text: Any) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (TypeError, ValueError) as error:
        raise MalformedEvent("a message on the alerts queue is no JSON") from error
    if not isinstance(data, dict):
        raise MalformedEvent("a message on the alerts queue is no JSON object")
    return data
