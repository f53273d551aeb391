"""Accelerated instances that do nothing: find them, and stop or terminate them, but never one that works."""
