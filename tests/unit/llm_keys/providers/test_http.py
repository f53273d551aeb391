"""The HTTP client: limits of time, size and tries, and what its errors say."""

from __future__ import annotations

from typing import Any

import pytest

from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed
from functions.llm_keys.providers.tries import Limits, seconds
from local.llm_providers.anthropic import FakeAnthropic
from local.llm_providers.exchanges import Reply
from local.llm_providers.faults import DIES, HANGS, Fault, fails, limits, redirects
from tests.unit.llm_keys.providers.desk import Desk

MODELS = "/v1/organizations/api_keys"
HASTY = Limits(connect=0.2, read=0.05, tries=2)


def test_a_passing_error_is_tried_again_after_growing_pauses(anthropic: FakeAnthropic) -> None:
    anthropic.fault(fails(503), times=3)
    desk = Desk(anthropic)
    desk.api.get(MODELS)
    assert desk.waits == [0.25, 0.5, 1.0]


def test_tries_are_bounded(anthropic: FakeAnthropic) -> None:
    anthropic.fault(fails(500), times=None)
    with pytest.raises(ProviderFailed, match=r"acme: GET 127\.0\.0\.1/v1/organizations/api_keys: 500 api_error"):
        Desk(anthropic).api.get(MODELS)
    assert len(anthropic.requests) == 4


@pytest.mark.parametrize(("asked", "waits"), [(None, [0.25]), (3, [3.0]), (0, [0.0])])
def test_the_provider_says_how_long_to_wait(anthropic: FakeAnthropic, asked: int | None, waits: list[float]) -> None:
    anthropic.fault(limits(asked))
    desk = Desk(anthropic)
    desk.api.get(MODELS)
    assert desk.waits == waits


def test_a_wait_beyond_the_end_of_the_operation_is_not_waited_for(anthropic: FakeAnthropic) -> None:
    anthropic.fault(limits(60))
    desk = Desk(anthropic)
    with pytest.raises(ProviderFailed, match="429 rate_limit_error: it asks to wait for 60 s") as raised:
        desk.api.send("POST", f"{MODELS}/apikey_00000001", {"status": "inactive"})
    assert raised.value.certain
    assert (desk.waits, len(anthropic.requests)) == ([], 1)


def test_an_operation_of_several_requests_has_one_end(anthropic: FakeAnthropic) -> None:
    desk = Desk(anthropic)
    until = desk.api.ends()
    desk.now += 19.9
    desk.api.get(MODELS, until=until)
    anthropic.fault(fails(500))
    with pytest.raises(ProviderFailed):
        desk.api.get(MODELS, until=until)
    desk.now += 1
    with pytest.raises(ProviderFailed, match="no time was left for it"):
        desk.api.get(MODELS, until=until)
    assert len(anthropic.requests) == 2


def test_no_answer_is_an_error_that_leaves_a_change_open(anthropic: FakeAnthropic) -> None:
    anthropic.fault(HANGS, times=None)
    desk = Desk(anthropic, HASTY)
    with pytest.raises(ProviderFailed, match=r"no answer \(ReadTimeoutError\)") as raised:
        desk.api.send("POST", f"{MODELS}/apikey_00000001", {"status": "inactive"})
    assert not raised.value.certain
    with pytest.raises(ProviderFailed) as of_read:
        desk.api.get(MODELS)
    assert of_read.value.certain


def test_a_provider_that_is_not_there_has_done_nothing(anthropic: FakeAnthropic) -> None:
    with FakeAnthropic() as closed:
        desk = Desk(closed, HASTY)
    with pytest.raises(ProviderFailed, match=r"no answer \(NewConnectionError\)") as raised:
        desk.api.send("POST", f"{MODELS}/apikey_00000001", {"status": "inactive"})
    assert raised.value.certain
    assert len(desk.waits) == 1


def test_an_error_after_a_lost_answer_still_leaves_the_change_open(anthropic: FakeAnthropic) -> None:
    anthropic.fault(DIES)
    anthropic.fault(fails(400))
    with pytest.raises(ProviderFailed, match="400") as raised:
        Desk(anthropic).api.send("POST", f"{MODELS}/apikey_00000001", {"status": "inactive"})
    assert not raised.value.certain


def test_no_redirect_is_followed(anthropic: FakeAnthropic) -> None:
    with FakeAnthropic() as elsewhere:
        anthropic.fault(redirects(elsewhere.url + MODELS), times=None)
        with pytest.raises(ProviderFailed, match="307: a redirect, which is not followed"):
            Desk(anthropic).api.get(MODELS)
        assert elsewhere.requests == []
    assert len(anthropic.requests) == 1


@pytest.mark.parametrize("body", ["<html>", "{", "\x00", "[" * 200_000])
def test_what_is_no_json_is_an_error(anthropic: FakeAnthropic, body: str) -> None:
    anthropic.fault(Fault(reply=Reply(200, body)), times=2)
    desk = Desk(anthropic)
    with pytest.raises(ProviderFailed, match="the answer is no JSON"):
        desk.api.get(MODELS)
    with pytest.raises(ProviderFailed, match="the answer is no JSON") as raised:
        desk.api.send("POST", f"{MODELS}/apikey_00000001", {"status": "inactive"})
    assert not raised.value.certain


def test_an_answer_without_end_is_cut_off(anthropic: FakeAnthropic) -> None:
    anthropic.fault(Fault(reply=Reply(200, "[" + "1," * 1_000_000)), times=None)
    desk = Desk(anthropic, Limits(most_bytes=100_000, tries=1))
    with pytest.raises(ProviderFailed, match="the answer does not end"):
        desk.api.get(MODELS)


@pytest.mark.parametrize("answer", [[], None, 7, {"data": "no list"}, {"data": [1], "has_more": 1}])
def test_an_answer_that_is_not_as_documented_is_an_error(anthropic: FakeAnthropic, answer: Any) -> None:
    anthropic.fault(Fault(reply=Reply(200, answer)))
    desk = Desk(anthropic)
    with pytest.raises(ProviderFailed, match=r"acme: GET 127\.0\.0\.1/v1/organizations/api_keys: 'data' of the answer"):
        desk.api.get(MODELS).items("data")[0].text("data")


@pytest.mark.parametrize("value", [True, None, "ten", "nan", "1e999", [], 10**400])
def test_what_is_no_number_is_an_error(anthropic: FakeAnthropic, value: Any) -> None:
    anthropic.fault(Fault(reply=Reply(200, {"usage": value})))
    with pytest.raises(ProviderFailed, match="'usage' of the answer is no number"):
        Desk(anthropic).api.get(MODELS).number("usage")


def test_without_a_credential_it_says_how_to_set_one(anthropic: FakeAnthropic) -> None:
    desk = Desk(anthropic, credentials=[""])
    with pytest.raises(ProviderFailed, match=r"acme: no admin credential yet: fusebox secret set llm-acme"):
        desk.api.get(MODELS)
    assert anthropic.requests == []


def test_a_refused_credential_is_read_anew_once(anthropic: FakeAnthropic) -> None:
    desk = Desk(anthropic, credentials=["fake-old-key", anthropic.admin_key])
    desk.api.get(MODELS)
    assert [one.status for one in anthropic.requests] == [401, 200]


def test_a_credential_that_stays_refused_is_not_tried_on_and_on(anthropic: FakeAnthropic) -> None:
    desk = Desk(anthropic, credentials=["fake-old-key"])
    with pytest.raises(ProviderFailed, match="401 authentication_error: the admin credential is refused, set it again"):
        desk.api.get(MODELS)
    assert len(anthropic.requests) == 1
    desk = Desk(anthropic, credentials=["fake-old-key", "fake-other-old-key", "fake-third-key"])
    with pytest.raises(ProviderFailed, match="401"):
        desk.api.get(MODELS)
    assert len(anthropic.requests) == 3


@pytest.mark.parametrize("unfit", ["fake\nkey", "fake key", "fäke-key", "fake-key\r\nx-evil: 1", "fake\x7fkey"])
def test_a_credential_that_no_header_can_hold_is_refused_without_being_shown(
    anthropic: FakeAnthropic, unfit: str
) -> None:
    desk = Desk(anthropic, credentials=[unfit])
    with pytest.raises(ProviderFailed, match="holds what no key holds") as raised:
        desk.api.get(MODELS)
    assert "fake" not in str(raised.value)
    assert "fäke" not in str(raised.value)
    with pytest.raises(ProviderFailed, match="holds what no key holds"):
        Desk(anthropic).api.takes("/v1/models", unfit)
    assert anthropic.requests == []


@pytest.mark.parametrize("held", ['{"api_key":"fake-key"}', '{\n  "api_key": "fäke-key"\n}', "{"])
def test_a_secret_that_holds_json_is_no_key(anthropic: FakeAnthropic, held: str) -> None:
    with pytest.raises(ProviderFailed, match=r"^the secret holds JSON, not a key$"):
        Desk(anthropic).api.takes("/v1/models", held)
    with pytest.raises(ProviderFailed, match=r"^acme: the admin credential \(.*\) holds JSON, not a key$"):
        Desk(anthropic, credentials=[held]).api.get(MODELS)
    assert anthropic.requests == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"error": {"code": "rate_limit_exceeded", "type": "requests"}}, "400 rate_limit_exceeded"),
        ({"error": {"code": None, "type": "invalid_request_error"}}, "400 invalid_request_error"),
        ({"error": {"code": "fake-Key-123", "type": "Key fake-123 is wrong"}}, "400"),
        ({"error": "fake-key-123"}, "400"),
        ({"detail": [{"msg": "fake-key-123"}]}, "400"),
        ("fake-key-123", "400"),
    ],
)
def test_only_a_plain_code_of_an_error_is_repeated(anthropic: FakeAnthropic, error: Any, said: str) -> None:
    anthropic.fault(Fault(reply=Reply(400, error)))
    with pytest.raises(ProviderFailed) as raised:
        Desk(anthropic).api.get(MODELS)
    assert str(raised.value) == f"acme: GET 127.0.0.1/v1/organizations/api_keys: {said}"


def test_only_a_401_shows_that_a_key_is_not_taken(anthropic: FakeAnthropic) -> None:
    """A 403 may come of what the key may do at all."""
    batch = anthropic.add_key()
    desk = Desk(anthropic)
    assert desk.api.takes("/v1/models", batch.secret)
    assert not desk.api.takes("/v1/models", "fake-other-key")
    for unclear in (fails(403), fails(404), redirects("http://127.0.0.1:9/")):
        anthropic.fault(unclear)
        with pytest.raises(
            ProviderFailed, match=r"acme: GET 127\.0\.0\.1/v1/models: whether the key is taken cannot be"
        ):
            desk.api.takes("/v1/models", batch.secret)


def test_a_404_is_a_key_that_is_not_there(anthropic: FakeAnthropic) -> None:
    with pytest.raises(NoSuchKey, match="404 not_found_error"):
        Desk(anthropic).api.get(f"{MODELS}/apikey_00000001")


def test_a_query_is_in_no_error(anthropic: FakeAnthropic) -> None:
    anthropic.fault(fails(400))
    with pytest.raises(ProviderFailed) as raised:
        Desk(anthropic).api.get(MODELS, [("status", "active")])
    assert "active" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0", 0.0),
        ("17", 17.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 12, None),
        ("²", None),
        ("Fri, 31 Dec 2027 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_in_seconds(text: str | None, read: float | None) -> None:
    assert seconds(text) == read
