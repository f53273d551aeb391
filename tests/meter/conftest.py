"""A meter that has counted nothing yet, on a day whose prices are known, and a list for its lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from fusebox_meter import booking, call
from fusebox_meter.seen import Seen

DAY = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Lines(list[str]):
    """What was written, in order; handed to `emit` as a function."""

    def __call__(self, line: str) -> None:
        self.append(line)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self]

    @property
    def only(self) -> dict[str, Any]:
        (told,) = self.told
        return told


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(booking, "_seen", Seen())
    monkeypatch.setattr(booking, "_told", set())
    monkeypatch.setattr(call, "_silent", set())
    with time_machine.travel(DAY, tick=True):
        yield
