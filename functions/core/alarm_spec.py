"""What a guardrail declares that keeps alarms of its own: the grants they need, and the rule they come through."""

from __future__ import annotations

from functions.core.alarm_events import ALARM_CHANGE
from functions.core.spec import EventTrigger, Permission

ANY = "arn:{partition}:cloudwatch:{region}:{account}:alarm:"


def permissions(prefix: str, *, made: str, removed: str) -> tuple[Permission, ...]:
    """Grants to keep alarms whose names begin with `prefix`; `made` and `removed` say what, and when."""
    own = (f"{ANY}{prefix}*",)
    return (
        Permission(
            actions=("cloudwatch:DescribeAlarms",),
            resources=(f"{ANY}*",),
            reason="see which of its own alarms exist",
        ),
        Permission(actions=("cloudwatch:PutMetricAlarm",), resources=own, reason=made),
        Permission(actions=("cloudwatch:DeleteAlarms",), resources=own, reason=removed),
    )


def trigger(name: str, prefix: str) -> EventTrigger:
    """The rule for such alarms going on. It is no call of anybody's, and what it is about is judged anew."""
    return EventTrigger(
        name=name,
        summary=f"`{ALARM_CHANGE}` of its own alarms, `{prefix}…`",
        pattern={
            "source": ["aws.cloudwatch"],
            "detail-type": [ALARM_CHANGE],
            "detail": {"alarmName": [{"prefix": prefix}], "state": {"value": ["ALARM"]}},
        },
        excludes_own_role=False,
    )
