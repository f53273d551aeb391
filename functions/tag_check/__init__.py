"""Resources without the tags that the policy requires: found, told of, marked and filled, never deleted."""
