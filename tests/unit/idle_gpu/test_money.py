"""What instances cost and what watching them costs."""

from __future__ import annotations

import pytest

from functions.idle_gpu import money
from tests.unit.idle_gpu.builders import idle


def test_a_stop_saves_the_hours_of_a_month_and_its_disks_go_on_costing() -> None:
    cost = money.cost(idle(type="p4d.24xlarge", volumes_gb=1000))
    assert (cost.monthly, cost.disks) == (16_029.08, 80.0)
    assert cost.in_words == "$21.96 an hour, $16,029.08 a month; its disks go on costing $80.00 a month"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"type": "p9.huge"}, "no price is known for p9.huge"),
        ({"lifecycle": "spot persistent"}, "Spot: less than $1.01 an hour"),
    ],
)
def test_what_is_not_known_is_said_and_saves_nothing(facts: dict[str, str], said: str) -> None:
    cost = money.cost(idle(**facts))
    assert (cost.hourly, cost.monthly) == (None, 0.0)
    assert said in cost.in_words
    assert cost.evidence()["usd_month_now"] is None


def test_disks_that_were_not_read_are_not_zero() -> None:
    cost = money.cost(idle(volumes_gb=None))
    assert cost.disks is None
    assert "disks" not in cost.in_words


def test_what_watching_costs() -> None:
    assert money.watching(12) == pytest.approx(12 * 730 / 1000 * 0.01, abs=1e-4)
    assert money.watching(2000 * 12, looks=4 * 24 * 30) == pytest.approx(691.2)
    assert money.watching(0, alarms=8) == pytest.approx(0.8)
