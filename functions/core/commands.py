"""The fusebox commands that messages and pages name, in one wording."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands as a person types them; `option` chooses the table: "--stack NAME", "--ledger FILE" or ""."""

    option: str = ""

    def approve(self, request: str) -> str:
        return self._with(f"fusebox approve {request}")

    def reject(self, request: str) -> str:
        return self._with(f'fusebox reject {request} --reason "…"')

    def show(self, id: str) -> str:
        return self._with(f"fusebox ledger show {id}")

    def run(self, run: str) -> str:
        return self._with(f"fusebox ledger --run {run}")

    def undo(self, id: str) -> str:
        return self._with(f"fusebox undo {id}")

    def exempt(self, resource: str) -> str:
        return self._with(f'fusebox exempt {resource} --until 30d --owner you@example.com --reason "…"')

    def override(self, budget: str) -> str:
        return self._with(f'fusebox override {shlex.quote(budget)} --ceiling DOLLARS --reason "…"')

    def wrong(self, id: str) -> str:
        return self._with(f'fusebox wrong {id} --reason "…"')

    def resume(self, guardrail: str) -> str:
        return self._with(f"fusebox resume {guardrail}")

    @property
    def requests(self) -> str:
        return self._with("fusebox requests")

    def _with(self, command: str) -> str:
        return f"{command} {self.option}".strip()
