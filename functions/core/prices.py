"""Prices that savings are worked out with, as data with their date.

US dollars, us-east-1, from the public AWS price pages. Other Regions differ by some per cent; every
amount Fusebox shows is therefore an estimate.
"""

from __future__ import annotations

from datetime import date

AS_OF = date(2026, 7, 1)
LOGS_STORAGE_PER_GB_MONTH = 0.03
GB = 1_000_000_000


def log_storage_per_month(stored_bytes: float) -> float:
    """What keeping so many (compressed) bytes in CloudWatch Logs costs in a month."""
    return stored_bytes / GB * LOGS_STORAGE_PER_GB_MONTH
