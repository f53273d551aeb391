"""Log groups that never expire: give each the retention the policy asks for."""
