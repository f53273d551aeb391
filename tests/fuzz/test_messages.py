"""Changes messages of the budget topic at random: the reader hears only what is there and ours, or says why not.

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
from functions.core.messages import is_from_topic
from functions.core.types import MalformedEvent, Refused
from functions.llm_keys.messages.heard import Heard
from tests.fuzz.message_judge import kind, wrongs
from tests.fuzz.message_mutations import MessageMutator
from tests.unit.llm_keys.messages.samples import FROM_TOPIC, in_topic, outcome
from tests.unit.llm_keys.messages.writing import budget_text

CASES = int(os.environ.get("CASES", "100000"))
MUTATOR = MessageMutator([sample.event for sample in FROM_TOPIC if isinstance(sample.outcome, Heard | Skip)])
SEEN: Counter[str] = Counter()


def judged(event: Any) -> str:
    """What came of a message, in a few words; fails if anything is wrong with it."""
    if not is_from_topic(event):
        return "no message of a topic"
    # Of several messages the function reads each for itself.
    event = {"Records": event["Records"][-1:]}
    found = outcome(event)
    assert isinstance(found, Heard | Skip | MalformedEvent | Refused), f"ended as {found!r:.200}"
    assert list(wrongs(event, found)) == []
    return kind(event, found)


@settings(max_examples=CASES, database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
@given(st.randoms(use_true_random=True))
def test_the_reader_never_hears_of_a_wrong_budget_and_never_falls_over(random: Random) -> None:
    seed = random.getrandbits(64)
    try:
        SEEN[judged(MUTATOR.event(Random(seed)))] += 1
    except Exception as error:
        error.add_note(f"made again by Random({seed})")
        raise


def test_the_judge_would_notice_a_wrong_budget() -> None:
    said = "AWS Budgets: spent"
    right = Heard(("quiet",), said)
    assert list(wrongs(in_topic(budget_text("quiet")), right)) == []
    for wrong in (Heard(("ml-platform",), said), Heard((), said), Heard(("quiet",), "two\nlines"), Skip("not ours")):
        assert list(wrongs(in_topic(budget_text("quiet")), wrong))
    for text in (
        budget_text("quiet", account="210987654321"),
        budget_text("quiet", type="Usage"),
        budget_text("quiet", kind="FORECASTED"),
        budget_text("Quiet"),
        budget_text("quiet") + "Budget Name: quiet\n",
    ):
        assert list(wrongs(in_topic(text), right))


def test_enough_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """Also tells the figures: it runs last."""
    with capsys.disabled():
        print(f"\n{SEEN.total():,} cases")  # noqa: T201
        for word, count in SEEN.most_common():
            print(f"{count:>9,}  {word}")  # noqa: T201
    assert SEEN.total() >= CASES
    assert len(SEEN) >= 8
