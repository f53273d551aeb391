"""What counts as a leak: growth beyond what was known, by path, and never what was only seen late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from functions.llm_keys.flows import Flows, next_flows
from functions.llm_keys.sources.reading import Level, Reading
from tests.unit.llm_keys.office import START

LATER = START + timedelta(hours=3)


def seen(paths: Mapping[str, float] | None, trouble: str = "", minutes: float = 0, was: Flows | None = None) -> Flows:
    """What flows once a provider's usage was read some minutes later; None where it could not be read."""
    spent = None if paths is None else sum(paths.values())
    level = Level((Reading("provider_usage", spent, trouble, paths or {}),))
    return next_flows(was or Flows(), START, level, LATER + timedelta(minutes=minutes), 0.5)


def leaks(flows: Flows) -> dict[str, float]:
    return {path.removeprefix("provider_usage").strip(): dollars for path, dollars in flows.leaks.items()}


def test_what_was_known_at_the_first_look_is_no_leak() -> None:
    flows = seen({"gpt": 590.0})
    assert leaks(flows) == {}
    assert leaks(seen({"gpt": 590.5}, was=flows)) == {}
    assert leaks(seen({"gpt": 590.51}, was=flows)) == {"gpt": 0.51}


def test_a_bill_that_could_not_be_read_at_first_is_no_leak_once_it_can() -> None:
    flows = seen({"a gpt": 10.0}, trouble="b answered 500")
    flows = seen({"a gpt": 10.0, "b gpt": 300.0}, was=flows)
    assert leaks(flows) == {}
    assert leaks(seen({"a gpt": 10.0, "b gpt": 301.0}, was=flows)) == {"b gpt": 1.0}


def test_a_new_path_of_what_was_seen_whole_leaks_from_nothing_also_after_a_trouble() -> None:
    flows = seen({"gpt": 10.0})
    flows = seen({"gpt": 10.0}, trouble="b answered 500", was=flows)
    assert leaks(seen({"gpt": 10.0, "sora": 3.0}, was=flows)) == {"sora": 3.0}


def test_what_fell_counts_from_where_it_fell_to() -> None:
    flows = seen({"gpt": 100.0}, was=seen({"gpt": 590.0}))
    assert leaks(flows) == {}
    assert leaks(seen({"gpt": 105.0}, was=flows)) == {"gpt": 5.0}


def test_what_was_told_of_in_one_hour_is_told_of_in_the_next_only_if_there_is_more() -> None:
    flows = seen({"gpt": 12.0}, was=seen({"gpt": 10.0}))
    assert leaks(flows) == {"gpt": 2.0}
    assert leaks(seen({"gpt": 12.0}, minutes=29, was=flows)) == {"gpt": 2.0}
    assert leaks(seen({"gpt": 12.0}, minutes=30, was=flows)) == {}
    assert leaks(seen({"gpt": 13.0}, minutes=30, was=flows)) == {"gpt": 1.0}


def test_in_a_new_period_all_begins_from_nothing() -> None:
    flows = seen({"gpt": 3.0}).renewed()
    assert leaks(seen(None, was=flows)) == {}
    assert leaks(seen({"gpt": 5.0}, was=seen(None, was=flows))) == {"gpt": 5.0}
