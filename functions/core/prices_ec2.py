"""On-demand prices of EC2 instances, as data with their date, and a few prices of watching them.

The figures stand in ec2_on_demand.csv, one type a line, sorted by name with numbers as numbers: US dollars an hour,
us-east-1, Linux, shared tenancy. Source: AWS Price List, figures as published on that day in
aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go (generated 2026-07-20T13:44:30Z). Other
Regions, Spot, Windows, Savings Plans and private prices differ: every amount Fusebox shows is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

AS_OF = date(2026, 7, 20)
HOURS_PER_MONTH = 730
EBS_PER_GB_MONTH = 0.08
"""gp3; other volume types cost more or less (AWS price list, us-east-1, July 2026)."""
METRICS_READ_PER_THOUSAND = 0.01
"""GetMetricData, per thousand metrics asked for."""
ALARM_PER_MONTH = 0.10
"""A standard-resolution alarm."""
TABLE = Path(__file__).with_name("ec2_on_demand.csv")


def hourly(instance_type: str) -> float | None:
    """What an hour of a type costs on demand, in US dollars; None for a type that the table does not hold."""
    return on_demand().get(instance_type)


@cache
def on_demand() -> Mapping[str, float]:
    """US dollars an hour by instance type; the file is read at the first call, not at a cold start."""
    _, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split(",") for line in lines)
    return MappingProxyType({instance_type: float(price) for instance_type, price in rows})
