"""What the gate requires: the section tag_check of the policy, or its defaults where there is no policy."""

from __future__ import annotations

from pathlib import Path

from functions.tag_check.settings import TagCheckSettings


def settings(file: Path | None) -> tuple[TagCheckSettings, str]:
    """The settings of tag_check, and where they come from; raises PolicyError."""
    from cli import chosen

    if file is None and not chosen.DEFAULT_POLICY.exists():
        return TagCheckSettings(), f"defaults (there is no ./{chosen.DEFAULT_POLICY})"
    policy = chosen.policy(file)
    found = policy.guardrails.get("tag_check")
    return (found, policy.source) if isinstance(found, TagCheckSettings) else (TagCheckSettings(), policy.source)
