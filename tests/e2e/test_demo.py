"""`make demo`, as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_demo_plays_to_its_end() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "local.demo"], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    for shown in (
        "would change at once",
        "three minutes later:                                90 days",
        "182 done",
        "log_retention asks: 41 changes",
        "ticked 3 of 41 boxes and pressed the button",
        "3 done",
        "38 not approved",
        "3 turned back",
        "changes to log groups: 0, messages: 0, losses on the way: 0",
        "ask first        warm_idle",
        "forgotten-p3    stopped",
        "training        running",
        "17  █████████████████   17",
        "grew from 5 to 17 within 30 min: 12 more, over the limit of 10",
        "without Fusebox (50)   $60.60  $44,238",
        "inference-leaky: min 2, desired 17, max 50",
        "ada launches a g5.2xlarge without a tag",
        "lacks project, team, environment, cost_center, owner, model_id; made by ada",
        "its tags: fusebox:missing-tags=project team environment cost_center owner model_id",
        "its tags: project=churn-model, team=research,",
        "served  refused  spent",
        "llm_keys [enforce]: 2 done, 1 to look at",
        "Agents: $243.00 of $200.00 spent in",
        "Anthropic, by its key        401",
        "Amazon Bedrock, by its role  AccessDeniedException",
        "by Monday morning, unwatched  $36,158",
        "asks to close the breaker of budget 'Agents', a ceiling of $400.00",
        "approved, and being carried out (answered by arn:aws:iam::123456789012:user/owner",
        "Anthropic, by its key        200",
        "Amazon Bedrock, by its role  200",
        "That was Fusebox",
    ):
        assert shown in ran.stdout
