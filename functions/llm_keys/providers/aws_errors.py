"""What AWS says when it refuses, as the errors of a switch: one line, and whether the change may have been made."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import refusals
from functions.core.one_line import one_line
from functions.llm_keys.providers.provider import ProviderFailed

LONGEST = 400
"""Characters of AWS's own words in an error."""


def code_of(error: ClientError | BotoCoreError) -> str:
    """AWS's word for it, or "" where there was no answer."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def not_read(error: ClientError | BotoCoreError, what: str) -> ProviderFailed:
    """A read that failed: nothing was changed by it."""
    return ProviderFailed(f"{what}: {one_line(str(error), LONGEST)}")


def not_written(error: ClientError | BotoCoreError, what: str) -> ProviderFailed:
    """A change that failed; uncertain after a time-out, a broken connection, a 5xx, or a try that went before."""
    return ProviderFailed(f"{what}: {one_line(str(error), LONGEST)}", certain=refusals.action_failed(error).certain)
