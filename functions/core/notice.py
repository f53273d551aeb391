"""What Fusebox has to say, before it is put into the words and shapes of a protocol.

A notice is made once and rendered for e-mail, Amazon Q Developer and Slack from the same values, so
that all subscribers are told the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from functions.core.types import Json, Scope

Kind = Literal["run", "question", "answer", "undo", "switch"]
Do = Literal["approve", "reject", "undo", "exempt", "wrong", "show", "resume", "override"]
LONGEST_TEXT = 200
"""Characters of a text that comes from rules, tags or AWS; a message has many of them (SNS: 256 KB in all)."""
MORE_EVIDENCE = 6


@dataclass(frozen=True, slots=True)
class Example:
    """One resource of a group.

    `id` is what commands take (an action or a finding), `owner` the value of the resource's owner tag or
    "". `detail` says what went wrong or what cannot be undone. `saving` is in US dollars a month.
    `evidence` holds the facts that the decision rests on.
    """

    id: str
    resource: str
    name: str
    reason: str
    detail: str = ""
    saving: float = 0.0
    owner: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Resources that ended alike: `words` names the end, `count` says how many, `examples` holds the largest.

    `repeat` marks what was told before and has not changed. `saving` is the sum of all, not of the examples.
    """

    words: str
    count: int
    saving: float = 0.0
    repeat: bool = False
    examples: tuple[Example, ...] = ()

    @property
    def more(self) -> int:
        """How many the examples leave out."""
        return self.count - len(self.examples)


@dataclass(frozen=True, slots=True)
class Step:
    """What a person can do about it: a command, and where there is one a signed link or a Slack button.

    `value` is what a button sends back, "" where there is no button; `confirm` is what to ask before it
    is sent, for what cannot be undone.
    """

    do: Do
    text: str
    command: str
    link: str = ""
    value: str = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. `key` is the same for the same message sent twice; `run` is the run or request it tells of."""

    kind: Kind
    key: str
    title: str
    guardrail: str
    mode: str
    account: str
    region: str
    run: str
    notes: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    steps: tuple[Step, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form in which the alerts queue carries it."""
        return {"fusebox": "notice", **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Notice:
        """The notice that `to_json` wrote; KeyError or TypeError where it is none."""
        groups = tuple(
            Group(**{**group, "examples": tuple(_example(one) for one in group["examples"])})
            for group in data["groups"]
        )
        steps = tuple(Step(**step) for step in data["steps"])
        plain = {key: value for key, value in data.items() if key != "fusebox"}
        return cls(**{**plain, "notes": tuple(data["notes"]), "groups": groups, "steps": steps})

    @property
    def where(self) -> str:
        """Mode, account and Region in words: every message says them (field report F39)."""
        return f"{self.mode} mode · account {self.account} · Region {self.region}"


def _example(data: dict[str, Any]) -> Example:
    return Example(**{**data, "evidence": tuple((str(key), str(value)) for key, value in data["evidence"])})


def place(scope: Scope) -> dict[str, str]:
    """Account and Region as a notice's fields."""
    return {"account": scope.account, "region": scope.region}


def evidence_of(evidence: Any) -> tuple[tuple[str, str], ...]:
    """Evidence as a message shows it: the first few facts, each short."""
    pairs = [(short(str(key)), short(shown(value))) for key, value in dict(evidence).items()]
    return tuple(pairs[:MORE_EVIDENCE])


def change_in_words(parameters: Mapping[str, Json], prior: Mapping[str, Json]) -> str:
    """What an action sets and what it overwrites: "days none → 30"; what it gives back is "active again".

    What there was none of and will be none is left out.
    """
    return ", ".join(
        f"{key} {shown(value)} again" if key in prior and prior[key] == value else f"{key} {was} → {shown(value)}"
        for key, value in parameters.items()
        for was in (shown(prior.get(key)),)
        if (value, prior.get(key)) != ("", "")
    )


def shown(value: Json) -> str:
    """A fact as people read it; None is the absence of one."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def short(text: str) -> str:
    """One line of bounded length, whatever rules, tags and names hold."""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def dollars(amount: float) -> str:
    """US dollars; what is too small to show is not shown as nothing."""
    if 0 < abs(amount) < 0.01:
        return "<$0.01" if amount > 0 else ">-$0.01"
    return f"${amount:,.2f}" if amount >= 0 else f"-${-amount:,.2f}"
