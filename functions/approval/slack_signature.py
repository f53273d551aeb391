"""Slack's request signature, version 0.

Source: https://api.slack.com/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

SKEW_SECONDS = 300
"""Older or younger requests are refused: they may be replayed."""


def problem(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str:
    """Why a request is not Slack's, or "". `headers` have lower-case names; `body` is as it was sent."""
    stamp, given = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return "no timestamp"
    if abs(now.timestamp() - int(stamp)) > SKEW_SECONDS:
        return "timestamp more than five minutes off"
    signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(f"v0={signed}".encode(), given.encode()) else "wrong signature"
