"""A guardrail put together: its declaration, its pure decision and its way to AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar, runtime_checkable

from functions.core.clients import Clients
from functions.core.events import Event, Heard, Skip
from functions.core.memory import Memory
from functions.core.messages import Message
from functions.core.spec import GuardrailSettings, GuardrailSpec
from functions.core.types import Action, ActionFailed, Decision, Json, ResourceChanged, ResourceGone, Scope


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

    def act(self, facts: F, action: Action) -> Mapping[str, Json] | None:
        """Makes the change; raises ResourceGone, ResourceChanged or ActionFailed.

        Returns the values it wrote where they came out other than the action's parameters, under the same keys.
        """


NotMade = ActionFailed | ResourceGone | ResourceChanged
"""Why a change was not made."""


@runtime_checkable
class ActsTogether(Protocol[F_in]):
    """An account whose API takes several resources in one call."""

    def act_together(self, batch: Sequence[tuple[F_in, Action]]) -> Sequence[NotMade | None]:
        """Makes the changes; says in the batch's order how each ended, None where it is made."""


@runtime_checkable
class Tends(Protocol):
    """An account with things of the guardrail's own in it, such as alarms, that follow what there is to watch."""

    def tend(self, stop: Callable[[], bool]) -> list[str]:
        """Adds what is missing and removes what is left over, until done or `stop`; returns what went wrong."""


@runtime_checkable
class Notes(Protocol):
    """An account that keeps what events say and a later look at the resource cannot see."""

    def note(self, event: Event) -> None:
        """Keeps it, once however often the event comes; the event is one that `subjects` did not skip."""


@runtime_checkable
class Leads(Protocol):
    """An account where what becomes of one resource decides about others, as a budget does about its keys."""

    def led_by(self, arns: Sequence[str]) -> Sequence[str]:
        """The resources to look at together with some, those themselves left out."""


@runtime_checkable
class Recovers(Protocol[F_in]):
    """An account whose changes take several calls, so that a crash may leave one half done."""

    def recover(self, facts: F_in, action: Action) -> Mapping[str, Json] | None:
        """Finishes or clears what a crashed run left; the values that the action wrote, None where it wrote none.

        Raises ActionFailed where that cannot be done now.
        """


@dataclass(frozen=True, slots=True)
class Connection(Generic[S]):
    """What a guardrail is connected to an account with. `base` begins the names of all that this Fusebox made."""

    clients: Clients
    scope: Scope
    settings: S
    clock: Callable[[], datetime]
    memory: Memory
    base: str = ""


@dataclass(frozen=True)
class Guardrail(Generic[F, S]):
    """One guardrail, wired.

    `shows` gives a resource's present values under the keys its actions use, for settling a crash
    and for the drift check of an undo; it raises Refused where they could not be read.
    `subjects` reads from an event which ARNs it is about. `undo_note` says what an undo cannot bring back.
    `hears` reads from a message of the guardrail's topic what it is about. `keeps` says why what an action left must
    stay so for now, whoever asks for an undo, or "".
    `moving` are keys whose values the account itself changes all the time: they count as no drift, and an undo leaves
    them where they have moved on.
    """

    spec: GuardrailSpec
    decide: Callable[[F, S, datetime], Decision]
    shows: Callable[[F], Mapping[str, Json]]
    subjects: Callable[[Event, Scope], Sequence[str] | Heard | Skip]
    connect: Callable[[Connection[S]], Account[F]]
    undo_note: str
    moving: Collection[str] = ()
    hears: Callable[[Message, Scope, S], Heard | Skip] | None = None
    keeps: Callable[[F], str] = lambda _: ""

    @property
    def name(self) -> str:
        return self.spec.name


def still_there(shown: Mapping[str, Json], keys: Iterable[str]) -> dict[str, Json]:
    """The present values of some keys, without those that the resource no longer has.

    A mapping may know a value for a key that is not in it, as tags do: none.
    """
    found: dict[str, Json] = {}
    for key in keys:
        with suppress(KeyError):
            found[key] = shown[key]
    return found
