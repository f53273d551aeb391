"""Pure: the mark, a tag on the resource that lists what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from functions.tag_check.limits import LONGEST_VALUE
from functions.tag_check.required import Lack
from functions.tag_check.settings import MISSING, TagCheckSettings


def mark(lacking: Sequence[Lack], settings: TagCheckSettings) -> str:
    """The mark's value for what is lacking, in the policy's order; what does not fit is counted."""
    times = settings.mark_value.count(MISSING)
    room = (LONGEST_VALUE - len(settings.mark_value.replace(MISSING, ""))) // max(times, 1)
    words = [lack.short for lack in lacking]
    for kept in range(len(words), -1, -1):
        more = [f"+{len(words) - kept}"] if kept < len(words) else []
        listed = " ".join([*words[:kept], *more])
        if len(listed) <= room:
            return settings.mark_value.replace(MISSING, listed)[:LONGEST_VALUE]
    return settings.mark_value.replace(MISSING, "")[:LONGEST_VALUE]
