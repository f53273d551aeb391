"""Expected trouble, each kind as one line a person can act on.

The exceptions are named in functions, not at import: the SDK that defines most of them is slow to
load, and commands that never fail never need them.
"""

from __future__ import annotations

import os

DONE, PARTIAL, REFUSED = 0, 1, 2
"""Exit codes."""
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"}
STALE = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}


def expected() -> tuple[type[Exception], ...]:
    """What the boundary explains rather than shows as a traceback."""
    import sqlite3

    from botocore.exceptions import BotoCoreError, ClientError

    from functions.core.dynamodb_table import Contended
    from functions.core.types import Refused
    from functions.policy_errors import PolicyError

    return (PolicyError, Refused, Contended, ClientError, BotoCoreError, sqlite3.Error, OSError)


def explain(error: Exception) -> str:
    """One line (a policy: one for each problem): what, where, and what would help."""
    import sqlite3

    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

    if isinstance(error, ClientError):
        return refusal(error)
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, HTTPClientError):
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        return one_line(str(error)) + (f" (AWS_ENDPOINT_URL is {endpoint})" if endpoint else "")
    if isinstance(error, BotoCoreError):
        return one_line(str(error))
    if isinstance(error, sqlite3.Error):
        return f"the local ledger cannot be used: {one_line(str(error))}; name another with --ledger FILE"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else one_line(str(error))
    return str(error)


def refusal(error: Exception) -> str:
    """An AWS error reply in one line: the call, its error code and what AWS says."""
    code, call = code_of(error), getattr(error, "operation_name", "?")
    said = one_line(str(getattr(error, "response", {}).get("Error", {}).get("Message", "")))
    if code in DENIED:
        return f"not allowed to call {call}: {said or code}"
    if code in STALE:
        return f"the AWS credentials are not valid or have run out ({code}): {said}"
    return f"AWS refused {call}: {code}: {said}"


def code_of(error: Exception) -> str:
    """The error code of an AWS error reply, or ""."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def one_line(text: str) -> str:
    """The same text without line breaks."""
    return " ".join(text.split())
