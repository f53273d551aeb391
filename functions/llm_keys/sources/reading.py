"""What a source says was spent, and what a budget's sources say together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from functions.llm_keys.budgets import Budget, SourceKind
from functions.llm_keys.periods import Span

CHANGING = re.compile(r": it asks to wait for \S+ s\b| \(\d+ bytes\)")
"""What differs from one time to the next in what an API says of the same trouble, which is told once a day."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source knows of a budget's spend in a period, in US dollars.

    `spent` is None where it could not be read; `trouble` then says why, in a line for each thing. `by_path` divides
    it by where it flowed (a model, a provider's project); `hour` and `day` are what was spent in the hour and the day
    (UTC) that run, None where the source does not see that. `unpriced` names models that were used and have no known
    price: their spend is missing. `proxied` is the part of `spent` that a proxy reports, which bills nothing itself:
    the providers behind it do.
    """

    source: SourceKind
    spent: float | None
    trouble: str = ""
    by_path: Mapping[str, float] = field(default_factory=dict)
    hour: float | None = None
    day: float | None = None
    unpriced: tuple[str, ...] = ()
    proxied: float = 0.0


class ReadsSpend(Protocol):
    """One kind of source. Never raises for what AWS or a provider refuses: that is a reading with `trouble`."""

    def read(self, budget: Budget, span: Span) -> Reading:
        """What was spent in a span of time up to now."""


@dataclass(frozen=True, slots=True)
class Level:
    """A budget's spend as its sources see it: each sees a part, and counts nothing twice."""

    readings: Sequence[Reading]

    @property
    def spent(self) -> float | None:
        """US dollars at the least, or None where no source could be read.

        What AWS bills is the larger of what its budget and its metrics say; providers bill beside it. What the meter
        and proxies report may be any of these, so each counts where it is more.
        """
        if all(one.spent is None for one in self.readings):
            return None
        proxied = max(one.proxied for one in self.readings)
        # Rounded, so that taking a part away does not leave a breaker a hair below its limit.
        own = round(self._of("provider_usage") - proxied, 9)
        return max(self._of("aws", "bedrock_metrics") + own, self._of("meter"), proxied)

    @property
    def hour(self) -> float | None:
        """What was spent in the hour that runs, as far as a source sees it."""
        return max((one.hour for one in self.readings if one.hour is not None), default=None)

    @property
    def day(self) -> float | None:
        """What was spent in the day that runs, as far as a source sees it."""
        return max((one.day for one in self.readings if one.day is not None), default=None)

    @property
    def trouble(self) -> list[str]:
        """What could not be read, and what has no price: in one line each, the same each time."""
        unread = [CHANGING.sub("", line) for one in self.readings for line in one.trouble.splitlines()]
        unpriced = sorted({model for one in self.readings for model in one.unpriced})
        return [*unread, *(f"model {one} was used and has no known price: its spend is missing" for one in unpriced)]

    def _of(self, *kinds: str) -> float:
        return max((one.spent for one in self.readings if one.source in kinds and one.spent is not None), default=0.0)
