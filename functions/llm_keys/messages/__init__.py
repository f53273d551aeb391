"""What arrives on the budget topic, read without trusting it: one form of message a file."""
