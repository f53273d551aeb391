"""Asking a person: the workflow's steps, the page, Slack's buttons and the command's answers."""
