"""The fusebox command: see what Fusebox would do, run it, read its ledger, turn things back."""
