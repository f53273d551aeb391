"""What a signed link proves, and what it does not."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions.approval import links
from functions.approval.links import BadLink, Keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEADLINE = NOW + timedelta(hours=72)
OLD, NEW = Keys({"1": "first key"}), Keys({"1": "first key", "2": "second key"})
REQUEST = "20261122T120000-1a2b3c"


def made(keys: Keys = OLD, decision: links.Decision = "approve") -> str:
    return links.path(keys, REQUEST, decision, DEADLINE, "nonce")


def opened(path: str, keys: Keys = OLD, now: datetime = NOW, **changed: str) -> links.Link:
    parts = urlsplit(path)
    _, _, request, decision = parts.path.split("/")
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    request, decision = changed.pop("request", request), changed.pop("decision", decision)
    return links.verify(keys, request, decision, urlencode(fields | changed), now)


def test_a_link_opens_what_it_was_made_for() -> None:
    link = opened(made())
    assert (link.request, link.decision, link.nonce) == (REQUEST, "approve", "nonce")


@pytest.mark.parametrize(
    "changed",
    [
        {"request": "20261122T120000-other0"},
        {"decision": "undo"},
        {"decision": "reject"},
        {"e": "1999999999"},
        {"n": "another"},
        {"k": "2"},
        {"k": ""},
        {"s": "0" * 64},
        {"s": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("keys", [OLD, NEW], ids=["one key", "two keys"])
def test_a_changed_field_opens_nothing(changed: dict[str, Any], keys: Keys) -> None:
    with pytest.raises(BadLink) as refused:
        opened(made(), keys, **changed)
    assert refused.value.status == 403


def test_a_link_of_another_key_opens_nothing() -> None:
    with pytest.raises(BadLink):
        opened(made(Keys({"1": "another Fusebox's key"})))


@pytest.mark.parametrize(
    "query", ["", "e=1", "e=1&n=2&k=3&s=4&x=5", "e=1&e=1&n=2&k=1&s=3", "e=-1&n=n&k=1&s=s", "e=" + "9" * 99]
)
def test_what_is_no_link_opens_nothing(query: str) -> None:
    with pytest.raises(BadLink) as refused:
        links.verify(OLD, REQUEST, "approve", query, NOW)
    assert refused.value.status == 404


def test_a_link_ends_with_its_deadline_to_the_second() -> None:
    opened(made(), now=DEADLINE - timedelta(seconds=1))
    with pytest.raises(BadLink, match="expired"):
        opened(made(), now=DEADLINE)


def test_a_link_from_before_a_rotation_verifies_until_it_expires() -> None:
    assert opened(made(OLD), NEW).version == "1"
    assert opened(made(NEW), NEW).version == "2"
    with pytest.raises(BadLink):
        opened(made(NEW), OLD)


def test_the_forms_token_is_another_than_the_links_signature_and_is_bound_to_the_decision() -> None:
    link = opened(made())
    token = links.form_token(OLD, link)
    assert links.is_form_token(OLD, link, token)
    assert token not in made()
    reject = opened(links.again(OLD, link, "reject"))
    assert not links.is_form_token(OLD, reject, token)
    assert not links.is_form_token(OLD, link, "")


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def watch(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watch)
    link = opened(made())
    links.is_form_token(OLD, link, "wrong")
    assert len(compared) == 2


@pytest.mark.parametrize("secret", ['{"1": ""}', "{}", '{"retired": {}}', "no JSON"])
def test_a_secret_without_a_key_is_an_error(secret: str) -> None:
    with pytest.raises(ValueError, match=r"holds no key|Expecting"):
        links.read_keys(secret)
