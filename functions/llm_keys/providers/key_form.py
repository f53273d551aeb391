"""What a key can look like, so that nothing else is ever put into a header."""

from __future__ import annotations


def unfit(secret: str) -> str:
    """What is wrong with a text that is no key, in words without it; "" where it may be one."""
    if secret.startswith("{"):
        return "holds JSON, not a key"
    # http.client names an unfit header with its value, so it must not come to that.
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        return "is empty or holds what no key holds"
    return ""
