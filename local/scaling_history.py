"""What Auto Scaling writes down: scaling activities, as DescribeScalingActivities and EventBridge show them.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html and
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

KEPT = timedelta(weeks=6)
PAGE = 100
_LONGEST_CAUSE = 1023
_LONGEST_MESSAGE = 255

Kind = Literal["launch", "terminate", "note"]
"""A note is an entry of the history that is no event."""


class ScalingRefused(Exception):
    """Auto Scaling refuses a request: its error code and message."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class ScalingActivity:
    """One launch or termination of a group, or a note. `message` is why it failed, None if it did not."""

    id: str
    kind: Kind
    group: str
    group_arn: str
    description: str
    cause: str
    at: datetime
    instance_id: str
    zone: str
    subnet: str
    message: str | None = None

    def described(self, living: Collection[str]) -> dict[str, Any]:
        """As DescribeScalingActivities shows it; `living` are the names of the groups that still exist."""
        return {
            "ActivityId": self.id,
            "AutoScalingGroupName": self.group,
            "AutoScalingGroupARN": self.group_arn,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.at,
            "EndTime": self.at,
            "StatusCode": self.status,
            "Progress": 100,
            "Details": json.dumps({"Subnet ID": self.subnet, "Availability Zone": self.zone}),
            **({"StatusMessage": self.message[:_LONGEST_MESSAGE]} if self.message is not None else {}),
            **({} if self.group in living else {"AutoScalingGroupState": "Deleted"}),
        }

    @property
    def status(self) -> str:
        return "Successful" if self.message is None else "Failed"

    def event(self, account_id: str, region: str) -> dict[str, Any]:
        """Its EventBridge event, whose status is InProgress even though the activity is over."""
        launch = self.kind == "launch"
        what = "Launch" if launch else "Terminate"
        stamp = _stamp(self.at, "milliseconds")
        instance = [f"arn:aws:ec2:{region}:{account_id}:instance/{self.instance_id}"] if self.instance_id else []
        return {
            "version": "0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, self.id)),
            "detail-type": f"EC2 Instance {what} {'Successful' if self.message is None else 'Unsuccessful'}",
            "source": "aws.autoscaling",
            "account": account_id,
            "time": _stamp(self.at),
            "region": region,
            "resources": [self.group_arn, *instance],
            "detail": {
                "StatusCode": "InProgress" if self.message is None else "Failed",
                "Description": self.description,
                "AutoScalingGroupName": self.group,
                "ActivityId": self.id,
                "Details": {"Availability Zone": self.zone, "Subnet ID": self.subnet},
                "RequestId": self.id,
                "StatusMessage": self.message or "",
                "StartTime": stamp,
                "EndTime": stamp,
                "EC2InstanceId": self.instance_id,
                "Cause": self.cause,
                "Origin": "EC2" if launch else "AutoScalingGroup",
                "Destination": "AutoScalingGroup" if launch else "EC2",
            },
        }


class ScalingHistory:
    """Every activity of the account, of deleted groups too."""

    def __init__(self) -> None:
        self._activities: list[ScalingActivity] = []
        self._lock = threading.Lock()

    def add(self, activity: ScalingActivity) -> None:
        with self._lock:
            self._activities.append(activity)

    def page(self, params: Mapping[str, Any], now: datetime, living: Collection[str]) -> dict[str, Any]:
        """The answer to DescribeScalingActivities: newest first, six weeks back, at most 100 at once."""
        size = int(params.get("MaxRecords") or PAGE)
        if not 1 <= size <= PAGE:
            raise ScalingRefused(f"1 validation error detected: Value '{size}' at 'maxRecords' is not within 1..{PAGE}")
        name, ids = params.get("AutoScalingGroupName"), params.get("ActivityIds") or ()
        with_deleted = str(params.get("IncludeDeletedGroups", "")).lower() == "true"
        earliest, latest, statuses = _bounds(params.get("Filters") or (), by_name=name is not None)
        with self._lock:
            newest_first = sorted(self._activities, key=lambda one: one.at)
        newest_first.reverse()
        found = [
            one
            for one in newest_first
            if (name is None or one.group == name)
            and (with_deleted or one.group in living)
            and (not ids or one.id in ids)
            and max(earliest, now - KEPT) <= one.at <= latest
            and (not statuses or one.status in statuses)
        ]
        token = params.get("NextToken")
        start = 0
        if token:
            # The token names the last activity shown, so that new ones do not shift the pages.
            start = next((n + 1 for n, one in enumerate(found) if one.id == token), 0)
            if not start:
                raise ScalingRefused("The token is invalid", "InvalidNextToken")
        shown = found[start : start + size]
        more = len(found) > start + size
        return {
            "Activities": [one.described(living) for one in shown],
            **({"NextToken": shown[-1].id} if more else {}),
        }


def sentence(at: datetime, what: str) -> str:
    """A sentence of a cause: 'At …Z an instance was started ….'"""
    return f"At {_stamp(at)} {what}."


def cause(sentences: Sequence[str]) -> str:
    """The newest sentences that fit into a cause."""
    kept = list(sentences)
    while len("  ".join(kept)) > _LONGEST_CAUSE and len(kept) > 1:
        del kept[0]
    return "  ".join(kept)[:_LONGEST_CAUSE]


def _bounds(filters: Sequence[Mapping[str, Any]], *, by_name: bool) -> tuple[datetime, datetime, frozenset[str]]:
    earliest, latest = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    statuses: frozenset[str] = frozenset()
    for one in filters:
        name, values = one["Name"], list(one.get("Values") or ())
        if name == "StartTimeLowerBound":
            earliest = _moment(values)
        elif name == "StartTimeUpperBound":
            latest = _moment(values)
        elif name == "Status" and by_name:
            statuses = frozenset(values)
        else:
            raise ScalingRefused(f"Filter type {name} is not correct")
    return earliest, latest, statuses


def _moment(values: Sequence[str]) -> datetime:
    """A bound, in ISO 8601; without an offset it is UTC."""
    try:
        (text,) = values
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ScalingRefused(f"{list(values)} is not one ISO 8601 timestamp") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _stamp(moment: datetime, precision: str = "seconds") -> str:
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
