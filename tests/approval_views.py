"""Requests as the approval page may have to show them, the hostile ones too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.approval.view import Form, ItemView, RequestView, Status

Decision = Literal["approve", "reject", "undo"]
NOW = datetime(2027, 3, 12, 3, 4, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=2, hours=4, minutes=30)
HOSTILE = (
    '"><script>alert(1)</script>'
    + "<img src=x onerror=alert(2)>' onfocus=alert(3) \u202egnp.exe\n\ttwo lines 💸 \u0430dmin "
) * 6
NAMES = (
    "/aws/lambda/checkout-api",
    "/aws/lambda/checkout-events-consumer-production-eu-replica",
    "/ecs/search-indexer",
    "/aws/eks/prod/cluster",
    "/aws/codebuild/nightly",
    "/aws/batch/job",
    "/aws/sagemaker/TrainingJobs",
    "/aws/rds/instance/orders/postgresql",
    "/aws/apigateway/welcome",
    "/aws/lambda/thumbnails",
    "/ecs/bedrock-gateway",
    "/aws/vendedlogs/states/import",
)


def form(decision: Decision, token: str = "t" * 64) -> Form:
    """A form as the handler makes it."""
    return Form(f"/r/run-1/{decision}?e=1804995240&n=abc&k=1&s={'0' * 64}", token, decision)


def item(number: int = 0, *, lasting: bool = False, **given: Any) -> ItemView:
    """One log group that never expires; `lasting` where data would be deleted."""
    name = NAMES[number % len(NAMES)] + (f"-{number}" if number >= len(NAMES) else "")
    made = ItemView(
        id=f"{number:010x}",
        name=name,
        resource=f"arn:aws:logs:us-east-1:123456789012:log-group:{name}",
        reason="never expires, should keep 30 days (default)",
        change="days none → 30",
        saving=round(240.5 / (number + 1) ** 1.3, 2),
        evidence=(
            ("current_days", "none"),
            ("target_days", "30"),
            ("age_days", "412.07"),
            ("stored_bytes", "8,016,690,124,003"),
            ("usd_month_now", "241.10"),
            ("usd_month_after", "0.60"),
        ),
        owner="payments" if number % 3 else "",
        irreversible="it is 412 days old and holds 8.0 TB: what is older than 30 days is deleted" if lasting else "",
    )
    return replace(made, **given)


def view(*items: ItemView, more: int = 0, status: Status = "asked", **given: Any) -> RequestView:
    """A request about these items, and `more` that the page does not list."""
    made = RequestView(
        request="run-1",
        guardrail="log_retention",
        mode="approve",
        account="123456789012",
        region="us-east-1",
        status=status,
        asked_at=NOW - timedelta(hours=19, minutes=30),
        deadline=DEADLINE,
        items=items,
        count=len(items) + more,
        saving=round(sum(one.saving for one in items), 2) + more,
        irreversible=sum(bool(one.irreversible) for one in items),
        named=sum(one.named for one in items),
        undo_note="log data that expired meanwhile does not come back",
        reject_days=30,
        commands={
            "approve": "fusebox approve run-1 --stack Fusebox",
            "reject": 'fusebox reject run-1 --reason "…" --stack Fusebox',
            "undo": "fusebox undo ID --stack Fusebox",
            "show": "fusebox ledger show run-1 --stack Fusebox",
        },
    )
    return replace(made, **given)


def mixed(*, may_choose: bool = False) -> RequestView:
    """Twelve changes, three of which cannot be undone; a link may approve those only with `may_choose`."""
    lasting = (0, 4, 9)
    return view(
        *(item(n, lasting=n in lasting, may_choose=may_choose or n not in lasting) for n in range(len(NAMES))),
    )


def many(items: int = 200, more: int = 212) -> RequestView:
    """More changes than the page lists, each of which can be undone."""
    return view(*(item(n) for n in range(items)), more=more)


def hostile() -> RequestView:
    """Two changes whose every text was chosen to break the page."""
    bad = item(
        0,
        name=HOSTILE[:500],
        resource=HOSTILE,
        reason=HOSTILE,
        change=HOSTILE,
        owner=HOSTILE,
        evidence=((HOSTILE[:60], HOSTILE),),
        detail=HOSTILE,
    )
    lasting = replace(bad, id="a" * 10, irreversible=HOSTILE, name="x" * 500, may_choose=False)
    return view(bad, lasting, guardrail=HOSTILE[:80], undo_note=HOSTILE, reason=HOSTILE, decided_by=HOSTILE)


def answered(status: Status, *items: ItemView, **given: Any) -> RequestView:
    """A request that was decided by somebody by command, an hour ago."""
    said: dict[str, Any] = {
        "decided_by": "arn:aws:sts::123456789012:assumed-role/platform/ada@example.com",
        "decided_how": "iam",
        "decided_at": NOW - timedelta(hours=1),
        "reason": "agreed with the payments team",
        "until": NOW + timedelta(days=30),
        "chosen": 0 if status in ("rejected", "timed_out") else len(items),
        "declined": len(items) if status == "rejected" else 0,
        "ended_at": None if status == "approved" else NOW - timedelta(minutes=52),
    }
    covered = [replace(one, approved=status == "approved") for one in items]
    return view(*covered, status=status, **said | given)


def done() -> RequestView:
    """Twelve changes as they ended: eight done, one turned back since, one changed, one failed, one not approved."""
    ends: dict[int, dict[str, Any]] = {
        3: {"result": "changed", "detail": "it keeps 7 days now"},
        5: {"result": "failed", "detail": "AccessDeniedException: a service control policy denies it"},
        7: {"result": "undone", "action_id": "a-7", "detail": "turned back by link holder"},
        11: {"result": ""},
    }
    well: dict[str, Any] = {"result": "done", "undoable": True}
    items = [item(n, **ends.get(n, well | {"action_id": f"a-{n}"})) for n in range(len(NAMES))]
    return answered("done", *items, chosen=11, declined=1)


def timed_out() -> RequestView:
    """A question that nobody answered."""
    return answered(
        "timed_out",
        *(item(n) for n in range(3)),
        decided_by="nobody answered in time",
        decided_how="time-out",
        reason="on_timeout: nothing",
        until=None,
        deadline=NOW - timedelta(hours=1),
    )
