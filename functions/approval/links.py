"""Signed links: an HMAC-SHA256 over request, decision, expiry and nonce, and the keys that sign.

A link identifies nobody: whoever holds it is "link holder". The key names its version, so that links made
before a rotation verify until they expire. Comparison is in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl, urlencode

Decision = Literal["approve", "reject", "undo"]
DECISIONS: tuple[str, ...] = get_args(Decision)
FIELDS = ("e", "n", "k", "s")
LONGEST = 128
"""Characters of any one field: longer ones are refused before anything is computed."""


class BadLink(Exception):
    """A link that opens nothing. `status` is the HTTP status; the text reveals nothing about any request."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Keys:
    """The signing keys by version; the highest signs, all verify."""

    by_version: Mapping[str, str]

    @property
    def newest(self) -> str:
        return max(self.by_version, key=int)


def read_keys(secret: str) -> Keys:
    """The keys in the secret's text, {"1": KEY, …}; what is no number beside them is about the keys."""
    found = {version: str(key) for version, key in json.loads(secret).items() if version.isdigit()}
    if not found or not all(found.values()):
        raise ValueError("the link secret holds no key")
    return Keys(found)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says, once its signature is known to be right. `expires` is in epoch seconds."""

    request: str
    decision: Decision
    expires: int
    nonce: str
    version: str


def path(keys: Keys, request: str, decision: Decision, expires: datetime, nonce: str) -> str:
    """The path and query of a signed link."""
    link = Link(request, decision, int(expires.timestamp()), nonce, keys.newest)
    return _path(link, _sign(keys, link, "link"))


def again(keys: Keys, link: Link, decision: Decision) -> str:
    """The same link for another decision: both belong to whoever holds one of them."""
    other = Link(link.request, decision, link.expires, link.nonce, link.version)
    return _path(other, _sign(keys, other, "link"))


def verify(keys: Keys, request: str, decision: str, query: str, now: datetime) -> Link:
    """The link behind a path and query; BadLink where it is forged, changed, incomplete or has expired."""
    fields = parse_qsl(query, keep_blank_values=True)
    given = dict(fields)
    if set(given) != set(FIELDS) or len(fields) != len(FIELDS) or decision not in DECISIONS:
        raise BadLink(404, "This is not a link that Fusebox made.")
    if any(len(text) > LONGEST for text in (request, *given.values())) or not _digits(given["e"]):
        raise BadLink(404, "This is not a link that Fusebox made.")
    link = Link(request, cast(Decision, decision), int(given["e"]), given["n"], given["k"])
    if link.version not in keys.by_version or not _same(_sign(keys, link, "link"), given["s"]):
        raise BadLink(403, "This link was not signed by this Fusebox, or was changed on its way.")
    if link.expires <= now.timestamp():
        raise BadLink(410, "This link has expired.")
    return link


def form_token(keys: Keys, link: Link) -> str:
    """What the page's form carries: only whoever opened the page with the link can know it."""
    return _sign(keys, link, "form")


def is_form_token(keys: Keys, link: Link, token: str) -> bool:
    """Whether a posted token belongs to the link; in constant time."""
    return _same(form_token(keys, link), token)


def _path(link: Link, signature: str) -> str:
    query = urlencode({"e": link.expires, "n": link.nonce, "k": link.version, "s": signature})
    return f"/r/{link.request}/{link.decision}?{query}"


def _sign(keys: Keys, link: Link, purpose: str) -> str:
    text = json.dumps([purpose, link.request, link.decision, link.expires, link.nonce, link.version])
    return hmac.new(keys.by_version[link.version].encode(), text.encode(), hashlib.sha256).hexdigest()


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
