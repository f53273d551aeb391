"""A service with a memory leak: its alarm adds instances, each of which leaks as well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from local.account import LocalAccount
from local.scaling import GroupSeed

NAME, TYPE = "inference-leaky", "g5.2xlarge"
USD_HOUR = 1.212
"""On demand in us-east-1."""
MINIMUM, MAXIMUM, BEGINS = 2, 50, 5
STEP, EVERY = 3, timedelta(minutes=2)
QUIET_STEPS = 4
"""Alarms after the group was caught, to see that it stays so."""
Climb = list[tuple[datetime, int, int]]
"""Moment, desired and max."""


def move_in(account: LocalAccount) -> None:
    """The leaky group beside two that behave."""
    since = account.clock.now() - timedelta(days=40)
    account.seed_groups(
        [
            GroupSeed(NAME, TYPE, MINIMUM, MAXIMUM, BEGINS, since, {"owner": "ada@example.com"}),
            GroupSeed("web", "m5.large", 2, 8, 3, since),
            GroupSeed("ingest", "c5.xlarge", 1, 6, 2, since),
        ]
    )


def climb(account: LocalAccount) -> Climb:
    """Lets the alarm go on until max is reached, or for a while after something has brought max down."""
    seen: Climb = [_now(account)]
    quiet = 0
    while seen[-1][1] < MAXIMUM and quiet < QUIET_STEPS:
        account.advance(EVERY)
        account.scale(NAME, by=STEP, policy="leak-scale-out", alarm="memory-high")
        seen.append(_now(account))
        quiet += seen[-1][2] < MAXIMUM
    return seen


def bill(account: LocalAccount, climb: Climb) -> Mapping[str, float]:
    """Dollars an hour before the leak, as it is held now, and as it would have been at the old max."""
    held = sizes(account)[1]
    return {
        f"before the leak ({climb[0][1]})": climb[0][1] * USD_HOUR,
        f"held now ({held})": held * USD_HOUR,
        f"without Fusebox ({MAXIMUM})": MAXIMUM * USD_HOUR,
    }


def clamp(account: LocalAccount) -> str:
    """The id of the one thing that was done, from the message that told of it."""
    message = account.messages(account.outputs["AlertsTopicArn"])[-1]
    return next(line.split()[-1] for line in message.body("email").splitlines() if line.strip().startswith("id: "))


def sizes(account: LocalAccount) -> tuple[int, int, int]:
    """Min, desired and max of the leaky group."""
    client = account.client("autoscaling")
    (found,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[NAME])["AutoScalingGroups"]
    return found["MinSize"], found["DesiredCapacity"], found["MaxSize"]


def _now(account: LocalAccount) -> tuple[datetime, int, int]:
    _, desired, maximum = sizes(account)
    return account.clock.now(), desired, maximum
