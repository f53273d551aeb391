"""The tags that the policy requires, checked in templates and plans before anything is created."""
