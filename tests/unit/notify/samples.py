"""A notice of every kind, as guardrails and approvals write them, and the same with hostile names in it."""

from __future__ import annotations

from dataclasses import replace

from functions.core.commands import Commands
from functions.core.notice import Example, Group, Notice, Step

ACCOUNT, REGION = "123456789012", "us-east-1"
RUN = "20270131T020000Z-3f9c1a2b"
COMMANDS = Commands("--stack Fusebox")
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
LINK = (
    "https://abc123.lambda-url.us-east-1.on.aws/decide?id=20270131T020000Z-3f9c1a2b&do={}&until=1801612800&sig=c0ffee"
)
HOSTILE = (
    "<!channel> <!here> <@U012AB3CD> <!subteam^S012AB3CD> <http://evil.example.com|Approve> & &amp; *bold* _it_ ~gone~ "
    "`code` ```block``` :fire: [a](https://evil.example.com/a) \n> quoted\r\n• listed\t\u2028\u202egnp.exe\u202c "
    "\x00\x1b[31m \U0001f469\u200d\U0001f4bb \U0001f525 \ud800 | \" \\ ' "
)
HOSTILE = (HOSTILE * 4)[:500]


def example(name: str, reason: str, **more: object) -> Example:
    values: dict[str, object] = {
        "id": "7d1f0c2a44",
        "owner": "search-team",
        "evidence": (("age_days", "412"), ("stored_bytes", "81,604,378,624"), ("retention", "none")),
        **more,
    }
    return Example(resource=ARN + name, name=name, reason=reason, **values)  # type: ignore[arg-type]


NEVER = "never expires; 30 days by default"
BIG = example("/aws/lambda/prod-search-indexer", NEVER, saving=182.4)
SMALL = example("/aws/lambda/staging-thumbnails", NEVER, saving=0.004, owner="web", id="91be07d355")
UNOWNED = example("/ecs/batch-embeddings", NEVER, saving=12.0, owner="", id="0a2b4c6d8e", evidence=())
LASTING = "log data older than 30 days is deleted"
FOR_GOOD = "waiting for approval, CANNOT BE UNDONE"


def notice(kind: str, title: str, mode: str, **more: object) -> Notice:
    values: dict[str, object] = {"account": ACCOUNT, "region": REGION, "run": RUN, **more}
    return Notice(kind, f"{kind} {RUN}", title, "log_retention", mode, **values)  # type: ignore[arg-type]


RUN_STEPS = (
    Step("show", "Everything in this run", COMMANDS.run(RUN)),
    Step("undo", "Turn one back", COMMANDS.undo("ID")),
    Step("exempt", "Leave a resource alone", COMMANDS.exempt("RESOURCE")),
    Step("wrong", "Mark one as a false positive", COMMANDS.wrong("ID")),
)


def question(title: str, *groups: Group, links: bool = False, buttons: bool = False, confirm: str = "") -> Notice:
    def link(do: str) -> str:
        return LINK.format(do) if links else ""

    value = RUN if buttons else ""
    return notice(
        "question",
        title,
        "approve",
        notes=(
            "Answer until 2027-02-03 02:00 UTC; if nobody does, nothing happens.",
            "Undo: the earlier retention comes back, expired log data does not.",
        ),
        groups=groups,
        steps=(
            Step("approve", "Approve", COMMANDS.approve(RUN), link("approve"), value, confirm),
            Step("reject", "Reject", COMMANDS.reject(RUN), link("reject"), value),
            Step("show", "See everything asked", COMMANDS.show(RUN)),
            Step("exempt", "Leave one resource alone", COMMANDS.exempt("RESOURCE")),
            Step("wrong", "Mark as a false positive", COMMANDS.wrong(RUN)),
        ),
    )


def answer(title: str, note: str, *groups: Group, undo: bool = False) -> Notice:
    steps = [Step("show", "Everything about it", COMMANDS.show(RUN))]
    if undo:
        confirm = "Turn back what was done? The earlier retention comes back, expired log data does not."
        steps.append(Step("undo", "Undo", COMMANDS.undo("ID"), LINK.format("undo"), RUN, confirm))
    return notice("answer", title, "approve", notes=(note,), groups=groups, steps=tuple(steps))


LOST = replace(BIG, detail=LASTING)
CONFIRM = "1 of 3 changes cannot be undone. Make all 3 changes?"
SAMPLES = {
    "run_observe": notice(
        "run",
        "log_retention: 182 would be changed (observe mode), 2 to look at",
        "observe",
        notes=("Resources looked at: 262.",),
        groups=(
            Group("would be changed (observe mode)", 182, 494.64, repeat=True, examples=(BIG, UNOWNED, SMALL)),
            Group("to look at", 2, examples=(replace(SMALL, reason="an account policy overrides it", saving=0.0),)),
            Group("exempt", 1),
        ),
        steps=RUN_STEPS,
    ),
    "run_enforce": notice(
        "run",
        "log_retention: 41 done, 2 FAILED",
        "enforce",
        notes=("Resources looked at: 262.", "1 unfinished actions of a crashed run settled."),
        groups=(
            Group("done", 41, 8.28, examples=(SMALL, UNOWNED)),
            Group("FAILED", 2, 182.404, examples=(replace(BIG, detail="ThrottlingException: rate exceeded"), SMALL)),
            Group("held back by a pause", 3, -4.5),
        ),
        steps=RUN_STEPS,
    ),
    "question_reversible": question(
        "log_retention asks: 2 changes, $12.00 a month",
        Group("waiting for approval", 2, 12.004, examples=(UNOWNED, SMALL)),
    ),
    "question_irreversible": question(
        "log_retention asks: 1 change, $182.40 a month", Group(FOR_GOOD, 1, 182.4, examples=(LOST,))
    ),
    "question_mixed_links": question(
        "log_retention asks: 3 changes, $194.40 a month",
        Group(FOR_GOOD, 1, 182.4, examples=(LOST,)),
        Group("waiting for approval", 2, 12.004, examples=(UNOWNED, SMALL)),
        links=True,
        confirm=CONFIRM,
    ),
    "question_mixed_app": question(
        "log_retention asks: 3 changes, $194.40 a month",
        Group(FOR_GOOD, 1, 182.4, examples=(LOST,)),
        Group("waiting for approval", 2, 12.004, examples=(UNOWNED, SMALL)),
        links=True,
        buttons=True,
        confirm=CONFIRM,
    ),
    "answer_approved": answer(
        "log_retention: approved and done",
        f"Request {RUN}: approved and done (answered by U012AB3CD at 2027-01-31T09:12Z).",
        Group("done", 3, 194.404, examples=(BIG, UNOWNED, SMALL)),
        undo=True,
    ),
    "answer_rejected": answer(
        "log_retention: rejected",
        f"Request {RUN}: rejected (answered by arn:aws:sts::{ACCOUNT}:assumed-role/finops/ana at 2027-01-31T09:12Z).",
        Group("not approved", 3, 194.404, examples=(BIG,)),
    ),
    "answer_timed_out": answer(
        "log_retention: nobody answered in time; nothing was done",
        f"Request {RUN}: nobody answered in time, so nothing was done.",
        Group("not approved", 3, 194.404, examples=(BIG,)),
    ),
    "answer_superseded": answer(
        "log_retention: superseded: it has changed or is gone, so nothing was done",
        f"Request {RUN}: superseded (answered by U012AB3CD at 2027-01-31T09:12Z).",
        Group("changed", 1, 182.4, examples=(replace(BIG, detail="now right, 30 days as it should"),)),
        Group("gone", 1, 12.0, examples=(UNOWNED,)),
    ),
    "answer_failed": answer(
        "log_retention: approved, but NOT everything could be done",
        f"Request {RUN}: failed (answered by U012AB3CD at 2027-01-31T09:12Z).",
        Group("done", 1, 12.0, examples=(UNOWNED,)),
        Group("failed", 1, 182.4, examples=(replace(BIG, detail="AccessDeniedException: denied by an SCP"),)),
        undo=True,
    ),
    "undo": notice(
        "undo",
        "log_retention: 1 turned back, 1 NOT turned back",
        "enforce",
        notes=("Asked for by U012AB3CD.", "Not brought back: expired log data."),
        groups=(
            Group("turned back", 1, examples=(replace(UNOWNED, reason="undo of 0a2b4c6d8e; exempt until 2027-03-02"),)),
            Group("NOT turned back", 1, examples=(replace(SMALL, reason="changed since: now 7 days", saving=0.0),)),
        ),
        steps=(Step("show", "Everything about one", COMMANDS.show("ID")),),
    ),
    "switch_pause": notice(
        "switch",
        "log_retention: paused, because its cap is used up",
        "enforce",
        notes=("500 actions in an hour; the policy allows 500 (cap.actions_per_hour).",),
        steps=(Step("resume", "Go on without approving", COMMANDS.resume("log_retention")),),
    ),
}


def hostile(one: Notice) -> Notice:
    """The same notice, with hostile text wherever resources, tags and people put text into it."""
    return replace(
        one,
        notes=(*one.notes, f"Reason: {HOSTILE}"),
        groups=tuple(replace(group, examples=tuple(map(hostile_example, group.examples))) for group in one.groups),
    )


def hostile_example(one: Example) -> Example:
    return replace(
        one,
        resource=ARN + HOSTILE,
        name=HOSTILE,
        reason=HOSTILE,
        detail=HOSTILE,
        owner=HOSTILE,
        evidence=((HOSTILE, HOSTILE), ("size", HOSTILE)),
    )
