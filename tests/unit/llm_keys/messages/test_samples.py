"""What is heard in each sample of events/llm_keys."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from functions.core.events import Skip
from functions.core.types import MalformedEvent, Refused
from functions.llm_keys import names
from functions.llm_keys.messages.heard import Heard
from tests.unit.llm_keys.messages.samples import ALL, FROM_TOPIC, NAMES, SETTINGS, Sample

BY_LOOKING = ("act", "report", "nothing")
"""Expected of samples that make the guardrail look at budgets."""
LONGEST = 300


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_a_sample_is_heard_passed_over_or_refused_as_it_says(sample: Sample) -> None:
    found = sample.outcome
    if sample.case["expect"] in BY_LOOKING:
        assert isinstance(found, Heard), found
        assert found.budgets == tuple(sample.case["hears"])
    else:
        wanted = Skip if sample.case["expect"] == "skip" else (MalformedEvent, Refused)
        assert isinstance(found, wanted), found
        assert "hears" not in sample.case


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_what_is_said_of_a_sample_is_one_short_line(sample: Sample) -> None:
    found = sample.outcome
    said = found.note if isinstance(found, Heard) else found.reason if isinstance(found, Skip) else str(found)
    assert said.isprintable()
    assert len(said) <= LONGEST
    assert "phish" not in said, "a link of a message is never shown"


def test_the_samples_cover_what_may_arrive() -> None:
    expected = Counter(sample.case["expect"] for sample in ALL)
    assert expected["failure"] >= 60
    assert min(expected[one] for one in (*BY_LOOKING, "skip")) >= 6
    assert len(FROM_TOPIC) >= 40
    heard = {name for sample in ALL for name in sample.case.get("hears", ())}
    assert heard == set(NAMES)


def test_the_samples_that_name_a_budget_as_aws_does_have_the_hash_of_the_policy() -> None:
    at_aws = {names.aws_budget(one) for one in SETTINGS.budgets}
    named = {
        line.removeprefix("Budget Name: ")
        for sample in FROM_TOPIC
        if sample.name.endswith("at_aws")
        for line in sample.event["Records"][0]["Sns"]["Message"].split("\n")
        if line.startswith("Budget Name: ")
    }
    assert named == {one for one in at_aws if not one.startswith("quiet")}


def test_no_sample_says_the_same_as_another() -> None:
    events = Counter(json.dumps(sample.event, sort_keys=True) for sample in ALL)
    assert max(events.values()) == 1
