"""A change at a provider is done once it was read back, and what it was not is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.core.types import Action, ActionFailed
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed, Values
from functions.llm_keys.switching import LONGEST, PATIENCE, switch
from tests.unit.llm_keys.office import CHAT, HANGS, REFUSES

STOP = Action("stop", {"status": "inactive"}, {"status": "active"})
ON, OFF = {"status": "active"}, {"status": "inactive"}
GONE = NoSuchKey("POST answered 404")


@dataclass
class Script:
    """A provider that does what is written down, reading after reading; time goes on as it says."""

    writes: Exception | None = None
    shows: list[Values | Exception] = field(default_factory=list)
    each_takes: float = 0.0
    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    reads: int = 0

    def read(self, key: Key) -> Values:
        self.reads += 1
        self.now += self.each_takes
        shown = self.shows.pop(0) if len(self.shows) > 1 else self.shows[0]
        if isinstance(shown, Exception):
            raise shown
        return shown

    def stopped(self, key: Key, values: Values) -> Values:
        return OFF

    def write(self, key: Key, values: Values) -> None:
        self.now += self.each_takes
        if self.writes is not None:
            raise self.writes

    def switch(self, action: Action = STOP) -> ActionFailed | None:
        return switch(self, CHAT, action, self.slept.append, lambda: self.now)


@pytest.mark.parametrize(
    "script",
    [
        lambda: Script(shows=[OFF]),
        lambda: Script(shows=[ON, ON, ON, OFF]),
        lambda: Script(shows=[HANGS, OFF]),
        lambda: Script(HANGS, [ON, OFF]),
        lambda: Script(REFUSES, [OFF]),
        lambda: Script(shows=[{"status": "inactive", "hint": "sk-..."}]),
    ],
)
def test_what_is_read_back_is_done(script: Callable[[], Script]) -> None:
    assert script().switch() is None


@pytest.mark.parametrize(
    ("script", "certain", "said"),
    [
        (lambda: Script(GONE, [OFF]), True, "the switch matched nothing: POST answered 404"),
        (lambda: Script(REFUSES, [ON]), True, "POST answered 500"),
        (lambda: Script(REFUSES, [HANGS]), True, "POST answered 500"),
        (lambda: Script(shows=[ON]), False, "it was written, and reading it back does not show it"),
        (lambda: Script(HANGS, [ON]), False, "reading it back does not show it (no answer within 8 s)"),
        (lambda: Script(shows=[HANGS]), False, "it could not be read back: no answer within 8 s"),
        (lambda: Script(HANGS, [GONE]), False, "no answer within 8 s; then it could not be read back: POST answered"),
        (lambda: Script(shows=[{"other": 1}]), False, "does not show it"),
        (lambda: Script(shows=[{}]), False, "does not show it"),
    ],
)
def test_what_is_not_read_back_has_failed_or_is_to_be_settled(
    script: Callable[[], Script], certain: bool, said: str
) -> None:
    ended = script().switch()
    assert ended is not None
    assert ended.certain is certain
    assert said in str(ended)


def test_it_is_patient_while_a_change_spreads() -> None:
    script = Script(shows=[ON])
    script.switch()
    assert script.slept == list(PATIENCE[1:])
    assert script.reads == len(PATIENCE)


def test_it_is_not_patient_for_longer_than_a_function_has_time() -> None:
    script = Script(shows=[HANGS], each_takes=LONGEST / 2)
    ended = script.switch()
    assert ended is not None
    assert script.reads == 2


def test_only_what_was_written_is_compared() -> None:
    some = Action("stop", {"small": 1, "large": 1}, {"small": 500, "large": 40})
    assert Script(shows=[{"small": 1, "large": 1, "new": 70}]).switch(some) is None
    assert Script(shows=[{"small": 1}]).switch(some) is None
    assert Script(shows=[{"small": 1, "large": 40}]).switch(some) is not None


def test_what_nobody_foresaw_is_raised_to_whoever_knows_what_to_do() -> None:
    odd: Any = Script(KeyError("data"), [OFF])
    with pytest.raises(KeyError):
        odd.switch()
    assert not isinstance(KeyError("data"), ProviderFailed)
