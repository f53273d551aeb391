"""How large a group may be and what a scaling policy makes of its size.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html and
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from local.scaling_history import ScalingRefused


def within(current: int, low: int, high: int, desired: int | None) -> int:
    """The desired capacity under new limits: as asked for, else as it was, moved to the nearest limit."""
    if low > high:
        raise ScalingRefused(f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    if desired is None:
        return clamped(current, low, high)
    if not low <= desired <= high:
        raise ScalingRefused(
            f"Desired capacity:{desired} must be between the specified min size:{low} and max size:{high}"
        )
    return desired


def clamped(value: int, low: int, high: int) -> int:
    """The value, moved to the nearest limit if it is outside."""
    return max(low, min(high, value))


def wanted(policy: Any, current: int, metric_value: float | None, threshold: float | None) -> int:
    """The desired capacity that a simple or step policy asks for, before the group's limits."""
    adjustment = policy.scaling_adjustment
    if policy.policy_type == "StepScaling":
        if metric_value is None or threshold is None:
            raise ScalingRefused("MetricValue and BreachThreshold are required for a step scaling policy")
        adjustment = _step(policy.step_adjustments, metric_value - threshold)
    elif policy.policy_type != "SimpleScaling":
        raise ScalingRefused(f"A policy of type {policy.policy_type} cannot be executed by hand")
    adjustment = int(adjustment or 0)
    if policy.adjustment_type == "ExactCapacity":
        return adjustment
    if policy.adjustment_type == "PercentChangeInCapacity":
        change = current * adjustment / 100
        # Less than one instance is one; more is rounded towards zero.
        adjustment = int(math.copysign(1, change)) if 0 < abs(change) < 1 else int(change)
        least = int(policy.min_adjustment_magnitude or 0)
        if adjustment and abs(adjustment) < least:
            adjustment = int(math.copysign(least, adjustment))
    return current + adjustment


def _step(steps: Sequence[Mapping[str, Any]], over: float) -> int:
    for step in steps:
        low = float(step.get("MetricIntervalLowerBound", -math.inf))
        if low <= over < float(step.get("MetricIntervalUpperBound", math.inf)):
            return int(step["ScalingAdjustment"])
    return 0
