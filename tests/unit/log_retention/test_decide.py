"""Every kind of log group, and what should become of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.core.types import Action
from functions.log_retention.decide import LogGroup, decide
from functions.log_retention.spec import LogRetentionSettings, Rule

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GB = 1_000_000_000
PLAIN = LogGroup(
    arn="arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/checkout",
    name="/aws/lambda/checkout",
    read_at=NOW,
    created_at=NOW - timedelta(hours=2),
    stored_bytes=0,
    days=None,
    log_class="STANDARD",
    account_policy="",
    deletion_protected=False,
    tags={},
)
SETTINGS = LogRetentionSettings(default_days=30)
OLD = timedelta(days=1100)


def named(name: str) -> LogGroup:
    return replace(PLAIN, name=name, arn=f"arn:aws:logs:us-east-1:123456789012:log-group:{name}")


def test_a_young_group_that_never_expires_gets_the_default() -> None:
    decision = decide(PLAIN, SETTINGS, NOW)
    assert decision.verdict == "never_expires"
    assert decision.action == Action("set_retention", {"days": 30}, {"days": None}, irreversible="")


@pytest.mark.parametrize(
    ("age", "stored_bytes", "deletes"),
    [
        (OLD, 5 * GB, True),
        (OLD, 1, True),
        (OLD, 0, False),
        (timedelta(days=29, hours=23), 5 * GB, False),
        (timedelta(days=30), 5 * GB, True),
        (timedelta(0), 0, False),
    ],
)
def test_a_first_retention_is_irreversible_where_it_deletes_at_once(
    age: timedelta, stored_bytes: int, deletes: bool
) -> None:
    group = replace(PLAIN, created_at=NOW - age, stored_bytes=stored_bytes)
    action = decide(group, SETTINGS, NOW).action
    assert action is not None
    assert bool(action.irreversible) is deletes


@pytest.mark.parametrize(
    ("existing", "days", "verdict", "target", "deletes"),
    [
        ("keep", 7, "has_value", None, False),
        ("keep", 400, "has_value", None, False),
        ("lengthen", 7, "too_short", 30, False),
        ("lengthen", 400, "has_value", None, False),
        ("set", 7, "too_short", 30, False),
        ("set", 400, "too_long", 30, True),
        ("set", 30, "right", None, False),
        ("keep", 30, "right", None, False),
    ],
)
def test_groups_that_have_a_value_already(
    existing: str, days: int, verdict: str, target: int | None, deletes: bool
) -> None:
    settings = LogRetentionSettings(default_days=30, existing=existing)  # type: ignore[arg-type]
    decision = decide(replace(PLAIN, days=days), settings, NOW)
    assert decision.verdict == verdict
    if target is None:
        assert decision.action is None
    else:
        assert decision.action is not None
        assert decision.action.parameters == {"days": target}
        assert decision.action.prior == {"days": days}
        assert bool(decision.action.irreversible) is deletes


@pytest.mark.parametrize(
    ("group", "verdict"),
    [
        (named("/org/Audit/trail"), "protected"),
        (named("aws-cloudtrail-logs-123456789012"), "protected"),
        (named("/vpc/flow-logs/main"), "protected"),
        (named("VpcFlowLogs-prod"), "protected"),
        (replace(PLAIN, deletion_protected=True), "protected"),
        (replace(PLAIN, days=30), "right"),
    ],
)
def test_what_is_left_alone_without_a_word(group: LogGroup, verdict: str) -> None:
    decision = decide(group, SETTINGS, NOW)
    assert (decision.verdict, decision.action, decision.report) == (verdict, None, False)


@pytest.mark.parametrize(
    ("group", "verdict", "why"),
    [
        (replace(PLAIN, log_class="DELIVERY"), "delivery_class", "one day"),
        (replace(PLAIN, account_policy="org-30-days"), "account_policy", "org-30-days"),
        (replace(PLAIN, tags=None), "unknown", "tags"),
        (replace(PLAIN, created_at=None), "unknown", "age"),
        (replace(PLAIN, stored_bytes=None), "unknown", "size"),
        (replace(PLAIN, created_at=NOW + timedelta(hours=1)), "unknown", "clock"),
        (replace(PLAIN, log_class="GLACIAL"), "unknown", "GLACIAL"),
        (replace(PLAIN, unreadable="the installed SDK does not know x"), "unknown", "SDK"),
    ],
)
def test_what_is_reported_and_never_written(group: LogGroup, verdict: str, why: str) -> None:
    decision = decide(group, SETTINGS, NOW)
    assert (decision.verdict, decision.action, decision.report) == (verdict, None, True)
    assert why in decision.reason


def test_a_sweep_leaves_a_new_group_to_its_own_event() -> None:
    new = replace(PLAIN, created_at=NOW - timedelta(minutes=14), listed=True)
    assert decide(new, SETTINGS, NOW).verdict == "new"
    assert decide(replace(new, listed=False), SETTINGS, NOW).verdict == "never_expires"
    assert decide(replace(new, created_at=NOW - timedelta(minutes=15)), SETTINGS, NOW).verdict == "never_expires"
    assert decide(new, replace(SETTINGS, grace_minutes=0), NOW).verdict == "never_expires"


RULES = (
    Rule(name=r"(^|[/._-])prod([/._-]|$)", days=90),
    Rule(name="checkout", tag="stage=dev", days=3),
    Rule(tag="stage=dev", days=7),
)


@pytest.mark.parametrize(
    ("name", "tags", "days"),
    [
        ("/ecs/prod/api", {}, 90),
        ("/ecs/prod/checkout", {"stage": "dev"}, 90),
        ("/ecs/product-catalog", {}, 30),
        ("/ecs/checkout", {"stage": "dev"}, 3),
        ("/ecs/checkout", {"stage": "prod"}, 30),
        ("/ecs/search", {"stage": "dev"}, 7),
        ("/ecs/search", {"Stage": "dev"}, 30),
    ],
)
def test_the_first_rule_that_matches_decides(name: str, tags: dict[str, str], days: int) -> None:
    settings = LogRetentionSettings(default_days=30, rules=RULES)
    action = decide(replace(named(name), tags=tags), settings, NOW).action
    assert action is not None
    assert action.parameters == {"days": days}


def test_the_evidence_has_the_figures_a_person_decides_on() -> None:
    group = replace(PLAIN, created_at=NOW - timedelta(days=300), stored_bytes=900 * GB)
    decision = decide(group, SETTINGS, NOW)
    assert decision.evidence == {
        "current_days": None,
        "target_days": 30,
        "age_days": 300.0,
        "stored_bytes": 900 * GB,
        "usd_month_now": 27.0,
        "usd_month_after": 2.7,
    }
    assert decision.saving == pytest.approx(24.3)


def test_lengthening_costs_and_says_so() -> None:
    settings = LogRetentionSettings(default_days=30, existing="lengthen")
    group = replace(PLAIN, days=15, created_at=NOW - OLD, stored_bytes=100 * GB)
    assert decide(group, settings, NOW).saving == pytest.approx(-3.0)
