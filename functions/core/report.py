"""What one run did, counted as it goes; small and JSON-friendly, so that it crosses a resumed sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.notice import evidence_of, short
from functions.core.types import Decision, Disposition, Json

EXAMPLES = 5
COUNTERS = ("counts", "verdicts", "new")
NEWS = {
    Disposition.DONE,
    Disposition.FAILED,
    Disposition.UNSETTLED,
    Disposition.NEEDS_APPROVAL,
    Disposition.CAPPED,
    Disposition.OBSERVED,
    Disposition.REPORTED,
    Disposition.ENDED,
    Disposition.PAUSED,
}
ASKED = {Disposition.NEEDS_APPROVAL, Disposition.CAPPED}
"""How a decision ends that only a person can take further."""


@dataclass
class RunReport:
    """Counts by disposition and verdict, dollars a month, and a few examples of each: what is new, then the largest.

    `new` counts what this run added to the ledger: a run whose `new` is empty has nothing to tell. `settled` counts
    what a crash or a lost answer had left, and `never_made` those of them that had changed nothing, which is no news.
    `unseen` counts what could not be seen though something was to follow.
    `requests` names the requests for approval whose workflow is still to be started. `trouble` is what could
    not be read, so that what it concerns is unknown, and `heard` what messages said; whether these are news,
    functions.core.troubles knows.
    """

    run: str
    guardrail: str
    mode: str
    seen: int = 0
    settled: int = 0
    never_made: int = 0
    unseen: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    saving: dict[str, float] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Json]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def add(
        self,
        decision: Decision,
        disposition: Disposition,
        detail: str = "",
        *,
        new: bool = True,
        id: str = "",
        owner: str = "",
    ) -> None:
        """Counts one resource; `new` is False for a finding that the ledger holds already.

        `id` is what commands take for it, `owner` whom its tag names.
        """
        self.seen += 1
        self.counts[disposition] += 1
        self.unseen += decision.unseen
        self.verdicts[decision.verdict] += 1
        if disposition is Disposition.LEFT:
            return
        self.saving[disposition] = self.saving.get(disposition, 0.0) + decision.saving
        if new and disposition in NEWS:
            self.new[disposition] += 1
        self._show(decision, disposition, detail, id, owner, new=new)

    def join(self, other: RunReport) -> None:
        """Adds all that another report of the same run counted and shows."""
        self.seen += other.seen
        self.settled += other.settled
        self.never_made += other.never_made
        self.unseen += other.unseen
        for key in COUNTERS:
            vars(self)[key].update(vars(other)[key])
        for end, dollars in other.saving.items():
            self.saving[end] = self.saving.get(end, 0.0) + dollars
        for end, examples in other.examples.items():
            self.examples[end] = _foremost([*self.examples.get(end, ()), *examples])
        for text in other.notes:
            self.note(text)
        self.could_not_read(other.trouble)
        self.hears(other.heard)
        self.concerns(other.requests)

    def note(self, text: str) -> None:
        """Adds a remark about the run as a whole, once."""
        if text not in self.notes:
            self.notes.append(text)

    def could_not_read(self, trouble: Iterable[str]) -> None:
        """Adds what AWS would not tell, or not do beside the actions: the run is then partial."""
        self.trouble += [text for text in dict.fromkeys(trouble) if text not in self.trouble]

    def hears(self, said: Iterable[str]) -> None:
        """Adds what messages said, each once."""
        self.heard += [text for text in dict.fromkeys(said) if text not in self.heard]

    def concerns(self, requests: Iterable[str]) -> None:
        """Adds requests for approval whose workflow is to be started."""
        self.requests += sorted(set(requests) - set(self.requests))

    @property
    def partial(self) -> bool:
        """Whether something that should have been done was not."""
        return bool(
            self.trouble or self.unseen or self.counts[Disposition.FAILED] or self.counts[Disposition.UNSETTLED]
        )

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell beside trouble, and beside the question, a message of its own."""
        told = {end: count for end, count in self.new.items() if not (self.requests and end in ASKED)}
        return bool(told or self.settled > self.never_made or self.notes)

    def _show(
        self, decision: Decision, disposition: Disposition, detail: str, id: str, owner: str, *, new: bool
    ) -> None:
        shown = self.examples.setdefault(disposition, [])
        if len(shown) == EXAMPLES and _rank({"saving": decision.saving, "new": new}) >= _rank(shown[-1]):
            return
        example: dict[str, Json] = {
            "resource": decision.resource,
            "name": decision.name,
            "verdict": decision.verdict,
            "reason": short(decision.reason),
            "saving": decision.saving,
            "evidence": [list(pair) for pair in evidence_of(decision.evidence)],
        }
        if id:
            example["id"] = id
        if decision.budget:
            example["budget"] = decision.budget
        if owner:
            example["owner"] = short(owner)
        if decision.action is not None and decision.action.irreversible:
            example["irreversible"] = short(decision.action.irreversible)
        if detail:
            example["detail"] = short(detail)
        if not new:
            example["new"] = False
        self.examples[disposition] = _foremost([*shown, example])

    def to_json(self) -> dict[str, Any]:
        counters = {key: dict(vars(self)[key]) for key in COUNTERS}
        return {**vars(self), **counters}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunReport:
        counters = {key: Counter(data[key]) for key in COUNTERS}
        return cls(**{**data, **counters})


def _foremost(examples: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The few that matter most: an old finding must not hide a new one."""
    return sorted(examples, key=lambda one: (_rank(one), str(one["name"])))[:EXAMPLES]


def _rank(example: Mapping[str, Json]) -> tuple[bool, float]:
    return not example.get("new", True), -abs(float(str(example["saving"])))
