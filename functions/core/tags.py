"""Tags as a policy names them, `key` or `key=value`: whether a resource carries one, and the same for IAM."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

TAG = re.compile(r"[^=]{1,128}(=.{0,256})?")
"""A tag's key has up to 128 characters, its value up to 256 (AWS tagging reference)."""
NOT_FOR_IAM = frozenset("*?${}")
"""What a policy of IAM would read as a pattern or a variable."""


def carries(tags: Mapping[str, str], tag: str) -> bool:
    """Whether tags hold a key with any value, or with the one given."""
    key, equals, value = tag.partition("=")
    return key in tags and (not equals or tags[key] == value)


def condition(tag: str) -> dict[str, dict[str, str]]:
    """The IAM condition that a resource carries a tag."""
    key, equals, value = tag.partition("=")
    if equals:
        return {"StringEquals": {f"aws:ResourceTag/{key}": value}}
    return {"Null": {f"aws:ResourceTag/{key}": "false"}}


def check(setting: str, tags: Iterable[str]) -> None:
    """Raises ValueError, with what is allowed, for a tag of a setting that IAM is to deny as well."""
    for tag in tags:
        if not TAG.fullmatch(tag) or not tag.isprintable() or set(tag) & NOT_FOR_IAM:
            raise ValueError(f"{setting} {tag!r} is neither a tag key nor key=value, without * ? $ {{ }}")
