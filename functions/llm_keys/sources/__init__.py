"""Where a budget's spend is read: one source a file."""
