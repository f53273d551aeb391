"""The abuse table: whatever is tried, nothing comes of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from functions.approval import command, deciding, handler, links, slack_buttons, steps
from functions.approval.deciders import Decider
from functions.approval.deciding import NotAllowed, Wish
from functions.approval.links import Keys
from functions.approval.spec import Approvers
from functions.approval.web import FORM_LIMIT, WebRequest
from functions.core import answers, approved, engine, requests, state
from functions.core.spec import GuardrailSettings
from functions.core.types import Refused
from tests.lamps import House, run_of
from tests.unit.approval.conftest import ADA, FORM, KEYS, Asked, Desk, ask_about

Abuse = Callable[[Asked], Any]


def form(asked: Asked, link: str, **fields: Any) -> bytes:
    given: dict[str, Any] = {"token": asked.token(link), "scope": "all"} | fields
    return urlencode(given, doseq=True).encode()


def post(asked: Asked, link: str = "", **fields: Any) -> int:
    link = link or asked.link()
    return asked.send("POST", link, form(asked, link, **fields)).status


def expired_by_a_second(asked: Asked) -> int:
    link = asked.link()
    body = form(asked, link)
    asked.house.clock.forward(hours=72, seconds=1)
    return asked.send("POST", link, body).status


def wrong_key(asked: Asked) -> int:
    link, body = asked.link(), form(asked, asked.link())
    asked.here.signing_keys = Keys({"1": "another key"})
    return asked.send("POST", link, body).status


def for_another_id(asked: Asked) -> int:
    """The signature of one request under the id of another that exists."""
    other = ask_about(asked.here, _more_lamps(asked), run="run-2")
    link = asked.link()
    forged = link.replace("/run-1/", "/run-2/")
    status = asked.send("POST", forged, form(asked, link)).status
    assert other.now == other.request
    return status


def properly_signed_for_a_question_never_asked(asked: Asked) -> int:
    link = asked.link(id="run-99")
    return asked.send("POST", link, form(asked, link)).status


def nonce_of_another_question(asked: Asked) -> int:
    deadline = asked.here.clock() + timedelta(hours=1)
    link = links.path(KEYS, asked.request.id, "approve", deadline, "another nonce")
    return asked.send("POST", link, form(asked, link)).status


def token_of_the_other_decision(asked: Asked) -> int:
    return post(asked, token=asked.token(asked.link("reject")))


def _more_lamps(asked: Asked) -> Any:
    asked.house.add("porch")
    return asked.house


ABUSES: dict[str, tuple[Abuse, int]] = {
    "GET prefetch of the approve link": (lambda a: a.send("GET", a.link()).status, 200),
    "GET prefetch of the reject link": (lambda a: a.send("GET", a.link("reject")).status, 200),
    "GET prefetch of the undo link": (lambda a: a.send("GET", a.link("undo")).status, 200),
    "HEAD": (lambda a: a.send("HEAD", a.link()).status, 200),
    "GET with the form in its query": (lambda a: a.send("GET", a.link() + f"&token={a.token(a.link())}").status, 404),
    "PUT": (lambda a: a.send("PUT", a.link(), form(a, a.link())).status, 405),
    "a link for another id": (for_another_id, 403),
    "a signed link to no question": (properly_signed_for_a_question_never_asked, 403),
    "the nonce of another question": (nonce_of_another_question, 403),
    "a changed decision": (lambda a: a.send("POST", a.link().replace("/approve", "/reject")).status, 403),
    "a changed expiry": (lambda a: a.send("POST", a.link().replace("?e=1", "?e=2"), form(a, a.link())).status, 403),
    "expired by a second": (expired_by_a_second, 410),
    "the wrong key": (wrong_key, 403),
    "a missing form token": (lambda a: a.send("POST", a.link(), b"scope=all").status, 403),
    "two form tokens": (lambda a: post(a, token=["x", a.token(a.link())]), 403),
    "the token of the other decision": (token_of_the_other_decision, 403),
    "a wrong content type": (lambda a: a.send("POST", a.link(), form(a, a.link()), "text/plain").status, 415),
    "JSON": (lambda a: a.send("POST", a.link(), b"{}", "application/json").status, 415),
    "no UTF-8": (lambda a: a.send("POST", a.link(), b"token=\xff\xfe&item=%ff").status, 400),
    "bytes that are no text": (lambda a: a.send("POST", a.link(), b"\xff\xfe").status, 400),
    "a thousand fields": (lambda a: a.send("POST", a.link(), b"item=1&" * 1001).status, 400),
    "an item that it does not hold": (lambda a: post(a, scope="ticked", item="0123456789"), 400),
    "no item ticked": (lambda a: post(a, scope="ticked"), 400),
    "an unknown scope": (lambda a: post(a, scope="everything"), 400),
    "a rejection without a reason": (lambda a: post(a, a.link("reject"), owner="ada", reason=""), 400),
    "a rejection for ever": (lambda a: post(a, a.link("reject"), owner="ada", reason="no", days="9999"), 400),
    "a rejection for ten years": (lambda a: post(a, a.link("reject"), owner="ada", reason="no", days="3650"), 400),
    "an approval that exempts the rest for ten years": (lambda a: post(a, days="3650"), 400),
    "an undo of what was never done": (lambda a: post(a, a.link("undo")), 400),
}


@pytest.mark.parametrize("abuse", ABUSES, ids=str)
def test_nothing_comes_of(abuse: str, asked: Asked) -> None:
    attempt, status = ABUSES[abuse]
    assert attempt(asked) == status
    assert asked.untouched()


def test_a_body_of_a_megabyte_is_not_even_read(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "HERE", asked.here)
    path, _, query = asked.link().partition("?")
    raw = {
        "requestContext": {"http": {"method": "POST", "path": path}},
        "rawQueryString": query,
        "headers": {"content-type": FORM},
        "body": "x" * 1_000_000,
        "isBase64Encoded": False,
    }
    assert handler.handle(raw, None)["statusCode"] == 413
    raw["body"] = "x" * (FORM_LIMIT + 1)
    assert handler.handle(raw, None)["statusCode"] == 413
    assert asked.untouched()


def test_a_request_from_outside_is_no_step_whatever_its_body_says(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "HERE", asked.here)
    raw = {
        "fusebox": "finish",
        "request": asked.request.id,
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {},
        "body": json.dumps({"fusebox": "finish", "request": asked.request.id}),
    }
    assert handler.handle(raw, None)["statusCode"] == 404
    assert asked.untouched()


def test_a_replay_changes_nothing_and_shows_who_decided(asked: Asked) -> None:
    link = asked.link()
    body = form(asked, link)
    assert asked.send("POST", link, body).status == 303
    decided, woken = asked.now, len(asked.here.recorded.calls)
    replayed = asked.send("POST", link, body)
    assert (replayed.status, "link holder" in replayed.body) == (409, True)
    assert asked.now == decided
    assert asked.send("POST", asked.link("reject"), form(asked, asked.link("reject"))).status in (400, 409)
    assert asked.now == decided
    # The workflow may be told the same answer again, in case it had not heard it; it never hears another.
    outputs = [given["output"] for name, given in asked.here.recorded.calls if name == "wake"]
    assert set(outputs) == {'{"status": "approved"}'}
    assert woken == 1


def test_of_two_posts_at_once_exactly_one_wins(asked: Asked) -> None:
    link, other = asked.link(), asked.link("reject")
    bodies = [(link, form(asked, link)), (other, form(asked, other, owner="ada", reason="no", days="7"))] * 4
    barrier, statuses = threading.Barrier(len(bodies)), []
    file = asked.here.table.path  # type: ignore[attr-defined]

    def visitor(link: str, body: bytes) -> None:
        from functions.core.sqlite_table import SqliteTable

        mine = Desk(SqliteTable(file), asked.house.clock, asked.here.settings)
        barrier.wait()
        statuses.append(Asked(mine, asked.house, asked.request).send("POST", link, body).status)

    threads = [threading.Thread(target=visitor, args=one) for one in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [409] * 7
    assert asked.now.version == asked.request.version + 1


def test_a_link_from_before_a_rotation_works_until_it_expires(asked: Asked) -> None:
    link = asked.link()
    asked.here.signing_keys = Keys({**KEYS.by_version, "2": "a newer key"})
    page = asked.send("GET", link)
    assert page.status == 200
    assert post(asked, link) == 303


def test_a_form_that_was_open_during_a_rotation_can_still_be_sent(asked: Asked) -> None:
    link = asked.link()
    before = form(asked, link)
    asked.here.signing_keys = Keys({**KEYS.by_version, "2": "a newer key"})
    assert asked.send("POST", link, before).status == 303


@pytest.mark.parametrize("minutes", [-10, -60])
def test_a_clock_that_went_back_decides_nothing(asked: Asked, minutes: int) -> None:
    link = asked.link()
    body = form(asked, link)
    asked.house.clock.forward(minutes=minutes)
    assert asked.send("POST", link, body).status == 400
    assert asked.untouched()


def test_an_answer_after_the_time_out_does_nothing(asked: Asked) -> None:
    link = asked.link()
    body = form(asked, link)
    asked.house.clock.forward(hours=71)
    ended = answers.time_out(asked.here.table, asked.now, asked.house.clock())
    assert asked.send("POST", link, body).status == 409
    assert asked.now == ended
    assert asked.here.recorded.calls == []


def test_a_link_may_not_approve_what_cannot_be_undone(lasting: Asked) -> None:
    assert post(lasting, scope="all") == 403
    assert post(lasting, scope="ticked", item=[lasting.ids["hall"], lasting.ids["chandelier"]]) == 403
    assert lasting.untouched()
    assert post(lasting, scope="ticked", item=lasting.ids["hall"]) == 303
    assert lasting.now.answer is not None
    assert lasting.now.answer.items == (lasting.ids["hall"],)


def test_a_link_may_where_the_policy_says_so(lasting: Asked) -> None:
    vars(lasting.here)["settings"] = replace(lasting.here.settings, links_may="anything")
    assert post(lasting, scope="all") == 303


@pytest.mark.parametrize("links_may", ["reversible", "anything"])
def test_a_link_may_never_approve_what_takes_a_person_known_by_name(named: Asked, links_may: Any) -> None:
    vars(named.here)["settings"] = replace(named.here.settings, links_may=links_may)
    assert post(named, scope="all") == 403
    assert post(named, scope="ticked", item=list(named.ids.values())) == 403
    assert named.untouched()
    assert post(named, scope="ticked", item=named.ids["hall"]) == 303
    assert named.now.answer is not None
    assert (named.now.answer.items, named.now.answer.beyond) == ((named.ids["hall"],), (named.ids["vault"],))


def test_the_page_shows_it_without_a_box_to_tick(named: Asked) -> None:
    shown = named.send("GET", named.link()).body
    assert f'value="{named.ids["vault"]}" disabled' in shown
    assert f'value="{named.ids["hall"]}" checked' in shown
    assert "By name only" in shown


def test_where_all_takes_a_name_no_link_to_approve_is_made_and_approvers_are_told(desk: Desk, house: House) -> None:
    house.add("vault", needs_a_name=True)
    vars(desk)["settings"] = replace(desk.settings, links_may="anything", approvers=Approvers())
    steps.ask(desk, {"request": gathered(desk, house), "token": "task token"})
    ((_, published),) = desk.recorded.calls
    told = json.loads(json.loads(published["Message"])["sqs"])
    by_do = {one["do"]: one for one in told["steps"]}
    assert (by_do["approve"]["link"], "/reject?" in by_do["reject"]["link"]) == ("", True)
    assert "exempt" not in by_do
    assert [one["words"] for one in told["groups"]] == ["waiting for approval by a person known by name"]
    assert "By command or in Slack only: a link identifies nobody." in told["notes"]
    assert any(one.startswith("Nobody may answer") for one in told["notes"])


def test_its_question_keeps_the_buttons_of_slack(desk: Desk, house: House) -> None:
    house.add("vault", needs_a_name=True)
    steps.ask(desk, {"request": gathered(desk, house), "token": "task token"})
    ((_, published),) = desk.recorded.calls
    told = json.loads(json.loads(published["Message"])["sqs"])
    assert [(one["do"], one["value"]) for one in told["steps"][:2]] == [("approve", "run-1"), ("reject", "run-1")]


def test_a_link_may_reject_it_with_a_reason_alone_and_exempts_nothing(desk: Desk, house: House) -> None:
    house.add("vault", needs_a_name=True)
    asked = ask_about(desk, house)
    page = asked.send("GET", asked.link("reject")).body
    assert "nothing is exempted" in page
    assert 'name="owner"' not in page
    assert 'name="days"' not in page
    assert post(asked, asked.link("reject"), reason="not this month") == 303
    ended = answers.finish(desk.table, asked.now, house.clock())
    assert ended.status == "rejected"
    assert state.exemptions(desk.table, ["vault"], house.clock()) == {}
    steps.finish(desk, {"request": "run-1"})
    told = json.loads(json.loads(desk.recorded.calls[-1][1]["Message"])["sqs"])
    assert [one["words"] for one in told["groups"]] == ["declined, so that all stays as it is"]
    assert not any("exempt until" in one for one in told["notes"])
    assert "resource, until" not in asked.send("GET", asked.link()).body


def gathered(desk: Desk, house: House) -> str:
    """A question that no workflow has put yet."""
    it = run_of(house, desk.table, GuardrailSettings(mode="enforce"), "run-1")
    report = it.new_report()
    engine.sweep(it, report, "", stop=lambda: False)
    (request,) = report.requests
    return request


def test_a_page_reveals_nothing_about_other_requests(asked: Asked) -> None:
    ask_about(asked.here, _more_lamps(asked), run="run-2")
    shown = asked.send("GET", asked.link()).body
    assert "hall" in shown
    assert "porch" not in shown
    assert "run-2" not in shown
    for status in (
        asked.send("GET", asked.link().replace("/run-1/", "/run-2/")),
        asked.send("GET", "/r/run-2/approve"),
        asked.send("GET", "/"),
    ):
        assert not any(word in status.body for word in ("porch", "hall", "run-1", "run-2", "lamps"))


# --- Slack's buttons


def press(asked: Asked, user: str = "U012AB3CD", action: str = "approve", **how: Any) -> int:
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [{"action_id": action, "value": how.get("value", asked.request.id)}],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(asked.house.clock().timestamp()) + how.get("seconds", 0))
    secret = how.get("secret", "slack's signing secret")
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": FORM,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
    }
    request = WebRequest("POST", "/slack", "", headers, body + how.get("more", b""), "")
    return slack_buttons.press(asked.here, request).status


PRESSES: dict[str, tuple[dict[str, Any], int]] = {
    "a wrong signature": ({"secret": "another"}, 401),
    "a body changed on its way": ({"more": b"&x=1"}, 401),
    "a signature older than five minutes": ({"seconds": -301}, 401),
    "a signature from the future": ({"seconds": 301}, 401),
    "a user who is no approver": ({"user": "U999ZZ9ZZ"}, 200),
    "an unknown action": ({"action": "delete"}, 200),
    "an unknown request": ({"value": "run-99"}, 200),
    "an undo by no approver": ({"user": "U999ZZ9ZZ", "action": "undo"}, 200),
}


@pytest.mark.parametrize("what", PRESSES, ids=str)
def test_a_press_with(what: str, asked: Asked) -> None:
    how, status = PRESSES[what]
    assert press(asked, **how) == status
    assert asked.untouched()


def test_an_approvers_press_approves_what_takes_a_name(named: Asked) -> None:
    assert press(named) == 200
    assert named.now.answer is not None
    assert (named.now.status, named.now.answer.items, named.now.answer.beyond) == ("approved", None, ())


def test_an_approvers_press_is_recorded_with_the_user(asked: Asked) -> None:
    assert press(asked) == 200
    assert asked.now.answer is not None
    assert (asked.now.status, asked.now.answer.by, asked.now.answer.how) == ("approved", "U012AB3CD", "slack")


def test_a_second_press_changes_nothing(asked: Asked) -> None:
    press(asked)
    decided = asked.now
    assert press(asked, action="reject") == 200
    assert asked.now == decided


def test_nothing_is_posted_to_an_address_that_is_not_slacks(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a request went out")

    monkeypatch.setattr(slack_buttons, "build_opener", refuse)
    for url in ("https://evil.example.com/", "http://169.254.169.254/latest", "file:///etc/passwd", ""):
        slack_buttons._reply(asked.here, url, "no")


# --- the command's door


def call(asked: Asked, caller: str = ADA, **said: Any) -> int:
    body = json.dumps({"request": asked.request.id, "decision": "approve"} | said).encode()
    request = WebRequest("POST", "/", "", {"content-type": "application/json"}, body, caller)
    return command.answer(asked.here, request).status


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"caller": ""}, 403),
        ({"caller": "arn:aws:sts::123456789012:assumed-role/intern/eve"}, 403),
        ({"decision": "undo"}, 400),
        ({"decision": "delete"}, 400),
        ({"request": "run-99"}, 404),
        ({"items": "all"}, 400),
        ({"items": []}, 400),
        ({"items": [1]}, 400),
        ({"days": -1}, 400),
        ({"days": "soon"}, 400),
        ({"decision": "reject"}, 400),
        ({"days": float("inf")}, 400),
    ],
    ids=str,
)
def test_a_call_that_is_refused(how: dict[str, Any], status: int, asked: Asked) -> None:
    assert call(asked, **how) == status
    assert asked.untouched()


def test_a_callers_arn_is_recorded(asked: Asked) -> None:
    assert call(asked, reason="looked at it") == 200
    assert asked.now.answer is not None
    assert (asked.now.answer.by, asked.now.answer.how) == (ADA, "iam")
    assert call(asked) == 409


def test_a_call_approves_what_takes_a_name(named: Asked) -> None:
    assert call(named, caller="arn:aws:sts::123456789012:assumed-role/intern/eve") == 403
    assert call(named) == 200
    assert named.now.answer is not None
    assert named.now.answer.how == "iam"


def test_nobody_approves_his_own_run(asked: Asked) -> None:
    mine = requests.change(asked.here.table, asked.request, requester=ADA)
    assert mine is not None
    with pytest.raises(NotAllowed, match="somebody else has to approve"):
        deciding.approve(asked.here, mine, Decider(ADA, "iam"), Wish())
    assert asked.here.recorded.calls == []


def test_an_answer_to_a_dead_workflow_starts_another(asked: Asked) -> None:
    asked.here.recorded.gone = True
    assert call(asked) == 200
    assert asked.now.status == "approved"
    assert [name for name, _ in asked.here.recorded.calls] == ["wake", "start"]
    assert asked.here.recorded.calls[1][1]["name"] != asked.request.id
    assert call(asked) == 409  # told once more: the start could have been lost
    assert [name for name, _ in asked.here.recorded.calls] == ["wake", "start", "wake", "start"]


def test_an_answer_as_the_time_runs_out_is_left_to_the_time_out(asked: Asked) -> None:
    asked.here.recorded.gone = True
    asked.house.clock.forward(hours=71, minutes=59)
    assert call(asked) == 200
    assert [name for name, _ in asked.here.recorded.calls] == ["wake"]


# --- steps and undos that go wrong


def test_the_time_is_not_over_before_the_deadline_whoever_says_so(asked: Asked) -> None:
    with pytest.raises(Refused, match="is open until"):
        steps.expire(asked.here, {"request": asked.request.id})
    assert asked.untouched()


def test_a_workflow_that_follows_a_dead_one_ends_what_is_overdue(asked: Asked) -> None:
    asked.house.clock.forward(hours=74)
    steps.ask(asked.here, {"request": asked.request.id, "token": "a new token"})
    assert asked.now.status == "timed_out"
    names = [name for name, _ in asked.here.recorded.calls]
    assert names == ["publish", "wake"]
    assert asked.here.recorded.calls[1][1] == {"taskToken": "a new token", "output": '{"status": "timed_out"}'}


def done(asked: Asked) -> Asked:
    """The question once it was approved and carried out."""
    assert post(asked) == 303
    act = run_of(asked.house, asked.here.table, GuardrailSettings(mode="approve"), "act")
    asked.house.clock.forward(seconds=1)
    approved.act_on(act, asked.now, act.new_report(), stop=lambda: False)
    answers.finish(asked.here.table, asked.now, asked.house.clock())
    asked.here.recorded.calls.clear()
    return asked


def test_an_undo_whose_hand_over_fails_can_be_asked_for_again(asked: Asked) -> None:
    done(asked)
    link = asked.link("undo")
    asked.here.recorded.throttled = True
    with pytest.raises(ClientError):
        post(asked, link, scope="ticked", item=list(asked.ids.values()))
    asked.here.recorded.throttled = False
    assert post(asked, link, scope="ticked", item=list(asked.ids.values())) == 303
    (invoked,) = [given for name, given in asked.here.recorded.calls if name == "invoke"]
    assert len(json.loads(invoked["Payload"])["actions"]) == 2


def test_an_undo_that_never_came_to_its_end_may_be_asked_for_again_after_a_while(asked: Asked) -> None:
    done(asked)
    link = asked.link("undo")
    everything = {"scope": "ticked", "item": list(asked.ids.values())}
    assert post(asked, link, **everything) == 303
    assert post(asked, link, **everything) == 400
    asked.house.clock.forward(minutes=16)
    assert post(asked, link, **everything) == 303


def test_what_a_link_holder_writes_as_owner_is_marked_as_hearsay(asked: Asked) -> None:
    assert post(asked, asked.link("reject"), reason="no", owner="cfo@example.com", days="7") == 303
    assert asked.now.answer is not None
    assert asked.now.answer.owner == "link holder, who says: cfo@example.com"
