"""Alarms: one for each instance that publishes, none twice, none for what is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.idle_gpu import alarms
from functions.idle_gpu.facts import ALARM_PREFIX, Series
from functions.idle_gpu.settings import METRICS, IdleGpuSettings, MetricSource

SETTINGS = IdleGpuSettings(alarms=True)
RATIO = next(one for one in METRICS if one.scale == 100.0)
MEMORY = next(one for one in METRICS if one.kind == "memory")


def series(instance: str, devices: int = 1, source: MetricSource = METRICS[0]) -> list[Series]:
    return [
        Series(source.namespace, source.metric, (("InstanceId", instance), ("index", str(number))), source.kind)
        for number in range(devices)
    ]


class CloudWatch:
    def __init__(self, *names: str) -> None:
        self.held: dict[str, dict[str, Any]] = {name: {"AlarmName": name} for name in names}
        self.puts: list[str] = []

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        names = sorted(name for name in self.held if name.startswith(request["AlarmNamePrefix"]))
        start = int(request.get("NextToken") or 0)
        more = {"NextToken": str(start + 100)} if start + 100 < len(names) else {}
        return {"MetricAlarms": [self.held[name] for name in names[start : start + 100]], **more}

    def put_metric_alarm(self, **alarm: Any) -> None:
        self.puts.append(alarm["AlarmName"])
        self.held[alarm["AlarmName"]] = alarm

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        assert len(AlarmNames) <= 100
        for name in AlarmNames:
            del self.held[name]


def tend(
    cloudwatch: Any,
    wanted: dict[str, list[Series]],
    settings: IdleGpuSettings = SETTINGS,
    stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    return alarms.tend(cloudwatch, wanted, settings, stop, sleep=lambda seconds: None)


def test_each_instance_gets_one_alarm_and_never_a_second() -> None:
    cloudwatch = CloudWatch("somebody-elses")
    wanted = {f"i-{number}": series(f"i-{number}") for number in range(250)}
    for _ in range(2):
        assert tend(cloudwatch, wanted) == []
        assert len(cloudwatch.puts) == 250
    assert "somebody-elses" in cloudwatch.held


def test_alarms_of_instances_that_are_gone_are_removed() -> None:
    cloudwatch = CloudWatch("somebody-elses", *(f"{ALARM_PREFIX}i-{number}" for number in range(250)))
    tend(cloudwatch, {"i-7": series("i-7")})
    assert set(cloudwatch.held) == {"somebody-elses", f"{ALARM_PREFIX}i-7"}


def test_an_alarm_follows_the_series_and_the_settings() -> None:
    cloudwatch = CloudWatch()
    tend(cloudwatch, {"i-1": series("i-1", 4)})
    tend(cloudwatch, {"i-1": series("i-1", 8)})
    tend(cloudwatch, {"i-1": series("i-1", 8)}, IdleGpuSettings(alarms=True, threshold_percent=3.0))
    assert len(cloudwatch.puts) == 3


def test_what_time_does_not_allow_is_made_by_the_next_sweep() -> None:
    cloudwatch = CloudWatch()
    wanted = {f"i-{number}": series(f"i-{number}") for number in range(10)}
    tend(cloudwatch, wanted, stop=lambda: len(cloudwatch.puts) == 4)
    assert len(cloudwatch.puts) == 4
    tend(cloudwatch, wanted)
    assert sorted(cloudwatch.puts) == sorted(ALARM_PREFIX + one for one in wanted)


def test_trouble_is_told_and_ends_no_sweep() -> None:
    class Refusing(CloudWatch):
        def put_metric_alarm(self, **alarm: Any) -> None:
            raise ClientError({"Error": {"Code": "LimitExceeded", "Message": "too many"}}, "PutMetricAlarm")

    (told,) = tend(Refusing(), {"i-1": series("i-1")})
    assert "could not be kept" in told


def test_one_device_is_watched_by_a_plain_alarm() -> None:
    alarm = alarms.alarm_of("i-1", series("i-1"), SETTINGS)
    assert alarm is not None
    assert alarm["MetricName"] == METRICS[0].metric
    assert alarm["EvaluationPeriods"] * alarm["Period"] == SETTINGS.window_minutes * 60
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(("devices", "watched"), [(2, 2), (8, 8), (16, 10)])
def test_several_devices_are_one_alarm_on_the_busiest(devices: int, watched: int) -> None:
    alarm = alarms.alarm_of("i-1", series("i-1", devices), SETTINGS)
    assert alarm is not None
    *stats, top = alarm["Metrics"]
    assert (len(stats), top["Expression"]) == (watched, "MAX(METRICS())")
    assert [one["ReturnData"] for one in alarm["Metrics"]] == [False] * watched + [True]


@pytest.mark.parametrize("period", [60, 300, 3600])
def test_an_alarm_looks_back_no_further_than_aws_allows(period: Any) -> None:
    settings = IdleGpuSettings(alarms=True, period_seconds=period, window_minutes=3 * 1440, stop_after_hours=100)
    alarm = alarms.alarm_of("i-1", series("i-1"), settings)
    assert alarm is not None
    assert alarm["EvaluationPeriods"] * period <= (7 * 86_400 if period == 3600 else 86_400)


def test_the_threshold_is_in_the_metrics_own_unit() -> None:
    alarm = alarms.alarm_of("i-1", series("i-1", source=RATIO), SETTINGS)
    assert alarm is not None
    assert alarm["Threshold"] == pytest.approx(SETTINGS.threshold_percent / 100)


def test_memory_alone_makes_no_alarm() -> None:
    assert alarms.alarm_of("i-1", series("i-1", source=MEMORY), SETTINGS) is None
