"""What a policy may say about required tags, and each mistake with its one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.core.settings import from_plain, to_plain
from functions.policy import load_policy
from functions.policy_errors import PolicyError
from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import Fill, FillRule, Quarantine, TagCheckSettings

EVERYTHING = """\
mode: approve
required:
  - {key: team, values: [ml, web], value_case: any, key_case: any}
  - {key: cost_center, pattern: 'CC-\\d{4}', types: ['AWS::EC2::*'], accounts: ['123456789012'], regions: [us-*]}
  - {key: model_id, only: ai}
types: ['AWS::EC2::*', 'AWS::S3::Bucket']
ignore: ['AWS::EC2::Snapshot']
grace_minutes: 15
actions: [fill, mark, notify]
mark_tag: untagged
mark_value: 'lacks {missing}'
fill:
  creator: made-by
  created_at: ''
  inherit: [stack, spelling]
  rules:
    - {key: team, value: ml, types: ['AWS::SageMaker::*'], name: '^train', tag: 'kind=gpu'}
quarantine: {types: ['AWS::EC2::Instance'], after_hours: 24}
protect_tags: ['keep', 'env=prod']
"""


def read(folder: Path, text: str) -> TagCheckSettings:
    file = folder / "fusebox.yaml"
    file.write_text("guardrails:\n  tag_check:\n" + "".join(f"    {line}\n" for line in text.splitlines()))
    found = load_policy(file).guardrails["tag_check"]
    assert isinstance(found, TagCheckSettings)
    return found


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "").split("\n")


def test_without_a_word_it_observes_and_requires_six_tags_one_of_them_of_ai() -> None:
    found = TagCheckSettings()
    assert (found.mode, found.actions, found.quarantine.types) == ("observe", (), ())
    assert [one.key for one in found.required] == ["project", "team", "environment", "cost_center", "owner", "model_id"]
    assert [one.key for one in found.required if one.only == "ai"] == ["model_id"]


def test_everything_may_be_said_in_the_policy(tmp_path: Path) -> None:
    found = read(tmp_path, EVERYTHING)
    assert found.required[0] == RequiredTag(key="team", values=("ml", "web"), value_case="any", key_case="any")
    assert found.required[1].regions == ("us-*",)
    assert found.fill == Fill(
        creator="made-by",
        created_at="",
        inherit=("stack", "spelling"),
        rules=(FillRule(key="team", value="ml", types=("AWS::SageMaker::*",), name="^train", tag="kind=gpu"),),
    )
    assert found.quarantine == Quarantine(types=("AWS::EC2::Instance",), after_hours=24)
    assert found.protect_tags == ("keep", "env=prod")


@pytest.mark.parametrize("text", ["{}", EVERYTHING])
def test_it_comes_back_from_the_function_s_own_file_as_it_was(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert from_plain(TagCheckSettings, json.loads(json.dumps(to_plain(found)))) == found


def test_only_the_mark_is_ever_written_unless_the_policy_fills() -> None:
    assert TagCheckSettings(actions=("mark", "notify")).written_keys == ("fusebox:missing-tags",)


def test_what_may_be_written_is_named_once_each() -> None:
    found = TagCheckSettings(
        required=(RequiredTag(key="team"), RequiredTag(key="creator")),
        actions=("fill",),
        fill=Fill(created_at="", rules=(FillRule(key="team", value="ml"), FillRule(key="app", value="x"))),
    )
    assert found.written_keys == ("fusebox:missing-tags", "creator", "team", "app")


# --- refusals


def required(**also: Any) -> dict[str, Any]:
    return {"required": (RequiredTag(key="team", **also),)}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"grace_minutes": 16}, "grace_minutes is 0 to 15"),
        ({"grace_minutes": -1}, "grace_minutes is 0 to 15"),
        ({"actions": ("mark", "mark")}, "actions: each of mark, fill and notify once"),
        ({"mark_tag": ""}, "mark_tag: key '': 1 to 128 letters"),
        ({"mark_tag": "aws:mark"}, "not aws:"),
        ({"mark_tag": "tab\tkey"}, "mark_tag: key"),
        ({"mark_value": " "}, "mark_value ' ': up to 256 letters"),
        ({"mark_value": "what?"}, "mark_value 'what\\?'"),
        ({"mark_value": "a\nb"}, "mark_value 'a\\\\nb'"),
        ({"mark_value": "x" * 257}, "up to 256"),
        ({"mark_value": "{lacking}"}, "braces stand around `missing` only"),
        ({"mark_value": "{missing} {"}, "braces stand around `missing` only"),
        ({"mark_tag": "team", **required()}, "mark_tag team is itself required"),
        ({"mark_tag": "TEAM", **required(key_case="any")}, "mark_tag TEAM is itself required"),
        ({"mark_tag": "Team", **required()}, "mark_tag Team is itself required"),
        ({"mark_tag": "creator"}, "mark_tag creator is also filled in"),
        ({"mark_tag": "app", "fill": Fill(rules=(FillRule(key="app", value="x"),))}, "mark_tag app is also filled in"),
        ({"mark_tag": "fusebox:component"}, "mark_tag: fusebox:component has a meaning of its own"),
        ({"mark_tag": "fusebox:exempt-until"}, "mark_tag: fusebox:exempt-until has a meaning of its own"),
        ({"mark_tag": "fusebox:protect"}, "mark_tag fusebox:protect is in protect_tags"),
        ({"types": ("AWS EC2",)}, "types: 'AWS EC2' is no resource type"),
        ({"ignore": ("",)}, "ignore: '' is no resource type"),
        ({"ai_types": ("AWS::[x]",)}, "ai_types: 'AWS::\\[x\\]' is no resource type"),
        (required(types=("what?!",)), "required team types: 'what\\?!' is no resource type"),
        ({"protect_tags": ("a*",)}, "protect_tags 'a\\*' is neither a tag key nor key=value"),
        ({"remind_days": 0}, "remind_days is 1 or more"),
        ({"on_timeout": "act", "allow_irreversible": True}, "cannot stand together"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        TagCheckSettings(**asked)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FillRule(key="aws:x", value="y"), "fill rule: key 'aws:x'"),
        (lambda: FillRule(key="fusebox:component", value="y"), "fill rule: fusebox:component has a meaning"),
        (lambda: FillRule(key="k", value=" "), "fill rule k: ' ' is no value of a tag"),
        (lambda: FillRule(key="k", value="{missing}"), "fill rule k: '{missing}' is no value of a tag"),
        (lambda: FillRule(key="k", value="a;b"), "fill rule k: 'a;b' is no value of a tag"),
        (lambda: FillRule(key="k", value="v", types=("a b",)), "fill rule k: 'a b' is no resource type"),
        (lambda: FillRule(key="k", value="v", name="("), r"fill rule k: name '\(' is no regular expression"),
        (lambda: FillRule(key="k", value="v", tag="*"), "fill rule k tag '\\*' is neither"),
        (lambda: Fill(creator="who?"), "fill: key 'who\\?'"),
        (lambda: Fill(creator="made", created_at="made"), "fill: creator and created_at are both 'made'"),
        (lambda: Quarantine(after_hours=0.5), "quarantine after_hours is a finite number, one or more"),
        (lambda: Quarantine(after_hours=float("inf")), "quarantine after_hours is a finite number"),
        (lambda: Quarantine(after_hours=float("nan")), "quarantine after_hours is a finite number"),
    ],
)
def test_parts_that_make_no_sense_are_refused_in_one_line(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_neither_the_creator_nor_the_time_need_be_kept() -> None:
    assert Fill(creator="", created_at="") == Fill(creator="", created_at="")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("required:\n  - {key: team}\n  - {values: [x]}", 5, "required.1.key: is missing"),
        ("required:\n  - {key: 'a?'}", 4, "1 to 128 letters"),
        ("required: team", 3, "required"),
        ("grace_minutes: 5\nactions: [mark, delete]", 4, "found 'delete', allowed are: 'mark', 'fill', 'notify'"),
        ("quarantine: {types: ['AWS::RDS::DBInstance']}", 3, "allowed are: 'AWS::EC2::Instance', 'AWS::SageMaker"),
        ("quarantine:\n  after_hours: 0", 3, "quarantine after_hours is a finite number"),
        ("mark_tags: x", 3, "did you mean 'mark_tag'?"),
        ("required:\n  - {key: team, only: true}", 4, "found True"),
        ("grace_minutes: '5'", 3, "grace_minutes"),
        ("mark_tag: team", 2, "mark_tag team is itself required"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    (said,) = complaints(tmp_path, text)
    assert said.startswith(f"fusebox.yaml:{line}: "), said
    assert words in said
