"""Golden files: what every message looks like, to read and to review (field report F22).

`FUSEBOX_GOLDEN=write python -m pytest tests/unit/notify` writes them anew; look at the diff before you keep it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[str, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compares a text with the golden file of a name."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if os.environ.get("FUSEBOX_GOLDEN") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), f"{file} differs: see conftest.py"

    return compare
