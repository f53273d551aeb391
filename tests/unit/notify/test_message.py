"""What SNS is handed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from functions.core import message, message_amazonq, message_text
from functions.core.notice import Group, Notice
from tests.unit.notify.samples import BIG, HOSTILE, SAMPLES, hostile, hostile_example

SNS_LIMIT = 262_144
every = pytest.mark.parametrize("notice", [*SAMPLES.values(), *map(hostile, SAMPLES.values())])


@every
def test_a_subject_is_a_short_line_of_ascii(notice: Notice) -> None:
    for one in (notice, replace(notice, title=HOSTILE), replace(notice, guardrail=HOSTILE)):
        subject = message.subject(one)
        assert subject.startswith("Fusebox ")
        assert len(subject) < 100
        assert subject.isascii()
        assert subject.isprintable()


def test_a_subject_says_guardrail_mode_and_what() -> None:
    assert message.subject(SAMPLES["run_enforce"]) == "Fusebox log_retention [enforce]: 41 done, 2 FAILED"
    assert message.subject(SAMPLES["question_irreversible"]) == (
        "Fusebox log_retention [approve]: asks: 1 change, $182.40 a month"
    )


@pytest.mark.parametrize("notice", SAMPLES.values(), ids=SAMPLES)
def test_every_protocol_gets_its_body(notice: Notice) -> None:
    bodies = json.loads(message.by_protocol(notice))
    assert bodies["default"] == bodies["email"] == message_text.render(notice)
    assert Notice.from_json(json.loads(bodies["sqs"])) == notice
    assert json.loads(bodies["https"]) == message_amazonq.render(notice)
    assert set(bodies) == {"default", "email", "sqs", "https"}


def test_hostile_text_reaches_sns_as_text_it_takes() -> None:
    for notice in SAMPLES.values():
        sent = message.by_protocol(hostile(notice))
        sent.encode()
        carried = Notice.from_json(json.loads(json.loads(sent)["sqs"]))
        for group in carried.groups:
            for one in group.examples:
                assert one.name.isprintable()
                assert one.resource.isprintable()


@pytest.mark.parametrize("sign", ["a", '"', "\\", "😀", "\n", "<"])
@pytest.mark.parametrize(("groups", "examples"), [(14, 5), (14, 60), (300, 5), (3000, 0)])
def test_any_notice_fits_into_sns(sign: str, groups: int, examples: int) -> None:
    text = sign * 500
    step = replace(SAMPLES["question_mixed_app"].steps[0], text=text, command=text, link="https://" + "a" * 1990)
    big = replace(BIG, name=text, resource=text * 5, reason=text, detail=text, owner=text, evidence=((text, text),) * 6)
    notice = replace(
        SAMPLES["question_mixed_app"],
        title=text,
        notes=(text,) * 20,
        groups=(Group(text, 1000, examples=(big,) * examples),) * groups,
        steps=(replace(step, value=text * 4, confirm=text),) * 8,
    )
    sent = message.by_protocol(notice)
    assert len(sent.encode()) < SNS_LIMIT
    carried = Notice.from_json(json.loads(json.loads(sent)["sqs"]))
    assert carried.key == notice.key
    assert carried.steps


def test_examples_go_first_and_are_counted() -> None:
    crowded = tuple(Group(f"end {number}", 100, examples=(hostile_example(BIG),) * 30) for number in range(14))
    notice = replace(SAMPLES["run_enforce"], groups=crowded)
    carried = Notice.from_json(json.loads(json.loads(message.by_protocol(notice))["sqs"]))
    assert [one.count for one in carried.groups] == [100] * 14
    kept = {len(one.examples) for one in carried.groups}
    assert kept <= {0, 1, 3}
    left_out = 14 * (30 - kept.pop())
    assert carried.notes == (
        *notice.notes,
        f"{left_out} examples are left out: the message would have been larger than SNS takes.",
    )
    assert carried.steps == notice.steps


def test_a_link_or_value_is_whole_or_not_there() -> None:
    step = replace(SAMPLES["question_mixed_app"].steps[0], link="https://" + "a" * 3000, value="v" * 3000)
    (tidied,) = message.tidy(replace(SAMPLES["question_mixed_app"], steps=(step,))).steps
    assert (tidied.link, tidied.value) == ("", "")
