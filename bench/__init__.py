"""Fusebox measured side by side with Cloud Custodian, on a simulated account."""
