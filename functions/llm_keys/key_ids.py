"""What ids of keys look like: a key itself, pasted by mistake, is refused before it gets into the policy's copies."""

from __future__ import annotations

import re

from functions.llm_keys.kinds import KeyKind

SHAPES: dict[KeyKind, re.Pattern[str]] = {
    "anthropic": re.compile(r"apikey_[A-Za-z0-9]{8,64}"),
    "openai_project": re.compile(r"proj_[A-Za-z0-9]{4,64}"),
    "openai_key": re.compile(r"key_[A-Za-z0-9]{4,64}"),
    "openrouter": re.compile(r"[0-9a-f]{64}"),
    "litellm": re.compile(r"[0-9a-f]{64}"),
    "bedrock_key": re.compile(r"ACCA[A-Z0-9]{16,124}"),
    "bedrock_principal": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:role|user)/[\w+=,.@/-]{1,512}", re.ASCII),
    "api_gateway": re.compile(r"[a-z0-9]{4,32}"),
    "iam_access_key": re.compile(r"AKIA[A-Z0-9]{12,124}"),
    "secret": re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}", re.ASCII),
}
NOT_ATTACHABLE = re.compile(r":role/aws-(?:reserved|service-role)/|:role/AWS(?:ReservedSSO_|ServiceRoleFor)")
"""Roles whose policies only AWS changes. Source: IAM user guide, "Service-linked roles"; IAM Identity Center guide."""
LOOKS_SECRET = re.compile(r"sk-|ABSK|bedrock-api-key-|^ey[A-Za-z0-9]")


def wrong_id(kind: KeyKind, id: str) -> str:
    """Why it cannot be the id of such a key, without repeating it where it may be a secret; "" where it can be."""
    if LOOKS_SECRET.search(id):
        return "looks like the key itself, which belongs into no policy"
    if not SHAPES[kind].fullmatch(id):
        return f"{id!r:.80} does not look like one"
    if kind == "bedrock_principal" and NOT_ATTACHABLE.search(id):
        return f"{id!r:.120} is a role whose policies only AWS changes"
    return ""
