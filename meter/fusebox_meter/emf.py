"""A call as one line in CloudWatch's embedded metric format.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
An alarm matches one exact set of dimensions and cannot sum over another, so the budget's own set is written too.
"""

from __future__ import annotations

import json

from fusebox_meter.charge import Charge, dimension
from fusebox_meter.usage import Usage

NAMESPACE = "AI/FinOps"
COST = {"Name": "EstimatedCostUSD", "Unit": "None"}
UNPRICED = {"Name": "UnpricedCalls", "Unit": "Count"}
OTHERS = [
    {"Name": "InferenceDurationSec", "Unit": "Seconds"},
    {"Name": "InputTokens", "Unit": "Count"},
    {"Name": "OutputTokens", "Unit": "Count"},
    {"Name": "CachedTokens", "Unit": "Count"},
]


def line(
    charge: Charge, usage: Usage, *, model: str, provider: str, seconds: float, cost: float | None, at: float
) -> str:
    """One line without its line break. `at` is a time in seconds since 1970.

    Without a cost the call counts as one without a price instead, so that whoever reads the costs knows of it.
    The members beside metrics and dimensions (Provider, RequestId) are for Logs Insights.
    """
    sets = [["Budget"], ["Budget", "ModelId"]]
    told: dict[str, object] = {"Budget": charge.budget, "ModelId": dimension(model)}
    if charge.team:
        sets.append(["Budget", "Team"])
        told["Team"] = dimension(charge.team)
    price, known = (UNPRICED, 1) if cost is None else (COST, cost)
    told[price["Name"]] = known
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": sets,
        "Metrics": [price, *OTHERS],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(at * 1000), "CloudWatchMetrics": [directive]},
            **told,
            "InferenceDurationSec": round(seconds, 6),
            "InputTokens": usage.input,
            "OutputTokens": usage.output,
            "CachedTokens": usage.cache_read,
            "Provider": provider,
            "RequestId": usage.request,
        },
        separators=(",", ":"),
    )
