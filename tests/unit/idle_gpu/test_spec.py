"""What the settings accept, and what the role may and may not do."""

from __future__ import annotations

from collections.abc import Callable

import botocore.session
import pytest

from functions.core.settings import from_plain, to_plain
from functions.idle_gpu.facts import ALARM_PREFIX, STOPPED_TAG
from functions.idle_gpu.settings import METRICS, IdleGpuSettings, MetricSource, Schedule
from functions.idle_gpu.spec import SPEC, fences

OFFICE = Schedule(tag="hours=office", zone="Europe/Berlin", starts="08:00", ends="18:00")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: IdleGpuSettings(window_minutes=15), "window_minutes is at least four periods"),
        (lambda: IdleGpuSettings(likely_idle_hours=1, period_seconds=3600), "likely_idle_hours is at least four"),
        (lambda: IdleGpuSettings(window_minutes=1440 * 16, period_seconds=60, stop_after_hours=400), "15 days only"),
        (lambda: IdleGpuSettings(action="terminate", terminate_after_days=20, period_seconds=60), "15 days only"),
        (lambda: IdleGpuSettings(window_minutes=2000), "stop_after_hours is no shorter"),
        (lambda: IdleGpuSettings(threshold_percent=100), "threshold_percent"),
        (lambda: IdleGpuSettings(threshold_percent=-1), "threshold_percent"),
        (lambda: IdleGpuSettings(threshold_percent=float("nan")), "threshold_percent"),
        (lambda: IdleGpuSettings(coverage=0.4), "coverage is between"),
        (lambda: IdleGpuSettings(coverage=1.1), "coverage is between"),
        (lambda: IdleGpuSettings(cpu_percent=float("inf")), "cpu_percent is a finite"),
        (lambda: IdleGpuSettings(network_bytes_per_minute=-1), "network_bytes_per_minute"),
        (lambda: IdleGpuSettings(warm_up_minutes=-1), "warm_up_minutes is zero"),
        (lambda: IdleGpuSettings(terminate_after_days=0), "1 or more"),
        (lambda: IdleGpuSettings(protect_tags=("keep*",)), "protect_tags"),
        (lambda: IdleGpuSettings(protect_tags=("",)), "protect_tags"),
        (lambda: IdleGpuSettings(protect_tags=("=x",)), "protect_tags"),
        (lambda: IdleGpuSettings(metrics=()), "metrics name no utilisation"),
        (lambda: MetricSource(namespace="", metric="x"), "namespace"),
        (lambda: MetricSource(namespace="AWS/EC2", metric="x"), "no accelerator metrics"),
        (lambda: MetricSource(namespace="a", metric="x", scale=0), "scale"),
        (lambda: Schedule(tag="hours", zone="UTC", starts="08:00", ends="18:00"), "key=value"),
        (lambda: Schedule(tag="h=o", zone="Berlin", starts="08:00", ends="18:00"), "no IANA time zone"),
        (lambda: Schedule(tag="h=o", zone="../etc", starts="08:00", ends="18:00"), "no IANA time zone"),
        (lambda: Schedule(tag="h=o", zone="", starts="08:00", ends="18:00"), "no IANA time zone"),
        (lambda: Schedule(tag="h=o", zone="UTC", starts="8:00", ends="18:00"), "HH:MM"),
        (lambda: Schedule(tag="h=o", zone="UTC", starts="08:00", ends="24:00"), "HH:MM"),
        (lambda: Schedule(tag="h=o", zone="UTC", starts="08:00", ends="18:00", days=()), "days"),
        (lambda: Schedule(tag="h=o", zone="UTC", starts="08:00", ends="18:00", days=("mon", "mon")), "each once"),
        (lambda: Schedule(tag="h=o", zone="UTC", starts="08:00", ends="18:00", quiet_minutes=-1), "quiet_minutes"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_settings_survive_the_way_into_a_function() -> None:
    settings = IdleGpuSettings(mode="enforce", off_hours=(OFFICE,), protect_tags=("a=b",))
    assert from_plain(IdleGpuSettings, to_plain(settings)) == settings


def test_nothing_acts_by_default_and_what_is_in_doubt_asks() -> None:
    plain = IdleGpuSettings()
    assert plain.mode == "observe"
    assert {plain.gaps, plain.warm_idle, plain.likely_idle, plain.instance_store, plain.customer_keys} == {"ask"}


def test_every_metric_is_named_once() -> None:
    assert len({(one.namespace, one.metric) for one in METRICS}) == len(METRICS)


def test_every_permission_says_why_and_a_star_that_there_is_no_other_way() -> None:
    for one in SPEC.permissions:
        assert one.reason
        assert ("takes no resource" in one.reason) == (one.resources == ("*",)), one.actions


def test_iam_denies_every_change_to_what_a_tag_protects() -> None:
    by_key, by_value, *_ = fences(IdleGpuSettings(protect_tags=("fusebox:protect", "CostControl=exempt")))
    assert by_key.conditions == {"Null": {"aws:ResourceTag/fusebox:protect": "false"}}
    assert by_value.conditions == {"StringEquals": {"aws:ResourceTag/CostControl": "exempt"}}
    for fence in (by_key, by_value):
        assert {"ec2:StopInstances", "ec2:TerminateInstances", "ec2:StartInstances"} <= set(fence.actions)


def test_the_role_writes_one_tag_and_grants_keys_to_aws_only() -> None:
    tags, grants = fences(IdleGpuSettings(protect_tags=()))
    assert tags.conditions == {"ForAnyValue:StringNotEquals": {"aws:TagKeys": STOPPED_TAG}}
    assert grants.conditions == {"Bool": {"kms:GrantIsForAWSResource": "false"}}


def test_its_alarms_are_told_from_others_by_name() -> None:
    alarms = SPEC.events[1].pattern_for("arn:aws:iam::123456789012:role/fusebox")
    assert alarms["detail"]["alarmName"] == [{"prefix": ALARM_PREFIX}]
    assert "userIdentity" not in alarms["detail"]
    (put,) = (one for one in SPEC.permissions if "cloudwatch:PutMetricAlarm" in one.actions)
    assert put.resources[0].endswith(f"alarm:{ALARM_PREFIX}*")


def test_the_safety_fields_are_fields_of_the_sdk() -> None:
    session = botocore.session.get_session()
    for one in SPEC.safety_fields:
        assert one.unknown_to(session.get_service_model(one.service)) == []


def test_an_instance_has_an_arn() -> None:
    arn = SPEC.arn("i-0123456789abcdef0", partition="aws", region="us-east-1", account="123456789012")
    assert arn == "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"
