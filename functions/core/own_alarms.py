"""CloudWatch alarms that a guardrail keeps for itself: made where they lack, removed where nothing wants them.

They are told from everybody else's by how their names begin. The description of each ends with a mark of what was put,
so that one listing shows which of them are wanted as they are, and only the others are put. What somebody changes by
hand in an alarm and not in its description stays changed until the alarm is wanted otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.pacing import Pacer
from functions.core.types import canonical_hash

PUTS_PER_SECOND = 3.0
"""PutMetricAlarm calls a second: AWS's default quota for an account and Region."""
NAMES = 100
"""Most names of one DeleteAlarms call, and most alarms of one page of DescribeAlarms."""
MARK = 12
"""Hexadecimal digits of a mark."""


def marked(alarm: Mapping[str, Any], says: str) -> dict[str, Any]:
    """The arguments of PutMetricAlarm with their description: `says` for people, then the mark for `keep`."""
    return {**alarm, "AlarmDescription": f"{says} {canonical_hash(dict(alarm))[:MARK]}"}


def keep(
    cloudwatch: Any,
    prefix: str,
    wanted: Mapping[str, Mapping[str, Any]],
    stop: Callable[[], bool],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Makes the alarms that lack or say something else, and removes the others under `prefix`; returns what went wrong.

    `wanted` holds the arguments of PutMetricAlarm, from `marked`, by the alarm's name, which begins with `prefix`.
    Every metric alarm under `prefix` counts as the guardrail's own, so no guardrail's prefix may begin with another's.
    The number of alarms that a run makes is bounded by its time only: what `stop` leaves, the next run makes.
    """
    strange = [name for name in wanted if not name.startswith(prefix)]
    if not prefix or strange:
        raise ValueError(f"a prefix tells a guardrail's own alarms from all others; {prefix!r} does not: {strange}")
    pacer = Pacer(PUTS_PER_SECOND, PUTS_PER_SECOND, sleep=sleep)
    try:
        standing = dict(_standing(cloudwatch, prefix))
        left_over = sorted(set(standing) - set(wanted))
        for start in range(0, len(left_over), NAMES):
            cloudwatch.delete_alarms(AlarmNames=left_over[start : start + NAMES])
        for name, alarm in wanted.items():
            if standing.get(name) == alarm["AlarmDescription"]:
                continue
            if stop():
                break
            pacer.wait()
            cloudwatch.put_metric_alarm(**{**alarm, "AlarmName": name})
    except (ClientError, BotoCoreError) as error:
        return [f"its alarms could not be kept: {error}"]
    return []


def _standing(cloudwatch: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Names and descriptions of the alarms that exist."""
    more: dict[str, str] = {}
    while True:
        answer = cloudwatch.describe_alarms(
            AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"], MaxRecords=NAMES, **more
        )
        for one in answer["MetricAlarms"]:
            yield one["AlarmName"], one.get("AlarmDescription", "")
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}
