"""What every guardrail shares. Knows no guardrail by name."""
