"""CloudWatch alarms that change state: as an event on the bus, and as their SNS actions.

Shapes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html; the
SNS body is what alarms send to topics today.
"""

from __future__ import annotations

import json
import operator
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from local.delivery import Bus
from local.errors import LocalAccountError, NotPermitted, UnmodelledResource
from local.records import Delivery, Loss
from local.topics import Topics, timestamp
from local.world import World

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
COMPARE = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
# The notification shows a Region's display name, not its code.
_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
}


class Alarms:
    """The states of the account's alarms; a new alarm starts at INSUFFICIENT_DATA, as on AWS."""

    def __init__(self, world: World, bus: Bus, topics: Topics) -> None:
        self._world, self._bus, self._topics = world, bus, topics
        self._states: dict[str, str] = {}

    def set(self, name: str, state: AlarmState, reason: str) -> Delivery | None:
        """Moves an alarm to a state. Alarms speak on transitions only: None if it was in that state
        already.
        """
        client = self._world.client("cloudwatch")
        found = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if not found:
            raise LocalAccountError(f"there is no alarm {name!r}")
        alarm = found[0]
        before = self._states.get(name, "INSUFFICIENT_DATA")
        if before == state:
            return None
        self._states[name] = state
        client.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)
        delivery = self._bus.put(self._event(alarm, before, state, reason))
        if alarm.get("ActionsEnabled", True):
            for action in alarm.get(_ACTIONS[state], []):
                self._act(alarm, action, before, state, reason)
        return delivery

    def _event(self, alarm: Mapping[str, Any], before: str, state: str, reason: str) -> dict[str, Any]:
        now = self._world.clock.now()
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
        if alarm.get("Metrics"):
            metrics = [_lower_first(metric) for metric in alarm["Metrics"]]
        else:
            metrics = [
                {
                    "id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"])),
                    "returnData": True,
                    "metricStat": {
                        "metric": {
                            "namespace": alarm.get("Namespace"),
                            "name": alarm.get("MetricName"),
                            "dimensions": {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])},
                        },
                        "period": alarm.get("Period"),
                        "stat": alarm.get("Statistic"),
                    },
                }
            ]
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": self._world.account_id,
            "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": self._world.region,
            "resources": [alarm["AlarmArn"]],
            "detail": {
                "alarmName": alarm["AlarmName"],
                "state": {"value": state, "reason": reason, "timestamp": stamp},
                "previousState": {"value": before, "timestamp": stamp},
                "configuration": {"description": alarm.get("AlarmDescription"), "metrics": metrics},
            },
        }

    def _act(self, alarm: Mapping[str, Any], action: str, before: str, state: str, reason: str) -> None:
        if action.split(":")[2] != "sns":
            raise UnmodelledResource(f"{alarm['AlarmName']}: the alarm action {action} is not modelled; SNS topics are")
        trigger: dict[str, Any] = {
            "Period": alarm.get("Period"),
            "EvaluationPeriods": alarm["EvaluationPeriods"],
            "ComparisonOperator": alarm["ComparisonOperator"],
            "Threshold": alarm["Threshold"],
            "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        }
        if alarm.get("Metrics"):
            trigger["Metrics"] = alarm["Metrics"]
        else:
            trigger |= {
                "MetricName": alarm.get("MetricName"),
                "Namespace": alarm.get("Namespace"),
                "StatisticType": "Statistic",
                "Statistic": str(alarm.get("Statistic", "")).upper(),
                "Dimensions": [{"name": d["Name"], "value": d["Value"]} for d in alarm.get("Dimensions", [])],
            }
        body = {
            "AlarmName": alarm["AlarmName"],
            "AlarmDescription": alarm.get("AlarmDescription"),
            "AWSAccountId": self._world.account_id,
            "NewStateValue": state,
            "NewStateReason": reason,
            "StateChangeTime": timestamp(self._world.clock.now()).replace("Z", "+0000"),
            "Region": _REGIONS.get(self._world.region, self._world.region),
            "AlarmArn": alarm["AlarmArn"],
            "OldStateValue": before,
            "OKActions": alarm.get("OKActions", []),
            "AlarmActions": alarm.get("AlarmActions", []),
            "InsufficientDataActions": alarm.get("InsufficientDataActions", []),
            "Trigger": trigger,
        }
        subject = f'{state}: "{alarm["AlarmName"]}" in {body["Region"]}'
        try:
            self._topics.publish_as_service(
                "cloudwatch.amazonaws.com",
                action,
                json.dumps(body, default=str),
                subject,
                source_arn=alarm["AlarmArn"],
            )
        except NotPermitted as refused:
            # CloudWatch drops such a notification without telling anyone.
            self._world.losses.append(Loss("alarm action", action, str(refused)))


def _lower_first(value: Any) -> Any:
    """A metric query as events spell it: names begin in lower case and dimensions are an object."""
    if isinstance(value, Mapping):
        return {
            ("name" if key == "MetricName" else key[0].lower() + key[1:]): (
                {d["Name"]: d["Value"] for d in inner} if key == "Dimensions" else _lower_first(inner)
            )
            for key, inner in value.items()
        }
    return [_lower_first(element) for element in value] if isinstance(value, list) else value
