"""The policy's `slack` section."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.core.settings import from_plain, to_plain
from functions.notify.spec import Mention, SlackSettings


def read(**section: Any) -> SlackSettings:
    return TypeAdapter(SlackSettings).validate_json(json.dumps(section))


def test_nothing_is_told_unless_the_policy_says_so() -> None:
    settings = read()
    assert (settings.webhook, settings.app, settings.owner_tag, settings.mentions) == (False, False, "owner", ())


def test_settings_cross_into_the_function() -> None:
    settings = read(webhook=True, app=True, mentions=[{"owner": "web", "slack": "U012AB3CD"}])
    assert settings.mentions == (Mention(owner="web", slack="U012AB3CD"),)
    assert from_plain(SlackSettings, json.loads(json.dumps(to_plain(settings)))) == settings


@pytest.mark.parametrize("slack", ["U012AB3CD", "W012AB3CD", "S012AB3CD"])
def test_members_and_user_groups_can_be_mentioned(slack: str) -> None:
    assert Mention(owner="web", slack=slack).slack == slack


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"app": True}, "app: true needs webhook: true"),
        ({"webhook": 1}, "valid boolean"),
        ({"webhok": True}, "Unexpected"),
        ({"owner_tag": ""}, "owner_tag '': a tag's key, 1 to 128 characters"),
        ({"mentions": [{"owner": "web", "slack": "@ana"}]}, "mentions.slack '@ana': a member id such as U012AB3CD or"),
        ({"mentions": [{"owner": "web", "slack": "C012AB3CD"}]}, "mentions.slack 'C012AB3CD'"),
        ({"mentions": [{"owner": "web", "slack": "U012AB3CD> <!channel"}]}, "mentions.slack"),
        ({"mentions": [{"owner": " ", "slack": "U012AB3CD"}]}, "mentions.owner is empty"),
        ({"mentions": [{"owner": "web", "slack": f"U012AB3C{n}"} for n in "DE"]}, "mentions names 'web' twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(**section)
    (problem,) = caught.value.errors()
    assert said in problem["msg"]
    assert "\n" not in problem["msg"]


def test_every_setting_says_what_it_means() -> None:
    for one in SlackSettings.__dataclass_fields__.values():
        assert one.metadata["doc"]
