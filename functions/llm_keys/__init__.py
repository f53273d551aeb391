"""Stops LLM keys when a budget trips, and gives them back by hand."""
