"""What an error of AWS says about the change that was asked for."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from functions.core.types import ActionFailed

NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError)


def surely_undone(error: ClientError) -> bool:
    """Whether AWS surely did nothing: after a retry, an earlier try may have worked though its answer was lost."""
    about = error.response.get("ResponseMetadata", {})
    return bool(about.get("HTTPStatusCode", 0) < 500 and about.get("RetryAttempts", 0) == 0)


def action_failed(error: ClientError | BotoCoreError) -> ActionFailed:
    """The error of a change, and whether it is certain that nothing was changed."""
    certain = surely_undone(error) if isinstance(error, ClientError) else isinstance(error, NEVER_SENT)
    return ActionFailed(str(error), certain=certain)
