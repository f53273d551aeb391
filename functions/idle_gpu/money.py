"""What an instance costs, what stopping it saves, and what watching it costs: all estimates."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core import prices_ec2
from functions.core.prices_ec2 import HOURS_PER_MONTH
from functions.core.types import Json
from functions.idle_gpu.facts import Instance

SWEEPS_PER_MONTH = HOURS_PER_MONTH
"""One an hour."""


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, on demand. `hourly` is None where no price is known, and `note` says why.

    `disks` is what its EBS volumes go on costing in a month while it is stopped; None where they were not read.
    """

    hourly: float | None
    disks: float | None
    note: str = ""

    @property
    def monthly(self) -> float:
        """What a month of not running saves; 0 where no price is known."""
        return round((self.hourly or 0.0) * HOURS_PER_MONTH, 2)

    @property
    def in_words(self) -> str:
        """The saving of a stop, for a reason or a message."""
        if self.hourly is None:
            return self.note
        said = f"${self.hourly:,.2f} an hour, ${self.monthly:,.2f} a month"
        if self.disks:
            said += f"; its disks go on costing ${self.disks:,.2f} a month"
        return f"{said} ({self.note})" if self.note else said

    def evidence(self) -> dict[str, Json]:
        """The amounts as figures; None is "not known"."""
        return {
            "usd_hour": self.hourly,
            "usd_month_now": round(self.monthly + (self.disks or 0.0), 2) if self.hourly else None,
            "usd_month_after": self.disks,
        }


def cost(instance: Instance) -> Cost:
    """What an instance costs, as far as the price table knows."""
    disks = None if instance.volumes_gb is None else round(instance.volumes_gb * prices_ec2.EBS_PER_GB_MONTH, 2)
    price = prices_ec2.hourly(instance.type)
    if price is None:
        return Cost(None, disks, f"no price is known for {instance.type}")
    if instance.lifecycle in ("spot one-time", "spot persistent"):
        return Cost(None, disks, f"Spot: less than ${price:,.2f} an hour, the price on demand")
    return Cost(price, disks)


def watching(series: int, *, alarms: int = 0, looks: int = SWEEPS_PER_MONTH) -> float:
    """What reading so many series at each look, and keeping so many alarms, costs in a month."""
    reads = series * looks * prices_ec2.METRICS_READ_PER_THOUSAND / 1000
    return round(reads + alarms * prices_ec2.ALARM_PER_MONTH, 4)
