"""What the settings accept, and what the IAM fences deny."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from functions.core.spec import Cap
from functions.log_retention.decide import protecting
from functions.log_retention.spec import SPEC, LogRetentionSettings, Pace, Rule, fences


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Rule(days=7), "needs `name`"),
        (lambda: Rule(days=7, name="("), "no regular expression"),
        (lambda: Rule(days=7, tag="stage"), "key=value"),
        (lambda: Rule(days=7, tag="=dev"), "key=value"),
        (lambda: Pace(puts_per_second=0), "more than zero"),
        (lambda: Pace(puts_per_second=float("nan")), "finite"),
        (lambda: Pace(puts_per_second=float("inf")), "finite"),
        (lambda: Cap(dollars_per_hour=float("nan")), "finite"),
        (lambda: Cap(actions_per_hour=-1), "zero or more"),
        (lambda: LogRetentionSettings(grace_minutes=-1), "zero or more"),
        (lambda: LogRetentionSettings(protect=("a b",)), "a log group name"),
        (lambda: LogRetentionSettings(remind_days=0), "1 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    "name", ["team-audit", "Audit-Log", "ORG/AUDIT", "aws-cloudtrail-logs", "CloudTrail/DefaultLogGroup", "VPCFlowLogs"]
)
def test_iam_denies_what_the_policy_protects_in_its_usual_spellings(name: str) -> None:
    settings = LogRetentionSettings()
    protected = fences(settings)[0]
    globs = [resource.split(":log-group:", 1)[1] for resource in protected.resources]
    assert protecting(name, settings)
    assert any(fnmatchcase(name, glob) for glob in globs)
    assert set(protected.actions) == {"logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"}


def test_nothing_protected_needs_no_fence() -> None:
    assert fences(LogRetentionSettings(protect=())) == ()


def test_the_pattern_lets_calls_without_a_session_through() -> None:
    pattern = SPEC.events[0].pattern_for("arn:aws:iam::123456789012:role/fusebox")
    issuer = pattern["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"]
    assert {"exists": False} in issuer
