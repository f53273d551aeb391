"""A project is stopped by many values: what a stop left half done, or never knew, comes back as it was all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed, Values
from tests.unit.llm_keys.office import REFUSES, Office, budget, settings, told
from tests.unit.llm_keys.people import last_action, override, undo

PROJECT = Key(name="lab", kind="openai_project", id="proj_laboratory1", provider="openai")
ACCOUNT = ProviderAccount(name="openai", kind="openai")
BEFORE = {"small": 500, "large": 40, "tiny": 1}
STOPPED = {"small": 1, "large": 1, "tiny": 1}


@dataclass
class Panel:
    """A project's limits by model. A write sets one after the other, and breaks off `after` some of them, if told."""

    limits: dict[str, int] = field(default_factory=lambda: dict(BEFORE))
    after: list[int] = field(default_factory=list)
    dies: bool = False
    refuses: bool = False
    writes: int = 0

    def read(self, key: Key) -> Values:
        if not self.limits:
            raise NoSuchKey(f"project {key.id} has no limits")
        return dict(self.limits)

    def stopped(self, key: Key, values: Values) -> Values:
        return dict.fromkeys(values, 1)

    def write(self, key: Key, values: Values) -> None:
        if self.refuses:
            raise REFUSES
        self.writes += 1
        left = self.after.pop(0) if self.after else len(values)
        for model, limit in values.items():
            if model not in self.limits:
                continue
            if not left:
                raise SystemExit("the function died") if self.dies else ProviderFailed("1 was not set", certain=False)
            left -= 1
            self.limits[model] = limit  # type: ignore[assignment]


@pytest.fixture
def panel() -> Panel:
    return Panel()


@pytest.fixture
def office(tmp_path: Path, panel: Panel) -> Office:
    told = settings(budget(keys=("lab",)), keys=(PROJECT,), providers=(ACCOUNT,))
    office = Office(tmp_path, told)
    office.desk = panel  # type: ignore[assignment]
    office.meter.spent["ml"] = 600.0
    return office


def give_back(office: Office) -> None:
    assert override(office, ceiling=9000.0) == {"done": 1}
    office.sweep()


def test_a_project_comes_back_with_its_own_limits(office: Office, panel: Panel) -> None:
    office.sweep()
    assert panel.limits == STOPPED
    give_back(office)
    assert panel.limits == BEFORE


def test_a_stop_that_failed_half_way_loses_no_limit(office: Office, panel: Panel) -> None:
    panel.after = [1]
    assert office.sweep().partial
    assert panel.limits == {"small": 1, "large": 40, "tiny": 1}
    office.sweep()
    assert panel.limits == STOPPED
    give_back(office)
    assert panel.limits == BEFORE


def test_a_stop_in_the_middle_of_which_the_function_died_loses_no_limit(office: Office, panel: Panel) -> None:
    panel.after, panel.dies = [1], True
    with pytest.raises(SystemExit):
        office.message()
    office.sweep()
    office.sweep()
    assert panel.limits == STOPPED
    give_back(office)
    assert panel.limits == BEFORE


def test_a_half_stopped_project_comes_back_where_its_budget_was_closed_meanwhile(office: Office, panel: Panel) -> None:
    panel.after = [1]
    office.sweep()
    give_back(office)
    assert panel.limits == BEFORE


def test_a_project_given_back_half_way_comes_back_whole(office: Office, panel: Panel) -> None:
    office.sweep()
    panel.after = [1]
    give_back(office)
    assert panel.limits == {"small": 500, "large": 1, "tiny": 1}
    office.sweep()
    assert panel.limits == BEFORE


def test_a_model_that_came_while_it_was_stopped_is_stopped_and_comes_back_too(office: Office, panel: Panel) -> None:
    office.sweep()
    panel.limits["new"] = 70
    office.sweep()
    assert panel.limits == {**STOPPED, "new": 1}
    give_back(office)
    assert panel.limits == {**BEFORE, "new": 70}


def test_a_model_that_came_at_the_last_moment_holds_up_no_other(office: Office, panel: Panel) -> None:
    office.sweep()
    override(office, ceiling=9000.0)
    panel.limits["new"] = 70
    office.sweep()
    assert panel.limits == {**BEFORE, "new": 70}


def test_a_model_that_went_meanwhile_holds_up_no_other(office: Office, panel: Panel) -> None:
    office.sweep()
    del panel.limits["large"]
    give_back(office)
    assert panel.limits == {"small": 500, "tiny": 1}


def test_a_limit_that_somebody_set_meanwhile_stays_as_he_set_it(office: Office, panel: Panel) -> None:
    office.sweep()
    override(office, ceiling=9000.0)
    panel.limits["large"] = 7
    office.sweep()
    assert panel.limits == {"small": 500, "large": 7, "tiny": 1}


def test_a_model_that_went_in_a_crash_is_settled(office: Office, panel: Panel) -> None:
    panel.after, panel.dies = [1], True
    with pytest.raises(SystemExit):
        office.message()
    del panel.limits["large"]
    report = office.sweep()
    assert report.settled == 1
    office.sweep()
    assert panel.limits == {"small": 1, "tiny": 1}


def test_a_project_that_went_in_a_crash_is_settled(office: Office, panel: Panel) -> None:
    panel.after, panel.dies = [1], True
    with pytest.raises(SystemExit):
        office.message()
    panel.limits.clear()
    assert office.sweep().settled == 1
    assert office.sweep().trouble == []


def test_the_undo_of_a_stop_before_the_sweep_gives_it_back(office: Office, panel: Panel) -> None:
    office.sweep()
    override(office, ceiling=9000.0)
    assert undo(office, last_action(office, office.arn(PROJECT))) == ("done", "")
    assert panel.limits == BEFORE
    office.sweep()
    assert panel.limits == BEFORE


def test_the_undo_of_a_stop_of_which_a_model_is_gone_gives_back_the_others(office: Office, panel: Panel) -> None:
    office.sweep()
    override(office, ceiling=9000.0)
    del panel.limits["large"]
    assert undo(office, last_action(office, office.arn(PROJECT))) == ("done", "")
    assert panel.limits == {"small": 500, "tiny": 1}


def test_a_second_stop_that_fails_forgets_nothing_of_the_first(office: Office, panel: Panel) -> None:
    office.sweep()
    panel.limits["new"] = 70
    panel.refuses = True
    office.sweep()
    panel.refuses = False
    give_back(office)
    assert panel.limits == {**BEFORE, "new": 70}


def test_the_undo_of_a_stop_that_was_made_in_two_goes_gives_back_all(office: Office, panel: Panel) -> None:
    panel.after = [1]
    office.sweep()
    office.sweep()
    override(office, ceiling=9000.0)
    assert undo(office, last_action(office, office.arn(PROJECT))) == ("done", "")
    assert panel.limits == BEFORE


def test_a_project_that_was_given_back_by_hand_is_left_as_it_is(office: Office, panel: Panel) -> None:
    office.sweep()
    override(office, ceiling=9000.0)
    panel.limits = {"small": 600, "large": 60, "tiny": 1}
    writes = panel.writes
    assert told(office.sweep()) == {}
    assert (panel.limits["small"], panel.writes) == (600, writes)
