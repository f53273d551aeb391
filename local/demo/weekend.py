"""An agent that calls a model in a loop, at a provider on loopback, while nobody watches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from local.account import LocalAccount
from local.llm_providers import FakeKey, call_model
from local.llm_providers.anthropic import FakeAnthropic

BUDGET, CEILING = "Agents", 400
SWEEP = timedelta(minutes=5)
CALLS = 30
"""Calls between two sweeps: one in ten seconds."""
TOKENS = (500_000, 8_000)
"""What a call reads and writes."""
DOLLARS = 1.62
"""What that costs by Anthropic's list price."""
WEEKEND = timedelta(hours=62)
"""From six on Friday evening until eight on Monday morning."""
LONGEST = 6
"""Sweeps by which the loop should long have been stopped."""
MODEL = "amazon.nova-lite-v1:0"
ROLE = "arn:aws:iam::123456789012:role/agent"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
CALLS_BEDROCK = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}]}'
)
Loop = list[tuple[datetime, int, int, float]]
"""Moment, calls that were served and refused since the last one, and dollars in all."""


def begins(now: datetime) -> datetime:
    """When the loop begins: so that it is over by now, and within the month in which it began."""
    lasts = LONGEST * SWEEP
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (month if now - lasts < month else now) - lasts


def move_in(account: LocalAccount, claude: FakeAnthropic) -> FakeKey:
    """The agent with its key and its role, and Fusebox's admin key, as `fusebox secret set` keeps it."""
    claude.tokens = TOKENS
    account.client("iam").create_role(RoleName="agent", AssumeRolePolicyDocument=TRUST)
    account.client("iam").put_role_policy(RoleName="agent", PolicyName="calls", PolicyDocument=CALLS_BEDROCK)
    secret = {"SecretId": "fusebox-us-east-1-llm-anthropic", "SecretString": claude.admin_key}
    account.client("secretsmanager").put_secret_value(**secret)
    return claude.add_key("agent", id="apikey_01DemoAgent")


def loop(account: LocalAccount, claude: FakeAnthropic, key: FakeKey) -> Loop:
    """Lets the agent call and call, and Fusebox sweep, until a call is refused."""
    seen: Loop = []
    while len(seen) < LONGEST and not (seen and seen[-1][2]):
        answers = [call_model(claude, key) for _ in range(CALLS)]
        served = answers.count(200)
        seen.append((account.clock.now(), served, CALLS - served, len(claude.spent) * DOLLARS))
        if served:
            account.advance(SWEEP)
    return seen


def bill(loop: Loop) -> Mapping[str, str]:
    """What was spent, and what a weekend would have cost."""
    whole = WEEKEND / SWEEP * CALLS * DOLLARS
    return {"spent when it stopped": f"${loop[-1][3]:,.0f}", "by Monday morning, unwatched": f"${whole:,.0f}"}


def calls(account: LocalAccount, claude: FakeAnthropic, key: FakeKey) -> Mapping[str, str]:
    """How the agent is answered now, by its key and by its role."""
    return {"Anthropic, by its key": str(call_model(claude, key)), "Amazon Bedrock, by its role": _bedrock(account)}


def request(account: LocalAccount) -> str:
    """The id of the newest question."""
    told = [json.loads(one.body("sqs")) for one in account.messages(account.outputs["AlertsTopicArn"])]
    return str([one["run"] for one in told if one["kind"] == "question"][-1])


def _bedrock(account: LocalAccount) -> str:
    ask: dict[str, Any] = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    try:
        account.client("bedrock-runtime", ROLE).converse(**ask)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "200"
