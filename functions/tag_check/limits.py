"""Pure: what AWS takes as a tag everywhere: "Tag naming and usage conventions" of the AWS tagging reference."""

from __future__ import annotations

import re

MOST_TAGS = 50
"""Tags of a resource, those of AWS not counted."""
LONGEST_VALUE = 256
SIGNS = r"\w .:/=+\-@"
KEY = re.compile(rf"[{SIGNS}]{{1,128}}")
VALUE = re.compile(rf"[{SIGNS}]{{0,{LONGEST_VALUE}}}")
OTHER_SIGN = re.compile(rf"[^{SIGNS}]")


def check_key(setting: str, key: str) -> None:
    """Raises ValueError, with what is allowed, for a key of a setting that is none."""
    if not KEY.fullmatch(key) or key.lower().startswith("aws:"):
        raise ValueError(f"{setting} {key!r}: 1 to 128 letters, digits, spaces and _ . : / = + - @, not aws:")


def is_value(text: str) -> bool:
    """Whether every service takes a text as a tag's value; EC2 and stacks take more than others."""
    return VALUE.fullmatch(text) is not None


def as_value(text: str) -> str:
    """A text as a tag's value: what tags do not take becomes an underscore."""
    return OTHER_SIGN.sub("_", text)[:LONGEST_VALUE]


OWN_KEYS = "fusebox:"
"""How the keys begin that are Fusebox's alone."""
