"""What synth refuses, in one line a person can act on."""

from __future__ import annotations


class StackError(Exception):
    """A valid policy, or a guardrail's spec, that AWS would reject once deployed."""
