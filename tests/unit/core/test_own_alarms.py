"""A guardrail's own alarms: what is asked of CloudWatch, in which order, and what is never touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.core import own_alarms
from functions.core.own_alarms import PUTS_PER_SECOND, keep, marked
from functions.core.pacing import Pacer

PREFIX = "fusebox-some-guardrail-"


class CloudWatch:
    """Keeps alarms and every request, and answers with pages of two."""

    def __init__(self, *alarms: Mapping[str, Any]) -> None:
        self.held: dict[str, Mapping[str, Any]] = {one["AlarmName"]: one for one in alarms}
        self.asked: list[tuple[str, Any]] = []

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        self.asked.append(("describe", request))
        names = sorted(name for name in self.held if name.startswith(request["AlarmNamePrefix"]))
        start = int(request.get("NextToken", 0))
        more = {"NextToken": str(start + 2)} if start + 2 < len(names) else {}
        return {"MetricAlarms": [self.held[name] for name in names[start : start + 2]], **more}

    def put_metric_alarm(self, **alarm: Any) -> None:
        self.asked.append(("put", alarm["AlarmName"]))
        self.held[alarm["AlarmName"]] = alarm

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        self.asked.append(("delete", AlarmNames))
        for name in AlarmNames:
            del self.held[name]

    @property
    def written(self) -> list[tuple[str, Any]]:
        return [one for one in self.asked if one[0] != "describe"]


def alarm(name: str, threshold: float = 1.0, says: str = "Look again.") -> dict[str, Any]:
    return marked({"AlarmName": PREFIX + name, "Threshold": threshold}, says)


def kept(
    cloudwatch: CloudWatch,
    *alarms: dict[str, Any],
    stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = lambda seconds: None,
) -> list[str]:
    return keep(cloudwatch, PREFIX, {one["AlarmName"]: one for one in alarms}, stop, sleep=sleep)


def test_what_lacks_is_made_what_is_left_over_is_removed_and_what_stands_is_left() -> None:
    cloudwatch = CloudWatch({"AlarmName": "of-somebody-else"}, *(alarm(name) for name in "abcde"))
    assert kept(cloudwatch, alarm("b"), alarm("d"), alarm("f")) == []
    assert cloudwatch.written == [("delete", [PREFIX + "a", PREFIX + "c", PREFIX + "e"]), ("put", PREFIX + "f")]
    assert set(cloudwatch.held) == {"of-somebody-else", *(PREFIX + name for name in "bdf")}


def test_only_metric_alarms_under_the_prefix_are_listed_page_by_page() -> None:
    cloudwatch = CloudWatch(*(alarm(name) for name in "abcde"))
    kept(cloudwatch, *(alarm(name) for name in "abcde"))
    first = {"AlarmNamePrefix": PREFIX, "AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}
    pages = [first, first | {"NextToken": "2"}, first | {"NextToken": "4"}]
    assert cloudwatch.asked == [("describe", page) for page in pages]


@pytest.mark.parametrize("new", [alarm("a", threshold=2.0), alarm("a", says="Look twice.")])
def test_an_alarm_that_says_something_else_is_put_again_once(new: dict[str, Any]) -> None:
    cloudwatch = CloudWatch(alarm("a"))
    for _ in range(2):
        assert kept(cloudwatch, new) == []
        assert cloudwatch.written == [("put", PREFIX + "a")]
    assert cloudwatch.held[PREFIX + "a"] == new


@pytest.mark.parametrize("described", [{}, {"AlarmDescription": "changed by hand"}])
def test_an_alarm_whose_mark_is_gone_is_put_again(described: dict[str, str]) -> None:
    cloudwatch = CloudWatch({"AlarmName": PREFIX + "a", **described})
    kept(cloudwatch, alarm("a"))
    assert cloudwatch.held[PREFIX + "a"] == alarm("a")


def test_the_name_in_the_mapping_is_the_alarms_name() -> None:
    cloudwatch = CloudWatch()
    keep(cloudwatch, PREFIX, {PREFIX + "a": marked({"Threshold": 1.0}, "Look.")}, lambda: False)
    assert cloudwatch.written == [("put", PREFIX + "a")]


def test_a_mark_depends_on_what_the_alarm_says_and_not_on_the_order_of_its_words() -> None:
    one = marked({"Threshold": 1.0, "Period": 60}, "Look.")
    assert one == marked({"Period": 60, "Threshold": 1.0}, "Look.")
    assert one["AlarmDescription"] != marked({"Threshold": 1.0, "Period": 300}, "Look.")["AlarmDescription"]
    text, _, mark = one["AlarmDescription"].rpartition(" ")
    assert (text, len(mark)) == ("Look.", 12)


def test_what_time_does_not_allow_is_made_by_the_next_run() -> None:
    cloudwatch = CloudWatch()
    wanted = [alarm(name) for name in "abcde"]
    assert kept(cloudwatch, *wanted, stop=lambda: len(cloudwatch.written) == 2) == []
    assert kept(cloudwatch, *wanted) == []
    assert cloudwatch.written == [("put", PREFIX + name) for name in "abcde"]


def test_leftovers_are_removed_in_calls_of_a_hundred_even_without_time() -> None:
    cloudwatch = CloudWatch(*(alarm(str(number)) for number in range(250)))
    kept(cloudwatch, stop=lambda: True)
    assert [len(names) for _, names in cloudwatch.written] == [100, 100, 50]


def test_puts_are_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_alarms, "Pacer", partial(Pacer, monotonic=lambda: 0.0))
    waits: list[float] = []
    kept(CloudWatch(), *(alarm(name) for name in "abcd"), sleep=waits.append)
    # The clock stands still, so each wait is that of all puts before it.
    assert waits == pytest.approx([1 / PUTS_PER_SECOND, 2 / PUTS_PER_SECOND, 3 / PUTS_PER_SECOND], rel=0.02)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "LimitExceeded", "Message": "too many"}}, "PutMetricAlarm"),
        EndpointConnectionError(endpoint_url="https://monitoring.example"),
    ],
)
@pytest.mark.parametrize("call", ["describe_alarms", "delete_alarms", "put_metric_alarm"])
def test_trouble_is_told(error: Exception, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**request: Any) -> None:
        raise error

    cloudwatch = CloudWatch(alarm("old"))
    monkeypatch.setattr(cloudwatch, call, refuse)
    assert kept(cloudwatch, alarm("new")) == [f"its alarms could not be kept: {error}"]


@pytest.mark.parametrize(("prefix", "names"), [("", []), ("", ["a"]), (PREFIX, ["of-somebody-else"])])
def test_a_prefix_that_does_not_tell_its_own_alarms_is_refused_before_any_call(prefix: str, names: list[str]) -> None:
    cloudwatch = CloudWatch({"AlarmName": "of-somebody-else"})
    with pytest.raises(ValueError, match="prefix"):
        keep(cloudwatch, prefix, {name: marked({}, "Look.") for name in names}, lambda: False)
    assert cloudwatch.asked == []
