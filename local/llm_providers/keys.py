"""The keys of a fake provider, and what was spent with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class FakeKey:
    """A key that a program uses. `status` is "active", or the provider's word for a key that is not taken."""

    id: str
    secret: str = field(repr=False)
    name: str
    made: datetime
    project: str = ""
    status: str = "active"


@dataclass(frozen=True)
class Spent:
    """One call of a model: whose key, when, and what it cost. Tokens written to a cache stay for 5 minutes."""

    key: str
    at: datetime
    model: str
    dollars: float
    input: int = 1000
    output: int = 500
    cache_read: int = 0
    cache_write: int = 0
    tier: str = "standard"
    project: str = ""
