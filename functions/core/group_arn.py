"""Pure: the ARN by which Fusebox knows an Auto Scaling group."""

from __future__ import annotations

import re

NUMBERED = re.compile(r"(:autoScalingGroup:)[0-9a-f-]{36}(:autoScalingGroupName/)")


def canonical(arn: str) -> str:
    """A group's ARN without the number that AWS puts into it: most events and people know only its name.

    Names are unique in an account and Region at any time; the creation time tells a group from its successor.
    """
    return NUMBERED.sub(r"\1*\2", arn)
