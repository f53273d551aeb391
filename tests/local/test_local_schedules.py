"""When schedules fire, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local import DeploymentRejected
from local.schedules import next_fire

CREATED = datetime(2026, 3, 1, 12, 7, 30, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 hour)", datetime(2026, 3, 1, 13, 7, 30, tzinfo=UTC)),
        ("rate(5 minutes)", datetime(2026, 3, 1, 12, 12, 30, tzinfo=UTC)),
        ("rate(2 days)", datetime(2026, 3, 3, 12, 7, 30, tzinfo=UTC)),
        ("cron(0 * * * ? *)", datetime(2026, 3, 1, 13, 0, tzinfo=UTC)),
        ("cron(0/15 * * * ? *)", datetime(2026, 3, 1, 12, 15, tzinfo=UTC)),
        ("cron(30 6 ? * MON-FRI *)", datetime(2026, 3, 2, 6, 30, tzinfo=UTC)),
        ("cron(0 8 1 * ? *)", datetime(2026, 4, 1, 8, 0, tzinfo=UTC)),
        ("cron(0 8 L * ? *)", datetime(2026, 3, 31, 8, 0, tzinfo=UTC)),
        ("cron(0 8 ? * 2#1 *)", datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        ("cron(0 8 ? * 6L *)", datetime(2026, 3, 27, 8, 0, tzinfo=UTC)),
        ("cron(0 0 29 2 ? *)", datetime(2028, 2, 29, 0, 0, tzinfo=UTC)),
        ("cron(0 9 ? JAN,JUL SUN 2026-2027)", datetime(2026, 7, 5, 9, 0, tzinfo=UTC)),
        ("cron(0 0 1 1 ? 2025)", None),
    ],
)
def test_next_firing(expression: str, expected: datetime | None) -> None:
    assert next_fire(expression, CREATED, CREATED) == expected


def test_a_rate_keeps_its_phase() -> None:
    later = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    assert next_fire("rate(1 hour)", CREATED, later) == datetime(2026, 3, 1, 15, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hours)",
        "rate(2 hour)",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "cron(0 * * * *)",
        "cron(0 0 1 * MON *)",
        "cron(0 0 ? * ? *)",
        "cron(61 * * * ? *)",
        "cron(x * * * ? *)",
        "every day",
    ],
)
def test_what_eventbridge_refuses(expression: str) -> None:
    with pytest.raises(DeploymentRejected, match=r"rate|cron|every"):
        next_fire(expression, CREATED, CREATED)
