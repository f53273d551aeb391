"""What runs in Lambda, and in the `fusebox` command: guardrails and the engine they share."""

__version__ = "0.6.0"
