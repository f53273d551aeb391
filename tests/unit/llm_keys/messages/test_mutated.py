"""Samples changed at random, the same ones each time: a small part of what `make fuzz` tries."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.events import Skip
from functions.core.types import MalformedEvent, Refused
from functions.llm_keys.messages.heard import Heard
from tests.fuzz.message_judge import wrongs
from tests.fuzz.message_mutations import MessageMutator
from tests.unit.llm_keys.messages.samples import FROM_TOPIC, in_topic, outcome

MUTATOR = MessageMutator([sample.event for sample in FROM_TOPIC if isinstance(sample.outcome, Heard | Skip)])


@settings(derandomize=True, deadline=None, max_examples=400, database=None)
@given(st.integers(0, 2**32))
def test_a_changed_message_is_heard_rightly_or_not_at_all(seed: int) -> None:
    event = in_topic(MUTATOR.body(Random(seed)))
    found = outcome(event)
    assert isinstance(found, Heard | Skip | MalformedEvent | Refused)
    assert list(wrongs(event, found)) == []
