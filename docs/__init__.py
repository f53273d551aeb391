"""Documents, and the tables in them that come from the guardrails' specs."""
