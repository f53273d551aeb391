"""A guardrail put together: its declaration, its pure decision and its way to AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

from functions.core.clients import Clients
from functions.core.events import Event, Skip
from functions.core.spec import GuardrailSettings, GuardrailSpec
from functions.core.types import Action, ActionFailed, Decision, Json, ResourceGone, Scope


class Facts(Protocol):
    """What was seen of one resource, and when. `tags` is None where they could not be read."""

    @property
    def arn(self) -> str: ...
    @property
    def read_at(self) -> datetime: ...
    @property
    def tags(self) -> Mapping[str, str] | None: ...


F = TypeVar("F", bound=Facts)
F_in = TypeVar("F_in", bound=Facts, contravariant=True)
S = TypeVar("S", bound=GuardrailSettings)


@dataclass(frozen=True, slots=True)
class Page(Generic[F]):
    """A batch of a sweep; `cursor` continues after it and is "" on the last page.

    `trouble` says what could not be read for it: its resources are then unknown, and the run is partial.
    """

    facts: Sequence[F]
    cursor: str
    trouble: Sequence[str] = ()


class Account(Protocol[F]):
    """The only part of a guardrail that calls AWS."""

    def pages(self, cursor: str) -> Iterator[Page[F]]:
        """Every resource in question, page by page, from `cursor` ("" from the start)."""

    def read(self, arns: Sequence[str]) -> dict[str, F]:
        """Fresh facts of the resources that exist, by ARN, tags included."""

    def act(self, facts: F, action: Action) -> None:
        """Makes the change; raises ResourceGone or ActionFailed."""


@runtime_checkable
class ActsTogether(Protocol[F_in]):
    """An account whose API takes several resources in one call."""

    def act_together(self, batch: Sequence[tuple[F_in, Action]]) -> list[ActionFailed | ResourceGone | None]:
        """Makes the changes; says in the batch's order how each ended, None where it is made."""


@runtime_checkable
class Tends(Protocol):
    """An account with things of the guardrail's own in it, such as alarms, that follow what there is to watch."""

    def tend(self, stop: Callable[[], bool]) -> list[str]:
        """Adds what is missing and removes what is left over, until done or `stop`; returns what went wrong."""


@dataclass(frozen=True)
class Guardrail(Generic[F, S]):
    """One guardrail, wired.

    `shows` gives a resource's present values under the keys its actions use, for settling a crash
    and for the drift check of an undo. `subjects` reads from an event which ARNs it is about.
    `undo_note` says what an undo cannot bring back.
    """

    spec: GuardrailSpec
    decide: Callable[[F, S, datetime], Decision]
    shows: Callable[[F], Mapping[str, Json]]
    subjects: Callable[[Event, Scope], Sequence[str] | Skip]
    connect: Callable[[Clients, Scope, S, Callable[[], datetime]], Account[F]]
    undo_note: str

    @property
    def name(self) -> str:
        return self.spec.name
