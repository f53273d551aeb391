"""CloudWatch: log groups and alarms."""

from __future__ import annotations

from local import moto_hooks, strictness
from local.deployment import Deployment, Properties
from local.errors import DeploymentRejected
from local.template import Deployed


def log_group(d: Deployment, p: Properties) -> Deployed:
    """A log group with its retention and class."""
    p.ignore("KmsKeyId")
    name, client = d.name(p, "LogGroupName"), d.client("logs")
    client.create_log_group(logGroupName=name, tags=p.tags())
    if (days := p.get("RetentionInDays")) is not None:
        if days not in strictness.RETENTION_DAYS:
            raise DeploymentRejected(f"{p.logical_id}: RetentionInDays {days} is not one of the valid values")
        client.put_retention_policy(logGroupName=name, retentionInDays=days)
    moto_hooks.set_log_group_extra(d.world.scope, name, logGroupClass=p.get("LogGroupClass", "STANDARD"))
    return Deployed(name, {"Arn": d.arn("logs", f"log-group:{name}:*")})


def alarm(d: Deployment, p: Properties) -> Deployed:
    """An alarm; it changes state on request, or when data arrive for its metric."""
    p.ignore("Tags")
    name = d.name(p, "AlarmName")
    d.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        **p.take(
            "AlarmDescription",
            "ActionsEnabled",
            "AlarmActions",
            "OKActions",
            "InsufficientDataActions",
            "MetricName",
            "Namespace",
            "Statistic",
            "ExtendedStatistic",
            "Dimensions",
            "Period",
            "Unit",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "Metrics",
            "EvaluateLowSampleCountPercentile",
            "ThresholdMetricId",
        ),
    )
    return Deployed(name, {"Arn": d.arn("cloudwatch", f"alarm:{name}")})
