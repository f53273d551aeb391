"""Every message for every client, with harmless and with hostile names in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from functions.core import message_amazonq, message_text
from functions.core.notice import Group, Notice, Step
from functions.notify import blocks
from functions.notify.spec import Mention
from tests.unit.notify.block_kit import OWN_MARKUP, problems
from tests.unit.notify.conftest import GOLDEN, Golden
from tests.unit.notify.samples import BIG, HOSTILE, SAMPLES, hostile, hostile_example

MENTIONS = (Mention(owner="search-team", slack="S012AB3CD"), Mention(owner="web", slack="U045EF6GH"))
ALL = {**SAMPLES, **{f"{name}.hostile": hostile(one) for name, one in SAMPLES.items()}}
every = pytest.mark.parametrize("name", ALL)


def slack(notice: Notice, *, app: bool = False) -> dict[str, Any]:
    return blocks.message(notice, mentions=MENTIONS, app=app)


def pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@every
def test_slack(name: str, golden: Golden) -> None:
    message = slack(ALL[name], app="app" in name)
    golden(f"{name}.slack.json", pretty(message))
    assert problems(message) == []


@every
def test_email(name: str, golden: Golden) -> None:
    text = message_text.render(ALL[name])
    golden(f"{name}.email.txt", text)
    assert text.replace("\n", "").isprintable()


@every
def test_amazon_q(name: str, golden: Golden) -> None:
    event = message_amazonq.render(ALL[name])
    golden(f"{name}.amazonq.json", pretty(event))
    content = event["content"]
    assert len(content["title"]) <= 150
    assert len(content["description"]) <= 3000
    assert all(len(one) <= 1000 for one in content["nextSteps"])
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", content["title"] + content["description"])


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{name}.{end}" for name in ALL for end in ("slack.json", "email.txt", "amazonq.json")}
    assert {file.name for file in GOLDEN.iterdir()} == wanted


@every
def test_every_message_says_mode_account_region_and_run(name: str) -> None:
    one = ALL[name]
    said = (pretty(slack(one)), message_text.render(one), pretty(message_amazonq.render(one)))
    for text in said:
        for part in (one.mode, one.account, one.region, one.run):
            assert part in text


@pytest.mark.parametrize("name", SAMPLES)
def test_hostile_names_add_no_line_to_an_email(name: str) -> None:
    assert shape(hostile(SAMPLES[name])) == shape(hostile(SAMPLES[name]), HOSTILE, "harmless")


def shape(notice: Notice, old: str = "", new: str = "") -> list[str]:
    """How the lines of an e-mail begin, with a text in the notice replaced."""
    if old:
        notice = Notice.from_json(json.loads(json.dumps(notice.to_json()).replace(json.dumps(old)[1:-1], new)))
    return [re.match(r" *[-*…]?", line)[0] for line in message_text.render(notice).splitlines()]  # type: ignore[index]


def test_a_link_in_an_email_has_a_line_of_its_own() -> None:
    notice = SAMPLES["question_mixed_links"]
    lines = [line.strip() for line in message_text.render(notice).splitlines()]
    for step in notice.steps:
        assert step.command in lines
        if step.link:
            assert step.link in lines


def test_nobody_elses_address_can_be_clicked() -> None:
    notice = hostile(SAMPLES["question_mixed_links"])
    own = {step.link for step in notice.steps if step.link}
    found = set(re.findall(r"https?://\S+", message_text.render(notice)))
    assert found == own
    description = message_amazonq.render(notice)["content"]["description"]
    assert "://" not in re.sub(r"`[^`]*`", "", description)


def test_an_owner_is_mentioned_once_a_message() -> None:
    text = pretty(slack(SAMPLES["run_enforce"]))
    assert text.count("<@U045EF6GH>") == 1
    assert text.count("<!subteam^S012AB3CD>") == 1
    assert "owner web" in text


def test_only_the_policy_mentions_anybody() -> None:
    for one in ALL.values():
        for found in OWN_MARKUP.findall(pretty(slack(one, app=True))):
            assert found.startswith(("<https://abc123.lambda-url.", "<@U045EF6GH>", "<!subteam^S012AB3CD>"))
    text = pretty(blocks.message(hostile(SAMPLES["run_enforce"])))
    assert "<" not in text


def test_buttons_come_with_an_app_only() -> None:
    notice = SAMPLES["question_mixed_app"]
    assert not any(block["type"] == "actions" for block in slack(notice)["blocks"])
    (actions,) = [block for block in slack(notice, app=True)["blocks"] if block["type"] == "actions"]
    approve, reject = actions["elements"]
    assert (approve["action_id"], approve["value"], approve["style"]) == ("approve", notice.run, "primary")
    assert approve["confirm"]["text"]["text"] == "1 of 3 changes cannot be undone. Make all 3 changes?"
    assert (reject["action_id"], reject["value"], "confirm" in reject) == ("reject", notice.run, False)


def test_a_value_too_long_for_a_button_makes_none() -> None:
    step = Step("approve", "Approve", "fusebox approve x", value="v" * 2001)
    notice = replace(SAMPLES["question_mixed_app"], steps=(step,))
    assert not any(block["type"] == "actions" for block in slack(notice, app=True)["blocks"])


@pytest.mark.parametrize(("groups", "examples"), [(14, 5), (60, 30), (500, 0)])
def test_however_much_there_is_slack_takes_it_and_all_is_counted(groups: int, examples: int) -> None:
    group = Group("waiting for approval", 1000, 12.0, examples=(hostile_example(BIG),) * examples)
    steps = tuple(
        Step("approve", HOSTILE, HOSTILE, "https://x.example.com/" + "a&" * 900, "v" * 2000, HOSTILE) for _ in range(40)
    )
    notice = replace(
        SAMPLES["question_mixed_app"], title=HOSTILE, notes=(HOSTILE,) * 200, groups=(group,) * groups, steps=steps
    )
    message = slack(notice, app=True)
    assert problems(message) == []
    texts = [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    headings = sum(text.startswith("*1,000 waiting") for text in texts)
    left_out = [int(found[1]) for text in texts if (found := re.fullmatch(r"… and (\d+) more groups", text))]
    assert headings + sum(left_out) == groups


def test_examples_that_do_not_fit_are_counted() -> None:
    group = Group("done", 40, examples=(hostile_example(BIG),) * 30)
    notice = replace(SAMPLES["run_enforce"], groups=(group,))
    (text,) = [block["text"]["text"] for block in slack(notice)["blocks"] if "40 done" in str(block)]
    shown = text.count("\n• ")
    assert shown >= 1
    assert f"… and {40 - shown} more" in text
