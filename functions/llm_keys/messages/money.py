"""An amount of a message as people read it."""

from __future__ import annotations

from decimal import Decimal

MOST = Decimal("1e15")
"""Dollars below which an amount is shown in full: a forecast once read $183,965,812,157.54."""


def money(amount: Decimal) -> str:
    """US dollars and cents in a short text, however absurd the amount. Only what is finite has one."""
    # Unlike abs(), a copy is not rounded, nor refused where the amount is beyond what Decimal calculates with.
    sign, size = ("-" if amount < 0 else ""), amount.copy_abs()
    return f"{sign}${size:,.2f}" if size < MOST else f"{sign}${size:.2e}"
