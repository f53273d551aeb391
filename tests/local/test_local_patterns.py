"""Event patterns, as EventBridge documents them."""

from __future__ import annotations

from typing import Any

import pytest

from local import PatternError
from local.patterns import check, matches

LAUNCH = {
    "source": "aws.ec2",
    "detail": {
        "eventName": "RunInstances",
        "count": 3,
        "ok": True,
        "note": None,
        "ip": "10.1.2.3",
        "empty": [],
        "responseElements": {
            "instancesSet": {
                "items": [
                    {"instanceType": "t3.micro", "tags": [{"key": "a"}]},
                    {"instanceType": "p5.48xlarge", "tags": [{"key": "owner"}]},
                ]
            }
        },
    },
}


def items(leaf: Any) -> dict[str, Any]:
    return {"detail": {"responseElements": {"instancesSet": {"items": {"instanceType": leaf}}}}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.s3", "aws.ec2"]},
        items([{"prefix": "p5."}]),
        {"detail": {"responseElements": {"instancesSet": {"items": {"tags": {"key": ["owner"]}}}}}},
        {"detail": {"errorCode": [{"exists": False}]}},
        {"detail": {"eventName": [{"exists": True}]}},
        {"detail": {"empty": [{"exists": False}]}},
        {"detail": {"eventName": [{"suffix": "Instances"}]}},
        {"detail": {"eventName": [{"prefix": {"equals-ignore-case": "RUN"}}]}},
        {"detail": {"eventName": [{"equals-ignore-case": "runinstances"}]}},
        {"detail": {"eventName": [{"wildcard": "Run*s"}]}},
        {"detail": {"eventName": [{"anything-but": ["StopInstances"]}]}},
        {"detail": {"eventName": [{"anything-but": {"prefix": "Stop"}}]}},
        {"detail": {"eventName": [{"anything-but": {"wildcard": ["Stop*", "*Volumes"]}}]}},
        {"detail": {"count": [{"numeric": [">", 2, "<=", 3]}]}},
        {"detail": {"count": [3]}},
        {"detail": {"ok": [True]}},
        {"detail": {"note": [None]}},
        {"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}},
        {"$or": [{"source": ["aws.s3"]}, {"detail": {"count": [3]}}]},
        {"source": ["aws.ec2"], "detail": {"$or": [{"count": [9]}, {"ok": [True]}]}},
    ],
)
def test_a_launch_matches(pattern: Any) -> None:
    check(pattern)
    assert matches(pattern, LAUNCH)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.s3"]},
        items([{"prefix": "g5."}]),
        {"detail": {"eventName": [{"exists": False}]}},
        {"detail": {"errorCode": [{"exists": True}]}},
        {"detail": {"errorCode": [{"anything-but": "Client.Throttled"}]}},
        {"detail": {"eventName": [{"anything-but": {"prefix": ["Run", "Stop"]}}]}},
        {"detail": {"eventName": [{"anything-but": ["RunInstances", "StopInstances"]}]}},
        {"detail": {"count": [{"numeric": [">", 3]}]}},
        {"detail": {"count": ["3"]}},
        {"detail": {"ok": [1]}},
        {"detail": {"ip": [{"cidr": "192.168.0.0/16"}]}},
        {"detail": {"eventName": [{"wildcard": "Run"}]}},
        {"$or": [{"source": ["aws.s3"]}, {"detail": {"count": [4]}}]},
        {"source": ["aws.ec2"], "detail": {"count": [4]}},
        {"detail": {"eventName": {"deeper": ["x"]}}},
    ],
)
def test_a_launch_does_not_match(pattern: Any) -> None:
    check(pattern)
    assert not matches(pattern, LAUNCH)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": [{"startswith": "aws"}]},
        {"source": "aws.ec2"},
        {"source": []},
        {},
        {"source": [{"prefix": "a", "suffix": "b"}]},
        {"detail": {"count": [{"numeric": ["~", 2]}]}},
        {"detail": {"count": [{"numeric": [">"]}]}},
        {"source": [{"wildcard": "a**"}]},
        {"source": [{"anything-but": {"numeric": [">", 1]}}]},
        {"source": [{"exists": "yes"}]},
        {"source": [{"cidr": "everywhere"}]},
        {"source": [{"prefix": 3}]},
        {"$or": [{"source": ["a"]}]},
    ],
)
def test_what_eventbridge_would_not_accept_is_an_error_before_any_event(pattern: Any) -> None:
    with pytest.raises(PatternError):
        check(pattern)


def test_a_wildcard_can_be_escaped() -> None:
    pattern = {"name": [{"wildcard": "a\\*b*"}]}
    assert matches(pattern, {"name": "a*bc"})
    assert not matches(pattern, {"name": "axbc"})
