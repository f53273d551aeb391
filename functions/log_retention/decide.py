"""Pure: what should become of one log group."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache

from functions.core.prices import log_storage_per_month
from functions.core.types import Action, Decision, Json, iso
from functions.log_retention.spec import LogRetentionSettings

SET_RETENTION = "set_retention"
DEFAULT_RULE = "default"
CLOCK_SLACK = timedelta(minutes=5)
SETTABLE = {"STANDARD", "INFREQUENT_ACCESS", "ESSENTIALS"}


@dataclass(frozen=True, slots=True)
class LogGroup:
    """What was seen of a log group.

    `days` is None for a group that never expires. `account_policy` names an account-level retention
    policy that overrides the group's own value. `unreadable` says which safety fact could not be
    read, or is empty; `tags` is None then or where the tags are what is missing. `listed` marks facts of
    a sweep's page, whose tags come from the Tagging API and may lag behind.
    """

    arn: str
    name: str
    read_at: datetime
    created_at: datetime | None
    stored_bytes: int | None
    days: int | None
    log_class: str
    account_policy: str
    deletion_protected: bool
    tags: Mapping[str, str] | None
    unreadable: str = ""
    listed: bool = False


def shows(group: LogGroup) -> dict[str, Json]:
    """The values that an action of this guardrail overwrites."""
    return {"days": group.days}


def decide(group: LogGroup, settings: LogRetentionSettings, now: datetime) -> Decision:
    """The decision about one group: the first of these that applies."""
    glob = protecting(group.name, settings)
    if glob:
        return _leave(group, "protected", f"protect {glob}", "the policy protects its name")
    if group.deletion_protected:
        return _leave(group, "protected", "deletion protection", "its deletion protection is on")
    if group.log_class == "DELIVERY":
        return _report(group, "delivery_class", "its class DELIVERY keeps logs one day, and no retention can be set")
    if group.account_policy:
        why = (
            f"the account-level policy {group.account_policy!r} decides its retention; a value of its own has no effect"
        )
        return _report(group, "account_policy", why)
    doubt = doubtful(group, now)
    if doubt:
        return _report(group, "unknown", doubt)
    assert group.created_at is not None
    if group.listed and now - group.created_at < timedelta(minutes=settings.grace_minutes):
        return _leave(group, "new", "grace_minutes", "it is new: what its deployment sets may still be under way")
    rule, target = target_days(group, settings)
    if group.days == target:
        return _leave(group, "right", rule, f"keeps {target} days as it should")
    if group.days is None:
        return _change(group, "never_expires", rule, target, now, risk=_expiring_now(group, target, now))
    if settings.existing == "keep" or (settings.existing == "lengthen" and group.days > target):
        return _leave(
            group, "has_value", rule, f"keeps the {group.days} days somebody set (existing: {settings.existing})"
        )
    if group.days < target:
        return _change(group, "too_short", rule, target, now, risk="")
    risk = f"shortening {group.days} to {target} days deletes what is older"
    return _change(group, "too_long", rule, target, now, risk=risk)


def protecting(name: str, settings: LogRetentionSettings) -> str:
    """The protect glob that the name falls under, or "". Case does not count: rather one too many."""
    return next((glob for glob in settings.protect if fnmatchcase(name.lower(), glob.lower())), "")


def doubtful(group: LogGroup, now: datetime) -> str:
    """Which fact a safe decision needs is missing or odd, or ""."""
    if group.unreadable:
        return group.unreadable
    if group.tags is None:
        return "its tags could not be read"
    if group.log_class not in SETTABLE:
        return f"its class {group.log_class!r} is not one that Fusebox knows"
    if group.created_at is None or group.stored_bytes is None:
        return "its age or size is missing"
    if group.created_at > now + CLOCK_SLACK:
        return "it was created in the future: a clock is wrong"
    return ""


def target_days(group: LogGroup, settings: LogRetentionSettings) -> tuple[str, int]:
    """The rule that a group falls under and the days it asks for; first match wins."""
    for rule in settings.rules:
        key, _, value = rule.tag.partition("=")
        if rule.name and not _pattern(rule.name).search(group.name):
            continue
        if rule.tag and (group.tags or {}).get(key) != value:
            continue
        return rule.id, rule.days
    return DEFAULT_RULE, settings.default_days


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _expiring_now(group: LogGroup, target: int, now: datetime) -> str:
    """What a first retention would delete at once: a group older than it that holds bytes."""
    assert group.created_at is not None
    if now - group.created_at < timedelta(days=target) or not group.stored_bytes:
        return ""
    age = (now - group.created_at).days
    return f"it is {age} days old and holds {size(group.stored_bytes)}: what is older than {target} days is deleted"


def _change(group: LogGroup, verdict: str, rule: str, target: int, now: datetime, *, risk: str) -> Decision:
    assert group.created_at is not None
    assert group.stored_bytes is not None
    age = max((now - group.created_at).total_seconds() / 86_400, 0.0)
    kept_now = min(age, group.days) if group.days is not None else age
    before = log_storage_per_month(group.stored_bytes)
    after = before * min(target, age) / kept_now if kept_now > 0 else before
    was = "never expires" if group.days is None else f"keeps {group.days} days"
    return Decision(
        resource=group.arn,
        name=group.name,
        verdict=verdict,
        rule=rule,
        reason=f"{was}, should keep {target} days ({rule})",
        action=Action(SET_RETENTION, {"days": target}, {"days": group.days}, irreversible=risk),
        saving=round(before - after, 6),
        evidence={
            "current_days": group.days,
            "target_days": target,
            "age_days": round(age, 2),
            "stored_bytes": group.stored_bytes,
            "usd_month_now": round(before, 6),
            "usd_month_after": round(after, 6),
        },
        identity=_identity(group),
    )


def _leave(group: LogGroup, verdict: str, rule: str, reason: str) -> Decision:
    return Decision(group.arn, group.name, verdict, rule, reason, identity=_identity(group))


def _identity(group: LogGroup) -> str:
    return iso(group.created_at) if group.created_at else ""


def _report(group: LogGroup, verdict: str, reason: str) -> Decision:
    evidence: dict[str, Json] = {"current_days": group.days, "stored_bytes": group.stored_bytes}
    return Decision(
        group.arn, group.name, verdict, verdict, reason, report=True, evidence=evidence, identity=_identity(group)
    )


def size(stored_bytes: int) -> str:
    """Bytes for people: 1.2 GB."""
    amount = float(stored_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
