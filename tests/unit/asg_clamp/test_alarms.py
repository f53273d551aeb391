"""The alarm on a group's desired capacity: for whom there is one, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp.alarms import LONGEST_NAME, alarm_of, name_of
from functions.asg_clamp.settings import Rule
from tests.unit.asg_clamp.builders import group, policy

CEILING = policy(ceiling=20, alarms=True)


def test_it_watches_desired_against_the_ceiling_and_does_nothing_itself() -> None:
    made = alarm_of(group(metrics_on=True), CEILING)
    assert made is not None
    name, alarm = made
    assert name == "fusebox-asg-clamp-train"
    assert (alarm["MetricName"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
        "GroupDesiredCapacity",
        20.0,
        "GreaterThanThreshold",
    )
    assert alarm["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": "train"}]
    assert (alarm["ActionsEnabled"], alarm["TreatMissingData"]) == (False, "notBreaching")


def test_a_rules_ceiling_is_the_groups() -> None:
    made = alarm_of(group(metrics_on=True), policy(ceiling=20, rules=(Rule(name="train", ceiling=7),)))
    assert made is not None
    assert made[1]["Threshold"] == 7.0


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({"metrics_on": False}, {"ceiling": 20}),
        ({}, {}),
        ({}, {"ceiling": 20, "protect": ("train",)}),
        ({}, {"ceiling": 20, "rules": (Rule(name="train", leave=True),)}),
    ],
    ids=["no metric", "no ceiling", "protected", "left alone"],
)
def test_where_there_is_none(facts: dict[str, Any], limits: dict[str, Any]) -> None:
    assert alarm_of(group(**{"metrics_on": True, **facts}), policy(**limits)) is None


def test_the_same_limits_make_the_same_alarm_whatever_the_size() -> None:
    small, large = group(metrics_on=True), group(metrics_on=True, desired=80, maximum=90)
    assert alarm_of(small, CEILING) == alarm_of(large, CEILING)


def test_names_that_are_too_long_are_cut_and_stay_apart() -> None:
    one, other = name_of("g" * 254 + "a"), name_of("g" * 254 + "b")
    assert len(one) == len(other) == LONGEST_NAME
    assert one != other
    assert name_of("g" * 200) == "fusebox-asg-clamp-" + "g" * 200
