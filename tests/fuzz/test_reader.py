"""Changes real events of tag_check at random: the reader names only what is there and ours, or says why it does not.

Run by `make fuzz`, with CASES=… for more or fewer; a case that fails is told with the seed that makes it again.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.core.events import Skip
from functions.core.types import MalformedEvent, Refused
from tests.fuzz.judge import wrongs_of_creation, wrongs_of_retagging
from tests.fuzz.mutations import Mutator
from tests.unit.tag_check.samples import ALL, outcome

CASES = int(os.environ.get("CASES", "100000"))
MUTATOR = Mutator([sample.case["event"] for sample in ALL if isinstance(sample.case["event"].get("detail"), dict)])
SEEN: Counter[str] = Counter()


def judged(event: Any) -> str:
    """What came of an event, in a word; fails if anything is wrong with it."""
    found = outcome(event)
    if isinstance(found, dict):
        assert list(wrongs_of_creation(event, found)) == []
        return f"named by a call: {event['detail']['eventName']}"
    if isinstance(found, list):
        assert list(wrongs_of_retagging(event, found)) == []
        return "named by a change of tags"
    if isinstance(found, Skip):
        return "passed over: " + next((why for why in SKIPS if why in found.reason), "another reason")
    assert isinstance(found, MalformedEvent | Refused), f"ended as {found!r:.200}"
    return f"raised: {type(found).__name__}"


SKIPS = (
    "creates nothing",
    "the call failed",
    "a dry run",
    "own call",
    "for its own ends",
    "is not watched",
    "not checked",
    "only tags of Fusebox",
    "from ",
)


@settings(max_examples=CASES, database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
@given(st.randoms(use_true_random=True))
def test_the_reader_never_names_a_wrong_resource_and_never_falls_over(random: Random) -> None:
    seed = random.getrandbits(64)
    try:
        SEEN[judged(MUTATOR.event(Random(seed)))] += 1
    except Exception as error:
        error.add_note(f"made again by Random({seed})")
        raise


def test_the_judge_would_notice_a_wrong_resource() -> None:
    event = next(sample.case["event"] for sample in ALL if sample.name == "run_instance")
    start = "arn:aws:ec2:us-east-1:123456789012:instance/"
    right = start + "i-0a1b2c3d4e5f60718"
    assert list(wrongs_of_creation(event, {right: {}})) == []
    for wrong in (
        start + "i-0a1b2c3d4e5f60719",
        start + "*",
        right + "\n",
        right.replace("123456789012", "210987654321"),
        right.replace("us-east-1", "eu-central-1"),
        right.replace("instance/", "volume/"),
        "arn:aws:s3:::i-0a1b2c3d4e5f60718",
        "i-0a1b2c3d4e5f60718",
    ):
        assert list(wrongs_of_creation(event, {wrong: {}}))
    failed = {**event, "detail": {**event["detail"], "errorCode": "AccessDenied"}}
    assert list(wrongs_of_creation(failed, {right: {}})) == ["a failed call named something"]


def test_enough_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """Also tells the figures: it runs last."""
    calls = Counter({word: count for word, count in SEEN.items() if word.startswith("named by a call")})
    shown = SEEN - calls
    shown[f"named by {len(calls)} calls"] = calls.total()
    with capsys.disabled():
        print(f"\n{SEEN.total():,} cases")  # noqa: T201
        for word, count in shown.most_common():
            print(f"{count:>9,}  {word}")  # noqa: T201
    assert SEEN.total() >= CASES
    assert len(shown) >= 8
