"""Auto Scaling groups that run away: found, and clamped without killing work."""
