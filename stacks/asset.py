"""The code of a function: plain source, the tables it reads and its settings, nothing bundled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from functions.core.settings import to_plain
from functions.core.spec import GuardrailSettings, GuardrailSpec

SOURCE = Path(__file__).parents[1] / "functions"
TAKEN = ("*.py", "*.csv")
"""What an asset takes of core and of its own folder: the modules, and the tables that they read."""


def stage(spec: GuardrailSpec, settings: GuardrailSettings, staging: Path) -> Path:
    """Gathers what a guardrail's function needs under `staging` and returns that folder."""
    return stage_folder(spec.name, spec.handler.split(".")[1], settings, staging)


def stage_folder(name: str, folder: str, settings: Any, staging: Path) -> Path:
    """Gathers what one function needs under `staging`/`name` and returns that folder.

    It holds functions/__init__.py, functions/core and functions/`folder` with their tables, and `settings`, a settings
    dataclass, as settings.json at the root. The same source and settings give the same bytes, so an unchanged
    function is not deployed again; other folders' changes do not touch it.
    """
    target = staging / name
    files = [source for part in ("core", folder) for pattern in TAKEN for source in (SOURCE / part).rglob(pattern)]
    for source in sorted([SOURCE / "__init__.py", *files]):
        copy = target / source.relative_to(SOURCE.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    text = json.dumps(to_plain(settings), sort_keys=True, indent=1)
    (target / "settings.json").write_text(text + "\n", encoding="utf-8")
    return target
