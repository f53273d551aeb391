"""Switches: one kind of key a file, each with its stop, restore and read-back."""
