"""What the deployed function answers to `fusebox keys`: one budget that holds, one whose stop is not whole."""

from __future__ import annotations

from typing import Any


def told() -> dict[str, Any]:
    """A fresh copy of it."""
    return {
        "budgets": [
            {
                "name": "Chat",
                "period": "2026-11",
                "amount": 2000.0,
                "spent": 812.5,
                "state": "closed",
                "since": "2026-11-01T00:04:11.120000Z",
                "why": "",
                "ceiling": 2000.0,
                "until": "",
                "keys": ["chat-claude", "chat-gpt"],
                "sources": [
                    {"kind": "provider_usage", "spent": 812.5, "trouble": "", "lag": "minutes to hours"},
                    {"kind": "meter", "spent": 790.0, "trouble": "", "lag": "minutes"},
                ],
                "leaks": {},
            },
            {
                "name": "Research on Bedrock",
                "period": "2026-11",
                "amount": 5000.0,
                "spent": 5120.25,
                "state": "open",
                "since": "2026-11-21T03:15:09.000001Z",
                "why": "$5,120.25 of $5,000.00 spent in 2026-11",
                "ceiling": 5000.0,
                "until": "",
                "keys": ["notebooks", "agents"],
                "sources": [
                    {"kind": "aws", "spent": 4210.0, "trouble": "", "lag": "up to a day"},
                    {"kind": "bedrock_metrics", "spent": 5120.25, "trouble": "", "lag": "minutes"},
                ],
                "leaks": {},
            },
        ],
        "keys": [
            _key("chat-claude", "anthropic", "apikey_01EXAMPLEexample", "active", provider="anthropic", budget="Chat"),
            _key(
                "chat-gpt",
                "openai_project",
                "proj_EXAMPLE1",
                "active",
                provider="openai",
                budget="Chat",
                caveat="all keys of the project stop together, and not at once",
            ),
            _key("notebooks", "bedrock_key", "ACCAEXAMPLE123456789", "stopped", probe="refused", held=True),
            _key("agents", "bedrock_principal", "arn:aws:iam::123456789012:role/agents", "stopped", held=True),
        ],
        "uncovered": [{"kind": "anthropic", "id": "apikey_09EXAMPLEexample", "name": "intern", "note": "active"}],
        "going_on": ["batch job nightly-labels (InProgress)"],
        "trouble": [],
        "unstoppable": ["old-key (arn:aws:fusebox:us-east-1:123456789012:llm-key/openrouter/0) is not in the policy"],
    }


def _key(
    name: str,
    kind: str,
    id: str,
    state: str,
    *,
    provider: str = "",
    budget: str = "Research on Bedrock",
    held: bool = False,
    probe: str = "",
    caveat: str = "",
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "id": id,
        "provider": provider,
        "state": state,
        "stopped_by_fusebox": state == "stopped",
        "held_by": [budget] if held else [],
        "budgets": [budget],
        "same_key": True,
        "caveat": caveat,
        "probe": probe,
        "trouble": "",
    }
