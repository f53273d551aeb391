"""What the alerts queue holds, told in Slack."""
